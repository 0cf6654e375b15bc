"""A resident books a room again and again: all dates or nothing, or what can be had, the other dates kept and watched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import booking_patterns, booking_series, booking_skips, spaces, wishes
from schedules.booking_series import Dated, Mode, NewSeries, Series, SeriesNotBookable
from schedules.booking_skips import Skip
from schedules.bookings import Booking
from schedules.errors import NotFound
from schedules.facts import Broken
from schedules.spaces import Space
from schedules.walltimes import NoSuchTime
from schedules.wishes import NotBookable
from timebank.actions.action import Answer, RequestKey, action, past_deadlocks
from timebank.actions.rooms import booking_prices, series_booking_news
from timebank.actions.rooms.book_space import holder_of, use_of
from timebank.actions.rooms.cancel_booking import keeps
from timebank.people import audit, guardians
from timebank.people.callers import Caller


class Made(msgspec.Struct, frozen=True):
    """The series and what became of each date. `units` of 1/100 point are set aside for all of it."""

    series_id: UUID
    dates: Sequence[Dated]
    units: int = 0


class Seen(msgspec.Struct, frozen=True):
    """A series as its page shows it: bookings that stand by the date that was meant, and dates that are skipped."""

    series: Series
    bookings: Sequence[Booking]
    skips: Sequence[Skip]


async def book_series(
    caller: Caller, wanted: NewSeries, mode: Mode, now: datetime, key: RequestKey | None = None
) -> Answer[Made]:
    """Books every date, in order of time, in one transaction; what breaks a rule is named by its date (booking-35, 56, 63, 64).

    Each date is judged with those before it booked, so that quotas count up. Raises SeriesNotBookable where not every date, or
    none, can be had; InsufficientPoints where points went elsewhere meanwhile; what `book_space` refuses with.
    """
    return await past_deadlocks(lambda: begin_series.once(key, caller, wanted, mode, now))


@action
async def begin_series(caller: Caller, wanted: NewSeries, mode: Mode, now: datetime) -> Made:
    """The transaction of `book_series`; for a preview it is taken back."""
    days = booking_patterns.days_of(wanted.pattern)
    space = await spaces.one(wanted.space_id)
    holder = await holder_of(caller, booking_series.wish_on(wanted, days[0]), None)
    await guardians.require_kept(holder.person_id, now, caller.id)
    series = booking_series.made_of(wanted, holder, space, now)
    await booking_series.write(series, now)
    made = await book_days(series, space, days, mode, now)
    await series_booking_news.made(series, made.dates, now)
    if not wanted.counts:
        await audit.write(caller.id, "series.booked", f"booking_series:{series.id}", now, dates=len(days))
    return made


async def book_days(series: Series, space: Space, days: Sequence[date], mode: Mode, now: datetime) -> Made:
    """Books these dates of a series, and keeps those that cannot be had. Raises SeriesNotBookable.

    Part of a transaction; sorted, so that two series that want the same dates cannot wait for each other.
    """
    found = [await _book(series, space, on, now) for on in sorted(days)]
    had = [one for one in found if one.booking]
    if not had or (mode == "all" and len(had) < len(found)):
        raise refusal(series, found)
    await booking_skips.keep(series.id, {one.on: one.broken for one in found if one.booking is None}, now)
    return Made(series.id, found, sum([await booking_prices.kept_for(one.booking) for one in had if one.booking]))


def refusal(series: Series, found: Sequence[Dated]) -> SeriesNotBookable:
    named = {"space_id": series.space_id, "space": series.space, "space_en": series.space_en, "time_zone": series.time_zone}
    missed = [one for one in found if one.booking is None]
    return SeriesNotBookable(**named, dates=missed, free=len(found) - len(missed))


async def _book(series: Series, space: Space, on: date, now: datetime) -> Dated:
    """One date, booked with what it costs set aside; or the rules that it breaks, points among them."""
    wish = series.wish(on)
    quoted = await booking_prices.quote(space, use_of(wish, space.time_zone), series.counts, series.units)
    short = await booking_prices.afford(quoted, series.person_id)
    if short:
        return Dated(on, broken=short)
    try:
        made = await booking_series.book(series, on, now)
    except NotBookable as refused:
        return Dated(on, broken=refused.broken)
    await booking_prices.hold(made, now)
    return Dated(on, made)


async def see_series(caller: Caller, series_id: UUID) -> Seen:
    """For the household whose it is and for staff of the room; NotFound for everybody else."""
    series = await booking_series.one(series_id)
    found = await booking_series.bookings_of(series_id)
    is_ours = caller.member() in (series.person_id, series.made_by) or caller.household_id == series.household_id
    if not is_ours and not (found and await keeps(caller, found[0])):
        raise NotFound(what="series")
    return Seen(series, found, await booking_skips.of_series(series_id))


async def own(caller: Caller, series_id: UUID) -> Series:
    """The series under its lock, for who holds it or made it. Raises NotFound."""
    series = await booking_series.lock(series_id)
    if caller.member() not in (series.person_id, series.made_by):
        raise NotFound(what="series")
    return series


async def check_may_book(caller: Caller, series: Series) -> None:
    """Giving back is always possible; for more, the rights of today count: staff for the house, the team, not suspended.

    Raises what `book_space` refuses with.
    """
    await holder_of(caller, series.wish(series.first_on), None)


@action
async def take_date(caller: Caller, series_id: UUID, on: date, now: datetime) -> Booking:
    """Books a skipped date after all (booking-65). Raises NotBookable, NotFound for a date that was not skipped."""
    series = await own(caller, series_id)
    await check_may_book(caller, series)
    space = await spaces.one(series.space_id)
    if not await booking_skips.mark(series_id, on, "booked", now):
        raise NotFound(what="date")
    found = await _book(series, space, on, now)
    if found.booking is None:
        raise NotBookable(**_named(space), broken=list(found.broken), alternatives=[])
    return found.booking


def _named(space: Space) -> dict[str, object]:
    return {"space_id": space.id, "space": space.name, "space_en": space.name_en, "time_zone": space.time_zone}


@action
async def look_again(series_id: UUID, on: date, now: datetime) -> bool:
    """For the job: tells the holder when a skipped date can be had; whether it can. Safe to repeat: told once a change."""
    series = await booking_series.lock(series_id)
    if not await _can_be_had(series, on, now):
        return False
    if await booking_skips.mark(series_id, on, "free", now):
        await series_booking_news.free(series, on, now)
    return True


async def _can_be_had(series: Series, on: date, now: datetime) -> bool:
    try:
        verdict = await wishes.judge(series.person_id, series.household_id, series.wish(on), now)
    except (NotFound, NoSuchTime):
        return False
    quoted = await booking_prices.quote(verdict.space, verdict.use, series.counts, series.units)
    short: Sequence[Broken] = await booking_prices.afford(quoted, series.person_id)
    return not verdict.broken and not short
