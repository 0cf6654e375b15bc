"""A resident books a room for the household, or staff book it for the house."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import new_bookings, other_rooms, overrides, spaces, sql, walltimes, wishes
from schedules.bookings import Booking, Holder
from schedules.errors import Malformed, NotFound, Refusal
from schedules.facts import Broken
from schedules.intervals import Interval
from schedules.spaces import Space
from schedules.walltimes import NoSuchTime
from schedules.wishes import NotBookable, OtherRoom, Verdict, Wish
from timebank.actions.action import Answer, RequestKey, action, past_deadlocks
from timebank.actions.rooms import booking_news, booking_prices
from timebank.communities import tree
from timebank.people import audit, departures, guardians, members, phones
from timebank.people.callers import Caller, Right
from timebank.points.refusals import InsufficientPoints

MEMBER = """SELECT m.household_id, m.state, c.ancestor_ids FROM member m JOIN community c ON c.id = m.community_id
WHERE m.id = $1 AND m.state <> 'left'"""

IN_TEAM = """SELECT true FROM team_person p JOIN team t ON t.id = p.team_id
WHERE p.team_id = $1 AND p.person_id = $2 AND p.state = 'chosen' AND t.ended_at IS NULL"""


class MemberSuspended(Refusal):
    """The member is suspended and books nothing until that ends. Facts: none."""


async def book_space(
    caller: Caller,
    wish: Wish,
    now: datetime,
    key: RequestKey | None = None,
    for_member: UUID | None = None,
    against: str = "",
) -> Answer[Booking]:
    """Books for the caller, or, by staff of the room, for the house (`wish.counts` False) or for a member who asked them to.

    Where the room asks for approval, a resident's booking is a request. What it costs is set aside in the same transaction:
    too few points are one more broken rule, `points` (booking-18). With a reason in `against`, staff set the rules aside, but
    never what occupies the room; it goes on record. A request sent twice with the same key is booked once and answered alike
    (booking-19). Raises NotBookable with every broken rule and the nearest free times; both are worked out after the rollback,
    when nothing is locked any more (booking.md A7). Raises SignInNeeded, NotAllowed, MemberSuspended, ConsentMissing, NotFound,
    KeyConflict, Malformed.
    """
    wishes.check(wish)
    try:
        return await past_deadlocks(lambda: _book.once(key, caller, wish, now, for_member, against.strip()))
    except (NotBookable, InsufficientPoints) as refused:
        holder = await holder_of(caller, wish, for_member)
        raise await told(refused, holder.person_id, holder.household_id, wish, now, against) from None


@action
async def _book(caller: Caller, wish: Wish, now: datetime, for_member: UUID | None, against: str) -> Booking:
    holder = await holder_of(caller, wish, for_member, against)
    await departures.require_here(holder.person_id)
    await guardians.require_kept(holder.person_id, now, caller.id)
    booking = await new_bookings.book(holder, wish, now, against=against)
    await booking_prices.hold(booking, now)
    if booking.state == "pending" or (for_member is not None and wish.counts):
        await booking_news.made(booking, await _ancestors(wish.space_id), now)
    if for_member is not None or not wish.counts or against:
        reason = {"against_rules": against} if against else {}
        await audit.write(
            caller.id, "booking.made", f"booking:{booking.id}", now, on_behalf_of=for_member, counts=wish.counts, **reason
        )
    return booking


async def told(
    refused: NotBookable | InsufficientPoints,
    person_id: UUID,
    household_id: UUID,
    wish: Wish,
    now: datetime,
    against: str = "",
    moved: Booking | None = None,
) -> NotBookable:
    """The refusal as things stand after the rollback: every broken rule, points among them, times and rooms that would do.

    `moved` is the booking that was to be changed.
    """
    space = await spaces.one(wish.space_id)
    without = moved.id if moved else None
    if isinstance(refused, InsufficientPoints):
        found = wishes.refusal(space, [booking_prices.as_broken(refused)])
        others = await _others(wish, use_of(wish, space.time_zone), person_id, household_id, now, without)
        return NotBookable(**found.facts | {"other_rooms": others})
    if any(broken.code == "asked_already" for broken in refused.broken):
        return refused
    found = await wishes.with_alternatives(refused, person_id, household_id, wish, now, without)
    use = use_of(wish, found.time_zone)
    if moved is not None and (space.id, use) == (moved.space_id, moved.use):
        return refused  # only words change
    if moved is None:
        short = await booking_prices.afford(await booking_prices.quote(space, use, wish.counts, wish.units), person_id)
    else:
        quoted = await booking_prices.quote_move(moved, space, use)
        short = await booking_prices.afford(quoted, person_id, await booking_prices.kept_for(moved))
    broken = [*overrides.binding(found.broken, against), *short]
    others = await _others(wish, use, person_id, household_id, now, without)
    return NotBookable(**found.facts | {"broken": broken or refused.broken, "other_rooms": others})


async def _others(
    wish: Wish,
    use: Interval | None,
    person_id: UUID | None,
    household_id: UUID | None,
    now: datetime,
    without: UUID | None = None,
) -> list[OtherRoom]:
    """Rooms that this person can book, and pay, at the time of the wish."""

    async def short(space: Space, use: Interval) -> list[Broken]:
        return await booking_prices.afford(await booking_prices.quote(space, use, wish.counts, wish.units), person_id)

    return await other_rooms.find(wish, use, person_id, household_id, now, without=without, also=short) if use else []


def use_of(wish: Wish, time_zone: str) -> Interval | None:
    """The instants of a wish; None for a local time that the clocks skip."""
    try:
        return walltimes.resolve(wish.when, time_zone)
    except NoSuchTime:
        return None


async def may_book(caller: Caller, wish: Wish, now: datetime) -> Verdict:
    """What would become of the wish: the same verdict as booking, and nothing is stored. Strangers ask about the room alone.

    Where it is no, also which other rooms would do at that time.

    Raises NotFound and Malformed.
    """
    verdict = await wishes.judge(caller.member_id, caller.household_id, wish, now)
    quoted = await booking_prices.quote(verdict.space, verdict.use, wish.counts, wish.units)
    short = await booking_prices.afford(quoted, caller.member_id)
    if not (broken := [*verdict.broken, *short]):
        return verdict
    others = await _others(wish, verdict.use, caller.member_id, caller.household_id, now)
    return msgspec.structs.replace(verdict, broken=broken, other_rooms=others)


class NobodyOfThatNumber(Malformed):
    """No member has this phone number. Facts: field, reason."""


async def member_of_phone(caller: Caller, typed: str) -> UUID | None:
    """For staff who book for a member: the member with this number; None where none was typed.

    Raises NobodyOfThatNumber, NotAPhoneNumber, NotAllowed.
    """
    if not typed.strip():
        return None
    caller.require(Right.MANAGE_MEMBERS)
    try:
        found = await members.by_phone(phones.normal(typed))
    except phones.NotAPhoneNumber as wrong:
        raise phones.NotAPhoneNumber(**wrong.facts | {"field": "for_phone"}) from wrong
    if found is None:
        raise NobodyOfThatNumber(field="for_phone", reason="no member has this number")
    return found


async def _ancestors(space_id: UUID) -> list[UUID]:
    return await tree.ancestors((await spaces.one(space_id)).community_id)


async def holder_of(caller: Caller, wish: Wish, for_member: UUID | None, against: str = "") -> Holder:
    """Whose booking it becomes. The caller's own needs no statement; a member's is made by staff of the room and the member."""
    by = caller.member()
    if caller.is_suspended:
        raise MemberSuspended()
    if for_member is not None or not wish.counts or against:
        caller.require(Right.MANAGE_SPACES, await _ancestors(wish.space_id))
    if wish.team_id is not None and not await sql.value(IN_TEAM, wish.team_id, for_member or by):
        raise NotFound(what="team")
    if for_member is None or for_member == by:
        return Holder(by, caller.household(), by)
    member = await sql.row(MEMBER, for_member)
    if member is None:
        raise NotFound(what="member")
    caller.require(Right.MANAGE_MEMBERS, member["ancestor_ids"])
    if member["state"] == "suspended":
        raise MemberSuspended()
    return Holder(for_member, member["household_id"], by)
