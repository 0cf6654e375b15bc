"""Tasks without a fixed hour: offered, taken, agreed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.tasks import Task, Wanted
from timebank.actions.activities.see_activity import judged
from timebank.actions.activities.tasks import agree_task, end_task, give_task_back, plan_task, see_tasks, take_task
from timebank.api.sessions import SessionView, view
from timebank.people.callers import Caller, Right
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
Wall = Annotated[datetime, Meta(tz=False)]


class TaskView(msgspec.Struct):
    """`mine`: taken or agreed where the caller took it. `taken_by` stands there for who runs the activity."""

    id: UUID
    activity_id: UUID
    name: str
    name_en: str
    minutes: int
    first_on: date
    last_on: date
    place: str
    places: int
    left: int
    mine: str | None
    taken_by: list[UUID]


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """A wall time that would suit; null: any."""

    starts: Wall | None = None


class Agreed(msgspec.Struct, forbid_unknown_fields=True):
    person_id: UUID
    starts: Wall


@get("/api/v1/activities/{activity_id:uuid}/tasks", guards=[anyone])
async def get_tasks(activity_id: FromPath[UUID], caller: Who) -> list[TaskView]:
    """Tasks that may be done some time within their days."""
    seen = await see_tasks(caller, activity_id)
    return [_view(task, caller, seen.may_run) for task in seen.tasks]


@post("/api/v1/activities/{activity_id:uuid}/tasks", guards=runs)
async def post_task(
    activity_id: FromPath[UUID], data: JSONBody[Wanted], caller: Who, now: Now, key: Key = None
) -> Response[TaskView]:
    """Offers a task: so many minutes from the first to the last day, both included."""
    kept = request_key(caller, key, [activity_id, data], now, "plan task")
    answer = await plan_task.once(kept, caller, activity_id, data, now)
    return Response(_view(answer.value, caller, True), status_code=200 if answer.is_replay else 201)


@post("/api/v1/tasks/{task_id:uuid}/end", guards=runs, status_code=200)
async def post_end(task_id: FromPath[UUID], caller: Who, now: Now) -> TaskView:
    """Takes it off the list; agreed sessions stay. Safe to repeat."""
    return _view(await end_task(caller, task_id, now), caller, True)


@post("/api/v1/tasks/{task_id:uuid}/take", guards=[signed_in], status_code=200)
async def post_take(task_id: FromPath[UUID], data: JSONBody[Wish], caller: Who, now: Now, key: Key = None) -> TaskView:
    """The caller takes it. It clashes with nothing until a time is agreed."""
    kept = request_key(caller, key, [task_id, data], now, "take task")
    return _view((await take_task.once(kept, caller, task_id, data.starts, now)).value, caller, False)


@post("/api/v1/tasks/{task_id:uuid}/give-back", guards=[signed_in], status_code=200)
async def post_back(task_id: FromPath[UUID], caller: Who, now: Now) -> TaskView:
    """Possible until a time is agreed; then it is a sign-up like others."""
    return _view(await give_task_back(caller, task_id, now), caller, False)


@post("/api/v1/tasks/{task_id:uuid}/agree", guards=runs, status_code=200)
async def post_agree(task_id: FromPath[UUID], data: JSONBody[Agreed], caller: Who, now: Now, key: Key = None) -> SessionView:
    """A time is agreed: the session that is made of it, with the taker signed up. 409 `collides` where it clashes now."""
    kept = request_key(caller, key, [task_id, data], now, "agree task")
    made = (await agree_task.once(kept, caller, task_id, data.person_id, data.starts, now)).value
    return view(judged([made], now, False)[0], is_member=True)


def _view(task: Task, caller: Caller, may_run: bool) -> TaskView:
    fields = {name: getattr(task, name) for name in TaskView.__struct_fields__ if hasattr(task, name)}
    own = task.taker(caller.member_id)
    taken_by = [taker.person_id for taker in task.takers] if may_run else []
    return TaskView(**fields, mine=own.state if own else None, taken_by=taken_by)


routes: list[Any] = [get_tasks, post_task, post_end, post_take, post_back, post_agree]
