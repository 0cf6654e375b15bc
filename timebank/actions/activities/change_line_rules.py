"""An organiser changes what an activity does when it is full, and who decides about its sign-ups."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, line_rules
from schedules.line_rules import LineRules
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


@action
async def change_line_rules(caller: Caller, activity_id: UUID, rules: LineRules, now: datetime) -> LineRules:
    """Also of a public activity; what stands stays. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound."""
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    await line_rules.change(activity_id, rules)
    await audit.write(caller.id, "activity.line_rules_changed", f"activity:{activity_id}", now, **msgspec.structs.asdict(rules))
    return rules
