"""Lists of participants as pages, to print and to take along as files."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schedules.errors import Refusal
from timebank.actions.activities.see_participants import DaysNotPossible, Participants, see_participants
from timebank.pages.forms import Ask, draw
from timebank.people.callers import Right
from timebank.web import participants, sheets
from timebank.web.access import needs
from timebank.web.participants import By
from timebank.web.request import Now, Reads, Who, language_of

runs = [needs(Right.RUN_ACTIVITIES)]
BACK = timedelta(days=30)


@get("/organise/sessions/{session_id:uuid}/participants", guards=runs)
async def show_of_session(
    session_id: FromPath[UUID], request: Ask, caller: Who, now: Now, by: FromQuery[str] = "lines"
) -> Response[str]:
    found = await see_participants(caller, now, session_id=session_id)
    return _page(request, found, _by(by), {"session_id": str(session_id)}, f"/organise/sessions/{session_id}")


@get("/organise/activities/{activity_id:uuid}/participants", guards=runs)
async def show_of_activity(
    activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now, by: FromQuery[str] = "lines"
) -> Response[str]:
    found = await see_participants(caller, now, activity_id=activity_id)
    return _page(request, found, _by(by), {"activity_id": str(activity_id)}, f"/organise/activities/{activity_id}")


@get("/organise/participants", guards=runs)
async def show_of_days(
    request: Ask, caller: Who, now: Now, since: FromQuery[str] = "", until: FromQuery[str] = "", by: FromQuery[str] = "lines"
) -> Response[str]:
    """All sessions that the caller runs, of the last month unless other days are named."""
    today = now.date()
    typed = {"since": since or (today - BACK).isoformat(), "until": until or today.isoformat()}
    try:
        first, last = (_date(typed[name], name) for name in ("since", "until"))
        found = await see_participants(caller, now, since=first, until=last)
    except DaysNotPossible as refusal:
        return _page(request, Participants([], False), "lines", typed, "/organise", refusal, typed)
    return _page(request, found, _by(by), typed, "/organise", typed=typed)


@get("/organise/participants/{kind:str}", guards=runs)
async def take_along(
    kind: FromPath[str],
    caller: Who,
    now: Now,
    language: Reads,
    session_id: FromQuery[UUID | None] = None,
    activity_id: FromQuery[UUID | None] = None,
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    by: FromQuery[str] = "lines",
) -> Response[bytes]:
    """The table of the page as a file: csv, xlsx or ods."""
    found = await see_participants(
        caller,
        now,
        session_id=session_id,
        activity_id=activity_id,
        since=_date(since, "since") if since else None,
        until=_date(until, "until") if until else None,
        is_taken_along=True,
    )
    sheet = participants.table(found, _by(by), language)
    return sheets.answer(sheet, kind, sheet.title)


def _page(
    request: Ask,
    found: Participants,
    by: By,
    asked: dict[str, str],
    back: str,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    return draw(
        request,
        "afterwards/participants.html",
        refusal,
        sheet=participants.table(found, by, language_of(request)),
        has_lines=bool(found.lines),
        about=found.lines[0] if found.lines and not typed else None,
        by=by,
        query=urlencode(asked | {"by": by}),
        asked=urlencode(asked),
        session_id=asked.get("session_id"),
        back=back,
        typed=typed,
    )


def _by(text: str) -> By:
    return "half_days" if text == "half_days" else "days" if text == "days" else "lines"


def _date(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise DaysNotPossible(field=field) from None


routes: list[Any] = [show_of_session, show_of_activity, show_of_days, take_along]
