"""The whole neighbourhood on paper: who lives there, who runs what, what took place and what will. Drawn once from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from timebank.demo import cast, diary, residents, rooms, staff, tree
from timebank.demo.bookings import Wish, wishes
from timebank.demo.crowd import Coming, Crowd
from timebank.demo.diary import Diary, Event, PlacedRoom
from timebank.demo.residents import People, Resident
from timebank.demo.staff import Grants, Team
from timebank.demo.tree import Size, Tree

FULL_ROOMS = 0.6
HALF_WAY = 0.45
"""How full what comes is by now."""


class Session(msgspec.Struct, frozen=True):
    """One dated occurrence and who comes."""

    event: Event
    number: int
    starts_at: datetime
    people: list[Coming]


class Neighbourhood(msgspec.Struct, frozen=True):
    seed: int
    now: datetime
    zone: ZoneInfo
    size: Size
    tree: Tree
    people: People
    cast: dict[str, Resident]
    teams: list[Team]
    grants: Grants
    rooms: list[PlacedRoom]
    events: list[Event]
    sessions: list[Session]
    """Of all events, in order of time."""
    wishes: list[Wish]

    def team_of(self, event: Event) -> Team:
        """Who runs it: a team of its community, always the same for one kind of occasion."""
        teams = [team for team in self.teams if team.community.id == event.community.id] or self.teams
        return teams[len(event.occasion.title.en) % len(teams)]


def draw(size: Size, now: datetime, zone: ZoneInfo, seed: int) -> Neighbourhood:
    """The same size, local day, hour and seed give the same names, times and figures; ids are new each time."""
    rng = Random(f"{seed} {size.communities}")  # noqa: S311 - a seed, not a secret
    today = now.astimezone(zone).date()
    planted = tree.plant(size, rng)
    people = People([], [])
    players = cast.join(people, planted, today, rng)
    residents.settle(people, planted, size, today, rng)
    placed = diary.place(rooms.spread(planted, size))
    book = Diary(placed, zone, rng)
    running = diary.running_now(book, planted.communities, now)
    running[0] = diary.for_practice(running[0], planted.practice)
    coming = diary.ahead(book, planted.communities, now)
    past = diary.past_year(book, planted.communities, size, today)
    teams, grants = staff.appoint(planted, people, players, size, today, rng)
    regulars = [players[key] for key in ("volunteer", "without_phone", "resident")]
    crowd = Crowd(people, regulars, size, now.astimezone(zone), rng)
    awaited = _awaited(crowd, running, players["volunteer"])
    sessions = _sessions([(past, 1.0), (running, FULL_ROOMS), (coming, HALF_WAY)], crowd, awaited)
    wanted = wishes(book, people, today, rng)
    events = [*past, *running, *coming]
    return Neighbourhood(seed, now, zone, size, planted, people, players, teams, grants, placed, events, sessions, wanted)


def _awaited(crowd: Crowd, running: list[Event], volunteer: Resident) -> dict[int, list[Coming]]:
    """The volunteer of the cast is expected at the service that runs now, so that a newcomer can check her in at once."""
    return {id(event): [crowd.expect(event, volunteer)] for event in running[:1] if event.is_service}


def _sessions(groups: Sequence[tuple[list[Event], float]], crowd: Crowd, awaited: dict[int, list[Coming]]) -> list[Session]:
    """Every session in order of time with those who come; `share` of the usual turnout in each group."""
    found = []
    for event, number, share in sorted(_dated(groups), key=_in_time):
        people = [*awaited.get(id(event), []), *crowd.at(event, number, share)]
        found.append(Session(event, number, event.starts[number], people))
    return found


def _dated(groups: Sequence[tuple[list[Event], float]]) -> list[tuple[Event, int, float]]:
    return [(event, number, share) for events, share in groups for event in events for number in range(len(event.starts))]


def _in_time(dated: tuple[Event, int, float]) -> tuple[datetime, str, str]:
    event, number, _ = dated
    return event.starts[number], event.community.name, event.occasion.title.en


def planned_at(event: Event, now: datetime) -> datetime:
    """When the organiser wrote it down and published it: ten days before it first takes place, at the latest some days ago."""
    return min(event.starts[0] - timedelta(days=10), now - timedelta(days=4))
