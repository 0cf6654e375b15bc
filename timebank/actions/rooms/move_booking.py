"""A booking is changed: by its holder, or by staff of the room, who may set rules aside with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import booking_moves, bookings, overrides, spaces
from schedules.booking_moves import Change, Moved
from schedules.bookings import Booking
from schedules.errors import NotFound
from schedules.wishes import NotBookable, Verdict
from timebank.actions.action import Answer, RequestKey, action, past_deadlocks
from timebank.actions.rooms import booking_news, booking_prices, room_line
from timebank.actions.rooms.book_space import MemberSuspended, told
from timebank.actions.rooms.booking_prices import Quote
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points.refusals import InsufficientPoints


async def move_booking(
    caller: Caller, booking_id: UUID, change: Change, now: datetime, key: RequestKey | None = None, against: str = ""
) -> Answer[Booking]:
    """Another time, room, purpose or number of people: all of it or nothing, and who loses a race keeps the old booking.

    Raises NotBookable with every broken rule (`points` where balance and held points do not suffice) and near times that would
    do, BookingBegun, BookingOver, MemberSuspended, NotAllowed, NotFound, KeyConflict, Malformed.
    """
    booking = await bookings.one(booking_id)
    wish = booking_moves.wish_of(booking, change)
    try:
        return await past_deadlocks(lambda: _move.once(key, caller, booking_id, change, now, against.strip()))
    except (NotBookable, InsufficientPoints) as refused:
        raise await told(refused, booking.person_id, booking.household_id, wish, now, against, booking) from None


class MoveVerdict(msgspec.Struct, frozen=True):
    """What would become of a change: the verdict of booking, and the price afterwards (None: costs nothing)."""

    verdict: Verdict
    quote: Quote | None
    is_request: bool
    """Somebody has to decide on it again."""


async def may_move(caller: Caller, booking_id: UUID, change: Change, now: datetime, against: str = "") -> MoveVerdict:
    """The same verdict as moving, judged as though the old version were not there; nothing is stored.

    Raises NotFound, BookingBegun, BookingOver, NotAllowed, Malformed.
    """
    booking = await bookings.one(booking_id)
    is_staff = await _is_staff(caller, booking, change, against)
    booking_moves.check(booking, now, is_staff)
    verdict = await booking_moves.judge(booking, change, now)
    quoted = await booking_prices.quote_move(booking, verdict.space, verdict.use)
    short = await booking_prices.afford(quoted, booking.person_id, await booking_prices.kept_for(booking))
    is_elsewhere = (verdict.space.id, verdict.use) != (booking.space_id, booking.use)
    state = booking_moves.state_after(booking, verdict.space, is_staff) if is_elsewhere else booking.state
    broken = [*overrides.binding(verdict.broken, against), *short]
    return MoveVerdict(msgspec.structs.replace(verdict, broken=broken), quoted, is_elsewhere and state == "pending")


@action
async def _move(caller: Caller, booking_id: UUID, change: Change, now: datetime, against: str) -> Booking:
    is_staff = await _is_staff(caller, await bookings.one(booking_id), change, against)
    moved = await booking_moves.move(booking_id, change, caller.member(), now, is_staff=is_staff, against=against)
    await booking_prices.follow(moved, caller.member(), now)
    if moved.is_elsewhere:
        await room_line.offer_freed(moved.before.space_id, moved.before.use, now)
    await _write_down(caller, moved, is_staff, against, now)
    return moved.after


async def _is_staff(caller: Caller, booking: Booking, change: Change, against: str) -> bool:
    """Whether the caller acts as staff of the room: for somebody else, or against the rules. Raises NotFound, NotAllowed."""
    if caller.is_suspended:
        raise MemberSuspended()
    wanted = {booking.space_id, change.space_id or booking.space_id}
    reach = [await tree.ancestors((await spaces.one(space_id)).community_id) for space_id in wanted]
    keeps = all(caller.may(Right.MANAGE_SPACES, ancestors) for ancestors in reach)
    is_own = caller.member() == booking.person_id
    # What the house uses is its staff's to change: who made it and is staff no more may not.
    if against or (is_own and not booking.counts):
        for ancestors in reach:
            caller.require(Right.MANAGE_SPACES, ancestors)
    if is_own:
        return bool(against) or not booking.counts
    if not keeps:
        raise NotFound(what="booking")
    return True


async def _write_down(caller: Caller, moved: Moved, is_staff: bool, against: str, now: datetime) -> None:
    before, after = moved.before, moved.after
    changed = {
        name: [getattr(before, name), getattr(after, name)]
        for name in ("space_id", "starts_at", "ends_at", "people", "purpose")
        if getattr(before, name) != getattr(after, name)
    }
    reason = {"against_rules": against} if against else {}
    await audit.write(
        caller.id, "booking.changed", f"booking:{after.id}", now, on_behalf_of=after.person_id, **changed, **reason
    )
    if is_staff and moved.is_elsewhere and caller.member_id != after.person_id:
        await booking_news.moved_by_house(moved, now)
    elif after.state == "pending" and moved.is_elsewhere:
        space = await spaces.one(after.space_id)
        await booking_news.made(after, await tree.ancestors(space.community_id), now)
