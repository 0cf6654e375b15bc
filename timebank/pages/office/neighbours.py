"""Staff look after help between neighbours: reported posts, and two whose words are apart."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.neighbours.mediate import Decision, decide, see_case, see_cases
from timebank.actions.neighbours.moderate import keep_post, see_moderated, see_posts, take_down
from timebank.actions.neighbours.posts import Reason
from timebank.actions.neighbours.standing import WordsNeeded
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.me.neighbours import fit, whole
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

staff = [needs(Right.MEDIATE)]


class Typed(msgspec.Struct):
    reason: Long = ""
    minutes: Short = ""


@get("/office/neighbours", guards=staff)
async def show_list(request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "neighbours/office.html", cases=await see_cases(caller), posts=await see_posts(caller, now))


@get("/office/neighbours/posts/{post_id:uuid}", guards=staff)
async def show_post(post_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _post(request, caller, post_id, now)


async def _post(
    request: Ask, caller: Caller, post_id: UUID, now: datetime, refusal: Refusal | None = None, typed: str = ""
) -> Response[str]:
    return draw(request, "neighbours/moderate.html", refusal, seen=await see_moderated(caller, post_id, now), typed=typed)


@post("/office/neighbours/posts/{post_id:uuid}/take-down", guards=staff)
async def take_taking_down(
    post_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await take_down(caller, post_id, Reason(_reason(data.reason, 300)), now)
    except Refusal as refusal:
        return await _post(request, caller, post_id, now, refusal, data.reason)
    return go("/office/neighbours")


@post("/office/neighbours/posts/{post_id:uuid}/keep", guards=staff)
async def take_keeping(post_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await keep_post(caller, post_id, now)
    return go("/office/neighbours")


@get("/office/neighbours/exchanges/{exchange_id:uuid}", guards=staff)
async def show_case(exchange_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _case(request, caller, exchange_id, now, Typed())


async def _case(
    request: Ask, caller: Caller, exchange_id: UUID, now: datetime, typed: Typed, refusal: Refusal | None = None
) -> Response[str]:
    return draw(request, "neighbours/case.html", refusal, case=await see_case(caller, exchange_id, now), typed=typed)


@post("/office/neighbours/exchanges/{exchange_id:uuid}/decision", guards=staff)
async def take_decision(
    exchange_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        decision = Decision(whole("minutes", data.minutes, 0, 1440), _reason(data.reason, 500))
        await decide(caller, exchange_id, decision, now)
    except Refusal as refusal:
        return await _case(request, caller, exchange_id, now, data, refusal)
    return go(f"/office/neighbours/exchanges/{exchange_id}")


def _reason(text: str, most: int) -> str:
    if not text.strip():
        raise WordsNeeded(field="reason", reason="empty")
    return fit("reason", unicodedata.normalize("NFC", text.strip()), most)


routes: list[Any] = [show_list, show_post, take_taking_down, take_keeping, show_case, take_decision]
