"""What an activity asks at its door, and whether it takes who comes without a sign-up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get, put
from litestar.params import FromPath, JSONBody

from timebank.actions.door.keep_door_rules import DoorRules, Standing, keep_door_rules, see_door_rules
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


@get("/api/v1/activities/{activity_id:uuid}/door-rules", guards=runs)
async def get_door_rules(activity_id: FromPath[UUID], caller: Who) -> Standing:
    """As they stand; a desk's answers name the questions by these ids."""
    return await see_door_rules(caller, activity_id)


@put("/api/v1/activities/{activity_id:uuid}/door-rules", guards=runs)
async def put_door_rules(activity_id: FromPath[UUID], data: JSONBody[DoorRules], caller: Who, now: Now) -> Standing:
    """Replaces all of it. A question whose words stay keeps its answers, others are asked anew. Safe to repeat."""
    return await keep_door_rules(caller, activity_id, data, now)


routes: list[Any] = [get_door_rules, put_door_rules]
