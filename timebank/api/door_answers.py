"""What was answered at the door of a session, for who runs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.door.door_answers import Gave, Owes, see_door_answers, write_door_answers
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.door import Given
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


class Answers(msgspec.Struct):
    """`owes`: who was let in without having answered; `gave`: everybody's last answers."""

    owes: list[Owes]
    gave: list[Gave]


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers by question."""

    answers: dict[str, Given]


@get("/api/v1/sessions/{session_id:uuid}/door-answers", guards=runs)
async def get_door_answers(session_id: FromPath[UUID], caller: Who) -> Answers:
    """What was answered at the door, and who still owes answers because the desk could not ask."""
    found = await see_door_answers(caller, session_id)
    return Answers(found.owes, found.gave)


@post("/api/v1/signups/{signup_id:uuid}/door-answers", guards=runs, status_code=200)
async def post_door_answers(signup_id: FromPath[UUID], data: JSONBody[Written], caller: Who, now: Now) -> Answers:
    """Writes down what somebody answered afterwards. Only open questions are taken; once none is left, 404."""
    found = await write_door_answers(caller, signup_id, data.answers, now)
    return Answers(found.owes, found.gave)


routes: list[Any] = [get_door_answers, post_door_answers]
