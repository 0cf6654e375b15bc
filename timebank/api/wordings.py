"""What a public activity says of itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import put
from litestar.params import FromPath, JSONBody

from schedules.wordings import Wording
from timebank.actions.activities.reword_activity import Told, reword_activity
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who


@put("/api/v1/activities/{activity_id:uuid}/wording", guards=[needs(Right.RUN_ACTIVITIES)])
async def put_wording(activity_id: FromPath[UUID], data: JSONBody[Wording], caller: Who, now: Now) -> Told:
    """Title, what is done and risks of a public activity, in both languages. Safe to repeat. 409 `not_public`.

    Whoever is signed up for a session to come is told where something reads otherwise than before.
    """
    return await reword_activity(caller, activity_id, data, now)


routes: list[Any] = [put_wording]
