"""A kiosk as a program: a card and its PIN open a short visit, which is named when something is redeemed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import JSONBody
from msgspec import Meta

from timebank.actions.rewards.visit_kiosk import give_pin, hold_up_card, kiosk_of, leave_kiosk
from timebank.points import support_payments, wallets
from timebank.rewards import catalogue
from timebank.rewards.catalogue import Offer
from timebank.rewards.visits import IDLE
from timebank.web.access import device
from timebank.web.request import Now, Who

kiosk = [device("kiosk")]


class Card(msgspec.Struct, forbid_unknown_fields=True):
    """`code` is the text of the card's QR, or the eight characters under it."""

    code: Annotated[str, Meta(max_length=8000)]
    pin: Annotated[str, Meta(max_length=100)]


class Opened(msgspec.Struct):
    """`available` in units of 1/100 point, with what the pool would pay. The visit ends by itself at `expires_at`."""

    visit: str
    name: str
    available: int
    expires_at: datetime


class Ended(msgspec.Struct, forbid_unknown_fields=True):
    visit: Annotated[str, Meta(max_length=100)]


@post("/api/v1/kiosk/visits", guards=kiosk)
async def post_visit(data: JSONBody[Card], caller: Who, now: Now) -> Opened:
    """Opens a visit; an earlier one at this kiosk ends, also where this card is refused.

    429 after too many wrong PINs, by card and by kiosk.
    """
    token = await hold_up_card(caller, data.code, now)
    visit = await give_pin(caller, token, data.pin, now)
    available = (await wallets.balance(visit.member_id)).available + await support_payments.left(visit.member_id, now)
    return Opened(token, visit.name, available, now + IDLE)


@post("/api/v1/kiosk/visits/end", guards=kiosk, status_code=204)
async def post_end(data: JSONBody[Ended], caller: Who, now: Now) -> None:
    """Safe to repeat."""
    await leave_kiosk(caller, data.visit, now)


@get("/api/v1/kiosk/rewards", guards=kiosk)
async def get_rewards(caller: Who, now: Now) -> list[Offer]:
    """What is offered where this kiosk stands."""
    return await catalogue.at_place(kiosk_of(caller).place_id, now)


routes: list[Any] = [post_visit, post_end, get_rewards]
