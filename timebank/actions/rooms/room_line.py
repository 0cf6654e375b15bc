"""Waiting for a room: joining the line, being asked, answering. `offer_freed` belongs into whatever frees time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog

from schedules import new_bookings, room_offers, room_queue, room_wishes, sql
from schedules.bookings import Booking, Holder
from schedules.errors import NotFound
from schedules.facts import Broken
from schedules.intervals import Interval
from schedules.room_offers import Offer, RoomOfferGone
from schedules.room_wishes import NewWish, RoomWish
from schedules.spaces import Space
from schedules.wishes import NotBookable, Wish
from timebank.actions.action import Answer, RequestKey, action, past_deadlocks
from timebank.actions.rooms import booking_news, booking_prices, room_news
from timebank.actions.rooms.book_space import MemberSuspended, told
from timebank.communities import tree
from timebank.database import savepoint
from timebank.people import guardians
from timebank.people.callers import Caller
from timebank.points.refusals import InsufficientPoints

PATIENCE = "300ms"
"""How long somebody who frees time waits for the line; then the job asks who waits, within its minute."""
FAR = timedelta(days=400)

log = structlog.get_logger("room line")


class Mine(msgspec.Struct, frozen=True):
    """What a member waits for, and what is held for them now."""

    wishes: Sequence[RoomWish]
    offers: Sequence[Offer]


@action
async def wait_for_room(caller: Caller, new: NewWish, now: datetime) -> RoomWish:
    """Joins the line. Raises SignInNeeded, MemberSuspended, ConsentMissing, and what `room_wishes.make` raises."""
    if caller.is_suspended:
        raise MemberSuspended()
    household_id = caller.household()
    await guardians.require_kept(caller.member(), now)
    return await room_wishes.make(caller.member(), household_id, new, now)


async def see_waiting(caller: Caller, now: datetime) -> Mine:
    """Raises SignInNeeded. Reads only."""
    return Mine(await room_wishes.of_person(caller.member(), now), await room_offers.of_person(caller.member(), now))


async def see_offer(caller: Caller, booking_id: UUID) -> Offer:
    """Raises SignInNeeded, and NotFound also for somebody else's."""
    offer = await room_offers.one(booking_id)
    if offer.person_id != caller.member():
        raise NotFound(what="offer")
    return offer


@action
async def stop_waiting(caller: Caller, wish_id: UUID, now: datetime) -> RoomWish:
    """Leaves the line; an offer that is open goes to the next. Safe to repeat. Raises SignInNeeded, NotFound."""
    wish = await room_wishes.one(wish_id, now)
    if wish.person_id != caller.member():
        raise NotFound(what="room_wish")
    held = [offer for offer in await room_offers.of_person(wish.person_id, now) if offer.wish_id == wish_id]
    closed = [offer for offer in held if await room_offers.close(offer.id, "declined", now)]
    await room_queue.withdraw(wish_id, now)
    for offer in closed:
        await offer_freed(offer.space_id, offer.use, now)
    return await room_wishes.one(wish_id, now)


async def accept_offer(caller: Caller, booking_id: UUID, now: datetime, key: RequestKey | None = None) -> Answer[Booking]:
    """Takes what is offered: it is booked as everybody books, judged afresh, its points held, for approval where the room asks.

    Once for the key. Raises RoomOfferGone once it has run out or was answered, NotBookable where a rule says no by now (the
    offer then stays open until it runs out), NotFound, SignInNeeded, MemberSuspended.
    """
    offer = await see_offer(caller, booking_id)
    if caller.is_suspended:
        raise MemberSuspended()
    try:
        return await past_deadlocks(lambda: _accept.once(key, offer, now))
    except (NotBookable, InsufficientPoints) as refused:
        wish = Wish(offer.space_id, offer.use, offer.purpose, offer.people)
        found = await told(refused, offer.person_id, offer.household_id, wish, now)
        # The offer itself stands there: that is no reason.
        broken = [one for one in found.broken if one.code != "taken"] or found.broken
        raise NotBookable(**found.facts | {"broken": broken}) from None


@action
async def _accept(offer: Offer, now: datetime) -> Booking:
    # The household first, as booking does; then the offer, whose time is free for us alone until we commit.
    await sql.rows("SELECT lock_booking_household($1)", offer.household_id)
    if not await room_offers.close(offer.id, "accepted", now):
        raise RoomOfferGone(state=(await room_offers.one(offer.id)).state)
    wish = Wish(offer.space_id, offer.use, offer.purpose, offer.people)
    booking = await new_bookings.book(Holder(offer.person_id, offer.household_id, offer.person_id), wish, now)
    await booking_prices.hold(booking, now)
    if booking.state == "pending":
        space = await sql.value("SELECT community_id FROM space WHERE id = $1", offer.space_id)
        await booking_news.made(booking, await tree.ancestors(space), now)
    await room_queue.answered(offer.wish_id, "accepted", now)
    return booking


@action
async def decline_offer(caller: Caller, booking_id: UUID, now: datetime) -> Offer:
    """Not this time; one keeps one's place for others, and the next in the line is asked. Safe to repeat.

    Raises RoomOfferGone, NotFound, SignInNeeded.
    """
    offer = await see_offer(caller, booking_id)
    if await room_offers.close(booking_id, "declined", now):
        await room_queue.answered(offer.wish_id, "declined", now)
        await offer_freed(offer.space_id, offer.use, now)
    elif offer.state != "declined":
        raise RoomOfferGone(state=offer.state)
    return await room_offers.one(booking_id)


@action
async def let_offer_run_out(booking_id: UUID, now: datetime) -> bool:
    """Nobody answered in time: the next in the line is asked, and who was asked is told (booking-101). For the job; once."""
    offer = await room_offers.one(booking_id)
    if not await room_offers.close(booking_id, "expired", now):
        return False
    await room_queue.answered(offer.wish_id, "expired", now)
    await room_news.ran_out(offer, now)
    await offer_freed(offer.space_id, offer.use, now)
    return True


async def accept_at_once(booking_id: UUID, now: datetime) -> bool:
    """For the job: takes what is offered to who wanted that, and tells them. What a rule forbids by now is declined."""
    offer = await room_offers.one(booking_id)
    try:
        return await _accept_and_tell(offer, now)
    except NotBookable as refused:
        broken: Sequence[Broken] = refused.broken
    except InsufficientPoints as refused:
        broken = [booking_prices.as_broken(refused)]
    except RoomOfferGone:
        return False
    return await _refuse_and_tell(offer, broken, now)


@action
async def _accept_and_tell(offer: Offer, now: datetime) -> bool:
    booking = await _accept.act(offer, now)
    await room_news.given(offer, booking, now)
    return True


@action
async def _refuse_and_tell(offer: Offer, broken: Sequence[Broken], now: datetime) -> bool:
    if not await room_offers.close(offer.id, "declined", now):
        return False
    await room_queue.answered(offer.wish_id, "declined", now)
    await room_news.refused(offer, broken, now)
    await offer_freed(offer.space_id, offer.use, now)
    return True


async def offer_freed(space_id: UUID, within: Interval, now: datetime) -> list[Offer]:
    """Asks who waits for what has become free, and promises the messages, in the running transaction.

    Whoever frees time never fails and never waits long for this: where the line is busy, the job asks a moment later.
    """
    try:
        async with savepoint():
            usual = await sql.value("SELECT current_setting('lock_timeout')")
            await sql.rows("SELECT set_config('lock_timeout', $1, true)", PATIENCE)
            # What an exempt booking cut out of a closure closes again at commit: here before anybody else is asked for it.
            await sql.rows("SET CONSTRAINTS heal_closures IMMEDIATE")
            await sql.rows("SET CONSTRAINTS heal_closures DEFERRED")
            asked = await room_queue.offer_freed(space_id, within, now, _afford)
            await room_news.asked(asked, now)
            await sql.rows("SELECT set_config('lock_timeout', $1, true)", usual)
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        log.warning("the line is busy; the job will ask", space=str(space_id), error=repr(error))
        return []
    return list(asked.offers)


def ahead(now: datetime) -> Interval:
    """All the time for which anybody may wait: what a room that opened, or grew, may have to give."""
    return Interval(now, now + FAR)


async def end_offers(space_id: UUID, within: Interval, now: datetime) -> list[Offer]:
    """Before the house takes a time for itself: offers in it hold it no longer. `take_back` belongs after that."""
    return [
        offer
        for offer in await room_offers.open_in(space_id, within, now)
        if await room_offers.close(offer.id, "withdrawn", now)
    ]


async def take_back(offers: Sequence[Offer], reason: str, now: datetime) -> None:
    """Who was asked hears why it is not to be had, and keeps the place in the line."""
    for offer in offers:
        await room_queue.answered(offer.wish_id, "withdrawn", now)
    await room_news.taken_back(offers, reason, now)


@action
async def look_at_line(space_id: UUID, within: Interval, now: datetime) -> int:
    """For the job, whatever freed the time: how many were asked. Safe to repeat and at once."""
    return len(await offer_freed(space_id, within, now))


async def _afford(space: Space, use: Interval, person_id: UUID) -> Sequence[Broken]:
    """What the engine does not know of who waits: suspended, or short of points."""
    if await sql.value("SELECT state <> 'active' FROM member WHERE id = $1", person_id):
        return [Broken("suspended")]
    return await booking_prices.afford(await booking_prices.quote(space, use), person_id)
