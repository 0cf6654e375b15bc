"""Jinja pages: one environment, the words and formats of the reader's language, and the refusal as a page."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from timebank.people.callers import NOBODY, Caller, Right, SignInNeeded
from timebank.web import clock, formats
from timebank.web.refusals import problem, told
from timebank.web.request import language_of
from timebank.web.reward_words import limit_told
from timebank.web.words import LANGUAGES, Language, catalogue

FOLDER = Path(__file__).parent
HTML = "text/html"
"""Litestar adds the charset."""


def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"language": language, "Right": Right, "new_key": lambda: uuid.uuid4().hex}
    made.filters |= {
        "points": lambda units: formats.points(units, language),
        "amount": lambda units, unit: formats.amount(units, unit, language),
        "unit_of": lambda units, unit: formats.unit_of(units, unit, language),
        "in_points": lambda units: formats.in_points(units, language),
        "hours": lambda minutes: formats.hours(minutes, language),
        "day": partial(formats.day, language=language),
        "month": lambda on: formats.month(on, language),
        "clock": formats.clock,
    }
    made.globals["span"] = partial(formats.span, language=language)
    made.globals["limit_told"] = lambda limit: limit_told(limit.who, limit.period, limit.units, language)
    # Names and titles that exist in both languages: the reader's, else the one there is.
    made.globals["either"] = lambda own, english: (english or own) if language == "en" else (own or english)
    return made


ENVIRONMENTS = {language: _environment(language) for language in LANGUAGES}


def page(request: Request[Any, Any, Any], template: str, status: int = 200, **context: Any) -> Response[str]:
    """The page in the reader's language. The template also sees `caller`, `now`, `path` and `large` (the large-type switch)."""
    caller = request.scope.get("user")
    return Response(
        ENVIRONMENTS[language_of(request)]
        .get_template(template)
        .render(
            caller=caller if isinstance(caller, Caller) else NOBODY,
            now=clock.now(),
            path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            large=request.cookies.get("timebank_large") == "1",
            **context,
        ),
        status_code=status,
        media_type=HTML,
        headers={"cache-control": "no-store", "vary": "cookie, accept-language"},
    )


def go(path: str) -> Redirect:
    """After a form: to the page that shows what has become of it."""
    return Redirect(path, status_code=HTTP_303_SEE_OTHER)


def refusal_page(request: Request[Any, Any, Any], error: Exception, refusal: Exception) -> Response[Any]:
    """A refusal as a page: what happened, what to do next, a way back.

    A stranger is sent to sign in and comes back afterwards.
    """
    if isinstance(refusal, SignInNeeded) and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go("/sign-in?" + urlencode({"back": back}))
    row = told(refusal)
    facts = problem(refusal, language_of(request))
    number = request.scope.get("state", {}).get("request_id", "")
    told_so = {"title": facts["title"], "detail": facts["detail"], "code": row.code, "right": facts.get("right", "")}
    return page(request, "refusal.html", row.status, number=number, **told_so)
