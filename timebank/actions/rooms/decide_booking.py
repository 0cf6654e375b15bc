"""Staff decide on requests for rooms; a request that nobody decides lapses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import booking_requests, bookings, spaces, sql
from schedules.booking_requests import Accepted, Waiting
from schedules.bookings import Booking
from schedules.spaces import Space
from timebank.actions.action import RequestKey, action, past_deadlocks
from timebank.actions.rooms import booking_ends, booking_news
from timebank.actions.rooms.cancel_booking import WhyNeeded
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class Request(msgspec.Struct, frozen=True):
    """A request as those see it who decide. `names`: of the member and of each rival's, by person."""

    waiting: Waiting
    names: dict[UUID, str]


async def requests_for(caller: Caller, now: datetime) -> list[Request]:
    """Requests for all rooms that the caller keeps, in order of time."""
    nodes = await tree.below(caller.nodes(Right.MANAGE_SPACES))
    kept = await spaces.of_communities([node.id for node in nodes])
    return await _named(await booking_requests.waiting([space.id for space in kept], now))


async def request_of(caller: Caller, booking_id: UUID, now: datetime) -> Request | None:
    """One request, or None where it is decided or has lapsed. Raises NotAllowed, NotFound."""
    booking = await bookings.one(booking_id)
    await _reach(caller, booking)
    found = await _named(await booking_requests.waiting([booking.space_id], now))
    return next((one for one in found if one.waiting.booking.id == booking_id), None)


async def _named(found: Sequence[Waiting]) -> list[Request]:
    people = {one.person_id for waiting in found for one in (waiting.booking, *waiting.rivals)}
    rows = await sql.rows("SELECT id, name FROM member WHERE id = ANY($1)", list(people))
    names = {row["id"]: row["name"] for row in rows}
    return [Request(waiting, names) for waiting in found]


async def accept_request(
    caller: Caller, booking_id: UUID, losers: Collection[UUID], now: datetime, key: RequestKey | None = None
) -> Accepted:
    """The request becomes a booking, those that overlap it and were named in `losers` are rejected and hear of it (booking-86).

    Raises OthersWouldLose with the list to confirm, Decided, NotBookable where the time was taken meanwhile (booking-87),
    NotAllowed, NotFound, KeyConflict.
    """
    return (await past_deadlocks(lambda: _accept.once(key, caller, booking_id, list(losers), now))).value


@action
async def _accept(caller: Caller, booking_id: UUID, losers: list[UUID], now: datetime) -> Accepted:
    await _reach(caller, await bookings.one(booking_id))
    accepted = await booking_requests.accept(booking_id, losers, caller.member(), now)
    await booking_news.accepted(accepted.booking, now)
    await booking_ends.follow(accepted.rejected, caller.member(), now)
    await audit.write(
        caller.id,
        "booking.accepted",
        f"booking:{booking_id}",
        now,
        on_behalf_of=accepted.booking.person_id,
        rejected=[one.id for one in accepted.rejected],
    )
    return accepted


@action
async def reject_request(caller: Caller, booking_id: UUID, reason: str, now: datetime) -> Booking:
    """Says no, with a reason that the member reads; what was held goes back. Safe to repeat.

    Raises WhyNeeded, Decided, NotAllowed, NotFound.
    """
    await _reach(caller, await bookings.one(booking_id))
    if not reason.strip():
        raise WhyNeeded(field="reason", reason="say why: the person who asked will read it")
    rejected = await booking_requests.reject(booking_id, caller.member(), reason.strip(), now)
    await booking_ends.follow([rejected], caller.member(), now)
    await audit.write(
        caller.id, "booking.rejected", f"booking:{booking_id}", now, on_behalf_of=rejected.person_id, reason=reason.strip()
    )
    return rejected


@action
async def lapse_request(booking_id: UUID, now: datetime) -> bool:
    """For the job: nobody decided in time; points go back, the member hears of it (booking-88). Safe to repeat."""
    lapsed = await booking_requests.lapse(booking_id, now)
    if lapsed is not None:
        await booking_ends.follow([lapsed], lapsed.person_id, now)
    return lapsed is not None


async def _reach(caller: Caller, booking: Booking) -> Space:
    space = await spaces.one(booking.space_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(space.community_id))
    return space
