"""Tasks without a fixed hour: so many minutes, some time between two days (schedule-19).

Who takes one has a place in no session: it clashes with nothing. Once a time is agreed it is a session like others, with the
taker signed up; nobody is missed before the last day is over.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schedules import activities, answers, edits, plans, session_rows, sessions, signups, sql, walltimes
from schedules.answers import Name as Answered
from schedules.errors import Malformed, NotFound, Refusal
from schedules.intervals import Interval
from schedules.plans import Line, Name, RolePlan
from schedules.session_rows import NewSession
from schedules.sessions import Session

LONGEST_DAYS = 366


class TaskFull(Refusal):
    """Everybody who is needed has taken the task. Facts: none."""


class TaskOver(Refusal):
    """The last day of the task is over, or it was taken off the list. Facts: last_on."""


class TaskTaken(Refusal):
    """The person has taken this task. Facts: none."""


class NotTaken(Refusal):
    """The person has not taken this task, or a time is agreed already: then it is given back as a sign-up. Facts: none."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task as it is to be; both days are included."""

    name: Name
    name_en: Annotated[str, Meta(max_length=120)] = ""
    minutes: Annotated[int, Meta(ge=5, le=1440)]
    first_on: date
    last_on: date
    place: Annotated[Line, Meta(min_length=1)]
    places: Annotated[int, Meta(ge=1, le=1000)] = 1


class Taker(msgspec.Struct, frozen=True):
    """Who took a task. `wish`: the wall time that the person proposes. `session_id`: since a time is agreed."""

    person_id: UUID
    state: str
    wish: datetime | None
    session_id: UUID | None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task with those who took it."""

    id: UUID
    activity_id: UUID
    community_id: UUID
    organiser_id: UUID
    activity_state: str
    title: str
    title_en: str
    time_zone: str
    name: str
    name_en: str
    minutes: int
    first_on: date
    last_on: date
    place: str
    places: int
    ended_at: datetime | None
    takers: tuple[Taker, ...]

    @property
    def over_at(self) -> datetime:
        """The end of the last day: until then nobody is missed."""
        return walltimes.midnight(self.last_on + timedelta(days=1), self.time_zone)

    @property
    def left(self) -> int:
        return max(0, self.places - len(self.takers))

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may take it, as far as time goes."""
        return self.ended_at is None and self.activity_state == "published" and now < self.over_at

    def taker(self, person_id: UUID | None) -> Taker | None:
        return next((one for one in self.takers if one.person_id == person_id), None)


SELECTED = """
SELECT t.id, t.activity_id, a.community_id, a.organiser_id, a.state AS activity_state, a.title, a.title_en, a.time_zone, t.name,
       t.name_en, t.minutes, t.first_on, t.last_on, t.place, t.places, t.ended_at,
       (SELECT coalesce(json_agg(json_build_object('person_id', k.person_id, 'state', k.state, 'wish', k.wish,
                                                   'session_id', k.session_id) ORDER BY k.changed_at), '[]')
          FROM task_taker k WHERE k.task_id = t.id AND k.state <> 'given_back') AS takers
  FROM task t JOIN activity a ON a.id = t.activity_id
"""


def _of_row(row: Any) -> Task:
    fields = dict(row.items())
    fields["takers"] = msgspec.json.decode(fields["takers"], type=tuple[Taker, ...])
    return Task(**fields)


async def find(task_id: UUID) -> Task:
    """Raises NotFound."""
    row = await sql.row(f"{SELECTED} WHERE t.id = $1", task_id)
    if row is None:
        raise NotFound(what="task")
    return _of_row(row)


async def of_activity(activity_id: UUID) -> list[Task]:
    """All tasks of an activity that were not taken off the list, the first to end first."""
    found = await sql.rows(
        f"{SELECTED} WHERE t.activity_id = $1 AND t.ended_at IS NULL ORDER BY t.last_on, t.made_at, t.id", activity_id
    )
    return [_of_row(row) for row in found]


async def of_person(person_id: UUID, now: datetime) -> list[Task]:
    """Tasks that a person took and for which no time is agreed yet."""
    found = await sql.rows(
        f"{SELECTED} WHERE t.id IN (SELECT task_id FROM task_taker WHERE person_id = $1 AND state = 'taken') "
        "AND t.ended_at IS NULL ORDER BY t.last_on, t.id",
        person_id,
    )
    return [task for task in map(_of_row, found) if task.is_open(now)]


async def plan(activity_id: UUID, wanted: Wanted, by_id: UUID, now: datetime) -> UUID:
    """A new task of an activity; its id. Raises Malformed for days that are reversed, over or too far apart."""
    activity = await activities.find(activity_id)
    for field in ("first_on", "last_on"):
        walltimes.of_our_days(getattr(wanted, field), field)
    if not wanted.first_on <= wanted.last_on <= wanted.first_on + timedelta(days=LONGEST_DAYS):
        raise Malformed(field="last_on", reason="the last day lies before the first, or more than a year after it")
    if wanted.last_on < walltimes.day_of(now, activity.time_zone):
        raise Malformed(field="last_on", reason="the last day is over")
    made = await sql.value(
        "INSERT INTO task (id, activity_id, name, name_en, minutes, first_on, last_on, place, places, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        uuid4(),
        activity_id,
        *msgspec.structs.astuple(wanted),
        by_id,
        now,
    )
    return UUID(str(made))


async def end(task_id: UUID, now: datetime) -> None:
    """Takes the task off the list; agreed sessions stay. Safe to repeat."""
    await sql.rows("UPDATE task SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", task_id, now)


async def take(task_id: UUID, person_id: UUID, wish: datetime | None, now: datetime) -> Task:
    """A person takes the task, or proposes another time. Raises NotFound, TaskOver, TaskFull, TaskTaken, Malformed."""
    task = await _lock(task_id)
    _check_open(task, now)
    if wish is not None:
        _within(task, wish, now)
    own = task.taker(person_id)
    if own is not None and (own.state == "agreed" or own.wish == wish):
        raise TaskTaken()
    if own is None and not task.left:
        raise TaskFull()
    await sql.rows(
        "INSERT INTO task_taker (task_id, person_id, state, wish, changed_at) VALUES ($1, $2, 'taken', $3, $4) "
        "ON CONFLICT (task_id, person_id) DO UPDATE SET state = 'taken', wish = excluded.wish, session_id = NULL, "
        "changed_at = excluded.changed_at",
        task_id,
        person_id,
        wish,
        now,
    )
    return await find(task_id)


async def give_back(task_id: UUID, person_id: UUID, now: datetime) -> Task:
    """A person gives a task back for which no time is agreed. Raises NotFound, NotTaken."""
    task = await _lock(task_id)
    own = task.taker(person_id)
    if own is None or own.state != "taken":
        raise NotTaken()
    await sql.rows(
        "UPDATE task_taker SET state = 'given_back', changed_at = $3 WHERE task_id = $1 AND person_id = $2",
        task_id,
        person_id,
        now,
    )
    return await find(task_id)


async def agree(
    task_id: UUID,
    person_id: UUID,
    starts: datetime,
    by_id: UUID,
    now: datetime,
    *,
    is_blocked: bool = False,
    reason: str = "the time was agreed",
) -> Session:
    """The organiser agrees to a time (a wall time): a session with one place, for who took the task and is signed up now.

    Raises NotFound, NotTaken, TaskOver, Malformed outside the days, NotCovered, and the answers to a sign-up: from here on it
    can clash. Locks the task, then as `signups.take`.
    """
    task = await _lock(task_id)
    _check_open(task, now)
    own = task.taker(person_id)
    if own is None or own.state != "taken":
        raise NotTaken()
    time = _within(task, starts, now)
    activity = await activities.find(task.activity_id)
    if activity.may_endanger and not plans.covers(activity.cover, [time], task.time_zone):
        raise edits.NotCovered(starts_at=time.starts_at)
    new = NewSession(time=time, place=task.place, absent_from=task.over_at)
    role = RolePlan(name=task.name[:60], name_en=task.name_en[:60], places=1)
    around = (activity.opens_before, activity.closes_after)
    (session_id,) = await session_rows.write(task.activity_id, [new], [role], around, now)
    found = answers.answer(await sessions.one(session_id, person_id), now, is_blocked=is_blocked)
    decided = found.name in (Answered.NOT_YET, Answered.NEEDS_APPROVAL)
    await signups.take(session_id, None, person_id, by_id, now, is_blocked=is_blocked, reason=reason, is_override=decided)
    await sql.rows(
        "UPDATE task_taker SET state = 'agreed', session_id = $3, changed_at = $4 WHERE task_id = $1 AND person_id = $2",
        task_id,
        person_id,
        session_id,
        now,
    )
    return await sessions.one(session_id)


async def _lock(task_id: UUID) -> Task:
    # Two who take the last place of a task, or one who gives it back while a time is agreed, queue on its row.
    if not await sql.rows("SELECT 1 FROM task WHERE id = $1 FOR NO KEY UPDATE", task_id):
        raise NotFound(what="task")
    return await find(task_id)


def _check_open(task: Task, now: datetime) -> None:
    if not task.is_open(now):
        raise TaskOver(last_on=task.last_on)


def _within(task: Task, starts: datetime, now: datetime) -> Interval:
    starts_at = walltimes.near(starts.replace(tzinfo=None), task.time_zone)
    time = Interval(starts_at, starts_at + timedelta(minutes=task.minutes))
    if starts_at < now or starts.date() < task.first_on or time.ends_at > task.over_at:
        raise Malformed(field="starts", reason="a time to come within the days of the task")
    return time
