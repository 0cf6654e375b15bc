"""One's own sheets about service: asked for, read, printed, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.hours.certify import Withdrawal, issue_paper, revoke_paper
from timebank.actions.hours.notices import put_up_notice, see_notices, stop_notice
from timebank.actions.hours.paper_wishes import Wish, spared
from timebank.actions.hours.see_papers import see_paper, see_papers
from timebank.hours.identities import Identity, Kind, NotAnIdentity
from timebank.pages import qr
from timebank.pages.forms import Ask, Long, Short, chosen, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.settings import Settings
from timebank.web import pdf, record_papers
from timebank.web.access import signed_in
from timebank.web.request import Installed, Now, Reads, Who, language_of, request_key


class Typed(msgspec.Struct):
    """The days as typed; empty: from the first, until the last."""

    since: Short = ""
    until: Short = ""
    replaces: Short = ""
    identity_kind: Short = ""
    identity_number: Short = ""
    key: Short = ""
    notice: Short = ""
    """Filled: the unit is to be told first."""


class Reason(msgspec.Struct):
    reason: Long = ""


@get("/me/papers", guards=[signed_in])
async def show_papers(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await draw_papers(request, caller, caller.member(), now, "/me/papers", "/me/hours")


@post("/me/papers", guards=[signed_in])
async def take_wish(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await issue(request, caller, caller.member(), data, now, "/me/papers", "/me/hours")


@get("/me/papers/{paper_id:uuid}", guards=[signed_in])
async def show_paper(paper_id: FromPath[UUID], request: Ask, caller: Who, settings: Installed, now: Now) -> Response[str]:
    return await draw_paper(request, caller, paper_id, settings, now, "/me/papers")


@get("/me/papers/{paper_id:uuid}/{kind:str}", guards=[signed_in])
async def paper_file(
    paper_id: FromPath[UUID], kind: FromPath[str], caller: Who, settings: Installed, language: Reads, now: Now
) -> Response[bytes]:
    """The same as pdf, csv, xlsx or ods."""
    found, lines = await see_paper(caller, paper_id, now)
    sheet = record_papers.paper(found, lines, settings.base_url, language)
    return await pdf.answer(sheet, kind, record_papers.file_name(found), language)


@post("/me/papers/{paper_id:uuid}/revoke", guards=[signed_in])
async def take_revocation(
    paper_id: FromPath[UUID], data: URLEncodedBody[Reason], request: Ask, caller: Who, settings: Installed, now: Now
) -> Response[Any]:
    return await revoke(request, caller, paper_id, data, settings, now, "/me/papers")


@post("/me/papers/notices/{notice_id:uuid}/stop", guards=[signed_in])
async def take_stop(notice_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    return await stop(caller, notice_id, now, "/me/papers")


@get("/notices", guards=[signed_in])
async def show_notices(request: Ask, caller: Who, now: Now) -> Response[str]:
    """What is up in the unit where one lives."""
    return draw(request, "record/notices.html", notices=await see_notices(caller, now))


async def draw_papers(
    request: Ask,
    caller: Caller,
    member_id: UUID,
    now: Now,
    address: str,
    back: str,
    refusal: Refusal | None = None,
    typed: Typed | None = None,
) -> Response[str]:
    """The form, and what was issued before."""
    papers = await see_papers(caller, member_id, now)
    words = record_papers.title(papers.may_certify, language_of(request))
    return draw(
        request,
        "record/papers.html",
        refusal,
        papers=papers,
        typed=typed or Typed(),
        address=address,
        back=back,
        called=words,
        words=record_papers,
        identities=record_papers.identities(language_of(request)),
    )


async def issue(request: Ask, caller: Caller, member_id: UUID, data: Typed, now: Now, address: str, back: str) -> Response[Any]:
    """To the sheet, or the form with what is wrong."""
    try:
        since, until = (chosen(name, getattr(data, name), date.fromisoformat) for name in ("since", "until"))
        # What a notice is put up for holds no document: it would be kept nowhere until the sheet is issued.
        wish = Wish(since, until, _id(data.replaces), None if data.notice else _identity(data))
        if data.notice:
            await put_up_notice(caller, member_id, wish, now)
            return go(address)
        kept = request_key(caller, data.key, [member_id, spared(wish)], now, "issue paper")
        made = await issue_paper(caller, member_id, wish, kept, now)
    except Refusal as refusal:
        return await draw_papers(request, caller, member_id, now, address, back, refusal, data)
    return go(f"{address}/{made.value.id}")


def _identity(data: Typed) -> Identity | None:
    """What was typed of a document, where a number was. Raises NotAnIdentity."""
    if not data.identity_number.strip():
        return None
    for kind in get_args(Kind):
        if kind == data.identity_kind:
            return Identity(kind, data.identity_number[:40])
    raise NotAnIdentity(field="identity_kind", reason="not one of the choices")


async def stop(caller: Caller, notice_id: UUID, now: Now, address: str) -> Response[Any]:
    """Back to the list."""
    await stop_notice(caller, notice_id, now)
    return go(address)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Malformed(field="replaces", reason="not an id") from error


async def draw_paper(
    request: Ask,
    caller: Caller,
    paper_id: UUID,
    settings: Settings,
    now: Now,
    address: str,
    refusal: Refusal | None = None,
    typed: str = "",
) -> Response[str]:
    """The sheet as it is printed, and what can be done with it."""
    found, lines = await see_paper(caller, paper_id, now)
    sheet = record_papers.paper(found, lines, settings.base_url, language_of(request))
    context = {"found": found, "paper": sheet, "picture": qr.svg(sheet.qr), "address": address, "typed": typed}
    context["checked_at"] = record_papers.address(found.number, settings.base_url)
    return draw(request, "record/paper.html", refusal, words=record_papers, **context)


async def revoke(
    request: Ask, caller: Caller, paper_id: UUID, data: Reason, settings: Settings, now: Now, address: str
) -> Response[Any]:
    """Back to the sheet, which says so from now on."""
    try:
        await revoke_paper(caller, paper_id, Withdrawal(data.reason[:500]), now)
    except Refusal as refusal:
        return await draw_paper(request, caller, paper_id, settings, now, address, refusal, data.reason)
    return go(f"{address}/{paper_id}")


routes: list[Any] = [show_papers, take_wish, show_paper, paper_file, take_revocation, take_stop, show_notices]
