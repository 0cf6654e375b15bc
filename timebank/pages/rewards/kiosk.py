"""The kiosk's screen up to the person: the start, the card, its PIN, and back to the start."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from schedules.codes import TYPED_ALPHABET
from timebank.actions.rewards.redeem import what_became_of
from timebank.actions.rewards.visit_kiosk import give_pin, hold_up_card, kiosk_of, leave_kiosk
from timebank.pages.reading import LARGE_COOKIE, YEAR
from timebank.pages.render import go
from timebank.pages.rewards.kiosk_frame import QUEUE_COOKIE, VISIT_COOKIE, Ask, Visiting, draw, kiosk_routes
from timebank.people.callers import Caller
from timebank.people.limits import TooManyTries
from timebank.people.pins import PinNotSet, WrongPin
from timebank.rewards import catalogue, windows
from timebank.rewards.cards import CardRevoked, CardUnknown, PhoneCodeOver
from timebank.rewards.visits import CardNotValid
from timebank.web.request import KEY_FORM, Installed, Now, Who, language_of
from timebank.web.words import LANGUAGE_COOKIE, _, say

LONGEST_TYPED = len("XXXX-XXXX")


class Card(msgspec.Struct):
    code: Annotated[str, Meta(max_length=8000)] = ""


class Queue(msgspec.Struct):
    queue: Literal["yes", "no"] = "no"


class Pin(msgspec.Struct):
    pin: Annotated[str, Meta(max_length=100)] = ""


@get("/")
async def start(
    request: Ask, caller: Who, now: Now, about: FromQuery[str] = "", over: FromQuery[str] = "", visit: Visiting = ""
) -> Response[str]:
    """Nobody stands here. `about`: the key of an exchange that the kiosk has just settled."""
    if visit:
        await leave_kiosk(caller, visit, now)
    settled = await what_became_of(caller, about) if KEY_FORM.fullmatch(about) else None
    return await draw_start(request, caller, now, over=bool(over), settled=settled)


async def draw_start(
    request: Ask, caller: Caller, now: datetime, refusal: Exception | None = None, **context: Any
) -> Response[str]:
    """Nobody stands there: the browser keeps nothing of the visit before."""
    offers = await catalogue.at_place(kiosk_of(caller).place_id, now)
    also = say("en" if language_of(request) == "zh" else "zh", _("Points for something good"))
    context = {"over": False, "settled": None, "locked": False, "typed": "", "also": also, "letters": TYPED_ALPHABET, **context}
    context["opening"] = await windows.at(kiosk_of(caller).place_id, now)
    offered = [offer for offer in offers if offer.free > 0]
    answer = await draw(request, caller, now, "start.html", refusal, offers=offered, **context)
    answer.delete_cookie(VISIT_COOKIE, path="/")
    return answer


@get("/over")
async def leave(caller: Who, now: Now, visit: Visiting = "") -> Redirect:
    """The person has gone: nothing of the visit stays behind, neither the language nor the size of type."""
    if visit:
        await leave_kiosk(caller, visit, now)
    answer = go("/kiosk")
    for name in (VISIT_COOKIE, LANGUAGE_COOKIE, LARGE_COOKIE):
        answer.delete_cookie(name, path="/")
    return answer


@post("/queue")
async def turn_queue(data: URLEncodedBody[Queue], settings: Installed) -> Redirect:
    """People wait, or they do not any more. It is the screen's own, and stays until somebody turns it back."""
    answer = go("/kiosk")
    answer.set_cookie(
        Cookie(QUEUE_COOKIE, value=data.queue, max_age=YEAR, path="/kiosk", samesite="strict", secure=settings.is_secure)
    )
    return answer


@post("/card")
async def hold_up(data: URLEncodedBody[Card], request: Ask, caller: Who, now: Now, settings: Installed) -> Response[Any]:
    """The card was scanned, or its characters typed. Whoever stood there does no more, though it is refused."""
    try:
        token = await hold_up_card(caller, data.code, now)
    except (CardUnknown, PhoneCodeOver) as refusal:
        return await draw_start(request, caller, now, refusal, typed=data.code if len(data.code) <= LONGEST_TYPED else "")
    except (CardRevoked, CardNotValid, PinNotSet, TooManyTries) as refusal:
        return await draw_start(request, caller, now, refusal, locked=True)
    answer = go("/kiosk/pin")
    answer.set_cookie(Cookie(VISIT_COOKIE, value=token, httponly=True, samesite="strict", secure=settings.is_secure))
    return answer


async def _send_away(request: Ask, caller: Caller, now: datetime, visit: str, refusal: Exception) -> Response[str]:
    """No try is left: the start, with how long to wait."""
    await leave_kiosk(caller, visit, now)
    return await draw_start(request, caller, now, refusal, locked=True)


@get("/card")
async def no_card() -> Redirect:
    """Where the language switch leads after a card was refused."""
    return go("/kiosk")


@get("/pin")
async def ask_pin(request: Ask, caller: Who, now: Now, visit: Visiting = "") -> Response[Any]:
    """Of whoever has held up a card; without one, the start."""
    return await draw(request, caller, now, "pin.html") if visit else go("/kiosk")


@post("/pin")
async def take_pin(data: URLEncodedBody[Pin], request: Ask, caller: Who, now: Now, visit: Visiting = "") -> Response[Any]:
    """The first pages after it speak the member's own language, unless another was chosen here."""
    try:
        person = await give_pin(caller, visit, data.pin, now)
    except TooManyTries as refusal:
        return await _send_away(request, caller, now, visit, refusal)
    except WrongPin as refusal:
        if not refusal.facts["tries_left"]:
            return await _send_away(request, caller, now, visit, refusal)
        return await draw(request, caller, now, "pin.html", refusal)
    except PinNotSet as refusal:
        return await draw(request, caller, now, "pin.html", refusal)
    answer = go("/kiosk/rewards")
    if LANGUAGE_COOKIE not in request.cookies:
        answer.set_cookie(Cookie(LANGUAGE_COOKIE, value=person.language, samesite="lax"))
    return answer


routes: list[Any] = [kiosk_routes(start, leave, turn_queue, hold_up, no_card, ask_pin, take_pin)]
