"""The line of those who wait for a room: who is asked next, for how long, and what becomes of the answer.

Lock order: whatever the caller has locked, then an offer with its booking, then the line, then its wishes. While the line is
locked only new rows are taken, so that nobody who waits for the line can be waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import room_doors, room_fits, room_offers, rules, spaces, sql
from schedules.errors import NotFound
from schedules.intervals import Interval
from schedules.room_fits import Also, Fit, Looking
from schedules.room_offers import Offer
from schedules.room_wishes import Room, Skip
from schedules.spaces import Space

LEAST = timedelta(minutes=2)
"""A shorter offer nobody could answer: such a time is simply free for all (booking-104)."""
MOST_ASKED = 200


class Skipped(msgspec.Struct, frozen=True):
    """Who was not asked, and why."""

    wish_id: UUID
    person_id: UUID
    skip: Skip


class Asked(msgspec.Struct, frozen=True):
    """What a look at the line did."""

    offers: Sequence[Offer] = ()
    skipped: Sequence[Skipped] = ()


class _Waiting(msgspec.Struct, frozen=True):
    id: UUID
    person_id: UUID
    household_id: UUID
    earliest_at: datetime
    latest_at: datetime
    minutes: int
    people: int
    purpose: str
    skipped: str | None
    space_ids: list[UUID]

    @property
    def looking(self) -> Looking:
        within = Interval(self.earliest_at, self.latest_at)
        return Looking(self.person_id, self.household_id, within, timedelta(minutes=self.minutes), self.people)


# Those who wait for this space, for a part of it or for a whole that it is a part of.
WAITING = """
SELECT w.id, w.person_id, w.household_id, w.earliest_at, w.latest_at, w.minutes, w.people, w.purpose, w.skipped, r.space_ids
  FROM room_wish w, LATERAL (
       SELECT array_agg(DISTINCT s.space_id) AS space_ids FROM room_wish_space s JOIN space_part a ON a.space_id = s.space_id
         JOIN space_part b ON b.part_id = a.part_id WHERE s.wish_id = w.id AND b.space_id = $1) r
 WHERE w.state = 'waiting' AND w.earliest_at < $3 AND w.latest_at > $2 AND w.latest_at - make_interval(mins => w.minutes) >= $4
   AND r.space_ids IS NOT NULL
 ORDER BY w.place LIMIT $5
"""


async def offer_freed(space_id: UUID, within: Interval, now: datetime, also: Also | None = None) -> Asked:
    """Asks those who wait, in order, for what has become free in a space (and a hall of which it is a part).

    Each gets the first time that fits the own wish and breaks no rule now, held for the room's `offer_minutes`, never beyond
    the last moment at which the room can be booked for then. Who does not qualify is skipped, with the reason, which stays on
    the wish. Two who look at once: the line is locked, so the second sees what the first has offered. Safe to repeat. Belongs
    into the transaction that frees the time.
    """
    if within.ends_at <= now or not await _waiting(space_id, within, now, 1):
        return Asked()
    await _lock_line()
    offers, skipped = [], []
    for waiting in await _waiting(space_id, within, now, MOST_ASKED):
        before = await _answered(waiting.id)
        fits = []
        for room in waiting.space_ids:
            try:
                fits.append(await _fit(room, waiting, within, now, before, also))
            except NotFound:
                continue
        found = next((fit for fit in fits if fit.use), None)
        made = await _offer(waiting, found, now) if found else None
        if made:
            offers.append(made)
        elif (refused := next((fit for fit in fits if fit.refused), None)) and not found:
            skipped.append(await _skip(waiting, refused, now))
    return Asked(offers, skipped)


async def _waiting(space_id: UUID, within: Interval, now: datetime, limit: int) -> list[_Waiting]:
    found = await sql.rows(WAITING, space_id, within.starts_at, within.ends_at, now, limit)
    return [_Waiting(**dict(row)) for row in found]


async def _lock_line() -> None:
    # Two workers, or a cancellation and a worker: one asks, the other then sees whom. Held to the end of the transaction.
    await sql.rows("SELECT pg_advisory_xact_lock(hashtextextended('the line for rooms', 0))")


async def _answered(wish_id: UUID) -> list[tuple[UUID, Interval]]:
    """What this wish has said no or nothing to: it is not asked for the same time again."""
    found = await sql.rows(
        "SELECT b.space_id, b.starts_at, b.ends_at FROM room_offer o JOIN booking b ON b.id = o.booking_id "
        "WHERE o.wish_id = $1 AND o.state IN ('declined', 'expired')",
        wish_id,
    )
    return [(row["space_id"], Interval(row["starts_at"], row["ends_at"])) for row in found]


async def _fit(
    space_id: UUID,
    waiting: _Waiting,
    within: Interval,
    now: datetime,
    before: Sequence[tuple[UUID, Interval]],
    also: Also | None,
) -> Fit:
    without = [use for answered_in, use in before if answered_in == space_id]
    return await room_fits.find(space_id, waiting.looking, within, now, least=LEAST, without=without, also=also)


async def _offer(waiting: _Waiting, fit: Fit, now: datetime) -> Offer | None:
    """Holds the time for one who waits; None where somebody took it a moment ago."""
    space, use = fit.space, fit.use
    if use is None:
        return None
    door = await room_doors.one(space.id)
    expires_at = min(now + timedelta(minutes=door.offer_minutes), use.starts_at - timedelta(minutes=space.notice))
    busy_until = use.ends_at + rules.pause(space)
    made = uuid4()
    await sql.rows(
        "SELECT expire_occupancy(ARRAY[$1::bigint], tstzrange($2, $3), $4)", space.key, use.starts_at, busy_until, now
    )
    if not await sql.value(
        "SELECT take_space($1, 'offer', $2, $3, $4, $5, $6)", space.id, made, use.starts_at, use.ends_at, busy_until, expires_at
    ):
        return None
    await _write(made, waiting, space, use, now)
    await sql.rows(
        "INSERT INTO room_offer (booking_id, wish_id, made_at, expires_at, state) VALUES ($1, $2, $3, $4, 'open')",
        made,
        waiting.id,
        now,
        expires_at,
    )
    await sql.rows("UPDATE room_wish SET state = 'offered', changed_at = $2 WHERE id = $1", waiting.id, now)
    return await room_offers.one(made)


async def _write(made: UUID, waiting: _Waiting, space: Space, use: Interval, now: datetime) -> None:
    await sql.rows(
        "INSERT INTO booking (id, space_id, person_id, household_id, made_by, purpose, people, starts_at, ends_at, counts, "
        "terms, state, made_at, changed_at, changed_by) "
        "VALUES ($1, $2, $3, $4, $3, $5, $6, $7, $8, true, $9, 'offered', $10, $10, $3)",
        made,
        space.id,
        waiting.person_id,
        waiting.household_id,
        waiting.purpose,
        waiting.people,
        use.starts_at,
        use.ends_at,
        msgspec.json.encode(spaces.rules_of(space)).decode(),
        now,
    )


async def _skip(waiting: _Waiting, fit: Fit, now: datetime) -> Skipped:
    """Keeps the reason on the wish, where its owner sees it; once as long as it stays the same."""
    space, use = fit.space, fit.refused or Interval(now, now)
    skip = Skip(space.id, space.name, space.name_en, space.time_zone, use.starts_at, use.ends_at, fit.broken)
    await sql.rows(
        "UPDATE room_wish SET skipped = $2, skipped_at = $3 WHERE id = $1 AND skipped IS DISTINCT FROM $2::jsonb",
        waiting.id,
        msgspec.json.encode(skip).decode(),
        now,
    )
    return Skipped(waiting.id, waiting.person_id, skip)


async def answered(wish_id: UUID, how: Literal["accepted", "declined", "expired", "withdrawn"], now: datetime) -> None:
    """What an ended offer means for the wish: met; waiting as before; or, after no answer, waiting at the end of the line.

    Locks the line: call it last, before `offer_freed` alone.
    """
    await _lock_line()
    state = "met" if how == "accepted" else "waiting"
    place = ", place = DEFAULT" if how == "expired" else ""
    await sql.rows(
        f"UPDATE room_wish SET state = $2, changed_at = $3{place} WHERE id = $1 AND state = 'offered'", wish_id, state, now
    )


async def withdraw(wish_id: UUID, now: datetime) -> None:
    """Its owner waits no longer. An open offer has to be closed before. Locks the line. Safe to repeat."""
    await _lock_line()
    await sql.rows(
        "UPDATE room_wish SET state = 'withdrawn', changed_at = $2 WHERE id = $1 AND state IN ('waiting', 'offered')",
        wish_id,
        now,
    )


async def waited_for(now: datetime) -> list[tuple[Room, Interval]]:
    """Every room for which somebody waits, with the time over which they do: what the job looks at."""
    found = await sql.rows(
        "SELECT s.id, s.name, s.name_en, min(w.earliest_at) AS first_at, max(w.latest_at) AS last_at FROM room_wish w "
        "JOIN room_wish_space r ON r.wish_id = w.id JOIN space s ON s.id = r.space_id AND s.state = 'open' "
        "WHERE w.state = 'waiting' AND w.latest_at - make_interval(mins => w.minutes) >= $1 GROUP BY s.id ORDER BY s.id",
        now,
    )
    return [(Room(row["id"], row["name"], row["name_en"]), Interval(row["first_at"], row["last_at"])) for row in found]


async def give_up(now: datetime) -> int:
    """Wishes for which nothing can begin any more are over; how many became so. Nobody is told (booking-105)."""
    found = await sql.rows(
        "UPDATE room_wish SET state = 'over', changed_at = $1 WHERE state = 'waiting' AND id IN ("
        "SELECT id FROM room_wish WHERE state = 'waiting' AND latest_at - make_interval(mins => minutes) < $1 "
        "LIMIT 500 FOR UPDATE SKIP LOCKED) RETURNING 1",
        now,
    )
    return len(found)
