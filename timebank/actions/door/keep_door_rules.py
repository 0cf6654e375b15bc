"""What an activity asks at its door, and whether it takes who comes without a sign-up; changed also while it is public."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, door_questions, sql
from schedules.activities import Activity
from schedules.door_questions import Question, Wanted
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class DoorRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`questions` in the order in which they are asked. The briefing is asked besides, of who has not read its words."""

    walk_ins: bool = False
    questions: tuple[Wanted, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The same as it stands; each question with the id that answers name."""

    walk_ins: bool
    questions: tuple[Question, ...]


@action
async def see_door_rules(caller: Caller, activity_id: UUID) -> Standing:
    """For who runs it. Raises SignInNeeded, NotAllowed, NotFound."""
    return await _standing(await _run_by(caller, activity_id))


@action
async def keep_door_rules(caller: Caller, activity_id: UUID, wanted: DoorRules, now: datetime) -> Standing:
    """From now on. A question whose words stay keeps its answers; others are asked anew. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed. Locks the activity.
    """
    await _run_by(caller, activity_id)
    await sql.rows("UPDATE activity SET walk_ins = $2 WHERE id = $1", activity_id, wanted.walk_ins)
    await door_questions.keep(activity_id, wanted.questions, caller.member(), now)
    asked = len(wanted.questions)
    await audit.write(
        caller.id, "activity.door_rules_changed", f"activity:{activity_id}", now, walk_ins=wanted.walk_ins, questions=asked
    )
    return await _standing(await activities.find(activity_id))


async def _run_by(caller: Caller, activity_id: UUID) -> Activity:
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    return activity


async def _standing(activity: Activity) -> Standing:
    return Standing(walk_ins=activity.walk_ins, questions=tuple(await door_questions.of_activity(activity.id)))
