"""Redemptions as a program sees them: make one, ask what became of a key, give a key up, hand over."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from schedules.errors import Malformed
from timebank.actions.rewards.abandon_redemption import abandon_redemption
from timebank.actions.rewards.hand_over import hand_over
from timebank.actions.rewards.redeem import Order, redeem_at_kiosk, redeem_for_oneself, what_became_of
from timebank.actions.rewards.refund import refund
from timebank.people.callers import Right
from timebank.rewards import places, receipts
from timebank.rewards.receipts import Slip
from timebank.rewards.redemptions import Receipt
from timebank.web.access import device, known, needs, signed_in
from timebank.web.request import KEY_FORM, Now, Who

Key = Annotated[str, HeaderParameter(name="Idempotency-Key")]
Short = Annotated[str, Meta(max_length=100)]
Outcome = Literal["done", "refused", "unknown"]
kiosk = [device("kiosk")]


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A kiosk sends the `visit` that stands before it; a member who is signed in names the `place_id` where it lies.

    The latter is for who stands at a counter without a kiosk: it is paid at once, and a keeper hands it over or takes it back.
    From home it is an order (`POST /api/v1/orders`): points are only held, it can be called off and lapses by itself.

    `price` is what the person was shown, in units of 1/100 point.
    """

    reward_id: UUID
    price: Annotated[int, Meta(gt=0, le=2**53)]
    visit: Short | None = None
    place_id: UUID | None = None


class Refunded(msgspec.Struct, forbid_unknown_fields=True):
    """`is_restocked`: the piece is back on the shelf. The reason is told to the member."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    is_restocked: bool = False


class Became(msgspec.Struct):
    """`unknown` is not failed: a request may be under way. `refused`: nothing happened, and nothing will under this key."""

    state: Outcome
    receipt: Slip | None = None


class Code(msgspec.Struct, forbid_unknown_fields=True):
    code: Short


@post("/api/v1/redemptions", guards=[known])
async def post_redemption(data: JSONBody[Wanted], key: Key, caller: Who, now: Now) -> Response[Receipt]:
    """One unit for its price, at once: 201 with the receipt; 200 with the same one, `replayed`, where the key came before."""
    order = Order(data.reward_id, data.price, checked(key))
    if data.visit is not None:
        receipt = await redeem_at_kiosk(caller, data.visit, order, now)
    elif data.place_id is not None:
        receipt = await redeem_for_oneself(caller, data.place_id, order, now)
    else:
        raise Malformed(field="visit", reason="a visit at a kiosk, or the place_id of a member's own redemption")
    return Response(receipt, status_code=200 if receipt.replayed else 201)


@get("/api/v1/redemptions/by-key/{key:str}", guards=kiosk)
async def get_by_key(key: FromPath[str], caller: Who) -> Became:
    """What became of a key of this kiosk."""
    return Became(*await what_became_of(caller, checked(key)))


@post("/api/v1/redemptions/by-key/{key:str}/abandon", guards=kiosk, status_code=200)
async def post_abandon(key: FromPath[str], caller: Who) -> Became:
    """Gives a key up. `refused`: nothing happens under it any more, or it was undone; `done`: it was handed over before, or the
    person has left meanwhile and nothing comes back to a closed wallet.
    """
    slip = await abandon_redemption(caller, checked(key))
    return Became("refused" if slip is None or slip.state == "undone" else "done", slip)


@get("/api/v1/redemptions", guards=[signed_in])
async def get_own(caller: Who) -> list[Slip]:
    """What one has paid for and not fetched yet, with the code to show at the counter, the oldest first."""
    return await receipts.waiting_for(caller.member())


@post("/api/v1/redemptions/hand-over", guards=[needs(Right.MANAGE_REWARDS)], status_code=200)
async def post_hand_over(data: JSONBody[Code], caller: Who, now: Now) -> Slip:
    """The code of a receipt is shown at the counter: it is collected now, once."""
    return await hand_over(caller, data.code, now)


@get("/api/v1/places/{place_id:uuid}/redemptions", guards=[needs(Right.MANAGE_REWARDS)])
async def get_lately(place_id: FromPath[UUID], caller: Who, now: Now) -> list[Slip]:
    """What was handed over or taken back there in the last four weeks, the latest first."""
    caller.require(Right.MANAGE_REWARDS, (await places.find(place_id)).ancestor_ids)
    return await receipts.lately(place_id, now)


@post("/api/v1/redemptions/{redemption_id:uuid}/refund", guards=[needs(Right.MANAGE_REWARDS)], status_code=200)
async def post_refund(redemption_id: FromPath[UUID], data: JSONBody[Refunded], caller: Who, now: Now) -> Slip:
    """Takes an exchange back: points return in new lots. Once; a repeat gives the same receipt, undone."""
    return await refund(caller, redemption_id, data.reason, data.is_restocked, now)


def checked(key: str) -> str:
    """Raises Malformed for a key that is not 8 to 200 visible ASCII characters."""
    if not KEY_FORM.fullmatch(key):
        raise Malformed(field="Idempotency-Key", reason="8 to 200 visible ASCII characters")
    return key


routes: list[Any] = [post_redemption, get_by_key, post_abandon, get_own, post_hand_over, get_lately, post_refund]
