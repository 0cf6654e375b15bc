"""An organiser writes an activity down: a new draft, or a draft written anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, door_questions, drafts, needs, sql
from schedules.errors import Refusal
from schedules.plans import Plan
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class RoomElsewhere(Refusal):
    """The room belongs to a community that is neither above nor below the activity's own. Facts: space, space_en."""


class Planned(msgspec.Struct, frozen=True):
    """A draft."""

    activity_id: UUID


@action
async def plan_activity(caller: Caller, plan: Plan, now: datetime, like_id: UUID | None = None) -> Planned:
    """A new draft that the caller runs; with `like_id`, its roles of the same names ask what those of that activity ask.

    Raises SignInNeeded, NotAllowed, NotFound, RoomElsewhere, Malformed.
    """
    node = await tree.node(plan.community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    await check_rooms([session.space_id for session in plan.sessions if session.space_id], node.ancestor_ids)
    made = await drafts.plan(plan, caller.member(), node.time_zone, now)
    if like_id is not None:
        caller.require(Right.RUN_ACTIVITIES, await tree.ancestors((await activities.find(like_id)).community_id))
        await needs.copy(like_id, made, now)
        await door_questions.copy(like_id, made, caller.member(), now)
    await audit.write(caller.id, "activity.planned", f"activity:{made}", now)
    return Planned(made)


@action
async def rewrite_activity(caller: Caller, activity_id: UUID, plan: Plan, now: datetime) -> Planned:
    """Replaces a draft. Raises as `plan_activity`, and NotADraft. The right is needed where it was and where it goes."""
    before = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(before.community_id))
    node = await tree.node(plan.community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    await check_rooms([session.space_id for session in plan.sessions if session.space_id], node.ancestor_ids)
    await drafts.rewrite(activity_id, plan, caller.member(), node.time_zone, now)
    await drafts.lead_series(activity_id, plan, now)
    await audit.write(caller.id, "activity.rewritten", f"activity:{activity_id}", now)
    return Planned(activity_id)


async def check_rooms(wanted: Sequence[UUID], ancestor_ids: Sequence[UUID]) -> None:
    """Rooms of the activity's own branch of the tree: of a node above it, its own, or one below. Raises RoomElsewhere."""
    far = wanted and await sql.row(
        "SELECT p.name, p.name_en FROM space p JOIN community c ON c.id = p.community_id "
        "WHERE p.id = ANY($1) AND NOT (c.id = ANY($2) OR c.ancestor_ids @> ARRAY[$3::uuid]) LIMIT 1",
        list(wanted),
        list(ancestor_ids),
        ancestor_ids[-1],
    )
    if far:
        raise RoomElsewhere(space=far["name"], space_en=far["name_en"])
