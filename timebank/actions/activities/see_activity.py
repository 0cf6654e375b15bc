"""Activities as somebody may see them: the public part, what stands open to the reader, and the organiser's view."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import (
    activities,
    answers,
    attendance,
    door_questions,
    needs,
    published_sessions,
    rosters,
    sessions,
    shortage,
    sql,
    tasks,
)
from schedules.activities import Activity
from schedules.answers import Answer, Missed, Name
from schedules.errors import NotFound
from schedules.needs import Briefing
from schedules.rosters import Signup
from schedules.sessions import Session
from schedules.shortage import Shortage
from timebank.actions.action import action
from timebank.actions.signups.children import Young, young
from timebank.actions.signups.missed import missed_by
from timebank.communities import partners, tree
from timebank.communities.partners import Host
from timebank.communities.tree import Node
from timebank.people.callers import Caller, Right


class Seen(msgspec.Struct, frozen=True):
    """A session and the answer to "may I sign up?", for the session and for each of its roles."""

    session: Session
    answer: Answer
    by_role: dict[UUID, Answer]


class SeenActivity(msgspec.Struct, frozen=True):
    """`may_run`: the reader may publish, change and call off. `stays`: when the reader was there, by session.

    `hosts`: partners beside the organising unit. `briefing`: what is read before signing up.
    """

    activity: Activity
    node: Node
    sessions: list[Seen]
    may_run: bool
    stays: dict[UUID, attendance.Stay]
    hosts: list[Host] = []
    briefing: Briefing | None = None
    has_tasks: bool = False
    """There are tasks without a fixed hour."""


class Person(msgspec.Struct, frozen=True):
    """A member as lists of an organiser show one: no contact data."""

    id: UUID
    number: int
    name: str


class Line(msgspec.Struct, frozen=True):
    """One sign-up with its person, and how it stands at the door."""

    signup: Signup
    person: Person
    at_door: attendance.Row | None


class SeenSession(msgspec.Struct, frozen=True):
    """A session for who runs it. `lines` in the order of roles and sign-ups, given back places last.

    `shortage`: the people or the leader that it lacks, however far off it is.
    """

    session: Session
    node: Node
    lines: list[Line]
    shortage: Shortage | None = None
    owing: int = 0
    """People who were let in without having answered what the door asks."""

    def count(self, state: str) -> int:
        """How many are `expected`, `here` or have `left`."""
        return sum(line.at_door is not None and line.at_door.state == state for line in self.lines)


@action
async def see_activity(caller: Caller, activity_id: UUID, now: datetime) -> SeenActivity:
    """A published or cancelled activity for everybody, a draft for who runs it. Raises NotFound."""
    activity = await activities.find(activity_id)
    node = await tree.node(activity.community_id)
    may_run = caller.may(Right.RUN_ACTIVITIES, node.ancestor_ids)
    if activity.state == "draft" and not may_run:
        raise NotFound(what="activity")
    found = await sessions.of_activity(activity_id, caller.member_id)
    own = [session.id for session in found if session.own]
    stays = await attendance.stays(caller.member(), own) if own else {}
    hosts, briefing = await partners.hosts(activity_id), await needs.briefing(activity_id)
    seen = await judged_for(caller, found, now)
    has_tasks = bool(await tasks.of_activity(activity_id))
    return SeenActivity(activity, node, seen, may_run, stays, hosts, briefing, has_tasks)


@action
async def see_session(caller: Caller, session_id: UUID) -> SeenSession:
    """Who comes, who is here. Raises SignInNeeded, NotAllowed, NotFound."""
    session = await sessions.one(session_id)
    node = await tree.node(session.community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    at_door = {row.signup_id: row for row in await attendance.board(session_id)}
    signups = await rosters.of_session(session_id)
    people = await named([signup.person_id for signup in signups])
    lines = [Line(signup, people[signup.person_id], at_door.get(signup.id)) for signup in signups]
    lines = sorted(lines, key=lambda line: line.signup.state != "confirmed")
    owing = len(await door_questions.owed(session_id))
    return SeenSession(session, node, lines, await shortage.of_session(session_id), owing)


@action
async def see_sessions(
    caller: Caller,
    ends_after: datetime,
    starts_before: datetime | None,
    now: datetime,
    *,
    community_ids: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Seen]:
    """Published sessions by start, as they stand to the reader; `after` is the last one seen."""
    found = await published_sessions.listed(
        caller.member_id, ends_after, starts_before, community_ids=community_ids, after=after, limit=limit
    )
    return await judged_for(caller, found, now)


async def judged_for(caller: Caller, found: Sequence[Session], now: datetime) -> list[Seen]:
    """Each session with its answers to the reader. Two statements for a member whom nothing keeps from signing up."""
    missed, under = await missed_by(caller.member_id, now), await young(caller.member_id, now)
    return judged(found, now, caller.is_suspended, missed, under)


def judged(
    found: Sequence[Session], now: datetime, blocked: bool, missed: Missed | None = None, under: Young | None = None
) -> list[Seen]:
    """Each session with its answers; `missed` and `under` are what `missed_by` and `young` say about the reader."""
    return [_judged(session, now, blocked, missed, under.against(session.id) if under else None) for session in found]


def _judged(session: Session, now: datetime, blocked: bool, missed: Missed | None, against: Name | None) -> Seen:
    def answer(role_id: UUID | None = None) -> Answer:
        return answers.answer(session, now, is_blocked=blocked, role_id=role_id, missed=missed, against=against)

    return Seen(session, answer(), {role.id: answer(role.id) for role in session.roles})


async def named(person_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """These members by id."""
    found = await sql.rows("SELECT id, number, name FROM member WHERE id = ANY($1)", list(person_ids))
    return {row["id"]: Person(*row) for row in found}
