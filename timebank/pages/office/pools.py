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
    Wrong,
    carry_out_issue,
    drop_issue,
    propose_issue,
    refuse,
    see_issue,
    see_pool,
    see_pools,
    wrong_lines,
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
        reason, (lines, wrong) = _reason(data.reason), _lines(data.lines)
        refuse([*wrong, *await wrong_lines(caller, community_id, lines)])
        proposal = Proposal(reason=reason, lines=list(lines.values()))
        key = request_key(caller, data.key, [community_id, proposal], now, "propose issue")
        kept = (await propose_issue.once(key, caller, community_id, proposal, now)).value
    except Refusal as refusal:
        return await _pool(request, caller, community_id, now, data, refusal)
    return go(f"/office/issues/{kept.issue_id}")


def _reason(text: str) -> str:
    if not text.strip():
        raise ReasonMissing(field="reason")
    return text.strip()


def _lines(text: str) -> tuple[dict[int, LineWish], list[Wrong]]:
    """`10023 5` on each line: by their place, and those that say something else. Raises NoLines."""
    every = unicodedata.normalize("NFKC", text).splitlines()
    rows = {place: row.strip() for place, row in enumerate(every, 1) if row.strip()}
    if not 0 < len(rows) <= MOST:
        raise NoLines(field="lines", reason="no lines, or too many", most=MOST)
    read = {place: _line(place, row) for place, row in rows.items()}
    good = {place: each for place, each in read.items() if isinstance(each, LineWish)}
    return good, [each for each in read.values() if isinstance(each, Wrong)]


def _line(place: int, row: str) -> LineWish | Wrong:
    found = LINE.fullmatch(row)
    if found is None or not 0 < int(found[1]) <= 2**53:
        return Wrong(place, "no_line", row[:40])
    try:
        return LineWish(int(found[1]), units("lines", found[2]))
    except NotAnAmount:
        return Wrong(place, "no_amount", found[2][:40])


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
