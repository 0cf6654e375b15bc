"""My page: the next thing, the pass, points with what is on the way, hours, history, settings."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.hours.note_record import see_notes
from timebank.actions.hours.notices import count_notices
from timebank.actions.hours.object_to_record import see_own_objections
from timebank.actions.people.cards import issue_pass, own_card, replace_pass
from timebank.actions.people.members import choose_language, set_password, set_pin, sign_out_elsewhere
from timebank.actions.people.see_me import see_me, see_purse
from timebank.communities import tree
from timebank.hours import summaries
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.qr import svg
from timebank.pages.reading import YEAR
from timebank.pages.render import go
from timebank.people import members, passwords
from timebank.people.callers import Caller
from timebank.points import above, wallets
from timebank.web import statements
from timebank.web.access import signed_in, tokens_of
from timebank.web.request import Now, Who
from timebank.web.words import LANGUAGE_COOKIE

LINES = 30


class Language(msgspec.Struct):
    chosen_language: Short = "zh"


class Pin(msgspec.Struct):
    pin: Short = ""


class Password(msgspec.Struct):
    password: Short = ""


@get("/me", guards=[signed_in])
async def me(request: Ask, caller: Who, now: Now) -> Response[str]:
    seen = await see_me(caller, now)
    return draw(request, "me/me.html", me=seen, purse=seen.purse, notices=await count_notices(caller, now))


@get("/me/points/now", guards=[signed_in])
async def points_now(request: Ask, caller: Who, now: Now) -> Response[str]:
    """The part of the page that looks again while points are on their way."""
    return draw(request, "me/purse.html", purse=await see_purse(caller, now))


@get("/me/pass", guards=[signed_in])
async def my_pass(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "me/pass.html", card=await own_card(caller), svg=svg)


@post("/me/pass", guards=[signed_in])
async def take_pass(caller: Who, now: Now) -> Response[Any]:
    """A pass where there is none."""
    await issue_pass(caller, caller.member(), now)
    return go("/me/pass")


@post("/me/pass/replace", guards=[signed_in])
async def take_new_pass(caller: Who, now: Now) -> Response[Any]:
    """The printed card that was lost is void from now on."""
    await replace_pass(caller, caller.member(), now)
    return go("/me/pass")


@get("/me/points", guards=[signed_in])
async def statement(request: Ask, caller: Who, now: Now, before: FromQuery[int | None] = None) -> Response[str]:
    """Every movement with the balance after it, newest first."""
    lines = await wallets.history(caller.member(), before, LINES)
    return draw(
        request,
        "me/points.html",
        purse=await see_purse(caller, now),
        lines=lines,
        is_full=len(lines) == LINES,
        is_first=before is None,
        above=await above.latest(caller.member()) if before is None else [],
        words=statements,
    )


@get("/me/hours", guards=[signed_in])
async def hours(
    request: Ask, caller: Who, now: Now, on: FromQuery[date | None] = None, before: FromQuery[UUID | None] = None
) -> Response[str]:
    """The service record, with whose it is; the next page starts behind the record `before` of the day `on`."""
    lines = await summaries.of_member(caller.member(), (on, before) if on and before else None, LINES)
    sums = await summaries.sums(caller.member())
    zone = (await tree.of_member(caller.member())).time_zone
    member = await members.one(caller.member())
    return draw(
        request,
        "me/hours.html",
        lines=lines,
        sums=sums,
        zone=zone,
        is_full=len(lines) == LINES,
        member=member,
        today=now,
        notes=await see_notes(caller, caller.member()),
        objections=await see_own_objections(caller),
    )


@get("/me/settings", guards=[signed_in])
async def settings(request: Ask, caller: Who, done: FromQuery[str] = "") -> Response[str]:
    return await draw_settings(request, caller, done=done)


async def draw_settings(request: Ask, caller: Caller, refusal: Refusal | None = None, done: str = "") -> Response[str]:
    has = {kind: await passwords.has(caller.member(), kind) for kind in ("pin", "password")}
    return draw(request, "me/settings.html", refusal, member=await members.one(caller.member()), has=has, done=done)


@post("/me/settings/language", guards=[signed_in])
async def take_language(data: URLEncodedBody[Language], caller: Who, now: Now) -> Response[Any]:
    """The page, and every message to come, in this language."""
    language = msgspec.convert(data.chosen_language, members.Language)
    await choose_language(caller, language, now)
    answer = go("/me/settings?done=language")
    answer.set_cookie(Cookie(LANGUAGE_COOKIE, value=language, max_age=YEAR, samesite="lax"))
    return answer


@post("/me/settings/pin", guards=[signed_in])
async def take_pin(data: URLEncodedBody[Pin], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await set_pin(caller, caller.member(), data.pin, now)
    except Refusal as refusal:
        return await draw_settings(request, caller, refusal)
    return go("/me/settings?done=pin")


@post("/me/settings/password", guards=[signed_in])
async def take_password(data: URLEncodedBody[Password], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Every other browser is signed out."""
    try:
        await set_password(caller, data.password, tokens_of(request)[0] or "", now)
    except Refusal as refusal:
        return await draw_settings(request, caller, refusal)
    return go("/me/settings?done=password")


@post("/me/settings/sign-out-elsewhere", guards=[signed_in])
async def take_sign_out(request: Ask, caller: Who, now: Now) -> Response[Any]:
    """For a phone that was lost."""
    await sign_out_elsewhere(caller, tokens_of(request)[0] or "", now)
    return go("/me/settings?done=elsewhere")


routes: list[Any] = [
    me,
    points_now,
    my_pass,
    take_pass,
    take_new_pass,
    statement,
    hours,
    settings,
    take_language,
    take_pin,
    take_password,
    take_sign_out,
]
