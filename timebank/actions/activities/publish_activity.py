"""A draft becomes public and its rooms are taken, at the same moment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, generator, series
from timebank.actions.action import action
from timebank.actions.activities import series_news
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class Published(msgspec.Struct, frozen=True):
    """An activity that everybody can see."""

    activity_id: UUID
    number: int


@action
async def publish_activity(caller: Caller, activity_id: UUID, now: datetime) -> Published:
    """All rooms or none; a series gets its first sessions.

    Raises SignInNeeded, NotAllowed and what `activities.publish` raises.
    """
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    await activities.publish(activity_id, now)
    for each in await series.of_activity(activity_id):
        await series_news.tell_made(await generator.make(each.id, now), now)
    await audit.write(caller.id, "activity.published", f"activity:{activity_id}", now)
    return Published(activity_id, activity.number)
