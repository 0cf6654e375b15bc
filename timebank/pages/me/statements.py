"""One's own statement: a month or any period, to read, to print and to take along."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schedules import walltimes
from schedules.errors import Malformed
from timebank.actions.people.see_statement import Statement, see_statement
from timebank.actions.people.statement_lines import Sides
from timebank.pages.forms import Ask, chosen, draw
from timebank.people.callers import Caller
from timebank.web import pdf, statements
from timebank.web.access import signed_in
from timebank.web.request import Now, Reads, Who, language_of


class Asked(msgspec.Struct, frozen=True):
    """The period as the address has it."""

    month: str = ""
    since: str = ""
    until: str = ""


@get("/me/statement", guards=[signed_in])
async def own_statement(
    request: Ask, caller: Who, now: Now, month: FromQuery[str] = "", since: FromQuery[str] = "", until: FromQuery[str] = ""
) -> Response[str]:
    """Of this month, unless the address names another or the days."""
    return await draw_statement(request, caller, caller.member(), now, Asked(month, since, until), "/me/statement", "/me")


@get("/me/statement/{kind:str}", guards=[signed_in])
async def own_file(
    kind: FromPath[str],
    caller: Who,
    now: Now,
    language: Reads,
    month: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as pdf, csv, xlsx or ods."""
    found = await read(caller, caller.member(), now, Asked(month, since, until))
    return await pdf.answer(statements.paper(found, language), kind, statements.file_name(found), language)


async def read(caller: Caller, member_id: UUID, now: Now, asked: Asked) -> Statement:
    """Raises what see_statement raises, and Malformed for what is no day."""
    since, until = (chosen(name, getattr(asked, name), date.fromisoformat) for name in ("since", "until"))
    return await see_statement(caller, member_id, now, month=asked.month, since=since, until=until)


def _has_earlier(found: Statement) -> bool:
    """Whether there is anything to tell of the time before."""
    return found.since > found.joined_on or found.opening != Sides(0, 0)


async def draw_statement(
    request: Ask, caller: Caller, member_id: UUID, now: Now, asked: Asked, address: str, back: str
) -> Response[str]:
    """The sheet. A period that makes no sense keeps what was typed, above an empty sheet's way back."""
    try:
        found = await read(caller, member_id, now, asked)
    except Malformed as refusal:
        return draw(request, "me/statement.html", refusal, found=None, typed=asked, address=address, back=back)
    language = language_of(request)
    later = found.until + timedelta(days=1)
    return draw(
        request,
        "me/statement.html",
        found=found,
        paper=statements.paper(found, language),
        typed=Asked("", found.since.isoformat(), found.until.isoformat()),
        earlier=f"{found.since - timedelta(days=1):%Y-%m}" if _has_earlier(found) else None,
        later=f"{later:%Y-%m}" if later <= walltimes.day_of(now, found.time_zone) else None,
        address=address,
        back=back,
    )


routes: list[Any] = [own_statement, own_file]
