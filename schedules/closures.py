"""Times at which a space is shut, with the reason that all read. What stands there is never pushed aside silently."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import bookings, occupancy, spaces, sql, walltimes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.intervals import Interval, join, proper
from schedules.occupancy import Use
from schedules.spaces import Space

Over = Literal["refuse", "around", "cancel"]
"""What becomes of what stands there: nothing is closed, the closure is what is left, or bookings are cancelled by the house."""


class InTheWay(Refusal):
    """Uses stand in the time that was to be closed; nothing was changed.

    Facts: space_id, space, space_en, time_zone, standing (Occupied, in order), sessions (how many of them are sessions, which
    no closure cancels).
    """


class ClosureOver(Malformed):
    """The time to be closed is over already. Facts: field, reason."""


class NothingToClose(Refusal):
    """What stands there fills the whole time, so that no closure is left around it (booking-30). Facts: none."""


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """`parts` are the times that are really shut: less than the whole where it was closed around something."""

    id: UUID
    space_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    made_by: UUID
    parts: Sequence[Interval] = ()
    exempt_people: Sequence[UUID] = ()
    """Who may book in it all the same: their booking cuts the closure (booking-31)."""
    exempt_groups: Sequence[UUID] = ()


class Closed(msgspec.Struct, frozen=True):
    """What closing did: the closure, and the bookings that the house cancelled for it."""

    closure: Closure
    cancelled: Sequence[bookings.Booking]


async def close(
    space_id: UUID,
    whole: Interval,
    reason: str,
    by: UUID,
    now: datetime,
    over: Over = "refuse",
    *,
    exempt_people: Sequence[UUID] = (),
    exempt_groups: Sequence[UUID] = (),
) -> Closed:
    """Shuts a space for a time, for all but those who are exempt.

    Raises InTheWay where something stands there and `over` does not say what becomes of it, NothingToClose, NotFound, Malformed
    for an empty or past time, and SpaceTaken when somebody books in between: then try again.
    """
    space = await spaces.one(space_id)
    for day in (whole.starts_at, whole.ends_at):
        walltimes.of_our_days(day.date(), "starts_at")
    if proper(whole.starts_at, whole.ends_at).ends_at <= now:
        raise ClosureOver(field="", reason="a time that is not over")
    gone = await _in_the_way(space, whole, over, now)
    cancelled = [await bookings.cancel(booking_id, by, now, house_reason=reason) for booking_id in gone]
    left = await occupancy.left(space_id, whole, now)
    if not any(left.values()):
        raise NothingToClose()
    closure = Closure(
        id=uuid4(),
        space_id=space_id,
        starts_at=whole.starts_at,
        ends_at=whole.ends_at,
        reason=reason,
        made_by=by,
        parts=join(part for parts in left.values() for part in parts),
        exempt_people=list(exempt_people),
        exempt_groups=list(exempt_groups),
    )
    await _write(closure, left, now)
    return Closed(closure, cancelled)


async def _in_the_way(space: Space, whole: Interval, over: Over, now: datetime) -> list[UUID]:
    """The bookings that give way. Raises InTheWay for what stands there and is neither cancelled nor closed around."""
    standing = await occupancy.read([space.id], whole, now)
    kept = [found for found in standing if over != "cancel" or found.kind != "booking"]
    if kept and over != "around":
        sessions = sum(found.kind == "session" for found in kept)
        named = {"space": space.name, "space_en": space.name_en, "time_zone": space.time_zone}
        raise InTheWay(space_id=space.id, **named, standing=kept, sessions=sessions)
    return list(dict.fromkeys(found.booking_id for found in standing if found not in kept and found.booking_id))


async def _write(closure: Closure, left: dict[int, list[Interval]], now: datetime) -> None:
    """Around what stays, each part or unit is shut for itself."""
    await sql.rows(
        "INSERT INTO closure (id, space_id, starts_at, ends_at, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        closure.id,
        closure.space_id,
        closure.starts_at,
        closure.ends_at,
        closure.reason,
        closure.made_by,
        now,
    )
    if closure.exempt_people or closure.exempt_groups:
        await sql.rows(
            "INSERT INTO closure_exempt (closure_id, person_id, group_id) "
            "SELECT $1::uuid, id, NULL::uuid FROM unnest($2::uuid[]) AS id "
            "UNION SELECT $1, NULL, id FROM unnest($3::uuid[]) AS id",
            closure.id,
            list(closure.exempt_people),
            list(closure.exempt_groups),
        )
    uses = [
        Use(closure.space_id, "closure", closure.id, part.starts_at, part.ends_at, leaf)
        for leaf, parts in left.items()
        for part in parts
    ]
    await occupancy.take(uses, now)


async def lift(closure_id: UUID, now: datetime) -> UUID:
    """Opens the space again; the id of the space. Safe to repeat. Raises NotFound."""
    space_id = await sql.value(
        "UPDATE closure SET ended_at = coalesce(ended_at, $2) WHERE id = $1 RETURNING space_id", closure_id, now
    )
    if space_id is None:
        raise NotFound(what="closure")
    await occupancy.release_closure(closure_id)
    return UUID(str(space_id))


async def space_of(closure_id: UUID) -> UUID:
    """The space that it shuts. Raises NotFound."""
    found = await sql.value("SELECT space_id FROM closure WHERE id = $1", closure_id)
    if found is None:
        raise NotFound(what="closure")
    return UUID(str(found))


async def whole_of(closure_id: UUID) -> Interval:
    """The time for which it was made. Raises NotFound."""
    found = await sql.row("SELECT starts_at, ends_at FROM closure WHERE id = $1", closure_id)
    if found is None:
        raise NotFound(what="closure")
    return Interval(*found)


async def coming(space_id: UUID, now: datetime) -> list[Closure]:
    """Closures of a space that are not over, in order of time."""
    found = await sql.rows(
        "SELECT id, space_id, starts_at, ends_at, reason, made_by, "
        "ARRAY(SELECT person_id FROM closure_exempt WHERE closure_id = c.id AND person_id IS NOT NULL) AS exempt_people, "
        "ARRAY(SELECT group_id FROM closure_exempt WHERE closure_id = c.id AND group_id IS NOT NULL) AS exempt_groups "
        "FROM closure c WHERE space_id = $1 AND ended_at IS NULL AND ends_at > $2 ORDER BY starts_at",
        space_id,
        now,
    )
    parts = await sql.rows(
        "SELECT closure_id, use_from, use_until FROM occupancy WHERE closure_id = ANY($1) AND active ORDER BY use_from",
        [row["id"] for row in found],
    )
    return [
        Closure(
            **dict(row.items()),
            parts=join(Interval(part["use_from"], part["use_until"]) for part in parts if part["closure_id"] == row["id"]),
        )
        for row in found
    ]
