"""Sheets about somebody's service: asked for, read, revoked; and the number that anybody can check."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from timebank.actions.hours.certify import Withdrawal, issue_paper, revoke_paper
from timebank.actions.hours.check_number import Checked, check_number
from timebank.actions.hours.notices import Up, put_up_notice, see_notices, stop_notice
from timebank.actions.hours.paper_wishes import Wish, spared
from timebank.actions.hours.see_papers import see_paper, see_papers
from timebank.hours.certificates import Certificate, Line, State
from timebank.hours.notices import Notice
from timebank.web import pdf, record_papers
from timebank.web.access import anyone, signed_in
from timebank.web.peer import address_of
from timebank.web.request import Installed, Key, Now, Reads, Who, request_key


class PaperView(msgspec.Struct):
    """A sheet as it was issued, and how it stands: valid, replaced (also where a record on it was corrected) or revoked.

    Whole minutes by class, those of the day of issue. `address` is the public page that confirms it. `is_certificate`: the unit
    may certify; else it is a copy of the record.
    """

    id: UUID
    number: str
    address: str
    is_certificate: bool
    state: State
    is_corrected: bool
    member_id: UUID
    unit: str
    unit_en: str
    first_on: date
    last_on: date
    issued_at: datetime
    minutes: int
    minutes_a: int
    minutes_b: int
    minutes_c: int
    replaces: str | None
    replaced_by: str | None
    revoked_at: datetime | None
    reason: str
    identity_kind: str
    identity: str
    """Of a document that was given for this sheet: masked, and forgotten after some months."""


class PaperWithLines(msgspec.Struct):
    paper: PaperView
    lines: list[Line]


def view(found: Certificate, base_url: str) -> PaperView:
    same = {name: getattr(found, name) for name in PaperView.__struct_fields__ if name != "address"}
    return PaperView(address=record_papers.address(found.number, base_url), **same)


@get("/api/v1/members/{member_id:uuid}/papers", guards=[signed_in])
async def get_papers(member_id: FromPath[UUID], caller: Who, settings: Installed, now: Now) -> list[PaperView]:
    """One's own, or those of a member whom the caller looks after; the last first. 404 else."""
    return [view(each, settings.base_url) for each in (await see_papers(caller, member_id, now)).issued]


@post("/api/v1/members/{member_id:uuid}/papers", guards=[signed_in])
async def post_paper(
    member_id: FromPath[UUID], data: JSONBody[Wish], caller: Who, settings: Installed, now: Now, key: Key = None
) -> Response[PaperView]:
    """Issues a sheet with the records in force of these days. 409 `nothing_served`, `certificate_over`,
    `notice_needed`, `notice_still_up`; 429 after too many. Of an identity number only the masked form is kept.
    """
    kept = request_key(caller, key, [member_id, spared(data)], now, "issue paper")
    answer = await issue_paper(caller, member_id, data, kept, now)
    return Response(view(answer.value, settings.base_url), status_code=200 if answer.is_replay else 201)


@get("/api/v1/papers/{paper_id:uuid}", guards=[signed_in])
async def get_paper(paper_id: FromPath[UUID], caller: Who, settings: Installed, now: Now) -> PaperWithLines:
    """With its records as they stood on the day of issue. Another's reading is noted."""
    found, lines = await see_paper(caller, paper_id, now)
    return PaperWithLines(view(found, settings.base_url), lines)


@get("/api/v1/papers/{paper_id:uuid}/{kind:str}", guards=[signed_in])
async def get_paper_file(
    paper_id: FromPath[UUID], kind: FromPath[str], caller: Who, settings: Installed, language: Reads, now: Now
) -> Response[bytes]:
    """The same as a file: pdf, csv, xlsx or ods."""
    found, lines = await see_paper(caller, paper_id, now)
    sheet = record_papers.paper(found, lines, settings.base_url, language)
    return await pdf.answer(sheet, kind, record_papers.file_name(found), language)


@post("/api/v1/papers/{paper_id:uuid}/revoke", guards=[signed_in], status_code=200)
async def post_revocation(
    paper_id: FromPath[UUID], data: JSONBody[Withdrawal], caller: Who, settings: Installed, now: Now
) -> PaperView:
    """Takes it back, for the reason that the member reads. Safe to repeat: the first reason stands."""
    return view(await revoke_paper(caller, paper_id, data, now), settings.base_url)


@post("/api/v1/members/{member_id:uuid}/notices", guards=[signed_in])
async def post_notice(member_id: FromPath[UUID], data: JSONBody[Wish], caller: Who, now: Now) -> Notice:
    """Tells the unit that a certificate of these days is asked for. Safe to repeat: the one that stands is answered."""
    return await put_up_notice(caller, member_id, data, now)


@post("/api/v1/notices/{notice_id:uuid}/stop", guards=[signed_in], status_code=200)
async def post_stop(notice_id: FromPath[UUID], caller: Who, now: Now) -> Notice:
    """By the member, or by staff. Safe to repeat."""
    return await stop_notice(caller, notice_id, now)


@get("/api/v1/notices", guards=[signed_in])
async def get_notices(caller: Who, now: Now) -> list[Up]:
    """What is up in the unit where the caller lives; names are masked."""
    return await see_notices(caller, now)


@get("/api/v1/checked-papers", guards=[anyone])
async def get_checked(
    number: Annotated[str, QueryParameter(max_length=100, description="as it stands on the sheet")],
    request: Request[Any, Any, Any],
    settings: Installed,
    now: Now,
) -> Checked:
    """What the public is told of a number. 404 for every number that is none; 429 after too many of them."""
    return await check_number(number, address_of(request, settings), now)


routes: list[Any] = [
    get_papers,
    post_paper,
    get_paper,
    get_paper_file,
    post_revocation,
    post_notice,
    post_stop,
    get_notices,
    get_checked,
]
