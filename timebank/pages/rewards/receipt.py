"""One receipt as a keeper sees it: what became of it, and the way to take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.rewards.refund import refund
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.rewards import places, receipts
from timebank.web.access import needs
from timebank.web.request import Now, Who

keeper = [needs(Right.MANAGE_REWARDS)]


class Refunded(msgspec.Struct):
    """`shelf`: the piece is back."""

    reason: Short = ""
    shelf: Short = ""


@get("/office/rewards/receipts/{redemption_id:uuid}", guards=keeper)
async def one_receipt(redemption_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await draw_receipt(request, caller, redemption_id, Refunded())


async def draw_receipt(
    request: Ask, caller: Caller, redemption_id: UUID, typed: Refunded, refusal: Refusal | None = None
) -> Response[str]:
    """Raises NotFound, NotAllowed."""
    slip = await receipts.find(redemption_id)
    place = await places.find(slip.place_id)
    caller.require(Right.MANAGE_REWARDS, place.ancestor_ids)
    return draw(request, "rewards/receipt.html", refusal, slip=slip, here=place, typed=typed)


@post("/office/rewards/receipts/{redemption_id:uuid}/refund", guards=keeper)
async def take_back(
    redemption_id: FromPath[UUID], data: URLEncodedBody[Refunded], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await refund(caller, redemption_id, data.reason, data.shelf == "yes", now)
    except Refusal as refusal:
        return await draw_receipt(request, caller, redemption_id, data, refusal)
    return go(f"/office/rewards/receipts/{redemption_id}")


routes: list[Any] = [one_receipt, take_back]
