"""Lists of participants, as JSON and as files."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery
from msgspec import UNSET, UnsetType

from timebank.actions.activities.see_participants import see_participants
from timebank.people.callers import Right
from timebank.web import participants, sheets
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who

runs = [needs(Right.RUN_ACTIVITIES)]


class LineView(msgspec.Struct, omit_defaults=True):
    """One sign-up of one session. `phone` is there only for callers with the right to contact data."""

    session_id: UUID
    title: str
    title_en: str
    starts_at: str
    time_zone: str
    person_id: UUID
    number: int
    name: str
    role: str
    role_en: str
    state: str
    planned: int
    scanned: int | None
    credited: int | None
    hour_class: str | None
    stays: list[tuple[str, str | None]]
    phone: str | UnsetType | None = UNSET


class Listed(msgspec.Struct):
    """The sums of the list: who came, minutes that were scanned, minutes on record."""

    lines: list[LineView]
    came: int
    scanned: int
    credited: int


@get("/api/v1/participants", guards=runs)
async def get_participants(
    caller: Who,
    now: Now,
    session_id: FromQuery[UUID | None] = None,
    activity_id: FromQuery[UUID | None] = None,
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
) -> Listed:
    """Of a session, of an activity, or of all sessions that the caller runs from local day `since` to `until`."""
    found = await see_participants(caller, now, session_id=session_id, activity_id=activity_id, since=since, until=until)
    came, scanned, credited = found.sums
    names = [name for name in LineView.__struct_fields__ if name != "phone" or found.has_contact]
    plain = [msgspec.to_builtins(line) for line in found.lines]
    views = [msgspec.convert({name: line[name] for name in names}, LineView) for line in plain]
    return Listed(views, came, scanned, credited)


@get("/api/v1/participants/{kind:str}", guards=runs)
async def get_file(
    kind: FromPath[str],
    caller: Who,
    now: Now,
    language: Reads,
    session_id: FromQuery[UUID | None] = None,
    activity_id: FromQuery[UUID | None] = None,
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
    by: FromQuery[Literal["lines", "half_days", "days"]] = "lines",
) -> Response[bytes]:
    """The same as a file: csv, xlsx or ods. `by`: a line a sign-up, or a line a person with half days or days present."""
    found = await see_participants(
        caller, now, session_id=session_id, activity_id=activity_id, since=since, until=until, is_taken_along=True
    )
    sheet = participants.table(found, by, language)
    return sheets.answer(sheet, kind, sheet.title)


routes: list[Any] = [get_participants, get_file]
