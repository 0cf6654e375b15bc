"""The yearly report of a node: chosen, read with its charts, opened to its rows, taken along."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schedules import walltimes
from schedules.errors import Malformed, Refusal
from timebank.actions.community.see_report import Report, named, see_report, see_report_rows, years
from timebank.communities import tree
from timebank.pages import charts
from timebank.pages.forms import Ask, draw
from timebank.people.callers import Caller, Right
from timebank.settings import Settings
from timebank.web import pdf, reports
from timebank.web.access import needs
from timebank.web.request import Installed, Now, Reads, Who

readers = [needs(Right.READ_LEDGER)]
PLACE = "/office/reports/{community_id:uuid}/{year:int}"


@get("/office/reports", guards=readers)
async def choose_report(request: Ask, caller: Who, settings: Installed, now: Now) -> Response[str]:
    """Which place and which year."""
    return await _draw_choice(request, caller, settings, now)


async def _draw_choice(
    request: Ask, caller: Caller, settings: Settings, now: Now, refusal: Refusal | None = None
) -> Response[str]:
    nodes = [node for node in await tree.below(caller.nodes(Right.READ_LEDGER)) if node.kind in ("sub_district", "community")]
    found = await years([node.id for node in nodes], settings.time_zone, now)
    return draw(request, "report/choose.html", refusal, nodes=nodes, years=found[:-4:-1])


@get(PLACE, guards=readers)
async def show_report(
    community_id: FromPath[UUID],
    year: FromPath[int],
    request: Ask,
    caller: Who,
    settings: Installed,
    language: Reads,
    now: Now,
    value: FromQuery[str] = "",
) -> Response[str]:
    """With `value`, yuan for an hour as typed, also what the hours come to."""
    refusal = None
    try:
        report = await _report(caller, community_id, year, value, now)
    except Malformed as wrong:
        if wrong.facts.get("field") != "value":
            return await _draw_choice(request, caller, settings, now, wrong)
        refusal, report = wrong, await _report(caller, community_id, year, "", now)
    pictures = {each.name: charts.bars(reports.bars(each, language)) for each in report.figures if each.total}
    sheet = reports.paper(report, language)
    return draw(
        request,
        "report/report.html",
        refusal,
        report=report,
        paper=sheet,
        pictures=pictures,
        words=reports,
        typed=value[:20],
        earlier=year > report.first_year,
        later=year < walltimes.day_of(now, report.node.time_zone).year,
    )


async def _report(caller: Caller, community_id: UUID, year: int, value: str, now: Now) -> Report:
    return await see_report(caller, community_id, year, fen(value), now)


def fen(text: str) -> int | None:
    """Yuan as typed, in 1/100; None for nothing. Raises Malformed."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return None
    if not re.fullmatch(r"\d{1,5}(\.\d{1,2})?", plain, re.ASCII):
        raise Malformed(field="value", reason="yuan, with two decimals at most")
    return int(Decimal(plain) * 100)


@get(PLACE + "/files/{kind:str}", guards=readers)
async def report_file(
    community_id: FromPath[UUID],
    year: FromPath[int],
    kind: FromPath[str],
    caller: Who,
    language: Reads,
    now: Now,
    value: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as pdf, csv, xlsx or ods."""
    report = await _report(caller, community_id, year, value, now)
    return await pdf.answer(reports.paper(report, language), kind, reports.file_name(report), language)


@get(PLACE + "/{figure:str}", guards=readers)
async def show_rows(
    community_id: FromPath[UUID],
    year: FromPath[int],
    figure: FromPath[str],
    request: Ask,
    caller: Who,
    now: Now,
    after: FromQuery[str] = "",
) -> Response[str]:
    """The rows behind one figure, with names; noted."""
    found = await see_report_rows(caller, community_id, year, named(figure), after, now)
    return draw(request, "report/rows.html", found=found, words=reports)


routes: list[Any] = [choose_report, show_report, report_file, show_rows]
