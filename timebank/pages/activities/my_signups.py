"""What a member does with a sign-up of their own: accept an offer or let it go, give places back, one or all from here on."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Meta

from schedules.errors import Refusal
from timebank.actions.signups.take_offer import accept_offer, decline_offer
from timebank.actions.signups.withdraw import withdraw, withdraw_from_here
from timebank.pages.activities.activities import activity_page
from timebank.pages.forms import Ask, Long
from timebank.pages.render import go
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key

Key = Annotated[str, Meta(max_length=200)]


class Given(msgspec.Struct):
    """A button at one's own sign-up. `from_here`: this session and all later ones of the activity."""

    signup: UUID
    reason: Long = ""
    from_here: Key = ""
    key: Key = ""


@post("/activities/{activity_id:uuid}/accept", guards=[signed_in])
async def take_offer(
    activity_id: FromPath[UUID], data: URLEncodedBody[Given], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Takes the place that is held, or one that is free while waiting."""
    try:
        taken = await accept_offer.once(request_key(caller, data.key, data.signup, now, "accept"), caller, data.signup, now)
    except Refusal as refusal:
        return await activity_page(request, caller, activity_id, now, refusal)
    return go(f"/activities/{activity_id}#session-{taken.value.session_id}")


@post("/activities/{activity_id:uuid}/decline", guards=[signed_in])
async def leave_offer(
    activity_id: FromPath[UUID], data: URLEncodedBody[Given], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Lets the place go to the next in line."""
    kept = request_key(caller, data.key, [data.signup, data.reason], now, "decline")
    try:
        freed = await decline_offer.once(kept, caller, data.signup, now, data.reason)
    except Refusal as refusal:
        return await activity_page(request, caller, activity_id, now, refusal)
    return go(f"/activities/{activity_id}#session-{freed.value.session_id}")


@post("/activities/{activity_id:uuid}/withdraw", guards=[signed_in])
async def give_back(
    activity_id: FromPath[UUID], data: URLEncodedBody[Given], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """One place, or all from here on: those that stay are listed."""
    asked = [data.signup, data.reason, data.from_here]
    kept = request_key(caller, data.key, asked, now, "withdraw")
    try:
        if data.from_here:
            found = (await withdraw_from_here.once(kept, caller, data.signup, now, data.reason)).value
            if found.kept:
                return await activity_page(request, caller, activity_id, now, stays=found)
            return go(f"/activities/{activity_id}#session-{found.freed[0].session_id}")
        freed = (await withdraw.once(kept, caller, data.signup, now, data.reason)).value
    except Refusal as refusal:
        return await activity_page(request, caller, activity_id, now, refusal)
    return go(f"/activities/{activity_id}#session-{freed.session_id}")


routes: list[Any] = [take_offer, leave_offer, give_back]
