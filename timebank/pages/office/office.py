"""The coordinator's office: what there is to do, and the tree of communities."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from schedules import conflict_lists
from schedules.errors import Refusal
from timebank.actions.community.communities import NewCommunity, add_community
from timebank.actions.hours.notices import count_notices
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Policy
from timebank.communities.tree import Node
from timebank.hours import alarms, entries
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people import devices, directory, findings, posts, roles
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Who, request_key

DESKS = (
    Right.MANAGE_MEMBERS,
    Right.MANAGE_REWARDS,
    Right.MANAGE_SPACES,
    Right.MANAGE_DEVICES,
    Right.GRANT_ROLES,
    Right.READ_REVIEW,
    Right.ISSUE_POINTS,
    Right.MEDIATE,
)


class NewNode(msgspec.Struct):
    parent_id: Short = ""
    kind: Short = ""
    name: Short = ""
    name_en: Short = ""
    key: Short = ""


@get("/office", guards=[signed_in])
async def office(request: Ask, caller: Who, now: Now) -> Response[str]:
    """For everybody who looks after something; it shows what they look after."""
    if not any(caller.may(right) for right in DESKS):
        raise NotAllowed(right=Right.MANAGE_MEMBERS.value)
    own = await tree.nodes(list({grant.community_id for grant in caller.grants}))
    nodes = caller.nodes(Right.MANAGE_MEMBERS)
    people = await directory.count_below(nodes)
    held = await roles.at_or_below(caller.nodes(Right.GRANT_ROLES))
    screens = [device for device in await devices.at_or_below(caller.nodes(Right.MANAGE_DEVICES)) if not device.revoked_at]
    odd = await findings.count_open(caller.nodes(Right.READ_REVIEW))
    entered = await alarms.count_open(caller.nodes(Right.READ_LEDGER))
    pending = await entries.count_pending(caller.nodes(Right.APPROVE_HOURS))
    disagree = await conflict_lists.waiting(conflict_lists.within(caller.nodes(Right.RUN_ACTIVITIES)))
    return draw(
        request,
        "office/office.html",
        own=own,
        members=sum(people.values()),
        roles=len(held),
        devices=len(screens),
        odd=odd,
        entered=entered,
        pending=pending,
        disagree=sum(disagree.values()),
        neighbours=await posts.count_open(caller.nodes(Right.MEDIATE)),
        notices=await count_notices(caller, now),
    )


@get("/office/communities", guards=[needs(Right.MANAGE_MEMBERS)])
async def communities(request: Ask, caller: Who, now: Now, at: FromQuery[str] = "") -> Response[str]:
    return await draw_communities(request, caller, now, at)


async def draw_communities(
    request: Ask, caller: Caller, now: Now, at: str, refusal: Refusal | None = None, typed: NewNode | None = None
) -> Response[str]:
    found = await where(caller, Right.MANAGE_MEMBERS, at)
    people = await directory.count_below([node.id for node in [*found.choices, *([found.at] if found.at else [])]])
    return draw(
        request,
        "office/communities.html",
        refusal,
        where=found,
        people=people,
        policy=await _policy_of(found.at, now),
        kinds=tree.kinds_below(found.at.kind) if found.at else (),
        typed=typed or NewNode(),
        roles=[held for held in await roles.at_or_below([found.at.id]) if held.community_id == found.at.id] if found.at else [],
    )


async def _policy_of(node: Node | None, now: Now) -> Policy | None:
    """What is in force there today; None where nothing is."""
    if node is None:
        return None
    try:
        return await policies.in_force(node.id, now.astimezone(ZoneInfo(node.time_zone)).date())
    except NoPolicy:
        return None


@post("/office/communities", guards=[needs(Right.GRANT_ROLES)])
async def take_community(data: URLEncodedBody[NewNode], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        asked = msgspec.convert(
            {"parent_id": node_id(data.parent_id), "kind": data.kind, "name": data.name, "name_en": data.name_en}, NewCommunity
        )
        made = (await add_community.once(request_key(caller, data.key, data, now, "add community"), caller, asked, now)).value
    except Refusal as refusal:
        return await draw_communities(request, caller, now, data.parent_id, refusal, data)
    return go("/office/communities?" + urlencode({"at": str(made)}))


routes: list[Any] = [office, communities, take_community]
