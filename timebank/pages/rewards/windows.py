"""The office's page of when points are exchanged: what holds at a community, and its own windows."""

from __future__ import annotations

from datetime import date, time
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.rewards.keep_windows import add_window, remove_window
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people.callers import Caller, Right
from timebank.rewards import windows
from timebank.rewards.windows import Repeats, Span, WindowNotFit
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of, request_key
from timebank.web.reward_words import span_told

keeper, ruler = [needs(Right.MANAGE_REWARDS)], [needs(Right.SET_RULES)]
REPEATS: tuple[Repeats, ...] = get_args(Repeats)


class Typed(msgspec.Struct):
    """Empty times: from midnight, until midnight; an empty last day is the first."""

    community_id: Short = ""
    first_on: Short = ""
    last_on: Short = ""
    from_time: Short = ""
    until_time: Short = ""
    repeats: Repeats = "never"
    key: Short = ""


@get("/office/rewards/windows", guards=keeper)
async def seen(request: Ask, caller: Who, at: FromQuery[Short] = "") -> Response[str]:
    return await draw_windows(request, caller, Typed(community_id=at))


async def draw_windows(request: Ask, caller: Caller, typed: Typed, refusal: Refusal | None = None) -> Response[str]:
    """The windows that hold at a community are its own, or those of the nearest node above it that has any."""
    found = await where(caller, Right.MANAGE_REWARDS, typed.community_id)
    held = await windows.holding(found.at.ancestor_ids) if found.at else []
    is_own = bool(held) and held[0].community_id == (found.at and found.at.id)
    return draw(
        request,
        "rewards/windows.html",
        refusal,
        where=found,
        held=held,
        is_own=is_own,
        told=lambda span: span_told(span, language_of(request)),
        may_change=found.at is not None and caller.may(Right.SET_RULES, found.at.ancestor_ids),
        typed=typed,
        repeats=REPEATS,
    )


@post("/office/rewards/windows", guards=ruler)
async def take_window(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        span, key = span_of(data), request_key(caller, data.key, data, now, "add window")
        await add_window.once(key, caller, node_id(data.community_id), span, now)
    except Refusal as refusal:
        return await draw_windows(request, caller, data, refusal)
    return go("/office/rewards/windows?" + urlencode({"at": data.community_id}))


def span_of(typed: Typed) -> Span:
    """Raises WindowNotFit, which names the field."""
    first = _read(date, typed.first_on, "first_on")
    last = _read(date, typed.last_on, "last_on") if typed.last_on.strip() else first
    begins = _read(time, typed.from_time, "from_time") if typed.from_time.strip() else time()
    ends = _read(time, typed.until_time, "until_time") if typed.until_time.strip() not in ("", "24:00", "00:00") else None
    return Span(first, last, typed.repeats, begins, ends)


def _read(kind: Any, text: str, field: str) -> Any:
    try:
        read = kind.fromisoformat(text.strip())
    except ValueError as error:
        raise WindowNotFit(field=field, reason="not one") from error
    return read if kind is date else read.replace(tzinfo=None)


@post("/office/rewards/windows/{window_id:uuid}/remove", guards=ruler)
async def take_removal(window_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Safe to repeat."""
    community_id = (await windows.find(window_id)).community_id
    await remove_window(caller, window_id, now)
    return go("/office/rewards/windows?" + urlencode({"at": str(community_id)}))


routes: list[Any] = [seen, take_window, take_removal]
