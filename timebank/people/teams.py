"""Volunteer teams: what they do, who leads, how people come in (recruited, recommended, self-nominated) and are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

Way = Literal["nominated", "recommended", "recruited"]
State = Literal["asked", "applied", "chosen", "not_chosen", "declined", "left"]
BUSY: tuple[State, ...] = ("asked", "applied", "chosen")


class TeamKnown(Refusal):
    """The community has a team of this name. Facts: field."""


class TeamClosed(Refusal):
    """The team takes nobody in at present. Facts: none."""


class NotSo(Refusal):
    """The person does not stand so to the team that this could be done. Facts: state."""


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """`applied` counts everybody who ever asked for a place or agreed to a recommendation, `chosen` everybody ever chosen.

    `members` are those of now.
    """

    id: UUID
    community_id: UUID
    community: str
    community_en: str
    name: str
    name_en: str
    aims: str
    aims_en: str
    leader_id: UUID | None
    leader: str
    is_recruiting: bool
    ended_at: datetime | None
    members: int
    waiting: int
    applied: int
    chosen: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """How a member stands to a team. `asker`: who recommended or recruited them."""

    id: UUID
    team_id: UUID
    person_id: UUID
    name: str
    number: int
    way: Way
    state: State
    asker: str
    note: str
    comes_along: bool
    changed_at: datetime
    skills: list[str]


class Change(msgspec.Struct, frozen=True):
    """One state that somebody has had in a team."""

    name: str
    state: State
    at: datetime
    by: str
    reason: str


class ChosenTeam(msgspec.Struct, frozen=True):
    """A team that somebody is in."""

    id: UUID
    name: str
    name_en: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A team as staff write it down."""

    name: str
    name_en: str = ""
    aims: str
    aims_en: str = ""
    leader_id: UUID | None = None
    is_recruiting: bool = True


FOUND = """
SELECT t.id, t.community_id, c.name AS community, c.name_en AS community_en, t.name, t.name_en, t.aims, t.aims_en, t.leader_id,
       coalesce(l.name, '') AS leader, t.is_recruiting, t.ended_at, n.members, n.waiting, n.applied, n.chosen
  FROM team t JOIN community c ON c.id = t.community_id LEFT JOIN member l ON l.id = t.leader_id
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE p.state = 'chosen') AS members, count(*) FILTER (WHERE p.state = 'applied') AS waiting,
              count(*) FILTER (WHERE EXISTS (
                  SELECT FROM team_change x WHERE x.team_person_id = p.id AND x.state = 'applied')) AS applied,
              count(*) FILTER (WHERE EXISTS (
                  SELECT FROM team_change x WHERE x.team_person_id = p.id AND x.state = 'chosen')) AS chosen
         FROM team_person p WHERE p.team_id = t.id) n
"""
PEOPLE = """
SELECT p.id, p.team_id, p.person_id, m.name, m.number, p.way, p.state, coalesce(b.name, '') AS asker, p.note, p.comes_along,
       p.changed_at,
       ARRAY(SELECT k.name FROM held_skill h JOIN skill k ON k.id = h.skill_id
              WHERE h.person_id = m.id AND h.state = 'confirmed' ORDER BY k.name) AS skills
  FROM team_person p JOIN member m ON m.id = p.person_id LEFT JOIN member b ON b.id = p.asked_by
"""


async def one(team_id: UUID) -> Team:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE t.id = $1", team_id)
    if row is None:
        raise NotFound(what="team")
    return Team(**dict(row))


async def listed(node_ids: Sequence[UUID] | None = None) -> list[Team]:
    """Teams in being, of all communities or of these, those that take people in first."""
    found = await sql.rows(
        f"{FOUND} WHERE t.ended_at IS NULL AND ($1::uuid[] IS NULL OR t.community_id = ANY($1)) "
        "ORDER BY NOT t.is_recruiting, t.name_en, t.name",
        None if node_ids is None else list(node_ids),
    )
    return [Team(**dict(row)) for row in found]


async def add(community_id: UUID, wanted: Wanted, by_id: UUID, now: datetime) -> UUID:
    """A new team; its id. Raises TeamKnown."""
    made = await sql.value(
        "INSERT INTO team (id, community_id, name, name_en, aims, aims_en, leader_id, is_recruiting, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (community_id, name) DO NOTHING RETURNING id",
        uuid4(),
        community_id,
        *_values(wanted),
        by_id,
        now,
    )
    if made is None:
        raise TeamKnown(field="name")
    return UUID(str(made))


async def change(team_id: UUID, wanted: Wanted) -> None:
    """Raises NotFound, TeamKnown. Safe to repeat."""
    if await sql.rows(
        "SELECT 1 FROM team a JOIN team b ON b.community_id = a.community_id AND b.id <> a.id WHERE a.id = $1 AND b.name = $2",
        team_id,
        wanted.name.strip(),
    ):
        raise TeamKnown(field="name")
    if not await sql.rows(
        "UPDATE team SET name = $2, name_en = $3, aims = $4, aims_en = $5, leader_id = $6, is_recruiting = $7 "
        "WHERE id = $1 RETURNING 1",
        team_id,
        *_values(wanted),
    ):
        raise NotFound(what="team")


def _values(wanted: Wanted) -> tuple[object, ...]:
    return tuple(value.strip() if isinstance(value, str) else value for value in msgspec.structs.astuple(wanted))


async def people(team_id: UUID, states: Sequence[State] = BUSY) -> list[Person]:
    """Who stands so to the team, by when that began."""
    found = await sql.rows(
        f"{PEOPLE} WHERE p.team_id = $1 AND p.state = ANY($2) ORDER BY p.changed_at, m.number", team_id, list(states)
    )
    return [Person(**dict(row)) for row in found]


async def of_member(person_id: UUID) -> list[tuple[Team, Person]]:
    """The teams that a member is in or may come into."""
    found = await sql.rows(
        f"{PEOPLE} WHERE p.person_id = $1 AND p.state = ANY($2) ORDER BY p.changed_at", person_id, list(BUSY)
    )
    return [(await one(row["team_id"]), Person(**dict(row))) for row in found]


async def chosen_for(person_id: UUID) -> list[ChosenTeam]:
    """The teams that a member is in, by name; those that are no more are left out."""
    found = await sql.rows(
        "SELECT t.id, t.name, t.name_en FROM team_person p JOIN team t ON t.id = p.team_id "
        "WHERE p.person_id = $1 AND p.state = 'chosen' AND t.ended_at IS NULL ORDER BY t.name",
        person_id,
    )
    return [ChosenTeam(**dict(row)) for row in found]


async def person(team_id: UUID, person_id: UUID) -> Person | None:
    """How a member stands to a team, if at all."""
    row = await sql.row(f"{PEOPLE} WHERE p.team_id = $1 AND p.person_id = $2", team_id, person_id)
    return Person(**dict(row)) if row else None


async def history(team_id: UUID, limit: int = 500) -> list[Change]:
    """Who asked, who was chosen by whom, who left; the newest first."""
    found = await sql.rows(
        "SELECT m.name, x.state, x.at, b.name, x.reason FROM team_person p JOIN team_change x ON x.team_person_id = p.id "
        "JOIN member m ON m.id = p.person_id JOIN member b ON b.id = x.by_id WHERE p.team_id = $1 ORDER BY x.id DESC LIMIT $2",
        team_id,
        limit,
    )
    return [Change(*row) for row in found]


async def enter(team_id: UUID, person_id: UUID, way: Way, by_id: UUID, note: str, now: datetime) -> Person:
    """Somebody nominates themselves (`applied`), or is recommended or recruited (`asked`, until they agree).

    Raises TeamClosed where the team takes nobody in, NotSo where the person is in it or on the way. Locks the pair.
    """
    if not await sql.rows("SELECT 1 FROM team WHERE id = $1 AND is_recruiting AND ended_at IS NULL", team_id):
        raise TeamClosed()
    state: State = "applied" if way == "nominated" else "asked"
    # Two ways in at once: the unique pair lets one of them through, the other finds the person busy.
    made = await sql.value(
        """
        INSERT INTO team_person AS p (id, team_id, person_id, way, state, asked_by, note, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (team_id, person_id) DO UPDATE
        SET way = excluded.way, state = excluded.state, asked_by = excluded.asked_by, note = excluded.note,
            changed_at = excluded.changed_at
        WHERE p.state <> ALL ($9) RETURNING id
        """,
        uuid4(),
        team_id,
        person_id,
        way,
        state,
        None if way == "nominated" else by_id,
        note.strip(),
        now,
        list(BUSY),
    )
    found = await person(team_id, person_id)
    if made is None or found is None:
        raise NotSo(state=found.state if found else "")
    await _note([made], state, by_id, note, now)
    return found


async def turn(
    team_id: UUID, person_ids: Sequence[UUID], before: Sequence[State], state: State, by_id: UUID, reason: str, now: datetime
) -> list[UUID]:
    """Moves people from one of these states to another and writes it down; whom it moved. Safe to repeat."""
    found = await sql.rows(
        "UPDATE team_person SET state = $4, changed_at = $5, comes_along = comes_along AND $4 = 'chosen' "
        "WHERE team_id = $1 AND person_id = ANY($2) AND state = ANY($3) RETURNING id, person_id",
        team_id,
        list(person_ids),
        list(before),
        state,
        now,
    )
    await _note([row["id"] for row in found], state, by_id, reason, now)
    return [row["person_id"] for row in found]


async def _note(ids: Sequence[UUID], state: State, by_id: UUID, reason: str, now: datetime) -> None:
    await sql.rows(
        "INSERT INTO team_change (team_person_id, state, at, by_id, reason) "
        "SELECT id, $2, $3, $4, $5 FROM unnest($1::uuid[]) AS n (id)",
        list(ids),
        state,
        now,
        by_id,
        reason.strip(),
    )


async def come_along(team_id: UUID, person_id: UUID, yes: bool) -> None:
    """The member's word that the leader may sign them up with the team, or that taken back. Raises NotSo. Safe to repeat."""
    if not await sql.rows(
        "UPDATE team_person SET comes_along = $3 WHERE team_id = $1 AND person_id = $2 AND state = 'chosen' RETURNING 1",
        team_id,
        person_id,
        yes,
    ):
        raise NotSo(state="")
