"""An organiser rewords a public activity: a slip of the pen, a clearer sentence, a risk that was forgotten."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, wordings
from schedules.wordings import Reworded, Wording
from timebank.actions.action import action
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right


class Told(msgspec.Struct, frozen=True):
    """Which fields changed, and to how many people it was told."""

    fields: list[str]
    people: int


@action
async def reword_activity(caller: Caller, activity_id: UUID, wanted: Wording, now: datetime) -> Told:
    """Who has a sign-up at a session to come is told, once, where something reads otherwise than before. Safe to repeat.

    Sign-ups stay, and records that were made keep both names. Raises SignInNeeded, NotAllowed, and what `wordings.reword`
    raises.
    """
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    done = await wordings.reword(activity_id, wanted, now)
    if not done.fields:
        return Told([], 0)
    told = [person_id for person_id in done.people if done.matters and person_id != caller.member_id]
    await messages.promise([_letter(activity_id, done, person_id, now) for person_id in told], now)
    subject = f"activity:{activity_id}"
    await audit.write(caller.id, "activity.reworded", subject, now, fields=list(done.fields), title_was=done.before.title)
    return Told(list(done.fields), len(told))


def _letter(activity_id: UUID, done: Reworded, person_id: UUID, now: datetime) -> Message:
    return Message(
        key=f"activity:{activity_id}:reworded:{now.isoformat()}:{person_id}",
        person_id=person_id,
        kind="activity_reworded",
        facts={
            "title": done.after.title,
            "title_en": done.after.title_en,
            "was": done.before.title,
            "was_en": done.before.title_en or done.before.title,
            "fields": list(done.matters),
        },
        path=f"/activities/{activity_id}",
    )
