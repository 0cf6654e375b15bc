"""Signing in on a page: the phone, then the code; or phone and password. One question at a time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from schedules.errors import Refusal
from timebank.actions.people.sign_in import ask_for_code, sign_in_by_code, sign_in_by_password, sign_out
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.reading import YEAR, own_path
from timebank.pages.render import go
from timebank.people.phone_codes import LASTS
from timebank.people.phones import masked
from timebank.people.sign_in import SignedIn
from timebank.settings import Settings
from timebank.web.access import LEFT_COOKIE, MEMBER_COOKIE, anyone, tokens_of
from timebank.web.code_messages import hand_over, shown
from timebank.web.peer import address_of
from timebank.web.request import Installed, Now, Reads, Who
from timebank.web.words import LANGUAGE_COOKIE, Language

PHONE_COOKIE = "timebank_phone"
"""Between the two questions; not in the address, so that no history and no log has the number."""
DEMO_COOKIE = "timebank_demo_code"


class Phone(msgspec.Struct):
    phone: Short = ""
    back: str = "/me"


class Code(msgspec.Struct):
    code: Short = ""
    back: str = "/me"


class Password(msgspec.Struct):
    phone: Short = ""
    password: Short = ""
    back: str = "/me"


@get("/sign-in", guards=[anyone])
async def ask_phone(request: Ask, caller: Who, back: FromQuery[str] = "/me") -> Response[Any]:
    if caller.member_id:
        return go(own_path(back))
    return draw(request, "people/sign_in.html", back=own_path(back), typed=request.cookies.get(PHONE_COOKIE, ""))


@post("/sign-in", guards=[anyone])
async def take_phone(
    data: URLEncodedBody[Phone], request: Ask, settings: Installed, language: Reads, now: Now
) -> Response[Any]:
    """Sends a code, and asks for it; the same for numbers that nobody has."""
    try:
        sent = await ask_for_code(data.phone, address_of(request, settings), now)
    except Refusal as refusal:
        return draw(request, "people/sign_in.html", refusal, back=own_path(data.back), typed=data.phone)
    hand_over(sent, language, settings)
    answer = go("/sign-in/code?" + urlencode({"back": own_path(data.back)}))
    answer.set_cookie(_short_lived(PHONE_COOKIE, sent.phone, settings))
    if settings.mode != "production":
        answer.set_cookie(_short_lived(DEMO_COOKIE, shown(sent, settings) or "none", settings))
    return answer


def _short_lived(name: str, value: str, settings: Settings) -> Cookie:
    age = int(LASTS.total_seconds())
    return Cookie(name, value=value, path="/sign-in", max_age=age, httponly=True, samesite="lax", secure=settings.is_secure)


@get("/sign-in/code", guards=[anyone])
async def ask_code(request: Ask, back: FromQuery[str] = "/me") -> Response[Any]:
    return _code_page(request, own_path(back))


def _code_page(request: Ask, back: str, refusal: Refusal | None = None) -> Response[Any]:
    phone = request.cookies.get(PHONE_COOKIE)
    if not phone:
        return go("/sign-in?" + urlencode({"back": back}))
    demo_code = request.cookies.get(DEMO_COOKIE, "")
    return draw(request, "people/code.html", refusal, back=back, phone=phone, shown_phone=masked(phone), demo_code=demo_code)


@post("/sign-in/code", guards=[anyone])
async def take_code(data: URLEncodedBody[Code], request: Ask, settings: Installed, language: Reads, now: Now) -> Response[Any]:
    """Signs in and leads to where the person wanted to go."""
    address, browser = address_of(request, settings), request.headers.get("user-agent", "")
    try:
        made = await sign_in_by_code(request.cookies.get(PHONE_COOKIE, ""), data.code, browser, address, now)
    except Refusal as refusal:
        return _code_page(request, own_path(data.back), refusal)
    return _signed_in(made, own_path(data.back), settings, language)


@get("/sign-in/password", guards=[anyone])
async def ask_password(request: Ask, back: FromQuery[str] = "/me") -> Response[Any]:
    return draw(request, "people/password.html", back=own_path(back), typed=request.cookies.get(PHONE_COOKIE, ""))


@post("/sign-in/password", guards=[anyone])
async def take_password(
    data: URLEncodedBody[Password], request: Ask, settings: Installed, language: Reads, now: Now
) -> Response[Any]:
    address, browser = address_of(request, settings), request.headers.get("user-agent", "")
    try:
        made = await sign_in_by_password(data.phone, data.password, browser, address, now)
    except Refusal as refusal:
        return draw(request, "people/password.html", refusal, back=own_path(data.back), typed=data.phone)
    return _signed_in(made, own_path(data.back), settings, language)


def _signed_in(made: SignedIn, back: str, settings: Settings, language: Language) -> Redirect:
    """Leads back, in the language in which the person has read so far, whatever the member's own is."""
    answer = go(back)
    answer.set_cookie(Cookie(LANGUAGE_COOKIE, value=language, max_age=YEAR, samesite="lax"))
    age = int((made.expires_at - made.made_at).total_seconds())
    flags = Cookie(MEMBER_COOKIE, value=made.token, max_age=age, httponly=True, samesite="lax", secure=settings.is_secure)
    answer.set_cookie(flags)
    for name in (PHONE_COOKIE, DEMO_COOKIE):
        answer.delete_cookie(name, path="/sign-in")
    return answer


@post("/sign-out", guards=[anyone])
async def leave(request: Ask, now: Now) -> Redirect:
    """This browser is nobody's from now on; safe to repeat."""
    await sign_out(tokens_of(request)[0] or "", now)
    answer = go("/")
    answer.delete_cookie(MEMBER_COOKIE)
    # Read by the pass's page: a phone on which somebody signed out is that person's pass no more.
    answer.set_cookie(Cookie(LEFT_COOKIE, value="1", max_age=YEAR, samesite="lax"))
    return answer


routes: list[Any] = [ask_phone, take_phone, ask_code, take_code, ask_password, take_password, leave]
