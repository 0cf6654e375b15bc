"""An organiser rewords a public activity: a slip of the pen, a clearer sentence, a risk that was forgotten."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, wordings
from schedules.wordings import NotPublic, Wording
from timebank.actions.action import action
from timebank.actions.activities import reword_letters
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class Told(msgspec.Struct, frozen=True):
    """Which fields changed, and to how many people it was told."""

    fields: list[str]
    people: int


async def see_wording(caller: Caller, activity_id: UUID) -> Wording:
    """As it says it now, to be reworded. Raises SignInNeeded, NotAllowed, NotFound, NotPublic. Reads only."""
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    if activity.state != "published":
        raise NotPublic(state=activity.state)
    return wordings.of(msgspec.structs.asdict(activity))


@action
async def reword_activity(caller: Caller, activity_id: UUID, wanted: Wording, now: datetime, seen: str = "") -> Told:
    """Who has a sign-up at a session to come is told where something reads otherwise than before. Safe to repeat.

    The letter waits ten minutes and takes in what changes until then. The words of before stay in the audit.
    `seen` is the version that was read: where it says something else by now, nothing is written over.
    Sign-ups stay, and records that were made keep both names. Raises SignInNeeded, NotAllowed, and what `wordings.reword`
    raises.
    """
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    done = await wordings.reword(activity_id, wanted, now, seen)
    if not done.fields:
        return Told([], 0)
    people = await reword_letters.tell(activity_id, done, [one for one in done.people if one != caller.member_id], now)
    was = {name: getattr(done.before, name) for name in done.fields}
    await audit.write(caller.id, "activity.reworded", f"activity:{activity_id}", now, was=was)
    return Told(list(done.fields), people)
