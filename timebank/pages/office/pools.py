"""The pools of points for staff: what lies in them, a list to be given out, and the second person who carries it out."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.points.issues import (
    LineWish,
    NoLines,
    Proposal,
    WrongLine,
    carry_out_issue,
    drop_issue,
    propose_issue,
    see_issue,
    see_pool,
    see_pools,
)
from timebank.pages.forms import Ask, Short, draw, units
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.points.refusals import NotAnAmount, ReasonMissing
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.ISSUE_POINTS)]
LINE = re.compile(r"#?([0-9]{1,15})[\s,;:，；：]+(\S+)")
MOST = 500


class Typed(msgspec.Struct):
    reason: Short = ""
    lines: str = ""
    key: Short = ""


@get("/office/pools", guards=staff)
async def list_pools(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "pools/list.html", pools=await see_pools(caller))


@get("/office/pools/{community_id:uuid}", guards=staff)
async def show_pool(community_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _pool(request, caller, community_id, now, Typed())


async def _pool(
    request: Ask, caller: Caller, community_id: UUID, now: Now, typed: Typed, refusal: Refusal | None = None
) -> Response[str]:
    return draw(request, "pools/pool.html", refusal, seen=await see_pool(caller, community_id, now), typed=typed)


@post("/office/pools/{community_id:uuid}/issues", guards=staff)
async def take_issue(
    community_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        proposal = Proposal(reason=_reason(data.reason), lines=_lines(data.lines))
        key = request_key(caller, data.key, [community_id, proposal], now, "propose issue")
        kept = (await propose_issue.once(key, caller, community_id, proposal, now)).value
    except Refusal as refusal:
        return await _pool(request, caller, community_id, now, data, refusal)
    return go(f"/office/issues/{kept.issue_id}")


def _reason(text: str) -> str:
    if not text.strip():
        raise ReasonMissing(field="reason")
    return text.strip()


def _lines(text: str) -> list[LineWish]:
    """`10023 5` on each line. Raises NoLines, WrongLine."""
    rows = [row for row in unicodedata.normalize("NFKC", text).splitlines() if row.strip()]
    if not 0 < len(rows) <= MOST:
        raise NoLines(field="lines", reason="no lines, or too many", most=MOST)
    return [_line(n, row) for n, row in enumerate(rows, 1)]


def _line(n: int, row: str) -> LineWish:
    found = LINE.fullmatch(row.strip())
    try:
        if found and 0 < int(found[1]) <= 2**53:
            return LineWish(int(found[1]), units("lines", found[2]))
    except NotAnAmount:
        pass
    raise WrongLine(field="lines", reason="not a number and points", line=n, number=row.strip()[:40])


@get("/office/issues/{issue_id:uuid}", guards=staff)
async def show_issue(issue_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _issue(request, caller, issue_id, now)


async def _issue(request: Ask, caller: Caller, issue_id: UUID, now: Now, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "pools/issue.html", refusal, seen=await see_issue(caller, issue_id, now))


@post("/office/issues/{issue_id:uuid}/carry-out", guards=staff)
async def take_carrying_out(issue_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await carry_out_issue(caller, issue_id, now)
    except Refusal as refusal:
        return await _issue(request, caller, issue_id, now, refusal)
    return go(f"/office/issues/{issue_id}")


@post("/office/issues/{issue_id:uuid}/drop", guards=staff)
async def take_drop(issue_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await drop_issue(caller, issue_id, now)
    except Refusal as refusal:
        return await _issue(request, caller, issue_id, now, refusal)
    return go(f"/office/issues/{issue_id}")


routes: list[Any] = [list_pools, show_pool, take_issue, show_issue, take_carrying_out, take_drop]
