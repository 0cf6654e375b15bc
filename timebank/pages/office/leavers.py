"""The office's pages about members who leave or have died: let them go, see what became of the points, decide claims."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.leaving.claims import (
    Claiming,
    NoHeir,
    Refusing,
    approve_claim,
    claim_points,
    refuse_claim,
    see_estate,
)
from timebank.actions.leaving.erase import ask_erasure, see_leavers
from timebank.actions.leaving.leave import ByStaff, HeirNotAllowed, foresee_for, let_leave
from timebank.communities import tree
from timebank.pages.forms import Ask, Long, Short, draw, member_number
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]


class Going(msgspec.Struct):
    reason: Long = ""
    kind: Short = "left"
    heir_number: Short = ""
    erases: Short = ""
    sure: Short = ""
    key: Short = ""

    def wanted(self) -> ByStaff:
        """Raises HeirNotAllowed for what is no number."""
        number = member_number(self.heir_number)
        if self.heir_number.strip() and number is None:
            raise HeirNotAllowed(field="heir_number", reason="not a number")
        return ByStaff(reason=self.reason.strip()[:500], died=self.kind == "died", heir_number=number, erases=bool(self.erases))


class Claimed(msgspec.Struct):
    evidence: Long = ""
    heir_number: Short = ""
    why: Long = ""
    key: Short = ""


@get("/office/leavers", guards=staff)
async def list_leavers(request: Ask, caller: Who) -> Response[str]:
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(request, "leaving/leavers.html", leavers=await see_leavers(caller), zone=zone)


@get("/office/members/{member_id:uuid}/leave", guards=staff)
async def begin(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _form(request, caller, member_id, now, Going())


async def _form(
    request: Ask, caller: Caller, member_id: UUID, now: Now, typed: Going, refusal: Refusal | None = None
) -> Response[str]:
    seen = await foresee_for(caller, member_id, ByStaff(reason=""), now)
    return draw(request, "leaving/let_leave.html", refusal, seen=seen, typed=typed)


@post("/office/members/{member_id:uuid}/leave", guards=staff)
async def take(member_id: FromPath[UUID], data: URLEncodedBody[Going], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        wanted = data.wanted()
        await let_leave(caller, member_id, wanted, now, request_key(caller, data.key, [member_id, wanted], now, "let leave"))
    except Refusal as refusal:
        return await _form(request, caller, member_id, now, data, refusal)
    return go(f"/office/leavers/{member_id}")


@get("/office/leavers/{member_id:uuid}", guards=staff)
async def show(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _leaver(request, caller, member_id, now)


async def _leaver(
    request: Ask, caller: Caller, member_id: UUID, now: Now, refusal: Refusal | None = None, typed: Claimed | None = None
) -> Response[str]:
    seen = await see_estate(caller, member_id, now)
    return draw(request, "leaving/leaver.html", refusal, seen=seen, typed=typed or Claimed())


@post("/office/leavers/{member_id:uuid}/erasure", guards=staff)
async def take_erasure(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await ask_erasure(caller, member_id, now)
    except Refusal as refusal:
        return await _leaver(request, caller, member_id, now, refusal)
    return go(f"/office/leavers/{member_id}")


@post("/office/leavers/{member_id:uuid}/claims", guards=staff)
async def take_claim(
    member_id: FromPath[UUID], data: URLEncodedBody[Claimed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        number = member_number(data.heir_number)
        if data.heir_number.strip() and number is None:
            raise NoHeir(field="heir_number", reason="not a number")
        wanted = Claiming(evidence=data.evidence.strip()[:500], heir_number=number)
        await claim_points.once(
            request_key(caller, data.key, [member_id, wanted], now, "claim points"), caller, member_id, wanted, now
        )
    except Refusal as refusal:
        return await _leaver(request, caller, member_id, now, refusal, data)
    return go(f"/office/leavers/{member_id}")


@post("/office/leavers/{member_id:uuid}/claims/{claim_id:uuid}/approve", guards=staff)
async def take_approval(
    member_id: FromPath[UUID], claim_id: FromPath[UUID], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await approve_claim(caller, claim_id, now)
    except Refusal as refusal:
        return await _leaver(request, caller, member_id, now, refusal)
    return go(f"/office/leavers/{member_id}")


@post("/office/leavers/{member_id:uuid}/claims/{claim_id:uuid}/refuse", guards=staff)
async def take_refusal(
    member_id: FromPath[UUID], claim_id: FromPath[UUID], data: URLEncodedBody[Claimed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await refuse_claim(caller, claim_id, Refusing(data.why.strip()[:500]), now)
    except Refusal as refusal:
        return await _leaver(request, caller, member_id, now, refusal, data)
    return go(f"/office/leavers/{member_id}")


routes: list[Any] = [list_leavers, begin, take, show, take_erasure, take_claim, take_approval, take_refusal]
