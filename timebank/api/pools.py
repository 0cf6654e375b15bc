"""Donations to the neighbourhood's pool, and the lists by which staff give it out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.points.donate import Donating, Donation, donate
from timebank.actions.points.issues import (
    Kept,
    Proposal,
    SeenIssue,
    SeenPool,
    carry_out_issue,
    drop_issue,
    propose_issue,
    see_issue,
    see_pool,
    see_pools,
)
from timebank.people.callers import Right
from timebank.points.pools import Pool
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.ISSUE_POINTS)]


@post("/api/v1/me/donations", guards=[signed_in])
async def post_donation(data: JSONBody[Donating], caller: Who, now: Now, key: Key = None) -> Response[Donation]:
    """To the pool of the community where the member lives, for good. 409 `insufficient_points`, `donations_off`."""
    answer = await donate.once(request_key(caller, key, data, now, "donate"), caller, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/pools", guards=staff)
async def get_pools(caller: Who) -> list[Pool]:
    """Those that the caller looks after. `available` in units of 1/100 point."""
    return await see_pools(caller)


@get("/api/v1/pools/{community_id:uuid}", guards=staff)
async def get_pool(community_id: FromPath[UUID], caller: Who, now: Now) -> SeenPool:
    """One pool with the lists that wait and those that are dealt with."""
    return await see_pool(caller, community_id, now)


@post("/api/v1/pools/{community_id:uuid}/issues", guards=staff)
async def post_issue(
    community_id: FromPath[UUID], data: JSONBody[Proposal], caller: Who, now: Now, key: Key = None
) -> Response[Kept]:
    """Proposes a list; nothing moves before a second person carries it out. 400 `wrong_line` names the lines."""
    asked = request_key(caller, key, [community_id, data], now, "propose issue")
    answer = await propose_issue.once(asked, caller, community_id, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/issues/{issue_id:uuid}", guards=staff)
async def get_issue(issue_id: FromPath[UUID], caller: Who, now: Now) -> SeenIssue:
    """One list with every line."""
    return await see_issue(caller, issue_id, now)


@post("/api/v1/issues/{issue_id:uuid}/carry-out", guards=staff, status_code=200)
async def post_carrying_out(issue_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """All lines or none. Safe to repeat. 403 `four_eyes`, 409 `insufficient_points`, `issue_over`, `account_closed`."""
    return await carry_out_issue(caller, issue_id, now)


@post("/api/v1/issues/{issue_id:uuid}/drop", guards=staff, status_code=200)
async def post_drop(issue_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """Taken back by who proposed it, refused by anybody else. Safe to repeat. 409 `issue_over` once it was carried out."""
    return await drop_issue(caller, issue_id, now)


routes: list[Any] = [post_donation, get_pools, get_pool, post_issue, get_issue, post_carrying_out, post_drop]
