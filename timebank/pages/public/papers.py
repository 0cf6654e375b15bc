"""Whether a sheet holds: for everybody who has its number. Shows, and changes nothing."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schedules.errors import NotFound, Refusal
from timebank.actions.hours.check_number import check_number
from timebank.hours.certificates import WHOLE, signs_typed
from timebank.pages.forms import Ask, draw
from timebank.settings import Settings
from timebank.web import record_papers
from timebank.web.access import anyone
from timebank.web.peer import address_of
from timebank.web.request import Installed, Now, language_of


@get("/c", guards=[anyone])
async def ask_number(request: Ask, settings: Installed, now: Now, number: FromQuery[str] = "") -> Response[str]:
    """The field for a number; with one, what stands behind it."""
    if number.strip():
        return await _checked(request, number, settings, now)
    return draw(request, "record/check.html", typed="", found=None, is_unknown=False)


@get("/c/{number:str}", guards=[anyone])
async def show_number(number: FromPath[str], request: Ask, settings: Installed, now: Now) -> Response[str]:
    """What the QR of a sheet opens."""
    return await _checked(request, number, settings, now)


async def _checked(request: Ask, number: str, settings: Settings, now: Now) -> Response[str]:
    typed = number[:100]
    try:
        found = await check_number(typed, address_of(request, settings), now)
    except NotFound as refusal:
        return draw(request, "record/check.html", refusal, typed=typed, found=None, is_unknown=True, **_length(typed))
    except Refusal as refusal:
        return draw(request, "record/check.html", refusal, typed=typed, found=None, is_unknown=False)
    language = language_of(request)
    title = record_papers.title(found.is_certificate, language)
    return draw(request, "record/check.html", typed=typed, is_unknown=False, found=found, title=title, words=record_papers)


def _length(typed: str) -> dict[str, int]:
    """A number that is not whole says nothing about the paper."""
    return {"signs": signs_typed(typed), "whole": WHOLE}


routes: list[Any] = [ask_number, show_number]
