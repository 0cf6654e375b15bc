"""Tasks without a fixed hour: taken by members, offered and agreed on by who runs the activity."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Malformed, Refusal
from schedules.tasks import Wanted
from timebank.actions.activities.tasks import agree_task, end_task, give_task_back, plan_task, see_tasks, take_task
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]


class TaskForm(msgspec.Struct):
    """Everything as typed; the length in minutes."""

    name: Short = ""
    name_en: Short = ""
    minutes: Short = ""
    first_on: Short = ""
    last_on: Short = ""
    place: Short = ""
    places: Short = "1"
    key: Short = ""


class Chosen(msgspec.Struct):
    """A task, and a time: as a wish it may be empty."""

    task: UUID
    day: Short = ""
    time: Short = ""
    person: UUID | None = None
    key: Short = ""


@get("/activities/{activity_id:uuid}/tasks", guards=[anyone])
async def show_tasks(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _page(request, caller, activity_id, "activities/tasks.html")


@post("/activities/{activity_id:uuid}/tasks/take", guards=[signed_in])
async def take(activity_id: FromPath[UUID], data: URLEncodedBody[Chosen], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Takes a task, or proposes another time for it."""
    try:
        wish = _wall(data) if data.day.strip() or data.time.strip() else None
        key = request_key(caller, data.key, [data.task, wish], now, "take task")
        await take_task.once(key, caller, data.task, wish, now)
    except Refusal as refusal:
        return await _page(request, caller, activity_id, "activities/tasks.html", refusal, typed=data)
    return go(f"/activities/{activity_id}/tasks")


@post("/activities/{activity_id:uuid}/tasks/give-back", guards=[signed_in])
async def give_back(
    activity_id: FromPath[UUID], data: URLEncodedBody[Chosen], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await give_task_back(caller, data.task, now)
    except Refusal as refusal:
        return await _page(request, caller, activity_id, "activities/tasks.html", refusal)
    return go(f"/activities/{activity_id}/tasks")


@get("/organise/activities/{activity_id:uuid}/tasks", guards=runs)
async def keep_tasks(activity_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _page(request, caller, activity_id, "organise/tasks.html")


@post("/organise/activities/{activity_id:uuid}/tasks", guards=runs)
async def offer(
    activity_id: FromPath[UUID], data: URLEncodedBody[TaskForm], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        wanted = _wanted(data)
        await plan_task.once(
            request_key(caller, data.key, [activity_id, wanted], now, "plan task"), caller, activity_id, wanted, now
        )
    except Refusal as refusal:
        return await _page(request, caller, activity_id, "organise/tasks.html", refusal, form=data)
    return go(f"/organise/activities/{activity_id}/tasks")


@post("/organise/activities/{activity_id:uuid}/tasks/agree", guards=runs)
async def agree(
    activity_id: FromPath[UUID], data: URLEncodedBody[Chosen], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Makes the session of a task at the time that was agreed."""
    try:
        if data.person is None:
            raise Malformed(field="person", reason="say who does it")
        starts = _wall(data)
        key = request_key(caller, data.key, [data.task, data.person, starts], now, "agree task")
        made = await agree_task.once(key, caller, data.task, data.person, starts, now)
    except Refusal as refusal:
        return await _page(request, caller, activity_id, "organise/tasks.html", refusal, typed=data)
    return go(f"/organise/sessions/{made.value.id}")


@post("/organise/activities/{activity_id:uuid}/tasks/end", guards=runs)
async def end(activity_id: FromPath[UUID], data: URLEncodedBody[Chosen], caller: Who, now: Now) -> Response[Any]:
    await end_task(caller, data.task, now)
    return go(f"/organise/activities/{activity_id}/tasks")


async def _page(
    request: Ask,
    caller: Caller,
    activity_id: UUID,
    template: str,
    refusal: Refusal | None = None,
    *,
    form: TaskForm | None = None,
    typed: Chosen | None = None,
) -> Response[str]:
    seen = await see_tasks(caller, activity_id)
    if template.startswith("organise") and not seen.may_run:
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)
    return draw(request, template, refusal, seen=seen, activity=seen.activity, form=form or TaskForm(), typed=typed)


def _wall(data: Chosen) -> datetime:
    try:
        return datetime.fromisoformat(f"{data.day.strip()}T{data.time.strip().zfill(5)}").replace(tzinfo=None)
    except ValueError as error:
        raise Malformed(field="day", reason="a day and a time") from error


def _wanted(data: TaskForm) -> Wanted:
    values: dict[str, Any] = {name: getattr(data, name).strip() for name in Wanted.__struct_fields__}
    try:
        return msgspec.convert(values, Wanted, strict=False)
    except msgspec.ValidationError as error:
        field = str(error).partition("`$.")[2].split("`")[0]
        raise Malformed(field=field or "name", reason="fill this in") from error


routes: list[Any] = [show_tasks, take, give_back, keep_tasks, offer, agree, end]
