"""Rounds in which scarce times of a space are drawn: opened, entered until the deadline, locked and written down by the draw.

Until the draw each slot is shut by a closure, so that the one table of occupancy keeps it from everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import closures, gaps, rules, spaces, sql, walltimes, wishes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.intervals import Interval
from schedules.spaces import Space
from schedules.walltimes import DAY, LocalTimes

WAIVED = ("notice", "horizon")
"""Rules that do not hold for what a draw has given: the round was told about in good time. All others do, quotas among them."""
MOST_SLOTS, MOST_DAYS = 100, 92


class RoundClosed(Refusal):
    """The deadline is over, or the lots are drawn: nobody enters or withdraws any more. Facts: closes_at, time_zone."""


class NoSlots(Malformed):
    """The window has no slot, or too many. Facts: field, reason, most."""


class WrongDeadline(Malformed):
    """The deadline lies in the past, or not before the first slot. Facts: field, reason."""


class WrongWishes(Malformed):
    """No wish, a slot that there is not, or one twice. Facts: field, reason."""


class RoundNameNeeded(Malformed):
    """Facts: field, reason."""


class NewRound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A window of the week in a range of days, cut into slots.

    Local wall times; an end at or before the start is on the next day.
    """

    title: Annotated[str, Meta(min_length=1, max_length=100)]
    title_en: Annotated[str, Meta(max_length=100)] = ""
    first_on: date
    last_on: date
    """Inclusive."""
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)]
    """Monday is 0."""
    starts: Annotated[time, Meta(tz=False)]
    ends: Annotated[time, Meta(tz=False)]
    minutes: Annotated[int, Meta(ge=5, le=1440)]
    """Length of a slot."""
    closes_at: Annotated[datetime, Meta(tz=True)]
    """The deadline; the lots are drawn right after it."""
    per_household: Annotated[int, Meta(ge=1, le=20)] = 1


class Slot(msgspec.Struct, frozen=True):
    number: int
    starts_at: datetime
    ends_at: datetime
    closure_id: UUID

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


class Round(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    space_id: UUID
    space: str
    space_en: str
    community_id: UUID
    time_zone: str
    title: str
    title_en: str
    opens_at: datetime
    closes_at: datetime
    per_household: int
    seed_hash: str
    seed: str | None
    drawn_at: datetime | None
    slots: tuple[Slot, ...] = ()

    def is_open(self, now: datetime) -> bool:
        return self.drawn_at is None and self.opens_at <= now < self.closes_at


ROUND = """
SELECT r.id, r.space_id, s.name AS space, s.name_en AS space_en, s.community_id, s.time_zone, r.title, r.title_en, r.opens_at,
       r.closes_at, r.per_household, r.seed_hash, r.seed, r.drawn_at FROM lottery_round r JOIN space s ON s.id = r.space_id
"""


def cut(new: NewRound, space: Space) -> list[Interval]:
    """The slots of the window, in order of time, with the space's turnaround between them.

    Raises NoSlots, NoSuchTime, and Malformed for days that nobody means.
    """
    first, last = walltimes.of_our_days(new.first_on, "first_on"), walltimes.of_our_days(new.last_on, "last_on")
    if (last - first).days >= MOST_DAYS:
        raise NoSlots(field="last_on", reason=f"at most {MOST_DAYS} days", most=MOST_SLOTS)
    days = (first + n * DAY for n in range((last - first).days + 1))
    found = [slot for day in days if day.weekday() in new.weekdays for slot in _of_day(new, day, space)]
    if not 0 < len(found) <= MOST_SLOTS:
        raise NoSlots(field="last_on", reason="no slot, or too many", most=MOST_SLOTS)
    return found


def _of_day(new: NewRound, day: date, space: Space) -> list[Interval]:
    end = datetime.combine(day if new.ends > new.starts else day + DAY, new.ends)
    whole = walltimes.resolve(LocalTimes(datetime.combine(day, new.starts), end), space.time_zone)
    length, found, start = timedelta(minutes=new.minutes), list[Interval](), whole.starts_at
    while start + length <= whole.ends_at:
        found.append(Interval(start, start + length))
        start = gaps.grid_after(start + length + rules.pause(space), space.grid, space.time_zone)
    return found


async def open_round(round_id: UUID, space_id: UUID, new: NewRound, seed_hash: str, by: UUID, now: datetime) -> Round:
    """Publishes a round with the hash of its seed and shuts its slots until the draw.

    Raises NotFound, RoundNameNeeded, NoSlots, WrongDeadline, NoSuchTime, NotBookable where nobody could book a slot (not open
    then, taken, too long), and SpaceTaken when somebody books in between: then try again.
    """
    if not new.title.strip():
        raise RoundNameNeeded(field="title", reason="a round needs a name")
    space = await spaces.one(space_id)
    slots = cut(new, space)
    if not now < new.closes_at <= slots[0].starts_at:
        raise WrongDeadline(field="closes_at", reason="to come, and not after the first slot begins")
    for slot in slots:
        await _check_bookable(space, slot, now)
    await sql.rows(
        "INSERT INTO lottery_round (id, space_id, title, title_en, opens_at, closes_at, per_household, seed_hash, made_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        round_id,
        space_id,
        new.title,
        new.title_en,
        now,
        new.closes_at,
        new.per_household,
        seed_hash,
        by,
    )
    shut = [await _shut(space, slot, new.title, by, now) for slot in slots]
    await sql.rows(
        "INSERT INTO lottery_slot (round_id, number, starts_at, ends_at, closure_id) "
        "SELECT $1, n.number, n.starts_at, n.ends_at, n.closure_id "
        "FROM unnest($2::timestamptz[], $3::timestamptz[], $4::uuid[]) "
        "WITH ORDINALITY AS n (starts_at, ends_at, closure_id, number)",
        round_id,
        [slot.starts_at for slot in slots],
        [slot.ends_at for slot in slots],
        shut,
    )
    return await one(round_id)


async def _check_bookable(space: Space, slot: Interval, now: datetime) -> None:
    verdict = await wishes.judge(None, None, wishes.Wish(space.id, slot), now)
    if broken := [one for one in verdict.broken if one.code not in WAIVED]:
        raise wishes.refusal(space, broken)


async def _shut(space: Space, slot: Interval, title: str, by: UUID, now: datetime) -> UUID:
    whole = Interval(slot.starts_at, slot.ends_at + rules.pause(space))
    return (await closures.close(space.id, whole, title, by, now)).closure.id


async def one(round_id: UUID) -> Round:
    """Raises NotFound."""
    found = await sql.row(f"{ROUND} WHERE r.id = $1", round_id)
    if found is None:
        raise NotFound(what="round")
    [whole] = await with_slots([Round(**dict(found.items()))])
    return whole


async def with_slots(found: Sequence[Round]) -> list[Round]:
    """The same rounds with their slots, by number."""
    rows = await sql.rows(
        "SELECT round_id, number, starts_at, ends_at, closure_id FROM lottery_slot WHERE round_id = ANY ($1) ORDER BY number",
        [one.id for one in found],
    )
    slots: dict[UUID, list[Slot]] = {one.id: [] for one in found}
    for round_id, *slot in rows:
        slots[round_id].append(Slot(*slot))
    return [msgspec.structs.replace(one, slots=tuple(slots[one.id])) for one in found]


async def of_space(space_id: UUID, limit: int = 50) -> list[Round]:
    """The rounds of a space without their slots, the latest deadline first."""
    found = await sql.rows(f"{ROUND} WHERE r.space_id = $1 ORDER BY r.closes_at DESC, r.id LIMIT $2", space_id, limit)
    return [Round(**dict(row.items())) for row in found]


async def open_in(space_id: UUID, now: datetime) -> list[Round]:
    """The rounds of a space that can be entered now, without their slots, the nearest deadline first."""
    found = await sql.rows(
        f"{ROUND} WHERE r.space_id = $1 AND r.drawn_at IS NULL AND r.opens_at <= $2 AND r.closes_at > $2 ORDER BY r.closes_at",
        space_id,
        now,
    )
    return [Round(**dict(row.items())) for row in found]


async def due(now: datetime, limit: int = 100) -> list[UUID]:
    """Rounds whose deadline is over and whose lots are not drawn."""
    found = await sql.rows(
        "SELECT id FROM lottery_round WHERE drawn_at IS NULL AND closes_at <= $1 AND NOT is_resting('draw lots', id::text, $1) "
        "ORDER BY closes_at, id LIMIT $2",
        now,
        limit,
    )
    return [row["id"] for row in found]


async def lock_due(round_id: UUID, now: datetime) -> Round | None:
    """The round, locked for its draw; None before its deadline, once drawn, or while another process draws it."""
    locked = await sql.value(
        "SELECT id FROM lottery_round WHERE id = $1 AND drawn_at IS NULL AND closes_at <= $2 FOR UPDATE SKIP LOCKED",
        round_id,
        now,
    )
    return await one(round_id) if locked else None


async def lock_open(round_id: UUID, now: datetime) -> Round:
    """The round, locked for an entry or a withdrawal. Raises NotFound, RoundClosed before it opens and from its deadline on."""
    # Who enters in the last second and the draw meet at this row: the entry is in before the draw reads, or is refused.
    await sql.rows("SELECT FROM lottery_round WHERE id = $1 FOR UPDATE", round_id)
    found = await one(round_id)
    if not found.is_open(now):
        raise RoundClosed(closes_at=found.closes_at, time_zone=found.time_zone)
    return found


async def lift(found: Collection[Slot], now: datetime) -> None:
    """Opens the slots for the draw, in its transaction."""
    for slot in found:
        await closures.lift(slot.closure_id, now)
