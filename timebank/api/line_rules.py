"""What an activity does when it is full, and who decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import put
from litestar.params import FromPath, JSONBody

from schedules.line_rules import LineRules
from timebank.actions.activities.change_line_rules import change_line_rules
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who


@put("/api/v1/activities/{activity_id:uuid}/line-rules", guards=[needs(Right.RUN_ACTIVITIES)])
async def put_line_rules(activity_id: FromPath[UUID], data: JSONBody[LineRules], caller: Who, now: Now) -> LineRules:
    """Waiting list, approval and how long an offer is held, also of a public activity. What stands stays. Safe to repeat."""
    return await change_line_rules(caller, activity_id, data, now)


routes: list[Any] = [put_line_rules]
