"""A series of bookings that runs: dates given back, times changed from a date on, more dates, requests decided at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

import msgspec

from schedules import (
    booking_moves,
    booking_patterns,
    booking_requests,
    booking_series,
    booking_skips,
    bookings,
    spaces,
    walltimes,
)
from schedules.booking_moves import Change
from schedules.booking_requests import OthersWouldLose
from schedules.booking_series import Dated, Mode, NewSeries, Series
from schedules.bookings import Booking
from schedules.errors import NotFound
from schedules.sql import savepoint
from schedules.wishes import NotBookable
from timebank.actions.action import action
from timebank.actions.rooms import booking_ends, booking_prices, room_line, series_booking_news
from timebank.actions.rooms.book_series import Made, book_days, check_may_book, own, refusal
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right

STANDING = ("pending", "confirmed")


class NewTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How the dates of a series are to be from one of them on."""

    since: date
    starts: time
    ends: time
    purpose: str
    people: int


class Changed(msgspec.Struct, frozen=True):
    """The series that the changed dates belong to now; which bookings moved; which stayed because they were changed alone."""

    series_id: UUID
    moved: Sequence[Booking]
    stayed: Sequence[Booking]


@action
async def cancel_dates(caller: Caller, series_id: UUID, first: date, last: date, now: datetime) -> list[Booking]:
    """Gives back the dates from `first` to `last`, both included, that have not begun; only these (booking-77). Safe to repeat.

    Skipped dates among them are watched no longer. Raises NotFound.
    """
    series = await own(caller, series_id)
    gone = [one for one in await _to_come(series, now) if one.series_on and first <= one.series_on <= last]
    done = [await bookings.cancel(one.id, caller.member(), now) for one in gone]
    await booking_skips.drop(series_id, first, last, now)
    await booking_ends.follow(done, caller.member(), now)
    await audit.write(
        caller.id, "series.dates_cancelled", f"booking_series:{series_id}", now, dates=[str(b.series_on) for b in done]
    )
    return done


async def _to_come(series: Series, now: datetime) -> list[Booking]:
    """Bookings of the series that stand and have not begun, by date."""
    found = await booking_series.bookings_of(series.id)
    return [one for one in found if one.state_at(now) in STANDING and one.starts_at > now]


@action
async def change_dates(caller: Caller, series_id: UUID, wanted: NewTimes, now: datetime) -> Changed:
    """Other times from a date on, for all of these dates or none: split there, what is past stays (booking-68, 69).

    A booking that was changed alone stays as it is. Raises SeriesNotBookable with every date that cannot be moved, NotFound,
    Malformed, InsufficientPoints.
    """
    series = await own(caller, series_id)
    await check_may_book(caller, series)
    coming = [one for one in await _to_come(series, now) if one.series_on and one.series_on >= wanted.since]
    since = min((one.series_on for one in coming if one.series_on), default=None)
    if since is None:
        raise NotFound(what="date")
    changed = await _split(series, since, wanted, now)
    mine = [one for one in coming if one.use == _use(series, one)]
    await _check(series, changed, mine, now)
    moved = [await _move(caller, changed, one, now) for one in mine]
    # The line for rooms comes last: whoever holds it waits for no booking and no wallet.
    for before, after in zip(mine, moved, strict=True):
        if before.use != after.use:
            await room_line.offer_freed(before.space_id, before.use, now)
    await audit.write(caller.id, "series.changed", f"booking_series:{series_id}", now, since=str(since), to=str(changed.id))
    return Changed(changed.id, moved, [one for one in coming if one not in mine])


def _use(series: Series, booking: Booking) -> object:
    """When the booking is by the series."""
    when = booking_patterns.times_on(series.pattern, booking.series_on or series.first_on)
    return walltimes.resolve(when, series.time_zone)


async def _split(series: Series, since: date, wanted: NewTimes, now: datetime) -> Series:
    """The series that the dates from `since` on belong to: a new one, or this one where nothing of it comes before."""
    days = booking_patterns.days_of(series.pattern)
    before, after = booking_patterns.split(series.pattern, since)
    after = msgspec.structs.replace(after, starts=wanted.starts, ends=wanted.ends)
    meant = msgspec.structs.replace(series.wanted, pattern=after, purpose=wanted.purpose, people=wanted.people)
    if days[0] >= since:
        await booking_series.set_pattern(series.id, meant, now)
        return await booking_series.one(series.id)
    space = await spaces.one(series.space_id)
    made = booking_series.made_of(meant, series.holder, space, now, follows_id=series.id)
    await booking_series.write(made, now)
    await booking_series.set_pattern(series.id, msgspec.structs.replace(series.wanted, pattern=before), now)
    await booking_series.hand_over(series.id, made.id, since, now)
    return made


def _change(series: Series, booking: Booking) -> Change:
    when = booking_patterns.times_on(series.pattern, booking.series_on or series.first_on)
    return Change(when=when, purpose=series.purpose, people=series.people)


async def _check(before: Series, after: Series, found: Sequence[Booking], now: datetime) -> None:
    """Every date that cannot be moved is named at once. Raises SeriesNotBookable."""
    judged = []
    for one in found:
        verdict = await booking_moves.judge(one, _change(after, one), now)
        judged.append(Dated(one.series_on or before.first_on, None if verdict.broken else one, verdict.broken))
    if any(each.broken for each in judged):
        raise refusal(before, judged)


async def _move(caller: Caller, series: Series, booking: Booking, now: datetime) -> Booking:
    moved = await booking_moves.move(booking.id, _change(series, booking), caller.member(), now)
    await booking_prices.follow(moved, caller.member(), now)
    return moved.after


@action
async def extend_series(caller: Caller, series_id: UUID, rule: str, mode: Mode, now: datetime) -> Made:
    """More dates by a longer rule. A date that was cancelled or dropped stays so (booking-70).

    Raises SeriesNotBookable, NotFound, Malformed where the rule is wrong or brings nothing new.
    """
    series = await own(caller, series_id)
    await check_may_book(caller, series)
    pattern = msgspec.structs.replace(series.pattern, rule=rule)
    had = {one.series_on for one in await booking_series.bookings_of(series_id)}
    had |= {skip.day for skip in await booking_skips.of_series(series_id)}
    new = [day for day in booking_patterns.days_of(pattern) if day not in had]
    if not new:
        return Made(series_id, [])
    wanted: NewSeries = msgspec.structs.replace(series.wanted, pattern=pattern)
    await booking_series.set_pattern(series_id, wanted, now)
    longer = await booking_series.one(series_id)
    made = await book_days(longer, await spaces.one(series.space_id), new, mode, now)
    await series_booking_news.made(longer, made.dates, now)
    return made


@action
async def accept_series(caller: Caller, series_id: UUID, now: datetime) -> list[Booking]:
    """Staff say yes to every request of a series that nobody else asks for or has taken; the others stay requests.

    One message lists the dates that are real (booking-75). Raises NotAllowed, NotFound. Safe to repeat.
    """
    series = await booking_series.lock(series_id)
    space = await spaces.one(series.space_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(space.community_id))
    accepted = []
    for one in await _to_come(series, now):
        if one.state_at(now) != "pending":
            continue
        try:
            async with savepoint():
                accepted.append((await booking_requests.accept(one.id, (), caller.member(), now)).booking)
        except (OthersWouldLose, NotBookable):
            continue
    await series_booking_news.accepted(series, accepted, now)
    await audit.write(
        caller.id,
        "series.accepted",
        f"booking_series:{series_id}",
        now,
        on_behalf_of=series.person_id,
        dates=[str(one.series_on) for one in accepted],
    )
    return accepted
