"""A member's arrangements with neighbours: each with its next step, from the first answer to what came of it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import walltimes
from schedules.errors import Refusal
from timebank.actions.neighbours.arrange import Yes, agree, leave, propose_terms
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.actions.neighbours.mediate import Statement, tell_mediator
from timebank.actions.neighbours.part import block, see_blocked, unblock
from timebank.actions.neighbours.see_exchanges import see_exchange, see_exchanges
from timebank.actions.neighbours.standing import WordsNeeded
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.me.neighbours import When, at_day, fit, proposal, whole
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key


class Terms(msgspec.Struct):
    terms: Short = ""


class Said(msgspec.Struct):
    minutes: Short = ""


class Told(msgspec.Struct):
    text: Long = ""
    key: Short = ""


@get("/me/exchanges", guards=[signed_in])
async def list_exchanges(request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "neighbours/mine.html", own=await see_exchanges(caller, now), blocked=await see_blocked(caller))


@get("/me/exchanges/{exchange_id:uuid}", guards=[signed_in])
async def show_exchange(exchange_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _page(request, caller, exchange_id, now)


async def _page(
    request: Ask,
    caller: Caller,
    exchange_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    when: When | None = None,
    minutes: str = "",
    text: str = "",
) -> Response[str]:
    seen = await see_exchange(caller, exchange_id, now)
    planned, zone = seen.line.exchange, seen.time_zone
    local = walltimes.local_of(planned.starts_at, zone)
    typed = when or When(day=str(local.date()), start=f"{local:%H:%M}", minutes=str(planned.minutes))
    own = planned.helper_minutes if seen.line.is_helper else planned.helped_minutes
    said = minutes or str(planned.minutes if own is None else own)
    return draw(
        request, "neighbours/exchange.html", refusal, seen=seen, typed=typed, said=said, own=own, text=text, changes=bool(when)
    )


async def _done(
    doing: Awaitable[object], request: Ask, caller: Caller, exchange_id: UUID, now: datetime, **typed: Any
) -> Response[Any]:
    """The page with what came of it, or with why not and what was typed."""
    try:
        await doing
    except Refusal as refusal:
        return await _page(request, caller, exchange_id, now, at_day(refusal), **typed)
    return go(f"/me/exchanges/{exchange_id}")


@post("/me/exchanges/{exchange_id:uuid}/agree", guards=[signed_in])
async def take_agreement(
    exchange_id: FromPath[UUID], data: URLEncodedBody[Terms], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    async def act() -> object:
        return await agree(caller, exchange_id, Yes(whole("terms", data.terms, 1, 999_999)), now)

    return await _done(act(), request, caller, exchange_id, now)


@post("/me/exchanges/{exchange_id:uuid}/terms", guards=[signed_in])
async def take_terms(
    exchange_id: FromPath[UUID], data: URLEncodedBody[When], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    async def act() -> object:
        zone = (await see_exchange(caller, exchange_id, now)).time_zone
        wanted = proposal(data, zone)
        key = request_key(caller, data.key, [exchange_id, wanted], now, "propose terms")
        return await propose_terms.once(key, caller, exchange_id, wanted, now)

    return await _done(act(), request, caller, exchange_id, now, when=data)


@post("/me/exchanges/{exchange_id:uuid}/leave", guards=[signed_in])
async def take_leaving(exchange_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _done(leave(caller, exchange_id, now), request, caller, exchange_id, now)


@post("/me/exchanges/{exchange_id:uuid}/word", guards=[signed_in])
async def take_word(
    exchange_id: FromPath[UUID], data: URLEncodedBody[Said], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    async def act() -> object:
        return await say_how_long(caller, exchange_id, Word(whole("minutes", data.minutes, 0, 1440)), now)

    return await _done(act(), request, caller, exchange_id, now, minutes=data.minutes)


@post("/me/exchanges/{exchange_id:uuid}/hearing", guards=[signed_in])
async def take_hearing(
    exchange_id: FromPath[UUID], data: URLEncodedBody[Told], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    async def act() -> object:
        if not data.text.strip():
            raise WordsNeeded(field="text", reason="empty")
        said = Statement(fit("text", data.text.strip(), 1000))
        key = request_key(caller, data.key, [exchange_id, said], now, "tell mediator")
        return await tell_mediator.once(key, caller, exchange_id, said, now)

    return await _done(act(), request, caller, exchange_id, now, text=data.text)


@post("/me/exchanges/{exchange_id:uuid}/block", guards=[signed_in])
async def take_block(exchange_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    seen = await see_exchange(caller, exchange_id, now)
    await block(caller, seen.line.exchange.other(caller.member()), now)
    return go("/me/exchanges")


@post("/me/blocked/{member_id:uuid}/end", guards=[signed_in])
async def take_unblock(member_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await unblock(caller, member_id, now)
    return go("/me/exchanges")


routes: list[Any] = [
    list_exchanges,
    show_exchange,
    take_agreement,
    take_terms,
    take_leaving,
    take_word,
    take_hearing,
    take_block,
    take_unblock,
]
