"""Who runs what: teams with their organisers, coordinators, keepers, heads of grids, leaders of buildings."""

from __future__ import annotations

from datetime import date
from random import Random
from uuid import UUID

import msgspec

from timebank.demo import cast
from timebank.demo.occasions import Words
from timebank.demo.residents import People, Resident, by_community
from timebank.demo.tree import Node, Size, Tree

Grants = list[tuple[UUID, str, UUID]]
"""Member, role, node."""


class Team(msgspec.Struct, frozen=True):
    """A volunteer team: its leader is an organiser, its deputy takes the desk."""

    name: Words
    community: Node
    leader: Resident
    deputy: Resident


def appoint(
    planted: Tree, people: People, players: dict[str, Resident], size: Size, today: date, rng: Random
) -> tuple[list[Team], Grants]:
    """The teams and every role. Nobody of the cast gets a second one."""
    cast_ids = {each.id for each in players.values()}
    able = [each for each in people.residents if 25 <= each.age(today) <= 74 and each.phone and each.id not in cast_ids]
    nearby = by_community(able)
    teams = _teams(planted, nearby, players["organiser"], size, rng)
    grants = [
        *_of_cast(planted, players),
        *_of_houses(planted, able, rng),
        *_of_communities(planted, nearby, rng),
        *((team.leader.id, "organiser", team.community.id) for team in teams),
        *((team.deputy.id, "supervisor", team.community.id) for team in teams),
    ]
    return teams, list(dict.fromkeys(grants))


def _of_cast(planted: Tree, players: dict[str, Resident]) -> Grants:
    at = {"top": planted.top.id, "community": planted.communities[0].id}
    return [(players[part.key].id, part.role, at[part.at]) for part in cast.CAST if part.role]


def _of_houses(planted: Tree, able: list[Resident], rng: Random) -> Grants:
    """A steward in every building where somebody is able, and one of them over each grid."""
    of_house: dict[UUID, list[Resident]] = {}
    for each in able:
        of_house.setdefault(each.community_id, []).append(each)
    leaders = [(rng.choice(of_house[house.id]), house) for house in planted.buildings if house.id in of_house]
    heads = {grid.id: rng.choice([leader for leader, house in leaders if grid.id in house.path]) for grid in planted.grids}
    return [
        *((leader.id, "steward", house.id) for leader, house in leaders),
        *((head.id, "supervisor", grid_id) for grid_id, head in heads.items()),
    ]


def _of_communities(planted: Tree, nearby: dict[UUID, list[Resident]], rng: Random) -> Grants:
    found: Grants = []
    for community in planted.communities:
        coordinator, keeper = rng.sample(nearby[community.id], 2)
        found += [(coordinator.id, "coordinator", community.id), (keeper.id, "keeper", community.id)]
    return found


def _teams(planted: Tree, nearby: dict[UUID, list[Resident]], organiser: Resident, size: Size, rng: Random) -> list[Team]:
    """Spread over the communities; the organiser of the cast leads the first."""
    found = []
    for number in range(size.teams):
        community = planted.communities[number % len(planted.communities)]
        leader, deputy = rng.sample(nearby[community.id], 2)
        found.append(Team(cast.TEAMS[number], community, leader if number else organiser, deputy))
    return found
