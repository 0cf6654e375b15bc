"""The review list: what looked odd at the doors, and what people who looked at it said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from schedules.oddity_kinds import KindName
from timebank.actions.hours.review import PAGE, judge_finding, see_finding, see_findings, take_findings
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.people.findings import Said, State
from timebank.web import review, sheets
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who, language_of, request_key

reads = [needs(Right.READ_REVIEW)]


class Word(msgspec.Struct):
    said: Short = ""
    note: Long = ""
    key: Short = ""


@get("/office/review", guards=reads)
async def show_list(
    request: Ask,
    caller: Who,
    language: Reads,
    kind: FromQuery[str] = "",
    shown: FromQuery[str] = "",
    after: FromQuery[UUID | None] = None,
) -> Response[str]:
    """Open ones first; `shown` is a state, `after` the last one of the page before."""
    found = await see_findings(caller, _kind(kind), _state(shown), after, PAGE + 1)
    return draw(
        request,
        "review/list.html",
        found=found[:PAGE],
        has_more=len(found) > PAGE,
        after=after,
        kind=kind,
        shown=shown,
        kinds={name: review.title(name, language) for name in review.KINDS},
        words=_words(request),
    )


@get("/office/review/files/{ending:str}", guards=reads)
async def take_list(
    ending: FromPath[str], caller: Who, now: Now, language: Reads, kind: FromQuery[str] = "", shown: FromQuery[str] = ""
) -> Response[bytes]:
    """The list as a file: csv, xlsx or ods."""
    sheet = review.table(await take_findings(caller, _kind(kind), _state(shown), now), language)
    return sheets.answer(sheet, ending, sheet.title)


@get("/office/review/{finding_id:uuid}", guards=reads)
async def show_one(finding_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """With every row of the log that shows it."""
    return await _draw_one(request, caller, finding_id, now, Word())


@post("/office/review/{finding_id:uuid}", guards=[needs(Right.REVIEW)])
async def take_word(
    finding_id: FromPath[UUID], data: URLEncodedBody[Word], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """What somebody who looked at it says."""
    try:
        said = _said(data.said)
        key = request_key(caller, data.key, [finding_id, data.said, data.note], now, "judge finding")
        await judge_finding.once(key, caller, finding_id, said, data.note, now)
    except Refusal as refusal:
        return await _draw_one(request, caller, finding_id, now, data, refusal)
    return go(f"/office/review/{finding_id}")


async def _draw_one(
    request: Ask, caller: Caller, finding_id: UUID, now: Now, typed: Word, refusal: Refusal | None = None
) -> Response[str]:
    seen = await see_finding(caller, finding_id, now)
    zone = ZoneInfo(seen.listed.finding.time_zone)
    return draw(request, "review/finding.html", refusal, seen=seen, typed=typed, words=_words(request), zone=zone)


SAID = (review.title, review.why, review.name, review.happened, review.where)


def _words(request: Ask) -> dict[str, Callable[..., str]]:
    """For the templates, in the reader's language."""
    return {verb.__name__: partial(verb, language=language_of(request)) for verb in SAID}


def _kind(text: str) -> KindName | None:
    return _one_of(get_args(KindName), text, "kind")  # type: ignore[no-any-return]


def _state(text: str) -> State | None:
    return _one_of(get_args(State), text, "shown")  # type: ignore[no-any-return]


def _one_of(choices: tuple[Any, ...], text: str, field: str) -> Any:
    """The choice; None for an empty field. Raises Malformed."""
    if text and text not in choices:
        raise Malformed(field=field, reason="not one of the choices")
    return text or None


def _said(text: str) -> Said:
    if not text:
        raise Malformed(field="said", reason="not one of the choices")
    return _one_of(get_args(Said), text, "said")  # type: ignore[no-any-return]


routes: list[Any] = [show_list, take_list, show_one, take_word]
