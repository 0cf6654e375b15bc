"""What neighbours offer and look for: the list, one's own post, and answering one."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import walltimes
from schedules.errors import Refusal
from timebank.actions.neighbours.arrange import AHEAD, NotAhead, Proposal, answer_post
from timebank.actions.neighbours.part import block
from timebank.actions.neighbours.posts import (
    Reason,
    add_post,
    close_post,
    find_posts,
    report_post,
    see_own_posts,
    see_post,
)
from timebank.actions.neighbours.standing import NotANumber, WordsNeeded, WordsTooLong
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.people.posts import CATEGORIES, Draft, Post, Search
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key

KINDS = ("help_offered", "help_wanted")


class Typed(msgspec.Struct):
    kind: Short = "help_wanted"
    category: Short = ""
    title: Short = ""
    text: Long = ""
    usual_time: Short = ""
    area: Short = ""
    minutes: Short = "60"
    places: Short = "1"
    days: Short = "30"
    key: Short = ""


class When(msgspec.Struct):
    """A day and a time on the wall, and for how long."""

    day: Short = ""
    start: Short = ""
    minutes: Short = ""
    note: Long = ""
    key: Short = ""


class TypedReason(msgspec.Struct):
    reason: Long = ""


@get("/neighbours", guards=[signed_in])
async def list_posts(
    request: Ask,
    caller: Who,
    now: Now,
    kind: FromQuery[str] = "",
    category: FromQuery[str] = "",
    words: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
    done: FromQuery[str] = "",
) -> Response[str]:
    search = Search(kind if kind in KINDS else None, category if category in CATEGORIES else None, words[:60])  # type: ignore[arg-type]
    try:
        found = await find_posts(caller, search, now, before)
    except Refusal as refusal:
        return draw(request, "neighbours/off.html", refusal)
    older = urlencode({"kind": kind, "category": category, "words": words, "before": str(found.before or "")})
    own = (await see_own_posts(caller, now)).posts
    shown: dict[str, Any] = {"found": found, "own": own, "search": search, "older": older, "is_first": before is None}
    return draw(request, "neighbours/list.html", **shown, done=done, categories=CATEGORIES)


@get("/neighbours/new", guards=[signed_in])
async def new_post(request: Ask, kind: FromQuery[str] = "") -> Response[str]:
    return _form(request, Typed(kind=kind if kind in KINDS else "help_wanted"))


def _form(request: Ask, typed: Typed, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "neighbours/new.html", refusal, typed=typed, categories=CATEGORIES)


@post("/neighbours", guards=[signed_in])
async def take_post(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        draft = _draft(data)
        made = (await add_post.once(request_key(caller, data.key, draft, now, "add post"), caller, draft, now)).value
    except Refusal as refusal:
        return _form(request, data, refusal)
    return go(f"/neighbours/{made.id}")


def _draft(data: Typed) -> Draft:
    """What was typed. Raises WordsNeeded, WordsTooLong, NotANumber."""
    if not data.title.strip():
        raise WordsNeeded(field="title", reason="empty")
    for field, most in (("title", 60), ("text", 600), ("usual_time", 60), ("area", 60)):
        fit(field, getattr(data, field), most)
    numbers = {
        "minutes": whole("minutes", data.minutes, 15, 720),
        "places": whole("places", data.places, 1, 50),
        "days": whole("days", data.days, 1, 90),
    }
    words = {name: getattr(data, name) for name in ("kind", "category", "title", "text", "usual_time", "area")}
    return msgspec.convert(words | numbers, Draft)


def fit(field: str, text: str, most: int) -> str:
    """The same text. Raises WordsTooLong."""
    if len(text) > most:
        raise WordsTooLong(field=field, reason="too long", most=most)
    return text


def whole(field: str, text: str, least: int, most: int) -> int:
    """A whole number as people type it, full-width figures too. Raises NotANumber."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 6 and least <= int(plain) <= most):
        raise NotANumber(field=field, reason="not a whole number that fits", least=least, most=most)
    return int(plain)


def proposal(data: When, time_zone: str) -> Proposal:
    """The time that was typed, on the wall there. Raises NotAhead, NoSuchTime, NotANumber, WordsTooLong."""
    try:
        local = datetime.combine(
            date.fromisoformat(data.day.strip()), time.fromisoformat(data.start.strip()).replace(tzinfo=None)
        )
    except ValueError as error:
        raise NotAhead(field="day", reason="no day and time", days=AHEAD.days) from error
    if local.year not in walltimes.YEARS:
        raise NotAhead(field="day", reason="no day of our days", days=AHEAD.days)
    minutes = whole("minutes", data.minutes, 15, 720)
    return Proposal(walltimes.instant(local, time_zone), minutes, fit("note", data.note.strip(), 300))


@get("/neighbours/{post_id:uuid}", guards=[signed_in])
async def show_post(post_id: FromPath[UUID], request: Ask, caller: Who, now: Now, done: FromQuery[str] = "") -> Response[str]:
    return await _post(request, caller, post_id, now, done=done)


async def _post(
    request: Ask,
    caller: Caller,
    post_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    typed: When | None = None,
    done: str = "",
) -> Response[str]:
    seen = await see_post(caller, post_id, now)
    typed = typed or When(minutes=str(seen.post.minutes))
    return draw(request, "neighbours/post.html", refusal, seen=seen, typed=typed, done=done, today=_today(now, seen.time_zone))


def _today(now: datetime, zone: str) -> str:
    return walltimes.day_of(now, zone).isoformat()


@post("/neighbours/{post_id:uuid}/answers", guards=[signed_in])
async def take_answer(
    post_id: FromPath[UUID], data: URLEncodedBody[When], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    seen = await see_post(caller, post_id, now)
    try:
        wanted = proposal(data, seen.time_zone)
        key = request_key(caller, data.key, [post_id, wanted], now, "answer post")
        made = (await answer_post.once(key, caller, post_id, wanted, now)).value
    except Refusal as refusal:
        return await _post(request, caller, post_id, now, at_day(refusal), data)
    return go(f"/me/exchanges/{made.id}")


def at_day(refusal: Refusal) -> Refusal:
    """A time that does not fit is told above the day."""
    if refusal.facts.get("field") == "starts_at":
        return type(refusal)(**{**refusal.facts, "field": "day"})
    return refusal


@post("/neighbours/{post_id:uuid}/close", guards=[signed_in])
async def take_close(post_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await close_post(caller, post_id, now)
    except Refusal as refusal:
        return await _post(request, caller, post_id, now, refusal)
    return go(f"/neighbours/{post_id}?done=closed")


@post("/neighbours/{post_id:uuid}/reports", guards=[signed_in])
async def take_report(
    post_id: FromPath[UUID], data: URLEncodedBody[TypedReason], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        if not data.reason.strip():
            raise WordsNeeded(field="reason", reason="empty")
        await report_post(caller, post_id, Reason(fit("reason", data.reason.strip(), 300)), now)
    except Refusal as refusal:
        return await _post(request, caller, post_id, now, refusal)
    return go(f"/neighbours/{post_id}?done=reported")


@post("/neighbours/{post_id:uuid}/block", guards=[signed_in])
async def take_block(post_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    owner: Post = (await see_post(caller, post_id, now)).post
    await block(caller, owner.member_id, now)
    return go("/neighbours?done=blocked")


routes: list[Any] = [list_posts, new_post, take_post, show_post, take_answer, take_close, take_report, take_block]
