"""Leaving the time bank, and the points of members who have died."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from timebank.actions.leaving.claims import (
    Claiming,
    Kept,
    Leaver,
    Refusing,
    approve_claim,
    claim_points,
    refuse_claim,
    see_estate,
)
from timebank.actions.leaving.erase import ask_erasure, see_leavers
from timebank.actions.leaving.leave import ByStaff, Foreseen, Left, Wish, foresee, foresee_for, leave, let_leave
from timebank.people.callers import Right
from timebank.people.departures import Departure
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]
Number = Annotated[int, Meta(ge=1, le=2**53)]


class Erasure(msgspec.Struct, frozen=True):
    """From when on the person's data are gone."""

    erase_at: datetime


@get("/api/v1/me/leaving", guards=[signed_in])
async def get_leaving(caller: Who, now: Now, heir_number: FromQuery[Number | None] = None) -> Foreseen:
    """What becomes of everything if the caller leaves now; nothing is stored. `stops` says what has to be settled first."""
    return await foresee(caller, Wish(heir_number=heir_number), now)


@post("/api/v1/me/leaving", guards=[signed_in])
async def post_leaving(data: JSONBody[Wish], caller: Who, now: Now, key: Key = None) -> Left:
    """For good: the sign-in ends with it. 409 `still_inside`, `help_agreed`, `holds_roles`; 400 `heir_not_allowed`."""
    return await leave(caller, data, now, request_key(caller, key, data, now, "leave"))


@get("/api/v1/members/{member_id:uuid}/leaving", guards=staff)
async def get_leaving_of(
    member_id: FromPath[UUID], caller: Who, now: Now, heir_number: FromQuery[Number | None] = None
) -> Foreseen:
    """What becomes of everything if this member leaves now; nothing is stored."""
    return await foresee_for(caller, member_id, ByStaff(reason="", heir_number=heir_number), now)


@post("/api/v1/members/{member_id:uuid}/leaving", guards=staff)
async def post_leaving_of(member_id: FromPath[UUID], data: JSONBody[ByStaff], caller: Who, now: Now, key: Key = None) -> Left:
    """By staff, with a reason. With `died` the points wait for a claim. 409 `already_left`, `still_inside`, `help_agreed`."""
    return await let_leave(caller, member_id, data, now, request_key(caller, key, [member_id, data], now, "let leave"))


@get("/api/v1/leavers", guards=staff)
async def get_leavers(caller: Who) -> list[Departure]:
    """Those whose points wait first, then the newest. `name` is empty once the data are gone."""
    return await see_leavers(caller)


@get("/api/v1/leavers/{member_id:uuid}", guards=staff)
async def get_leaver(member_id: FromPath[UUID], caller: Who, now: Now) -> Leaver:
    """One who left or has died, with what went where and the claims. `units` of 1/100 point wait."""
    return await see_estate(caller, member_id, now)


@post("/api/v1/leavers/{member_id:uuid}/erasure", guards=staff, status_code=200)
async def post_erasure(member_id: FromPath[UUID], caller: Who, now: Now) -> Erasure:
    """Because who left has asked for it; hours and movements stay under the number. Safe to repeat. 409 `erased_already`."""
    return Erasure(await ask_erasure(caller, member_id, now))


@post("/api/v1/leavers/{member_id:uuid}/claims", guards=staff)
async def post_claim(
    member_id: FromPath[UUID], data: JSONBody[Claiming], caller: Who, now: Now, key: Key = None
) -> Response[Kept]:
    """On the points of a member who has died, for an heir or the pool. 409 `nothing_to_claim`, `claimed_already`."""
    asked = request_key(caller, key, [member_id, data], now, "claim points")
    answer = await claim_points.once(asked, caller, member_id, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/estate-claims/{claim_id:uuid}/approve", guards=staff, status_code=200)
async def post_approval(claim_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """The first or the second yes; never the heir, their household, or one person twice: 403 `four_eyes`. Safe to repeat."""
    return await approve_claim(caller, claim_id, now)


@post("/api/v1/estate-claims/{claim_id:uuid}/refuse", guards=staff, status_code=200)
async def post_refusal(claim_id: FromPath[UUID], data: JSONBody[Refusing], caller: Who, now: Now) -> Kept:
    """Nothing moves; another claim may follow. Safe to repeat. 409 `claim_over` where it was approved."""
    return await refuse_claim(caller, claim_id, data, now)


routes: list[Any] = [
    get_leaving,
    post_leaving,
    get_leaving_of,
    post_leaving_of,
    get_leavers,
    get_leaver,
    post_erasure,
    post_claim,
    post_approval,
    post_refusal,
]
