"""The one table in which everything that occupies a space meets, under a constraint that holds no overlap (booking.md A1-A7).

Taking is `INSERT ... ON CONFLICT DO NOTHING`, sorted by space and start. An overlap is an answer and never tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import gaps, opening, sql
from schedules.errors import NotFound, Refusal
from schedules.intervals import Interval, proper, subtract

Kind = Literal["booking", "hold", "offer", "closure", "session"]


class Occupied(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a space. `label` is what all may read: a session's title, a closure's reason; empty for a booking."""

    space_id: UUID
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    busy_until: datetime
    """The end of the use and the turnaround after it."""
    label: str = ""
    label_en: str = ""
    booking_id: UUID | None = None
    household_id: UUID | None = None
    session_id: UUID | None = None
    closure_id: UUID | None = None
    units: int = 1
    """How many of the space's units it has; a space without units is taken as a whole."""
    is_exempt: bool = False
    """A closure that lets in who asks: their booking cuts it (booking-31)."""

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    @property
    def busy(self) -> Interval:
        return Interval(self.starts_at, self.busy_until)


class Use(msgspec.Struct, frozen=True):
    """A wish to occupy a space: by which session or closure, from when until when."""

    space_id: UUID
    kind: Literal["session", "closure"]
    of: UUID
    starts_at: datetime
    ends_at: datetime
    leaf: int | None = None
    """The one part or unit that is meant, by its key; none: the whole space."""

    @property
    def interval(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


class SpaceTaken(Refusal):
    """Something stands there, and nothing was taken.

    Facts, of the first clash in time: space_id, space, space_en, time_zone, starts_at and ends_at (what was asked), kind,
    by and by_en (a title or reason; empty for a booking), use_from, use_until, free_from (after the turnaround), alternatives
    (Intervals that are free in the same space), and clashes (starts_at of every asked time that is taken).
    """


class OverlapsItself(Refusal):
    """Two of the asked times overlap each other. Facts: first_at, second_at."""


class _Space(msgspec.Struct, frozen=True):
    id: UUID
    key: int
    name: str
    name_en: str
    time_zone: str
    grid: int
    turnaround: int
    units: int
    leaves: list[int]
    """The keys under which it is taken: of its parts, of its units, or its own."""


async def take_session(space_id: UUID, session_id: UUID, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Puts a session into a space for its time and the space's turnaround after it; takes no household's quota (booking-62).

    Raises SpaceTaken, which names what stands there and the nearest free times, NotFound for a space that is unknown or
    retired, Malformed for an empty time. Several sessions go through one `take`: one call cannot deadlock with another.
    To move a session, `release_sessions` and `take_session` in one transaction: a refusal brings the old time back.
    """
    await take([Use(space_id, "session", session_id, starts_at, ends_at)], now)


async def release_sessions(session_ids: Sequence[UUID]) -> bool:
    """Gives the rooms of sessions back; whether any had one. Safe to repeat."""
    given_back = "UPDATE occupancy SET active = false WHERE session_id = ANY ($1) AND active RETURNING id"
    return bool(await sql.rows(given_back, list(session_ids)))


async def release_closure(closure_id: UUID) -> bool:
    """Opens again what a closure shut; whether it shut anything. Safe to repeat."""
    return bool(await sql.rows("UPDATE occupancy SET active = false WHERE closure_id = $1 AND active RETURNING id", closure_id))


async def cut_turnaround(space_id: UUID, starts_at: datetime) -> int:
    """Uses that are over before `starts_at` are not tidied up after beyond it: how many were shortened (booking-47, A10).

    For staff who override the turnaround, in the transaction that takes the time: the constraint has no exceptions. Whoever
    calls it writes down who and why. Safe to repeat.
    """
    found = await sql.rows(
        "UPDATE occupancy SET busy_until = greatest(use_until, $2) WHERE active AND use_until <= $2 AND busy_until > $2 "
        "AND space_key IN (SELECT l.key FROM space_part p JOIN leaf l ON l.space_id = p.part_id WHERE p.space_id = $1) "
        "AND busy && tstzrange($2, $2, '[]') RETURNING id",
        space_id,
        starts_at,
    )
    return len(found)


async def take(uses: Sequence[Use], now: datetime) -> None:
    """Takes all the times or, by raising, none: the caller's transaction rolls back what was taken.

    Expired holds in these times give way first. Raises SpaceTaken, OverlapsItself, NotFound, Malformed.
    """
    spaces = await _spaces({use.space_id for use in uses})
    # By start, then by key, as everybody does: requests for the same times in another order cannot wait for each other.
    ordered = sorted(
        ((use.starts_at, key, use) for use in uses for key in ([use.leaf] if use.leaf else spaces[use.space_id].leaves)),
        key=lambda each: each[:2],
    )
    _check(ordered, spaces)
    ends = [use.ends_at + _turnaround(use, spaces) for _, _, use in ordered]
    await _make_way(uses, spaces, now)
    got = await sql.rows(
        "INSERT INTO occupancy (space_key, kind, session_id, closure_id, active, use_from, use_until, busy_until) "
        "SELECT key, kind, CASE kind WHEN 'session' THEN of_id END, CASE kind WHEN 'closure' THEN of_id END, true, "
        "use_from, use_until, busy_until FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::timestamptz[], "
        "$5::timestamptz[], $6::timestamptz[]) WITH ORDINALITY AS asked "
        "(key, kind, of_id, use_from, use_until, busy_until, place) ORDER BY place "
        "ON CONFLICT DO NOTHING RETURNING space_key, use_from",
        [key for _, key, _ in ordered],
        [use.kind for _, _, use in ordered],
        [use.of for _, _, use in ordered],
        [use.starts_at for _, _, use in ordered],
        [use.ends_at for _, _, use in ordered],
        ends,
    )
    if len(got) < len(ordered):
        taken = {(row["space_key"], row["use_from"]) for row in got}
        missed = [use for starts_at, key, use in ordered if (key, starts_at) not in taken]
        raise await _refusal(list(dict.fromkeys(missed)), spaces[missed[0].space_id], now)


async def _make_way(uses: Sequence[Use], spaces: dict[UUID, _Space], now: datetime) -> None:
    """Lets go of what has expired in these times."""
    await sql.rows(
        "SELECT expire_occupancy(ARRAY[key], tstzrange(starts_at, ends_at), $4) "
        "FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS asked (key, starts_at, ends_at)",
        [spaces[use.space_id].key for use in uses],
        [use.starts_at for use in uses],
        [use.ends_at + _turnaround(use, spaces) for use in uses],
        now,
    )
    counted = sorted(space.key for space in spaces.values() if space.units > 1)
    if counted:
        # Uses may be moving between the units of a space at this moment: see free_units.
        await sql.rows("SELECT id FROM space WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE", counted)


def _turnaround(use: Use, spaces: dict[UUID, _Space]) -> timedelta:
    return timedelta(minutes=spaces[use.space_id].turnaround if use.kind == "session" else 0)


async def _spaces(ids: set[UUID]) -> dict[UUID, _Space]:
    # A space that is being divided at this moment is divided first: its leaves are read after that.
    await sql.rows("SELECT id FROM space WHERE id = ANY($1) ORDER BY key FOR KEY SHARE", list(ids))
    found = await sql.rows(
        "SELECT id, key, name, name_en, time_zone, grid, turnaround, units, ARRAY(SELECT l.key FROM space_part p "
        "JOIN leaf l ON l.space_id = p.part_id WHERE p.space_id = s.id AND l.in_use ORDER BY l.key) "
        "FROM space s WHERE id = ANY($1) AND state = 'open'",
        list(ids),
    )
    if len(found) < len(ids):
        raise NotFound(what="space")
    return {row["id"]: _Space(*row) for row in found}


def _check(ordered: Sequence[tuple[datetime, int, Use]], spaces: dict[UUID, _Space]) -> None:
    """DO NOTHING would silently drop a time that clashes with another of the same request, so that is looked at before."""
    last: dict[int, Use] = {}
    for _, key, use in ordered:
        proper(use.starts_at, use.ends_at)
        before = last.get(key)
        if before and use.starts_at < before.ends_at + _turnaround(before, spaces):
            raise OverlapsItself(first_at=before.starts_at, second_at=use.starts_at)
        last[key] = use


async def read(space_ids: Sequence[UUID], within: Interval, now: datetime) -> list[Occupied]:
    """What occupies these spaces within a time, in order of space and start."""
    found = await sql.rows(
        "SELECT * FROM occupied((SELECT array_agg(key) FROM space WHERE id = ANY($1)), tstzrange($2, $3), $4)",
        list(space_ids),
        within.starts_at,
        within.ends_at,
        now,
    )
    return [Occupied(**dict(row.items())) for row in found]


async def left(space_id: UUID, whole: Interval, now: datetime) -> dict[int, list[Interval]]:
    """What is left of a time in each part or unit of a space, by its key, outside of what occupies it with its turnaround."""
    found = await sql.rows(
        "SELECT l.key, o.use_from, o.busy_until FROM space_part p JOIN leaf l ON l.space_id = p.part_id AND l.in_use "
        "LEFT JOIN occupancy o ON int8range(o.space_key, o.space_key, '[]') = int8range(l.key, l.key, '[]') AND o.active "
        "AND o.busy && tstzrange($2, $3) AND (o.expires_at IS NULL OR o.expires_at > $4) WHERE p.space_id = $1 ORDER BY l.key",
        space_id,
        whole.starts_at,
        whole.ends_at,
        now,
    )
    busy: dict[int, list[Interval]] = {row["key"]: [] for row in found}
    for row in found:
        if row["use_from"] is not None:
            busy[row["key"]].append(Interval(row["use_from"], row["busy_until"]))
    return {key: subtract(whole, parts) for key, parts in busy.items()}


async def _refusal(missed: Sequence[Use], space: _Space, now: datetime) -> SpaceTaken:
    """What stands in the way of the first that was missed, and where the same length is free."""
    use = missed[0]
    margin = timedelta(days=8)
    windows = (await opening.read([space.id]))[space.id]
    standing = await read([space.id], Interval(use.starts_at - margin, use.ends_at + margin), now)
    pause = _turnaround(use, {space.id: space})
    busy = Interval(use.starts_at, use.ends_at + pause)
    clash = next((found for found in standing if found.busy.overlaps(busy)), None)
    open_times = opening.around(windows, use.interval, space.time_zone, days=8)
    needs_open = any(part.covers(use.interval) for part in open_times)

    def works(option: Interval) -> bool:
        with_pause = Interval(option.starts_at, option.ends_at + pause)
        return (
            option.starts_at >= now
            and not any(found.busy.overlaps(with_pause) for found in standing)
            and (not needs_open or any(part.covers(option) for part in open_times))
        )

    return SpaceTaken(
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        kind=clash.kind if clash else "booking",
        by=clash.label if clash else "",
        by_en=clash.label_en if clash else "",
        use_from=clash.starts_at if clash else use.starts_at,
        use_until=clash.ends_at if clash else use.ends_at,
        free_from=clash.busy_until if clash else use.ends_at,
        alternatives=gaps.nearest(use.interval, space.grid, space.time_zone, works),
        clashes=[one.starts_at for one in missed],
    )
