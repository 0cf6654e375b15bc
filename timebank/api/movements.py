"""Movements of points that staff take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.points.take_back import Credited, TakeBack, see_movement, take_back
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.APPROVE_HOURS)]


@get("/api/v1/movements/{transfer_id:uuid}", guards=staff)
async def get_movement(transfer_id: FromPath[UUID], caller: Who, now: Now) -> Credited:
    """A movement of a member's points, and until when its month is open."""
    return await see_movement(caller, transfer_id, now)


@post("/api/v1/movements/{transfer_id:uuid}/reversal", guards=staff)
async def post_reversal(
    transfer_id: FromPath[UUID], data: JSONBody[TakeBack], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Takes a credit back by a new movement, once. 409 `period_closed` where it is dated to a service whose month is closed:
    with `dated` "today" it is booked into the present month, and the old date of the service is shown.
    """
    kept = request_key(caller, key, [transfer_id, data], now, "take back")
    answer = await take_back.once(kept, caller, transfer_id, data, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


routes: list[Any] = [get_movement, post_reversal]
