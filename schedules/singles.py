"""Further sessions of an activity, one by one: added by hand, or copied from others to another day (schedule-17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import activities, edits, generator, occupancy, plans, session_rows, sessions, sql
from schedules.errors import Malformed, Refusal
from schedules.plans import RolePlan, SessionPlan
from schedules.sessions import Session


class NotPublic(Refusal):
    """Only a published activity gets further sessions; a draft is rewritten. Facts: state."""


class Copied(msgspec.Struct, frozen=True):
    """The copies, by time. `without_room`: those whose room was taken. `there`: sessions whose copy stood there already."""

    made: list[Session]
    without_room: list[UUID]
    there: list[Session]


async def add(
    activity_id: UUID, wanted: SessionPlan, roles: Sequence[RolePlan], now: datetime, *, note: tuple[str, str] = ("", "")
) -> Session:
    """A further session of a published activity, with its room or not at all.

    Raises NotFound, NotPublic, NotCovered, Malformed, and what `occupancy.take` answers. Locks the activity, then the room.
    """
    activity = await _open_activity(activity_id)
    if wanted.space_id is None and not wanted.place.strip():
        raise Malformed(field="place", reason="a room or a place in words")
    time = plans.interval(wanted, activity.time_zone)
    if time.starts_at <= now:
        raise Malformed(field="starts", reason="a session is planned for a time to come")
    if activity.may_endanger and not plans.covers(activity.cover, [time], activity.time_zone):
        raise edits.NotCovered(starts_at=time.starts_at)
    new = session_rows.of_plan(wanted, time, activity.time_zone)
    new = msgspec.structs.replace(new, note=note[0], note_en=note[1])
    (made,) = await session_rows.write(activity_id, [new], roles, (activity.opens_before, activity.closes_after), now)
    if wanted.space_id:
        await occupancy.take_session(wanted.space_id, made, time.starts_at, time.ends_at, now)
    return await sessions.one(made)


async def _open_activity(activity_id: UUID) -> activities.Activity:
    # An activity that is being called off gets no session that would outlive it.
    await sql.rows("SELECT 1 FROM activity WHERE id = $1 FOR NO KEY UPDATE", activity_id)
    activity = await activities.find(activity_id)
    if activity.state != "published":
        raise NotPublic(state=activity.state)
    return activity


def roles_of(session: Session) -> list[RolePlan]:
    """The roles of a session, to be offered again."""
    return [RolePlan(name=role.name, name_en=role.name_en, places=role.places) for role in session.roles]


async def copy(found: Sequence[Session], days: int, elsewhere: str, now: datetime) -> Copied:
    """These sessions so many days later at their wall times, with roles and places and without their people.

    One that its activity has then already is left out. Where the room is taken the copy stands without it, `elsewhere`: a place
    in words. Every derived time is the copy's own. Raises NotPublic, NotCovered, Malformed. Locks activities, then rooms.
    """
    made: list[Session] = []
    there: list[Session] = []
    for session in sorted(found, key=lambda session: (session.activity_id, session.starts_at)):
        wanted = _later(session, days)
        if await _is_there(session, wanted):
            there.append(session)
            continue
        plan = SessionPlan(starts=wanted.starts, ends=wanted.ends, place=elsewhere if session.space_id else session.place)
        made.append(await add(session.activity_id, plan, roles_of(session), now, note=(session.note, session.note_en)))
        await sql.rows(
            "UPDATE session SET wanted_space = $2 WHERE id = $1", made[-1].id, session.space_id or session.wanted_space
        )
    without = await generator.settle_rooms([session.id for session in made], now)
    copies = [await sessions.one(session.id) for session in sorted(made, key=lambda session: session.starts_at)]
    return Copied(copies, [wish.session_id for wish in without], there)


def _later(session: Session, days: int) -> SessionPlan:
    as_it_is, later = edits.as_edit(session), timedelta(days=days)
    return SessionPlan(starts=as_it_is.starts + later, ends=as_it_is.ends + later, place=session.place)


async def _is_there(session: Session, wanted: SessionPlan) -> bool:
    starts_at = plans.interval(wanted, session.time_zone).starts_at
    return bool(
        await sql.rows(
            "SELECT 1 FROM session WHERE activity_id = $1 AND starts_at = $2 AND state = 'planned'",
            session.activity_id,
            starts_at,
        )
    )
