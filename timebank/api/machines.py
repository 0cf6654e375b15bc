"""A machine that hands over by itself: it sets aside, lets go of the unit or keeps it back, and tells of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from timebank.actions.rewards.redeem import Order
from timebank.actions.rewards.serve_by_machine import keep_back, let_go, set_aside_at_kiosk
from timebank.api.redemptions import checked
from timebank.points.holds import Hold
from timebank.rewards.redemptions import Receipt
from timebank.web.access import device
from timebank.web.request import Now, Who

Key = Annotated[str, HeaderParameter(name="Idempotency-Key")]
machine = [device("kiosk")]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """`price` is what the person was shown, in units of 1/100 point."""

    visit: Annotated[str, Meta(max_length=100)]
    reward_id: UUID
    price: Annotated[int, Meta(gt=0, le=2**53)]


class Ended(msgspec.Struct):
    state: Literal["voided", "expired"]


@post("/api/v1/kiosk/holds", guards=machine)
async def post_hold(data: JSONBody[Asked], key: Key, caller: Who, now: Now) -> Response[Hold]:
    """Keeps the points and one unit until `expires_at`: 201; 200 with the same hold where the key came before."""
    held = await set_aside_at_kiosk(caller, data.visit, Order(data.reward_id, data.price, checked(key)), now)
    return Response(held, status_code=200 if held.is_replay else 201)


@post("/api/v1/kiosk/holds/{hold_id:uuid}/handed-over", guards=machine, status_code=200)
async def post_handed_over(hold_id: FromPath[UUID], caller: Who) -> Receipt:
    """The unit is out. A repeat gives the same receipt, `replayed`; 409 `hold_over` belongs before the keeper."""
    return await let_go(caller, hold_id)


@post("/api/v1/kiosk/holds/{hold_id:uuid}/kept-back", guards=machine, status_code=200)
async def post_kept_back(hold_id: FromPath[UUID], caller: Who) -> Ended:
    """The unit is still inside. Safe to repeat."""
    return msgspec.convert({"state": await keep_back(caller, hold_id)}, Ended)


routes: list[Any] = [post_hold, post_handed_over, post_kept_back]
