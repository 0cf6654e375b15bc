"""A use of a space is taken: judged, written as a booking or as a request, or refused with every rule that it breaks.

Order inside the one short transaction (booking.md A4): lock the household, let expired holds go, judge, take. The constraint
of the occupancy table protects the space, the household's lock protects its quota.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from schedules import accessories, bookings, overrides, spaces, sql, walltimes, wishes
from schedules.bookings import Booking, Holder
from schedules.facts import Broken
from schedules.intervals import Interval
from schedules.spaces import Space

# One statement: where the time is taken meanwhile, there is no row of either table. A request that competes takes nothing yet.
TAKE = """
WITH taken AS MATERIALIZED (
    SELECT $1::uuid AS id WHERE $2::text IS NULL OR take_space($3, $2, $1, $4, $5, $6, $7, $8))
INSERT INTO booking (id, space_id, person_id, household_id, made_by, purpose, people, starts_at, ends_at, counts, terms, state,
                     made_at, changed_at, changed_by, decide_by, override_reason, units, is_priced, team_id)
SELECT id, $3, $9, $10, $11, $12, $13, $4, $5, $14, $15, $16, $17, $17, $11, $18, $19, $8, $20, $21 FROM taken RETURNING id
"""


async def book(holder: Holder, wish: wishes.Wish, now: datetime, *, against: str = "", waived: Collection[str] = ()) -> Booking:
    """Takes the time or raises NotBookable with every broken rule; `wishes.judge` finds alternatives after the rollback.

    Where the space asks for approval, what a resident makes is a request (`pending`); what staff make for a member or for the
    house is decided. With a reason in `against`, staff set rules aside, never what occupies the room. What a draw has given is
    decided too, and the rules named in `waived` do not hold for it. Locks the household's row. Raises NotFound, and Malformed
    for an empty time. The rules that hold now are frozen into it.
    """
    within = walltimes.rough(wish.when)
    facts = await wishes.lock(holder.person_id, holder.household_id, wish, within, now)
    use, broken = wishes.judged(holder.person_id, wish, facts, now)
    standing = [one for one in overrides.binding(broken, against) if one.code not in waived]
    if use is None or standing:
        raise wishes.refusal(facts.space, standing)
    is_decided = holder.made_by != holder.person_id or bool(against or waived)
    is_request = facts.space.approval != "none" and wish.counts and not is_decided
    made = _made(holder, wish, use, facts.space, now, against, is_request)
    if bookings.kind_of(made, facts.space):
        await wishes.make_way(facts, made.id, use, made.units)
    elif asked := await _asked_already(made, now):
        raise wishes.refusal(facts.space, [Broken("asked_already", {"starts_at": asked.starts_at, "ends_at": asked.ends_at})])
    # The judgement saw a free time; only the constraint can tell whether it still is.
    pause = await overrides.fit_turnaround(facts, use, against)
    if not await _write(made, facts.space, made.ends_at + pause):
        raise wishes.refusal(facts.space, [Broken("taken")])
    await accessories.borrow(made.id, wish.accessories)
    return made


async def _asked_already(made: Booking, now: datetime) -> Interval | None:
    """The time of a request of the same household that competes for the same time: nobody stands in line twice.

    The household is locked, so two at once are seen one after the other.
    """
    found = await sql.row(
        "SELECT starts_at, ends_at FROM booking WHERE household_id = $1 AND space_id = $2 AND state = 'pending' "
        "AND decide_by > $3 AND starts_at < $5 AND ends_at > $4",
        made.household_id,
        made.space_id,
        now,
        made.starts_at,
        made.ends_at,
    )
    return Interval(found["starts_at"], found["ends_at"]) if found else None


def decide_by(space: Space, starts_at: datetime, now: datetime) -> datetime:
    """When a request lapses: the space's time to decide, and at its start at the latest."""
    return min(now + timedelta(minutes=space.decide_within), starts_at)


def _made(
    holder: Holder, wish: wishes.Wish, use: Interval, space: Space, now: datetime, against: str, is_request: bool
) -> Booking:
    return Booking(
        id=uuid4(),
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        person_id=holder.person_id,
        household_id=holder.household_id,
        made_by=holder.made_by,
        purpose=wish.purpose,
        people=wish.people,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        counts=wish.counts,
        state="pending" if is_request else "confirmed",
        sequence=0,
        made_at=now,
        changed_at=now,
        reason="",
        decide_by=decide_by(space, use.starts_at, now) if is_request else None,
        override_reason=against,
        units=wish.units,
        team_id=wish.team_id,
        is_priced=space.is_priced and wish.counts,
    )


async def _write(made: Booking, space: Space, busy_until: datetime) -> bool:
    kind = bookings.kind_of(made, space)
    return bool(
        await sql.rows(
            TAKE,
            made.id,
            kind,
            made.space_id,
            made.starts_at,
            made.ends_at,
            busy_until,
            made.decide_by if kind == "hold" else None,
            made.units,
            made.person_id,
            made.household_id,
            made.made_by,
            made.purpose,
            made.people,
            made.counts,
            msgspec.json.encode(spaces.rules_of(space)).decode(),
            made.state,
            made.made_at,
            made.decide_by,
            made.override_reason,
            made.is_priced,
            made.team_id,
        )
    )
