"""Points from member to member: giving, answering, and who counts as a relative."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.points.gifts import Wish, accept_gift, decline_gift, give, see_gifts, withdraw_gift
from timebank.actions.points.relatives import Named, Naming, confirm_relative, end_relative, name_relative, see_relatives
from timebank.people.relatives import Relative
from timebank.points.gifts import Gift
from timebank.web.access import signed_in
from timebank.web.request import Key, Now, Who, request_key


@get("/api/v1/me/gifts", guards=[signed_in])
async def get_gifts(caller: Who) -> list[Gift]:
    """The last hundred, given and received, newest first. `units` of 1/100 point."""
    return await see_gifts(caller)


@post("/api/v1/me/gifts", guards=[signed_in])
async def post_gift(data: JSONBody[Wish], caller: Who, now: Now, key: Key = None) -> Response[Gift]:
    """Sets points aside until the receiver answers. 409 `recipient_not_allowed`, `wallet_full`, `insufficient_points`."""
    answer = await give.once(request_key(caller, key, data, now, "give"), caller, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/me/gifts/{gift_id:uuid}/accept", guards=[signed_in], status_code=200)
async def post_acceptance(gift_id: FromPath[UUID], caller: Who, now: Now) -> Gift:
    """By the receiver. Safe to repeat. 409 `hold_over` where it is over, `recipient_not_allowed`, `wallet_full`."""
    return await accept_gift(caller, gift_id, now)


@post("/api/v1/me/gifts/{gift_id:uuid}/decline", guards=[signed_in], status_code=200)
async def post_refusal(gift_id: FromPath[UUID], caller: Who, now: Now) -> Gift:
    """By the receiver. Safe to repeat. 409 `hold_over` where it is over."""
    return await decline_gift(caller, gift_id, now)


@post("/api/v1/me/gifts/{gift_id:uuid}/withdraw", guards=[signed_in], status_code=200)
async def post_withdrawal(gift_id: FromPath[UUID], caller: Who, now: Now) -> Gift:
    """By the giver. Safe to repeat. 409 `hold_over` where it is over."""
    return await withdraw_gift(caller, gift_id, now)


@get("/api/v1/me/relatives", guards=[signed_in])
async def get_relatives(caller: Who) -> list[Relative]:
    """The household, those whom both have named, and those who have yet to say yes."""
    return await see_relatives(caller)


@post("/api/v1/me/relatives", guards=[signed_in])
async def post_relative(data: JSONBody[Naming], caller: Who, now: Now, key: Key = None) -> Response[Named]:
    """Names a relative, who has to say yes. 409 `named_already`; 429 after too many in a day."""
    answer = await name_relative(caller, data, request_key(caller, key, data, now, "name relative"), now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/me/relatives/{bond_id:uuid}/confirm", guards=[signed_in], status_code=200)
async def post_confirmation(bond_id: FromPath[UUID], caller: Who, now: Now) -> Named:
    """By the one who was named. Safe to repeat."""
    return await confirm_relative(caller, bond_id, now)


@delete("/api/v1/me/relatives/{bond_id:uuid}", guards=[signed_in], status_code=204)
async def delete_relative(bond_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """By either of the two, also as a no. Safe to repeat."""
    await end_relative(caller, bond_id, now)


routes: list[Any] = [
    get_gifts,
    post_gift,
    post_acceptance,
    post_refusal,
    post_withdrawal,
    get_relatives,
    post_relative,
    post_confirmation,
    delete_relative,
]
