"""A series is changed: from one session on, or all that is to come; or it ends. The past is never touched.

Nobody is dropped: sessions with sign-ups stay where a rule no longer has them, empty ones go (schedule-14, 16).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import edits, generator, occupancy, plans, series, session_rows, sessions, sql
from schedules.edits import Changed
from schedules.errors import NotFound, Refusal
from schedules.generator import Made, Wish
from schedules.series import Series, Template
from schedules.sessions import Session


class SeriesEnded(Refusal):
    """The series has ended and is not changed any more. Facts: ended_on."""


class Revision(msgspec.Struct, frozen=True):
    """What a change of a series does. `series_id` is the new one after a split.

    `changed`: sessions that follow it, with whom that touches. `stays`: no longer in the rule, but people are signed up.
    `goes`: no longer in the rule, and empty.
    """

    series_id: UUID
    is_split: bool
    changed: list[Changed]
    stays: list[Session]
    goes: list[Session]
    made: Made


class _Sorted(msgspec.Struct, frozen=True):
    follow: list[Session]
    stays: list[Session]
    goes: list[Session]


async def revise(series_id: UUID, wanted: Template, from_on: date | None, by_id: UUID, now: datetime) -> Revision:
    """Changes a series for its sessions to come, or with `from_on` for those whose day in the rule is not before it.

    With sessions before that day the series is split: the old one ends, a new one begins (schedule-11), and sessions with
    their sign-ups move to it (schedule-12). What was edited at one session alone stays, field by field (schedule-13). Raises
    NotFound, SeriesEnded, Malformed. Locks the series, its sessions with their roles, then the rooms. Safe to repeat.
    """
    before = await series.lock(series_id)
    if before.ended_on is not None and (from_on is None or from_on >= before.ended_on):
        raise SeriesEnded(ended_on=before.ended_on)
    is_split = from_on is not None and await _has_before(series_id, from_on)
    if from_on is not None and is_split:
        wanted = msgspec.structs.replace(wanted, first_on=max(wanted.first_on, from_on))
    series.check(wanted)
    new_id = await _split(before, wanted, from_on, by_id, now) if from_on and is_split else series_id
    if not is_split:
        await series.rewrite(series_id, wanted, now)
    after = await series.find(new_id)
    found = await _to_come(new_id, from_on, now)
    apart = await _sort(found, after)
    changed = await _follow(apart.follow, before, after, now)
    await _drop(apart.goes, now)
    made = await generator.make(new_id, now)
    return Revision(new_id, is_split, changed, apart.stays, apart.goes, made)


async def end(series_id: UUID, from_on: date, now: datetime) -> Revision:
    """No session from this day on: those with sign-ups stay, empty ones go (schedule-16). Safe to repeat. Raises NotFound.

    Locks as `revise`.
    """
    await series.lock(series_id)
    await series.end(series_id, from_on, now)
    found = await _to_come(series_id, from_on, now)
    apart = await _sort(found, await series.find(series_id))
    await _drop(apart.goes, now)
    return Revision(series_id, False, [], apart.stays, apart.goes, Made(series_id, [], [], []))


async def _has_before(series_id: UUID, from_on: date) -> bool:
    return bool(
        await sql.rows(
            "SELECT 1 FROM session WHERE series_id = $1 AND original_start < $2::date AND NOT is_dropped LIMIT 1",
            series_id,
            from_on,
        )
    )


async def _split(before: Series, wanted: Template, from_on: date, by_id: UUID, now: datetime) -> UUID:
    """The old series ends before that day, a new one has the sessions from it on: called-off ones too (schedule-15)."""
    await series.end(before.id, from_on, now)
    made = await series.create(before.activity_id, wanted, by_id, now, follows_id=before.id)
    await session_rows.lock(await _ids_from(before.id, from_on))
    await sql.rows(
        "UPDATE session SET series_id = $2 WHERE series_id = $1 AND original_start >= $3::date", before.id, made, from_on
    )
    return made


async def _ids_from(series_id: UUID, from_on: date) -> list[UUID]:
    rows = await sql.rows("SELECT id FROM session WHERE series_id = $1 AND original_start >= $2::date", series_id, from_on)
    return [row["id"] for row in rows]


async def _to_come(series_id: UUID, from_on: date | None, now: datetime) -> list[Session]:
    """Sessions of the series that have not begun, called-off ones too, locked."""
    where = "series_id = $1 AND starts_at > $2 AND NOT is_dropped AND ($3::date IS NULL OR original_start >= $3::date)"
    await session_rows.lock(
        [row["id"] for row in await sql.rows(f"SELECT id FROM session WHERE {where}", series_id, now, from_on)]
    )
    return [
        session
        for session in await sessions.of_series(series_id, now)
        if session.starts_at > now
        and session.original_start is not None
        and (from_on is None or session.original_start.date() >= from_on)
    ]


async def _sort(found: Sequence[Session], after: Series) -> _Sorted:
    """Which sessions the rule still has; of the others, which have sign-ups. Called-off ones only follow."""
    days = [session.original_start.date() for session in found if session.original_start]
    in_rule = set(series.days(after, min(days), max(days))) if days else set()
    signed_up = await edits.affected([session.id for session in found])
    apart = _Sorted([], [], [])
    for session in found:
        if session.original_start is not None and session.original_start.date() in in_rule:
            apart.follow.append(session)
        elif not session.is_called_off:
            (apart.stays if session.id in signed_up else apart.goes).append(session)
    return apart


async def _follow(found: Sequence[Session], before: Series, after: Series, now: datetime) -> list[Changed]:
    """Gives sessions the fields of their series, without those that were edited alone; rooms are given back and taken anew."""
    fields = {session.id: _other(session, before, after) for session in found}
    await _write(found, fields, after, now)
    open_ids = [session.id for session in found if not session.is_called_off]
    if before.roles != after.roles:
        await session_rows.fit_roles(open_ids, before.roles, after.roles)
    moving = [session.id for session in found if session.id in open_ids and fields[session.id] & {"time", "place"}]
    await _rooms_anew(moving, now)
    people = await edits.affected(open_ids)
    seen = {session.id: session for session in await sessions.of_series(after.id, now)}
    return [
        Changed(session, seen[session.id], tuple(sorted(fields[session.id])), tuple(people.get(session.id, ())))
        for session in found
        if session.id in open_ids and (fields[session.id] or session.roles != seen[session.id].roles)
    ]


def _other(session: Session, before: Series, after: Series) -> set[str]:
    """What the change of the series changes at this session: nothing that was edited there alone (schedule-13)."""
    other = {
        "time": (before.starts, before.ends) != (after.starts, after.ends),
        "place": (before.space_id, before.place) != (after.space_id, after.place),
        "note": (before.note, before.note_en) != (after.note, after.note_en),
    }
    return {name for name, is_other in other.items() if is_other and name not in session.own_fields}


WRITE = """
UPDATE session s
   SET original_start = n.original_start,
       starts_at = CASE WHEN n.time THEN n.starts_at ELSE s.starts_at END,
       ends_at = CASE WHEN n.time THEN n.ends_at ELSE s.ends_at END,
       skipped_start = CASE WHEN n.time THEN n.skipped ELSE s.skipped_start END,
       opens_at = CASE WHEN n.time THEN n.starts_at - make_interval(mins => $9) ELSE s.opens_at END,
       closes_at = CASE WHEN n.time THEN n.ends_at + make_interval(mins => $10) ELSE s.closes_at END,
       space_id = CASE WHEN n.place THEN $11 ELSE s.space_id END,
       wanted_space = CASE WHEN n.place THEN NULL ELSE s.wanted_space END,
       place = CASE WHEN n.place THEN coalesce((SELECT name FROM space WHERE id = $11), $12) ELSE s.place END,
       note = CASE WHEN n.note THEN $13 ELSE s.note END,
       note_en = CASE WHEN n.note THEN $14 ELSE s.note_en END,
       sequence = s.sequence + (n.time OR n.place OR n.note)::int,
       changed_at = CASE WHEN n.time OR n.place OR n.note THEN $15 ELSE s.changed_at END
  FROM unnest($1::uuid[], $2::timestamp[], $3::timestamptz[], $4::timestamptz[], $5::timestamp[], $6::bool[],
              $7::bool[], $8::bool[]) AS n (id, original_start, starts_at, ends_at, skipped, time, place, note)
 WHERE s.id = n.id
"""


async def _write(found: Sequence[Session], fields: dict[UUID, set[str]], after: Series, now: datetime) -> None:
    """One statement for all of them. The wall time in the rule follows for every one, so that no date is made anew."""
    written = [
        _written(session.id, session.original_start.date(), after, fields[session.id])
        for session in found
        if session.original_start is not None
    ]
    if not written:
        return
    await sql.rows(
        WRITE,
        *(list(column) for column in zip(*written, strict=True)),
        after.opens_before,
        after.closes_after,
        after.space_id,
        after.place,
        after.note,
        after.note_en,
        now,
    )


def _written(session_id: UUID, day: date, after: Series, fields: set[str]) -> tuple[object, ...]:
    """The columns of WRITE for one session, of which these fields follow."""
    asked, time = series.session_plan(after, day), series.interval(after, day, after.time_zone)
    skipped = plans.skipped(asked, time.starts_at, after.time_zone)
    follows = [name in fields for name in ("time", "place", "note")]
    return session_id, asked.starts, time.starts_at, time.ends_at, skipped, *follows


async def _rooms_anew(session_ids: Sequence[UUID], now: datetime) -> None:
    """All are given back before any is taken, so that sessions of one series do not stand in each other's way."""
    await occupancy.release_sessions(session_ids)
    rows = await sql.rows(
        "UPDATE session s SET space_id = p.id, wanted_space = NULL, place = p.name FROM space p "
        "WHERE p.id = coalesce(s.space_id, s.wanted_space) AND s.id = ANY ($1) "
        "RETURNING s.id, s.space_id, s.starts_at, s.ends_at",
        list(session_ids),
    )
    await generator.take_rooms([Wish(*row) for row in rows], now)


async def _drop(gone: Sequence[Session], now: datetime) -> None:
    """Takes empty sessions away. A sign-up that waits for its place finds none."""
    ids = [session.id for session in gone]
    await sql.rows("UPDATE session_role SET places = 0, beyond = 0 WHERE session_id = ANY ($1)", ids)
    await sql.rows(
        "UPDATE session SET state = 'cancelled', is_dropped = true, sequence = sequence + 1, changed_at = $2 "
        "WHERE id = ANY ($1)",
        ids,
        now,
    )
    await occupancy.release_sessions(ids)


async def day_of(session_id: UUID) -> tuple[UUID, date]:
    """The series of a session and its day in the rule. Raises NotFound for one that belongs to none."""
    found = await sql.row("SELECT series_id, original_start FROM session WHERE id = $1 AND series_id IS NOT NULL", session_id)
    if found is None:
        raise NotFound(what="series")
    return found["series_id"], found["original_start"].date()
