"""When a room becomes free before its time: nobody came, somebody leaves early or gives back; and when a use is over.

Every change locks the booking and is then one conditional UPDATE on the state that it expects, so of two that come at once
one wins and the other sees what it has done; whoever waited for a move frees the time that the move has taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import gaps, room_stays, sql
from schedules.errors import Refusal
from schedules.intervals import Interval
from schedules.room_doors import DoorRules
from schedules.room_stays import NotThere, Stay


class TakenMeanwhile(Refusal):
    """The released time is somebody else's now. Facts: none."""


class Freed(msgspec.Struct, frozen=True):
    """What became of a booking, and the time that is free now; None where none is."""

    stay: Stay
    within: Interval | None


LEAVE = """
WITH b AS (
    UPDATE booking SET state = CASE WHEN $2 < ends_at THEN 'ended_early' ELSE 'done' END,
           planned_ends_at = CASE WHEN $2 < ends_at THEN coalesce(planned_ends_at, ends_at) ELSE planned_ends_at END,
           sequence = sequence + CASE WHEN $2 < ends_at THEN 1 ELSE 0 END,
           ends_at = least(ends_at, $2), changed_at = $3, changed_by = $4
     WHERE id = $1 AND state = 'in_use' AND ends_at > $3 RETURNING id),
o AS (
    UPDATE occupancy SET use_until = $2, busy_until = $2 + (busy_until - use_until)
     WHERE booking_id IN (SELECT id FROM b) AND active AND use_until > $2)
SELECT id FROM b
"""


async def leave(booking_id: UUID, by: UUID, now: datetime) -> Freed:
    """Ends a use that has begun: at now, rounded up to the grid; the rest is free (booking-98). Safe to repeat.

    The end that was planned is kept beside it, and the turnaround follows the new end. Raises NotThere, NotFound.
    """
    before = await room_stays.locked(booking_id)
    first = gaps.grid_after(before.starts_at + timedelta(microseconds=1), before.grid, before.time_zone)
    ends_at = max(gaps.grid_after(now, before.grid, before.time_zone), min(first, before.ends_at))
    left = await sql.rows(LEAVE, booking_id, ends_at, now, by)
    stay = await room_stays.one(booking_id)
    if left:
        return Freed(stay, Interval(stay.ends_at, stay.planned_ends_at) if stay.state == "ended_early" else None)  # type: ignore[arg-type]
    if stay.state not in ("ended_early", "done"):
        raise NotThere(state=stay.state)
    return Freed(stay, None)


RELEASE = """
WITH b AS (
    UPDATE booking b SET state = 'released', changed_at = $2, changed_by = $3
     WHERE b.id = $1 AND b.state = 'confirmed' AND ({due}) RETURNING b.id),
o AS (UPDATE occupancy SET active = false WHERE booking_id IN (SELECT id FROM b) AND active)
SELECT id FROM b
"""
MISSED = "b.check_in_after IS NOT NULL AND ($2 > check_in_until(b) OR $2 >= b.ends_at)"
BEGUN = "b.starts_at <= $2 AND $2 < b.ends_at"


async def missed(now: datetime, limit: int = 200) -> list[UUID]:
    """Bookings whose time to check in is over and that nobody has released yet: nothing that is still to come (booking-99)."""
    found = await sql.rows(
        f"SELECT b.id FROM booking b WHERE b.state = 'confirmed' AND b.starts_at < $1 AND {MISSED.replace('$2', '$1')} "
        "AND NOT is_resting('release rooms', b.id::text, $1) ORDER BY b.starts_at, b.id LIMIT $2",
        now,
        limit,
    )
    return [row["id"] for row in found]


async def release(booking_id: UUID, now: datetime) -> Freed | None:
    """Frees what is left because nobody came, and notes the no-show (booking-92); None where it was not due, or done before."""
    before = await room_stays.locked(booking_id)
    if not await sql.rows(RELEASE.format(due=MISSED), booking_id, now, before.person_id):
        return None
    # The key is the booking's: however often it is released, it is noted once.
    await sql.rows(
        "INSERT INTO room_no_show (booking_id, person_id, household_id, space_id, noted_at, counts_until) "
        "SELECT $1, $2, $3, $4, $5, $5::timestamptz + make_interval(days => coalesce(d.no_show_days, $6)) "
        "FROM (SELECT 1) one LEFT JOIN room_door d ON d.space_id = $4 "
        "ON CONFLICT (booking_id) DO NOTHING",
        booking_id,
        before.person_id,
        before.household_id,
        before.space_id,
        now,
        DoorRules().no_show_days,
    )
    return Freed(await room_stays.one(booking_id), _rest(before, now))


async def give_back(booking_id: UUID, by: UUID, now: datetime) -> Freed:
    """The holder says that nobody will come to a booking that has begun: its rest is free, and no no-show is noted.

    Safe to repeat. Raises NotThere for one that has not begun (that is cancelled), is in use or over.
    """
    await room_stays.locked(booking_id)
    given = await sql.rows(RELEASE.format(due=BEGUN), booking_id, now, by)
    stay = await room_stays.one(booking_id)
    if not given and stay.state != "released":
        raise NotThere(state=stay.state)
    return Freed(stay, _rest(stay, now) if given else None)


def _rest(stay: Stay, now: datetime) -> Interval | None:
    return Interval(max(now, stay.starts_at), stay.ends_at) if now < stay.ends_at else None


TAKE_REST = """
SELECT take_space(space_id, 'booking', id, $2, ends_at,
                  ends_at + make_interval(mins => coalesce((terms ->> 'turnaround')::int, 0)), NULL, units)
  FROM booking WHERE id = $1
"""


async def take_again(booking_id: UUID, by: UUID, now: datetime) -> Stay:
    """The holder of a released booking is there after all, and the rest is still free: it is theirs again, in use.

    The no-show is forgiven: somebody came. Raises TakenMeanwhile, NotThere.
    """
    await release(booking_id, now)
    claimed = await sql.rows(
        "UPDATE booking SET state = 'in_use', checked_in_at = $2, checked_in_by = $3, changed_at = $2, changed_by = $3 "
        "WHERE id = $1 AND state = 'released' AND $2 < ends_at RETURNING id",
        booking_id,
        now,
        by,
    )
    stay = await room_stays.one(booking_id)
    if not claimed:
        raise NotThere(state=stay.state)
    await sql.rows(
        "SELECT expire_occupancy(ARRAY[key], tstzrange($2, $3), $2) FROM space WHERE id = $1", stay.space_id, now, stay.ends_at
    )
    # The constraint decides whether the rest is free; by raising, the state goes back as well.
    if not await sql.value(TAKE_REST, booking_id, now):
        raise TakenMeanwhile()
    await sql.rows(
        "UPDATE room_no_show SET forgiven_at = $2, forgiven_by = $3 WHERE booking_id = $1 AND forgiven_at IS NULL",
        booking_id,
        now,
        by,
    )
    return stay


async def say_coming(booking_id: UUID, now: datetime) -> Stay:
    """The holder answers a reminder: still coming. Safe to repeat. Raises NotThere for one that is not to come."""
    await sql.rows(
        "UPDATE booking SET said_coming_at = coalesce(said_coming_at, $2) "
        "WHERE id = $1 AND state = 'confirmed' AND ends_at > $2",
        booking_id,
        now,
    )
    stay = await room_stays.one(booking_id)
    if stay.state not in ("confirmed", "in_use"):
        raise NotThere(state=stay.state)
    return stay


FINISH = """
UPDATE booking SET state = 'done', changed_at = $1, changed_by = person_id WHERE id IN (
    SELECT id FROM booking WHERE ends_at <= $1 AND (state = 'in_use' OR state = 'confirmed' AND check_in_after IS NULL)
     LIMIT $2 FOR UPDATE SKIP LOCKED)
   AND (state = 'in_use' OR state = 'confirmed' AND check_in_after IS NULL) RETURNING id
"""


async def finish(now: datetime, limit: int = 500) -> int:
    """Uses whose end has passed are done; how many became so. Safe to repeat and to run twice at once."""
    return len(await sql.rows(FINISH, now, limit))
