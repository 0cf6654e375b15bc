"""What was answered at the door of a session, and the answers that are still owed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from schedules.errors import Malformed
from timebank.actions.door.door_answers import see_door_answers, write_door_answers
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.door import given
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


@get("/organise/sessions/{session_id:uuid}/answers", guards=runs)
async def show_answers(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return draw(request, "organise/answers.html", seen=await see_door_answers(caller, session_id))


@post("/organise/sessions/{session_id:uuid}/answers", guards=runs)
async def take_answers(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """What one person answered after all."""
    sent = await request.form()
    try:
        signup_id = UUID(str(sent.get("signup", "")))
    except ValueError as error:
        raise Malformed(field="signup", reason="no such sign-up") from error
    await write_door_answers(caller, signup_id, given(sent), now)
    return go(f"/organise/sessions/{session_id}/answers")


routes: list[Any] = [show_answers, take_answers]
