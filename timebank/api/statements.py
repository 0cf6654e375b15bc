"""The statement of a period for programs, and as a file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from timebank.actions.people.see_statement import Statement, see_statement
from timebank.web import pdf, statements
from timebank.web.access import signed_in
from timebank.web.request import Now, Reads, Who

Month = Annotated[str, QueryParameter(max_length=7, description="as 2026-11; takes the place of since and until")]


@get("/api/v1/members/{member_id:uuid}/statement", guards=[signed_in])
async def get_statement_of(
    member_id: FromPath[UUID],
    caller: Who,
    now: Now,
    month: Month = "",
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
) -> Statement:
    """Points and hours of a month, or from local day `since` to `until`; without either, of this month.

    Units of 1/100 point, whole minutes. One's own, or a member's where the caller reads the ledger, which is noted; 404 else.
    """
    return await see_statement(caller, member_id, now, month=month, since=since, until=until)


@get("/api/v1/members/{member_id:uuid}/statement/{kind:str}", guards=[signed_in])
async def get_statement_file(
    member_id: FromPath[UUID],
    kind: FromPath[str],
    caller: Who,
    now: Now,
    language: Reads,
    month: Month = "",
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
) -> Response[bytes]:
    """The same rows and sums as a file: pdf, csv, xlsx or ods."""
    found = await see_statement(caller, member_id, now, month=month, since=since, until=until)
    return await pdf.answer(statements.paper(found, language), kind, statements.file_name(found), language)


routes: list[Any] = [get_statement_of, get_statement_file]
