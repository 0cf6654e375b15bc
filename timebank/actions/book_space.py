"""A resident books a room for the household, or staff book it for the house."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import bookings, spaces, sql, wishes
from schedules.bookings import Booking, Holder
from schedules.errors import NotFound, Refusal
from schedules.wishes import NotBookable, Verdict, Wish
from timebank.actions.action import Answer, RequestKey, action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right, SignInNeeded

MEMBER = """SELECT m.household_id, m.state, c.ancestor_ids FROM member m JOIN community c ON c.id = m.community_id
WHERE m.id = $1 AND m.state <> 'left'"""


class MemberSuspended(Refusal):
    """The member is suspended and books nothing until that ends. Facts: none."""


async def book_space(
    caller: Caller, wish: Wish, now: datetime, key: RequestKey | None = None, for_member: UUID | None = None
) -> Answer[Booking]:
    """Books for the caller, or, by staff of the room, for the house (`wish.counts` False) or for a member who asked them to.

    A request sent twice with the same key is booked once and answered alike (booking-19). Raises NotBookable with every broken
    rule and the nearest free times; both are worked out after the rollback, when nothing is locked any more (booking.md A7).
    Raises SignInNeeded, NotAllowed, MemberSuspended, NotFound, KeyConflict, Malformed.
    """
    wishes.check(wish)
    try:
        return await _book.once(key, caller, wish, now, for_member)
    except NotBookable as refused:
        holder = await _holder(caller, wish, for_member)
        raise await wishes.with_alternatives(refused, holder.person_id, holder.household_id, wish, now) from None


@action
async def _book(caller: Caller, wish: Wish, now: datetime, for_member: UUID | None) -> Booking:
    holder = await _holder(caller, wish, for_member)
    booking = await bookings.book(holder, wish, now)
    if for_member is not None or not wish.counts:
        await audit.write(caller.id, "booking.made", f"booking:{booking.id}", now, on_behalf_of=for_member, counts=wish.counts)
    return booking


async def may_book(caller: Caller, wish: Wish, now: datetime) -> Verdict:
    """What would become of the wish: the same verdict as booking, and nothing is stored. Strangers ask about the room alone.

    Raises NotFound and Malformed.
    """
    return await wishes.judge(caller.member_id, caller.household_id, wish, now)


async def _holder(caller: Caller, wish: Wish, for_member: UUID | None) -> Holder:
    """Whose booking it becomes. The caller's own needs no statement; a member's is made by staff of the room and the member."""
    by = caller.member()
    if caller.is_suspended:
        raise MemberSuspended()
    if for_member is not None or not wish.counts:
        space = await spaces.one(wish.space_id)
        caller.require(Right.MANAGE_SPACES, await tree.ancestors(space.community_id))
    if for_member is None or for_member == by:
        return Holder(by, _household(caller), by)
    member = await sql.row(MEMBER, for_member)
    if member is None:
        raise NotFound(what="member")
    caller.require(Right.MANAGE_MEMBERS, member["ancestor_ids"])
    if member["state"] == "suspended":
        raise MemberSuspended()
    return Holder(for_member, member["household_id"], by)


def _household(caller: Caller) -> UUID:
    if caller.household_id is None:
        raise SignInNeeded()
    return caller.household_id
