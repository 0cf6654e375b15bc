"""Requests for rooms, for those who decide: what waits, with what it overlaps, accepted or rejected."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.booking_requests import OthersWouldLose
from schedules.errors import Malformed, Refusal
from timebank.actions.rooms.decide_booking import accept_request, reject_request, request_of, requests_for
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

keepers = [needs(Right.MANAGE_SPACES)]


class Accepting(msgspec.Struct):
    """`losers`: ids of the requests that are rejected by this, as the page listed them."""

    losers: str = ""


class Rejecting(msgspec.Struct):
    reason: Short = ""


@get("/office/requests", guards=keepers)
async def list_requests(request: Ask, caller: Who, now: Now) -> Response[str]:
    """What can be decided now, in order of time."""
    return await _list(request, caller, now)


async def _list(request: Ask, caller: Caller, now: datetime, refused: Refusal | None = None) -> Response[str]:
    return draw(request, "rooms/requests.html", refused, requests=await requests_for(caller, now))


@get("/office/requests/{booking_id:uuid}", guards=keepers)
async def see_request(booking_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """One request with those that would be rejected, to accept or reject it; decided meanwhile: the booking."""
    return await _one(request, caller, booking_id, now)


async def _one(
    request: Ask, caller: Caller, booking_id: UUID, now: datetime, refused: Refusal | None = None, reason: str = ""
) -> Response[Any]:
    found = await request_of(caller, booking_id, now)
    if found is None:
        return await _list(request, caller, now, refused) if refused else go(f"/me/bookings/{booking_id}")
    shown = None if isinstance(refused, OthersWouldLose) else refused
    return draw(request, "rooms/request.html", shown, found=found, reason=reason)


@post("/office/requests/{booking_id:uuid}/accept", guards=keepers)
async def take_accept(
    booking_id: FromPath[UUID], data: URLEncodedBody[Accepting], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Accepts it and rejects what the page listed; where another request came in between, the list is shown again."""
    try:
        await accept_request(caller, booking_id, _ids(data.losers), now)
    except Refusal as refusal:
        return await _one(request, caller, booking_id, now, refusal)
    return go("/office/requests")


@post("/office/requests/{booking_id:uuid}/reject", guards=keepers)
async def take_reject(
    booking_id: FromPath[UUID], data: URLEncodedBody[Rejecting], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Says no, with a reason."""
    try:
        await reject_request(caller, booking_id, data.reason, now)
    except Refusal as refusal:
        return await _one(request, caller, booking_id, now, refusal, data.reason)
    return go("/office/requests")


def _ids(text: str) -> list[UUID]:
    try:
        return [UUID(one) for one in text.split()[:500]]
    except ValueError as error:
        raise Malformed(field="losers", reason="ids of requests") from error


routes: list[Any] = [list_requests, see_request, take_accept, take_reject]
