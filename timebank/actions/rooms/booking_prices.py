"""What a booking costs whom, at every turn of its life: quoted, held, charged, given back (booking-108 to 114).

Part of the transactions that change bookings; each comes after its change of state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import bookings, spaces
from schedules.booking_moves import Moved
from schedules.bookings import Booking
from schedules.facts import Broken
from schedules.intervals import Interval
from schedules.spaces import Space
from timebank.actions.action import action
from timebank.points import booking_costs, booking_holds, price_lists, prices, wallets
from timebank.points.booking_costs import Price
from timebank.points.prices import Line, Priced, PriceList
from timebank.points.refusals import InsufficientPoints


class Quote(msgspec.Struct, frozen=True):
    """What a use would cost: `units` of 1/100 point in all. Zero: this time costs nothing."""

    units: int
    lines: Sequence[Line]
    list: PriceList


async def quote(space: Space, use: Interval | None, counts: bool = True, count: int = 1) -> Quote | None:
    """The price of a use as it stands now; None where the room has no prices or the house uses it."""
    if not space.is_priced or not counts or use is None:
        return None
    kept = await price_lists.of(space.id)
    if kept is None:
        return None
    lines = prices.of(use, kept, space.grid, space.time_zone, count)
    return Quote(prices.total(lines), lines, kept)


async def through(space: Space, times: Sequence[Interval]) -> list[Priced]:
    """What a member pays at these times, cut where the price changes; empty where the room costs nothing."""
    kept = await price_lists.of(space.id) if space.is_priced else None
    found = prices.through(times, kept, space.grid, space.time_zone) if kept else []
    return found if any(each.units for each in found) else []


async def quote_move(booking: Booking, space: Space, use: Interval | None) -> Quote | None:
    """The price after a change: by the list frozen into the booking; in another room by that room's (booking-114)."""
    if booking.space_id != space.id:
        return await quote(space, use, booking.counts, booking.units)
    price = await booking_costs.of(booking.id) if booking.is_priced else None
    if price is None or use is None:
        return None
    lines = prices.of(use, price.list, space.grid, space.time_zone, booking.units)
    return Quote(prices.total(lines), lines, price.list)


async def kept_for(booking: Booking) -> int:
    """Units that a booking holds or has cost: they are there for a changed one (booking-110)."""
    price = await booking_costs.of(booking.id) if booking.is_priced else None
    return 0 if price is None else price.units if price.state == "held" else price.charged


async def afford(quoted: Quote | None, person_id: UUID | None, kept: int = 0) -> list[Broken]:
    """The rule `points`, broken where the member has less than the use costs; `kept` units are set aside for it already."""
    if quoted is None or not quoted.units or person_id is None:
        return []
    available = (await wallets.balance(person_id)).available + kept
    return [] if quoted.units <= available else [short_of(quoted.units, available)]


def short_of(needed: int, available: int) -> Broken:
    """The rule `points`: units needed and there."""
    return Broken("points", {"needed": needed, "available": available, "short": needed - available})


def as_broken(refused: InsufficientPoints) -> Broken:
    return short_of(refused.needed, refused.available)


async def hold(booking: Booking, now: datetime) -> None:
    """Sets aside what a new booking or request costs. Raises InsufficientPoints. Call it after the time is taken."""
    if not booking.is_priced:
        return
    quoted = await quote(await spaces.one(booking.space_id), booking.use, booking.counts, booking.units)
    if quoted is not None:
        await booking_holds.place(
            booking.id, booking.person_id, quoted.lines, quoted.list, booking.ends_at, booking.made_by, now
        )


async def follow(moved: Moved, by: UUID, now: datetime) -> None:
    """The price after a change, by the list frozen into the booking; another room has its own (booking-110, 114).

    Raises InsufficientPoints.
    """
    before, after = moved.before, moved.after
    if not moved.is_elsewhere or not (before.is_priced or after.is_priced):
        return None
    price = await booking_costs.of(after.id)
    if price is None:
        return await hold(after, now)
    # What the house changes is not the holder's late change.
    late = _given_up(before, price, now) if by == before.person_id else 0
    await booking_costs.keep_late(after.id, late, before.state != "pending")
    quoted = await quote_move(before, await spaces.one(after.space_id), after.use) or Quote(0, (), PriceList())
    await booking_holds.replace(after.id, quoted.lines, quoted.list, after.ends_at, by, now)
    return None


async def end(booking: Booking, by: UUID, now: datetime) -> int:
    """Charges and gives back what the end of a booking means; units charged. Safe to repeat: it is settled once.

    Cancelled by its holder: by the frozen deadline, and at least what that cost when it was moved; a request costs nothing. By
    the house, rejected, lapsed: all goes back, also what was charged. Released: what the list keeps of a no-show, and at least
    the same. Ended early: the used part at least. Else the price.
    """
    # Also in a room without prices: it may have been moved there too late.
    if (price := await booking_costs.of(booking.id)) is None:
        return 0
    match booking.state:
        case "cancelled_by_house" | "rejected" | "lapsed":
            await booking_holds.refund(booking.id, by, booking.reason or booking.state, now)
            return 0
        case "ended_early":
            return await booking_holds.lower(booking.id, owed(booking, price, now), by, now)
        case _:
            return await booking_holds.settle(booking.id, owed(booking, price, now), by, now)


def owed(booking: Booking, price: Price, now: datetime) -> int:
    """Units that a booking in this state costs, by the list frozen into it."""
    match booking.state:
        case "cancelled_by_user":
            return _given_up(booking, price, now)
        case "released":
            return max(price.at_least, prices.charge(price.units, price.list.no_show_refund))
        case "ended_early" if booking.planned_ends_at:
            planned = Interval(booking.starts_at, booking.planned_ends_at)
            return prices.ended_early(price.list, price.units, planned, booking.ends_at)
        case "cancelled_by_house" | "rejected" | "lapsed":
            return 0
        case _:
            return price.units


def _given_up(booking: Booking, price: Price, now: datetime) -> int:
    """Units that it costs its holder to give it up now, before its start."""
    if price.state == "settled":
        return price.charged
    was_request = booking.decide_by is not None and booking.decided_at is None and not price.was_granted
    due = 0 if was_request else prices.cancelled(price.list, price.units, booking.starts_at, now)
    return max(price.at_least, due)


async def take_again(booking_id: UUID, by: UUID, now: datetime) -> int:
    """Who comes after all pays the whole price, also where some of it went back on the release. Raises InsufficientPoints."""
    return await booking_holds.restore(booking_id, by, now)


@action
async def settle_booking(booking_id: UUID, now: datetime) -> int:
    """For the job: what a booking that is over costs is charged. Units; safe to repeat."""
    booking = await bookings.one(booking_id)
    return await end(booking, booking.made_by, now)
