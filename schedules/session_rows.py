"""The rows of sessions and their roles, for whoever makes sessions: drafts, series, single additions, agreed tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from schedules import plans, sql, walltimes
from schedules.intervals import Interval
from schedules.plans import RolePlan, SessionPlan


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session to be written. `skipped`: the wall time that was asked for, where the clocks skip it.

    `place` is left empty where the room's name says it. `original_start` is the wall time at which a series has it.
    """

    time: Interval
    skipped: datetime | None = None
    place: str = ""
    space_id: UUID | None = None
    series_id: UUID | None = None
    original_start: datetime | None = None
    wanted_space: UUID | None = None
    note: str = ""
    note_en: str = ""
    absent_from: datetime | None = None


def of_plan(plan: SessionPlan, time: Interval, time_zone: str) -> NewSession:
    """A planned session at the instants that are meant."""
    return NewSession(
        time=time,
        skipped=plans.skipped(plan, time.starts_at, time_zone),
        place=plan.place.strip(),
        space_id=plan.space_id,
    )


# Two generators at one date of a series: the unique key lets one of them through (schedule-9).
WRITE = """
INSERT INTO session (id, activity_id, starts_at, ends_at, skipped_start, opens_at, closes_at, place, space_id,
                     changed_at, series_id, original_start, wanted_space, note, note_en, absent_from)
SELECT n.id, $1, n.starts_at, n.ends_at, n.skipped, n.starts_at - $2::interval, n.ends_at + $3::interval,
       coalesce(nullif(n.place, ''), p.name), n.space_id, $4, n.series_id, n.original_start, n.wanted_space,
       n.note, n.note_en, n.absent_from
  FROM unnest($5::uuid[], $6::timestamptz[], $7::timestamptz[], $8::timestamp[], $9::text[], $10::uuid[], $11::uuid[],
              $12::timestamp[], $13::uuid[], $14::text[], $15::text[], $16::timestamptz[])
       AS n (id, starts_at, ends_at, skipped, place, space_id, series_id, original_start, wanted_space, note, note_en,
             absent_from)
  LEFT JOIN space p ON p.id = n.space_id
ON CONFLICT (series_id, original_start) DO NOTHING RETURNING id
"""


async def write(
    activity_id: UUID, made: Sequence[NewSession], roles: Sequence[RolePlan], around: tuple[int, int], now: datetime
) -> list[UUID]:
    """Writes sessions with all these roles; their ids, in order. `around`: minutes before and after in which scans are taken.

    A date that its series has already is left out: the id is then missing. Takes no room.
    """
    if not made:
        return []
    ids = [uuid4() for _ in made]
    columns = (list(column) for column in zip(*map(_written, made), strict=True))
    before, after = (timedelta(minutes=minutes) for minutes in around)
    there = {row["id"] for row in await sql.rows(WRITE, activity_id, before, after, now, ids, *columns)}
    written = [made_id for made_id in ids if made_id in there]
    await _write_roles(written, roles)
    return written


def _written(new: NewSession) -> tuple[object, ...]:
    """The columns of WRITE for one session, behind its id."""
    return (
        new.time.starts_at,
        new.time.ends_at,
        new.skipped,
        new.place,
        new.space_id,
        new.series_id,
        new.original_start,
        new.wanted_space,
        new.note,
        new.note_en,
        new.absent_from,
    )


async def _write_roles(session_ids: Sequence[UUID], roles: Sequence[RolePlan]) -> None:
    await sql.rows(
        """
        INSERT INTO session_role (id, session_id, position, name, name_en, places)
        SELECT gen_random_uuid(), s.id, r.position, r.name, r.name_en, r.places
          FROM unnest($1::uuid[]) AS s (id),
               unnest($2::text[], $3::text[], $4::int[]) WITH ORDINALITY AS r (name, name_en, places, position)
        ON CONFLICT (session_id, name) DO NOTHING
        """,
        list(session_ids),
        [role.name for role in roles],
        [role.name_en for role in roles],
        [role.places for role in roles],
    )


ABOVE = "greatest(r.taken - n.places, 0)"
"""How many of role `r` stand above its new `n.places`; none where that is NULL, which `greatest` passes over."""


async def set_places(places: Mapping[UUID, int | None]) -> dict[UUID, int]:
    """Gives roles another number of places, None for as many as come: how many of each now stand above it, of those there are.

    Fewer places than sign-ups drop nobody (schedule-24). Locks the roles, several in no order: `lock` comes before. Safe to
    repeat.
    """
    found = await sql.rows(
        f"UPDATE session_role r SET places = n.places, beyond = {ABOVE} FROM unnest($1::uuid[], $2::int[]) AS n (id, places) "
        "WHERE r.id = n.id RETURNING r.id, r.beyond",
        list(places),
        list(places.values()),
    )
    return {row["id"]: row["beyond"] for row in found}


async def fit_roles(session_ids: Sequence[UUID], before: Sequence[RolePlan] | None, roles: Sequence[RolePlan]) -> None:
    """Gives sessions of a series its roles anew. Places that were changed at a session alone stay (schedule-13).

    `before`: the series' roles until now; none: nothing was changed alone. Fewer places than sign-ups drop nobody.
    A role that is gone disappears where nobody ever took it, and takes nobody more elsewhere. Locks the roles.
    """
    ids, old = list(session_ids), {role.name: role.places for role in before or ()}
    await sql.rows(
        f"""
        UPDATE session_role r SET name_en = n.name_en, position = n.position, places = n.places, beyond = {ABOVE}
          FROM unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::bool[]) WITH ORDINALITY
               AS n (name, name_en, places, old, is_new, position)
         WHERE r.session_id = ANY ($1) AND r.name = n.name AND (n.is_new OR r.places IS NOT DISTINCT FROM n.old)
        """,
        ids,
        [role.name for role in roles],
        [role.name_en for role in roles],
        [role.places for role in roles],
        [old.get(role.name) for role in roles],
        [role.name not in old for role in roles],
    )
    gone = [name for name in old if name not in {role.name for role in roles}]
    if gone:
        await sql.rows(
            "DELETE FROM session_role r WHERE r.session_id = ANY ($1) AND r.name = ANY ($2) "
            "AND NOT EXISTS (SELECT FROM signup u WHERE u.role_id = r.id) "
            "AND NOT EXISTS (SELECT FROM cover_request c WHERE c.role_id = r.id)",
            ids,
            gone,
        )
        await sql.rows(
            "UPDATE session_role SET places = 0, beyond = taken WHERE session_id = ANY ($1) AND name = ANY ($2)", ids, gone
        )
    await _write_roles(ids, roles)


async def lock(session_ids: Sequence[UUID]) -> None:
    """Until the transaction ends nobody takes a place at these sessions, and nobody else edits them."""
    # Roles first, then sessions, each in order: as a sign-up locks them, which takes its place and then refers to the session.
    await sql.rows("SELECT 1 FROM session_role WHERE session_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", list(session_ids))
    await sql.rows("SELECT 1 FROM session WHERE id = ANY ($1) ORDER BY id FOR UPDATE", list(session_ids))


def wall(moment: datetime, time_zone: str) -> datetime:
    """The wall time of an instant, without its zone."""
    return walltimes.local_of(moment, time_zone).replace(tzinfo=None)
