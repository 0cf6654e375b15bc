"""What an organiser has before them: drafts, sessions to come and just over, within reach of their roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import activities, calling_off, conflict_lists, published_sessions, spaces
from schedules.activities import Activity
from schedules.sessions import Session
from schedules.spaces import Space
from timebank.actions.action import action
from timebank.actions.activities.see_board import around
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.hours import days, entries
from timebank.hours.days import Unclosed
from timebank.people.callers import Caller, Right

BACK = timedelta(days=14)
CLOSED_WITHIN = timedelta(days=90)
STATES = ("draft", "published", "cancelled")
PAGE = 30


class Desk(msgspec.Struct, frozen=True):
    """`came` counts the people of sessions that are over; `to_close` waits for its organiser to confirm the hours.

    `after` is the cursor of the next page of activities.
    """

    drafts: list[Activity]
    to_come: list[Session]
    over: list[Session]
    came: dict[UUID, int]
    to_close: list[Unclosed]
    activities: list[Activity]
    after: int | None
    to_approve: int
    """Hours that wait for a second person, where the caller may be that one."""
    conflicts: int
    """Scans that disagree and that nobody has looked at."""


class Choices(msgspec.Struct, frozen=True):
    """Nodes for which the caller may plan, parents before children, and the rooms of their branches, by node."""

    nodes: list[Node]
    rooms: list[tuple[Node, list[Space]]]


@action
async def see_organiser(caller: Caller, now: datetime, only_mine: bool = False, before: int | None = None) -> Desk:
    """Everything within reach, or only what the caller runs. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    ids = [node.id for node in await tree.below(caller.nodes(Right.RUN_ACTIVITIES))]
    mine = caller.member_id if only_mine else None
    drafts = await activities.listed(ids, ("draft",), organiser_id=mine)
    listed = await activities.listed(ids, STATES, organiser_id=mine, before=before, limit=PAGE)
    to_come = await published_sessions.listed(None, now, None, community_ids=ids, organiser_id=mine, limit=40)
    over = await published_sessions.over(ids, now - BACK, now, organiser_id=mine)
    came = await calling_off.attended([session.id for session in over])
    to_close = await days.unclosed(ids, now - CLOSED_WITHIN, now, mine)
    approves = caller.nodes(Right.APPROVE_HOURS)
    to_approve = await entries.count_pending(approves) if approves else 0
    disagree = await conflict_lists.waiting(conflict_lists.within(caller.nodes(Right.RUN_ACTIVITIES)))
    after = listed[-1].number if len(listed) == PAGE else None
    return Desk(drafts, to_come, over, came, to_close, listed, after, to_approve, sum(disagree.values()))


@action
async def see_choices(caller: Caller) -> Choices:
    """What a plan may choose from. Buildings are left out unless a role is held there. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    own = caller.nodes(Right.RUN_ACTIVITIES)
    nodes = [node for node in await tree.below(own) if node.kind != "building" or node.id in own]
    reach = {node_id for node_id in own for node_id in await around(node_id)}
    rooms = await spaces.in_use(sorted(reach))
    return Choices(nodes, await _by_node(rooms))


async def _by_node(rooms: Sequence[Space]) -> list[tuple[Node, list[Space]]]:
    nodes = await tree.nodes([room.community_id for room in rooms])
    return [(node, [room for room in rooms if room.community_id == node.id]) for node in nodes]
