"""Sheets about a member's service for those without a phone: issued, printed and handed over by staff; readings are noted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import NotFound
from timebank.actions.hours.see_papers import see_paper
from timebank.hours import certificates
from timebank.pages.forms import Ask
from timebank.pages.me.papers import Reason, Typed, draw_paper, draw_papers, issue, revoke, stop
from timebank.people.callers import Right
from timebank.web import pdf, record_papers
from timebank.web.access import needs
from timebank.web.request import Installed, Now, Reads, Who

staff = [needs(Right.MANAGE_MEMBERS)]
PLACE = "/office/members/{member_id:uuid}/papers"


def _at(member_id: UUID) -> tuple[str, str]:
    """The address of the list, and the way back."""
    return f"/office/members/{member_id}/papers", f"/office/members/{member_id}"


async def _is_of(member_id: UUID, paper_id: UUID) -> None:
    """Raises NotFound where the address names the sheet of somebody else."""
    if (await certificates.one(paper_id)).member_id != member_id:
        raise NotFound(what="certificate")


@get(PLACE, guards=staff)
async def member_papers(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await draw_papers(request, caller, member_id, now, *_at(member_id))


@post(PLACE, guards=staff)
async def take_wish(
    member_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    return await issue(request, caller, member_id, data, now, *_at(member_id))


@get(PLACE + "/{paper_id:uuid}", guards=staff)
async def member_paper(
    member_id: FromPath[UUID], paper_id: FromPath[UUID], request: Ask, caller: Who, settings: Installed, now: Now
) -> Response[str]:
    await _is_of(member_id, paper_id)
    return await draw_paper(request, caller, paper_id, settings, now, _at(member_id)[0])


@get(PLACE + "/{paper_id:uuid}/{kind:str}", guards=staff)
async def member_file(
    member_id: FromPath[UUID],
    paper_id: FromPath[UUID],
    kind: FromPath[str],
    caller: Who,
    settings: Installed,
    language: Reads,
    now: Now,
) -> Response[bytes]:
    """The same as pdf, csv, xlsx or ods."""
    await _is_of(member_id, paper_id)
    found, lines = await see_paper(caller, paper_id, now)
    sheet = record_papers.paper(found, lines, settings.base_url, language)
    return await pdf.answer(sheet, kind, record_papers.file_name(found), language)


@post(PLACE + "/{paper_id:uuid}/revoke", guards=staff)
async def take_revocation(
    member_id: FromPath[UUID],
    paper_id: FromPath[UUID],
    data: URLEncodedBody[Reason],
    request: Ask,
    caller: Who,
    settings: Installed,
    now: Now,
) -> Response[Any]:
    await _is_of(member_id, paper_id)
    return await revoke(request, caller, paper_id, data, settings, now, _at(member_id)[0])


@post(PLACE + "/notices/{notice_id:uuid}/stop", guards=staff)
async def take_stop(member_id: FromPath[UUID], notice_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    return await stop(caller, notice_id, now, _at(member_id)[0])


routes: list[Any] = [member_papers, take_wish, member_paper, member_file, take_revocation, take_stop]
