"""The yearly report of a node for programs: its figures, their rows, and the sheet as a file."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from timebank.actions.community.see_report import Report, ReportRows, named, see_report, see_report_rows
from timebank.people.callers import Right
from timebank.web import pdf, reports
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who

readers = [needs(Right.READ_LEDGER)]
PLACE = "/api/v1/communities/{community_id:uuid}/reports/{year:int}"
Value = Annotated[
    int | None, QueryParameter(ge=1, le=1_000_000, description="1/100 yuan for an hour of service, as you set it")
]


@get(PLACE, guards=readers)
async def get_report(
    community_id: FromPath[UUID], year: FromPath[int], caller: Who, now: Now, value_fen: Value = None
) -> Report:
    """The year of a node and all below it, month by month: whole minutes, units of 1/100 point, or numbers. No names."""
    return await see_report(caller, community_id, year, value_fen, now)


@get(PLACE + "/files/{kind:str}", guards=readers)
async def get_report_file(
    community_id: FromPath[UUID],
    year: FromPath[int],
    kind: FromPath[str],
    caller: Who,
    language: Reads,
    now: Now,
    value_fen: Value = None,
) -> Response[bytes]:
    """The same as a file: pdf, csv, xlsx or ods."""
    report = await see_report(caller, community_id, year, value_fen, now)
    return await pdf.answer(reports.paper(report, language), kind, reports.file_name(report), language)


@get(PLACE + "/{figure:str}", guards=readers)
async def get_report_rows(
    community_id: FromPath[UUID], year: FromPath[int], figure: FromPath[str], caller: Who, now: Now, after: FromQuery[str] = ""
) -> ReportRows:
    """The rows behind one figure, a hundred at a time, with names; all their amounts add up to the figure. `after`: the
    `next_after` of the page before. The reading is noted.
    """
    return await see_report_rows(caller, community_id, year, named(figure), after, now)


routes: list[Any] = [get_report, get_report_file, get_report_rows]
