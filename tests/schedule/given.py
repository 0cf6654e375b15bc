"""What tests of activities start from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from schedules import sessions, signups, spaces, sql
from schedules.plans import Plan, RolePlan, SessionPlan
from schedules.sessions import Session
from schedules.signups import Taken
from tests.given import ZONE, People, Person
from timebank.actions.activities.plan_activity import plan_activity
from timebank.actions.activities.publish_activity import publish_activity

EVENING = datetime(2026, 11, 26, 18, 0)  # noqa: DTZ001  wall time
"""Thursday of the tests, 18:00 on the wall."""


def at(hour: float, length: float = 1.5, day: int = 0, **more: Any) -> SessionPlan:
    """A session on Thursday or days later, from `hour` (18.5: half past six) for `length` hours; in the yard, or in a room."""
    start = EVENING.replace(hour=0) + timedelta(days=day, hours=hour)
    return SessionPlan(
        starts=start, ends=start + timedelta(hours=length), **({"place": "Yard"} | more if "space_id" not in more else more)
    )


def plan(people: People, *dated: SessionPlan, places: int | None = 10, **changes: Any) -> Plan:
    """A choir that lacks nothing: one session on Thursday evening and one role with ten places, unless told otherwise."""
    whole = Plan(
        community_id=people.community,
        kind="service",
        is_service=True,
        title="合唱",
        title_en="Choir",
        content="Singing with neighbours",
        organising_unit="Chunhui residents' committee",
        person_in_charge="Alice",
        risks="None known",
        may_endanger=False,
        roles=(RolePlan(name="歌手", name_en="Singer", places=places),),
        sessions=dated or (at(18),),
    )
    return msgspec.structs.replace(whole, **changes)


async def draft(people: People, *dated: SessionPlan, by: Person | None = None, **changes: Any) -> UUID:
    """A draft of Alice's; its id."""
    return (await plan_activity((by or people.alice).caller, plan(people, *dated, **changes), people.now)).activity_id


async def published(people: People, *dated: SessionPlan, by: Person | None = None, **changes: Any) -> list[Session]:
    """The sessions of a published activity of Alice's, by time."""
    activity_id = await draft(people, *dated, by=by, **changes)
    await publish_activity((by or people.alice).caller, activity_id, people.now)
    return await sessions.of_activity(activity_id)


async def session(people: People, *dated: SessionPlan, **changes: Any) -> Session:
    return (await published(people, *dated, **changes))[0]


async def sign_up(person: Person, to: Session, now: datetime) -> Taken:
    """In the domain, without asking who may."""
    return await signups.take(to.id, None, person.id, person.id, now)


async def room(people: People, name: str = "Dance room", at: UUID | None = None) -> UUID:
    return await spaces.create(at or people.community, name, 20, ZONE, now=people.now)


async def check_in(person: Person, signup_id: UUID, session_id: UUID, now: datetime) -> None:
    """As though a desk had scanned: an attendance that is still open."""
    scan = await sql.value(
        "INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, signup_id, person_id, "
        "happened_at, received_at) VALUES ($1, $2, 'desk', 'in', 'x', 'ok', $3, $4, $5, $6, $6) RETURNING id",
        uuid4().hex,
        uuid4(),
        session_id,
        signup_id,
        person.id,
        now,
    )
    await sql.rows(
        "INSERT INTO attendance (id, signup_id, session_id, person_id, in_at, in_scan, is_by_code) "
        "VALUES ($1, $2, $3, $4, $5, $6, true)",
        uuid4(),
        signup_id,
        session_id,
        person.id,
        now,
        scan,
    )


async def now_needs_approval(activity_id: UUID) -> None:
    """As though the organiser had wanted to decide from the beginning."""
    await sql.rows("UPDATE activity SET needs_approval = true WHERE id = $1", activity_id)


async def counts_agree(session_id: UUID) -> bool:
    """Whether every role counts exactly the places that confirmed sign-ups take."""
    return not await sql.rows(
        "SELECT 1 FROM session_role r WHERE r.session_id = $1 AND r.taken <> "
        "(SELECT count(*) FROM signup u WHERE u.role_id = r.id AND u.holds_place)",
        session_id,
    )
