"""What every page of the kiosk has: its place, points in the community's own word, refusals that lead back to the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import CookieParameter

from timebank.actions.rewards.visit_kiosk import kiosk_of
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.pages.render import go, page
from timebank.people.callers import Caller, DeviceNeeded
from timebank.rewards import places
from timebank.rewards.visits import PinNeeded, VisitOver
from timebank.web import formats
from timebank.web.access import device
from timebank.web.answers import as_refusal
from timebank.web.refusals import problem, told
from timebank.web.request import language_of
from timebank.web.words import Language

VISIT_COOKIE, QUEUE_COOKIE = "timebank_visit", "timebank_queue"
SECONDS, SECONDS_OF_RECEIPT, SECONDS_IN_QUEUE = 60, 40, 12
"""After the last touch the screen goes back to the start; the server's own time-out (`visits.IDLE`) lies behind it."""

Ask = Request[Any, Any, Any]
Visiting = Annotated[str, CookieParameter(name=VISIT_COOKIE)]


async def draw(
    request: Ask,
    caller: Caller,
    now: datetime,
    template: str,
    refusal: Exception | None = None,
    seconds: int = SECONDS,
    **context: Any,
) -> Response[str]:
    """A page of the kiosk; with `refusal` its words stand above the form and its status is the answer's."""
    place = await places.find(kiosk_of(caller).place_id)
    rules = (await policies.in_force(place.community_id, place.today(now))).rules
    points = amounts(rules, language_of(request))
    refused = problem(refusal, language_of(request)) if refusal else None
    status = told(refusal).status if refusal else 200
    frame = {"place": place, "points": points, "refused": refused, "seconds": seconds, "queue": in_queue(request)}
    return page(request, f"kiosk/{template}", status, **frame, **context)


def in_queue(request: Ask) -> bool:
    """People wait behind the one who stands there: this screen was told so, and saves taps and seconds."""
    return request.cookies.get(QUEUE_COOKIE) == "yes"


def amounts(rules: Rules, language: Language) -> Callable[[int], str]:
    """Units as people read them: `12.5 points`, `1 point`, `12.5 积分`."""
    unit = rules.unit_zh if language == "zh" else rules.unit_en
    return lambda units: formats.amount(units, unit, language)


async def draw_refusal(
    request: Ask, caller: Caller, now: datetime, refusal: Exception, settled: str, back: str
) -> Response[str]:
    """An exchange was refused for good: nothing was taken, and its key has nothing more to tell."""
    return await draw(request, caller, now, "refused.html", refusal, settled=settled, back=back)


def kiosk_refusal(request: Ask, error: Exception) -> Response[Any]:
    """Any other refusal: a visit that is over starts anew, and a screen that is no kiosk is told how to become one."""
    refusal = as_refusal(error)
    if isinstance(refusal, VisitOver):
        return go("/kiosk?over=1")
    if isinstance(refusal, PinNeeded):
        return go("/kiosk/pin")
    row, facts = told(refusal), problem(refusal, language_of(request))
    number = request.scope.get("state", {}).get("request_id", "")
    needs_pairing = isinstance(refusal, DeviceNeeded)
    context = {
        "refused": facts,
        "number": number,
        "needs_pairing": needs_pairing,
        "place": None,
        "seconds": 0 if needs_pairing else SECONDS,
        "queue": in_queue(request),
    }
    answer = page(request, "kiosk/trouble.html", row.status, **context)
    if row.retry_after:
        answer.set_header("retry-after", str(row.retry_after))
    return answer


def kiosk_routes(*handlers: HTTPRouteHandler) -> Router:
    """These pages, below /kiosk, for a paired kiosk only."""
    shown: Any = {Exception: kiosk_refusal, HTTPException: kiosk_refusal}
    return Router("/kiosk", route_handlers=handlers, guards=[device("kiosk")], exception_handlers=shown)
