"""Tasks without a fixed hour: offered by an organiser, taken by members, dated when both agree (schedule-19)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, sql, tasks
from schedules.errors import NotFound
from schedules.sessions import Session
from schedules.tasks import Task, Wanted
from timebank.actions.action import action
from timebank.actions.signups import children
from timebank.actions.signups.move_queue import suspended
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right


class Tasks(msgspec.Struct, frozen=True):
    """An activity's tasks. `names`: of the takers, for who runs it only."""

    activity: activities.Activity
    tasks: list[Task]
    may_run: bool
    names: dict[UUID, str]


@action
async def see_tasks(caller: Caller, activity_id: UUID) -> Tasks:
    """Raises NotFound, also for a draft that the caller may not run."""
    activity = await activities.find(activity_id)
    may_run = caller.may(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    if activity.state == "draft" and not may_run:
        raise NotFound(what="activity")
    found = await tasks.of_activity(activity_id)
    ids = [taker.person_id for task in found for taker in task.takers] if may_run else []
    rows = await sql.rows("SELECT id, name FROM member WHERE id = ANY ($1)", ids)
    return Tasks(activity, found, may_run, {row["id"]: row["name"] for row in rows})


@action
async def plan_task(caller: Caller, activity_id: UUID, wanted: Wanted, now: datetime) -> Task:
    """Raises SignInNeeded, NotAllowed, NotFound, Malformed."""
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    made = await tasks.plan(activity_id, wanted, caller.member(), now)
    await audit.write(caller.id, "task.planned", f"task:{made}", now)
    return await tasks.find(made)


@action
async def end_task(caller: Caller, task_id: UUID, now: datetime) -> Task:
    """Takes it off the list; whoever took it is told. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound."""
    task = await _run(caller, task_id)
    await tasks.end(task_id, now)
    waiting = [taker.person_id for taker in task.takers if taker.state == "taken"]
    await messages.promise([_letter(task, "task_ended", person, "ended") for person in waiting], now)
    await audit.write(caller.id, "task.ended", f"task:{task_id}", now)
    return await tasks.find(task_id)


@action
async def take_task(caller: Caller, task_id: UUID, wish: datetime | None, now: datetime) -> Task:
    """The caller takes the task, with a time that would suit; the organiser is told. It clashes with nothing yet.

    Nobody under 14 does one: no guardian has a place there.

    Raises SignInNeeded, NotFound, ConsentMissing, GuardianNotThere, and what `tasks.take` raises.
    """
    person_id = caller.member()
    await children.require(person_id, task_id, now)
    task = await tasks.take(task_id, person_id, wish, now)
    said = wish.strftime("%Y-%m-%d %H:%M") if wish else ""
    letter = _letter(task, "task_taken", task.organiser_id, f"{person_id}:{now.isoformat()}", name=caller.name, wish=said)
    await messages.promise([letter], now)
    return task


@action
async def give_task_back(caller: Caller, task_id: UUID, now: datetime) -> Task:
    """Raises SignInNeeded, NotFound, NotTaken."""
    return await give_back(task_id, caller.member(), caller.name, now)


async def give_back(task_id: UUID, person_id: UUID, name: str, now: datetime) -> Task:
    """The organiser is told. Raises NotFound, NotTaken. Locks the task."""
    task = await tasks.give_back(task_id, person_id, now)
    letter = _letter(task, "task_given_back", task.organiser_id, f"{person_id}:{now.isoformat()}", name=name)
    await messages.promise([letter], now)
    return task


@action
async def agree_task(caller: Caller, task_id: UUID, person_id: UUID, starts: datetime, now: datetime) -> Session:
    """A time is agreed: a session with the taker signed up, who is told.

    Raises SignInNeeded, NotAllowed, ConsentMissing, GuardianNotThere, and what `tasks.agree` raises.
    """
    task = await _run(caller, task_id)
    await children.require(person_id, task_id, now, caller.id)
    is_blocked = person_id in await suspended([person_id])
    made = await tasks.agree(task_id, person_id, starts, caller.member(), now, is_blocked=is_blocked)
    letter = _letter(task, "task_agreed", person_id, str(made.id))
    facts = letter.facts | {"starts_at": made.starts_at.isoformat(), "ends_at": made.ends_at.isoformat()}
    path = f"/activities/{task.activity_id}#session-{made.id}"
    await messages.promise([msgspec.structs.replace(letter, facts=facts, path=path)], now)
    await audit.write(caller.id, "task.agreed", f"task:{task_id}", now, on_behalf_of=person_id)
    return made


async def _run(caller: Caller, task_id: UUID) -> Task:
    task = await tasks.find(task_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(task.community_id))
    return task


def _letter(task: Task, kind: str, person_id: UUID, fact: str, **more: object) -> Message:
    facts = {
        "title": task.title,
        "title_en": task.title_en,
        "task": task.name,
        "task_en": task.name_en,
        "place": task.place,
        "last_on": task.last_on.isoformat(),
        "time_zone": task.time_zone,
    }
    to_organiser = kind in ("task_taken", "task_given_back")
    path = f"/{'organise/' if to_organiser else ''}activities/{task.activity_id}/tasks"
    return Message(
        key=f"task:{task.id}:{kind}:{person_id}:{fact}", person_id=person_id, kind=kind, facts=facts | more, path=path
    )
