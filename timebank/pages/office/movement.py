"""The office's page of one movement of points: look at it, and take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.points.take_back import Dated, TakeBack, see_movement, take_back
from timebank.pages.forms import Ask, Long, Short, chosen, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.points.refusals import ReasonMissing
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.APPROVE_HOURS)]
DATES: tuple[Dated, ...] = ("service", "today")


class Typed(msgspec.Struct):
    reason: Long = ""
    dated: Short = ""
    key: Short = ""


@get("/office/movements", guards=staff)
async def find(number: FromQuery[UUID]) -> Response[Any]:
    """A movement by the number that stands in the ledger taken along."""
    return go(f"/office/movements/{number}")


@get("/office/movements/{transfer_id:uuid}", guards=staff)
async def show(transfer_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _draw(request, caller, transfer_id, now)


async def _draw(
    request: Ask, caller: Caller, transfer_id: UUID, now: Now, refusal: Refusal | None = None, typed: Typed | None = None
) -> Response[str]:
    seen = await see_movement(caller, transfer_id, now)
    return draw(request, "office/movement.html", refusal, seen=seen, typed=typed or Typed())


@post("/office/movements/{transfer_id:uuid}", guards=staff)
async def take(transfer_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        asked = _asked(data)
        await take_back.once(
            request_key(caller, data.key, [transfer_id, asked], now, "take back"), caller, transfer_id, asked, now
        )
    except Refusal as refusal:
        return await _draw(request, caller, transfer_id, now, refusal, data)
    return go(f"/office/movements/{transfer_id}")


def _asked(typed: Typed) -> TakeBack:
    if not typed.reason.strip():
        raise ReasonMissing()
    if len(typed.reason) > 500:
        raise Malformed(field="reason", reason="at most 500 signs")
    return TakeBack(typed.reason, chosen("dated", typed.dated, _dated) or "service")


def _dated(text: str) -> Dated:
    for each in DATES:
        if each == text:
            return each
    raise ValueError(text)


routes: list[Any] = [find, show, take]
