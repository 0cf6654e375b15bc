"""A member's statement for those who have no phone: read, printed and handed over by staff; each reading is noted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from timebank.pages.forms import Ask
from timebank.pages.me.statements import Asked, draw_statement, read
from timebank.people.callers import Right
from timebank.web import pdf, statements
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who

readers = [needs(Right.READ_LEDGER)]


@get("/office/members/{member_id:uuid}/statement", guards=readers)
async def member_statement(
    member_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    month: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Response[str]:
    """As the member sees it, to print."""
    own = f"/office/members/{member_id}"
    return await draw_statement(request, caller, member_id, now, Asked(month, since, until), f"{own}/statement", own)


@get("/office/members/{member_id:uuid}/statement/{kind:str}", guards=readers)
async def member_file(
    member_id: FromPath[UUID],
    kind: FromPath[str],
    caller: Who,
    now: Now,
    language: Reads,
    month: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Response[bytes]:
    """The same as pdf, csv, xlsx or ods."""
    found = await read(caller, member_id, now, Asked(month, since, until))
    return await pdf.answer(statements.paper(found, language), kind, statements.file_name(found), language)


routes: list[Any] = [member_statement, member_file]
