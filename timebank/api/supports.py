"""What the pool pays for members in need: for staff with that right, and for the member."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.points.see_support import Line, Own, Seen, see_own_support, see_support, see_supports
from timebank.actions.points.support import (
    Kept,
    Proposal,
    approve_support,
    decline_support,
    drop_support,
    end_support,
    propose_support,
)
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.SUPPORT)]


@get("/api/v1/supports", guards=staff)
async def get_supports(caller: Who, now: Now) -> list[Line]:
    """Those within reach, without reasons. Each counts as read: the members see by whom and when."""
    return await see_supports(caller, now)


@post("/api/v1/supports", guards=staff)
async def post_support(data: JSONBody[Proposal], caller: Who, now: Now, key: Key = None) -> Response[Kept]:
    """Proposes one; nothing is paid before a second person approves it. 403 `four_eyes`, 409 `support_off`, `support_held`."""
    answer = await propose_support.once(request_key(caller, key, data, now, "propose support"), caller, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/supports/{support_id:uuid}", guards=staff)
async def get_support(support_id: FromPath[UUID], caller: Who, now: Now) -> Seen:
    """One with its reason, what was paid, and who has read it; this reading is noted as well. Units of 1/100 point."""
    return await see_support(caller, support_id, now)


@post("/api/v1/supports/{support_id:uuid}/approve", guards=staff, status_code=200)
async def post_approval(support_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """By a second person. Safe to repeat. 403 `four_eyes`, 409 `support_over`."""
    return await approve_support(caller, support_id, now)


@post("/api/v1/supports/{support_id:uuid}/drop", guards=staff, status_code=200)
async def post_drop(support_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """Taken back by who proposed it, refused by anybody else. Safe to repeat. 409 `support_over`."""
    return await drop_support(caller, support_id, now)


@post("/api/v1/supports/{support_id:uuid}/end", guards=staff, status_code=200)
async def post_end(support_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """Before its last day. Safe to repeat. 409 `support_over`."""
    return await end_support(caller, support_id, now)


@get("/api/v1/me/supports", guards=[signed_in])
async def get_own(caller: Who, now: Now) -> Own:
    """What the pool pays for oneself, what it paid, and who of staff has looked at it."""
    return await see_own_support(caller, now)


@post("/api/v1/me/supports/{support_id:uuid}/decline", guards=[signed_in], status_code=200)
async def post_decline(support_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """The member does not want it, or no longer. Safe to repeat. 409 `support_over`."""
    return await decline_support(caller, support_id, now)


routes: list[Any] = [
    get_supports,
    post_support,
    get_support,
    post_approval,
    post_drop,
    post_end,
    get_own,
    post_decline,
]
