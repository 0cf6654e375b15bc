"""One session is edited alone, added, or copied to another day or week; everybody signed up hears what changed for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import activities, edits, plans, published_sessions, sessions, singles, walltimes
from schedules.edits import Changed, Edit
from schedules.errors import Malformed
from schedules.plans import RolePlan, SessionPlan
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.activities import series_news
from timebank.actions.activities.plan_activity import check_rooms
from timebank.actions.rooms import freed_rooms
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right

FURTHEST_WEEKS = 53


class Addition(SessionPlan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further session; without roles, those of the activity's last one."""

    roles: Annotated[tuple[RolePlan, ...], Meta(max_length=20)] = ()


class Copies(msgspec.Struct, frozen=True):
    """The copies with every time that hangs on their start. `without_room`: those whose room was taken.

    `there`: sessions whose activity has one at that time already; they were left out.
    """

    made: list[Session]
    without_room: list[UUID]
    there: list[Session]


@action
async def edit_session(caller: Caller, session_id: UUID, wanted: Edit, now: datetime) -> Changed:
    """Another time, place, number of places, or a word about it: for this session alone. Safe to repeat.

    Everybody signed up is told and keeps their place; for whom it clashes now, the organiser is told as well (schedule-50).
    Raises SignInNeeded, NotAllowed, RoomElsewhere, and what `edits.edit` raises.
    """
    session = await sessions.one(session_id)
    ancestor_ids = await tree.ancestors(session.community_id)
    caller.require(Right.RUN_ACTIVITIES, ancestor_ids)
    if wanted.space_id:
        await check_rooms([wanted.space_id], ancestor_ids)
    changed = await edits.edit(session_id, wanted, now)
    await series_news.tell_changes([changed], now)
    await audit.write(caller.id, "session.edited", f"session:{session_id}", now, fields=list(changed.fields))
    await freed_rooms.offer_moved([changed], now)
    return changed


@action
async def add_session(caller: Caller, activity_id: UUID, wanted: Addition, now: datetime) -> Session:
    """A further session of a published activity.

    Raises SignInNeeded, NotAllowed, RoomElsewhere, Malformed where nobody can read the place or a role, and as `singles.add`.
    """
    activity = await activities.find(activity_id)
    ancestor_ids = await tree.ancestors(activity.community_id)
    caller.require(Right.RUN_ACTIVITIES, ancestor_ids)
    if wanted.space_id:
        await check_rooms([wanted.space_id], ancestor_ids)
    plans.check_legible("place", wanted.place)
    plans.check_roles(wanted.roles)
    roles = wanted.roles or await last_roles(activity_id)
    if not roles:
        raise Malformed(field="roles", reason="a session needs a role")
    made = await singles.add(activity_id, wanted, roles, now)
    await audit.write(caller.id, "session.added", f"session:{made.id}", now)
    return made


async def last_roles(activity_id: UUID) -> Sequence[RolePlan]:
    """The roles of the activity's latest session."""
    found = await sessions.of_activity(activity_id)
    return singles.roles_of(found[-1]) if found else ()


@action
async def copy_session(caller: Caller, session_id: UUID, to: date, now: datetime) -> Copies:
    """The same session on another day, at the same wall time. Raises SignInNeeded, NotAllowed, and what `singles.copy` does."""
    session = await sessions.one(session_id)
    node = await tree.node(session.community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    days = (walltimes.of_our_days(to) - walltimes.day_of(session.starts_at, session.time_zone)).days
    copied = await singles.copy([session], days, node.name, now)
    await audit.write(caller.id, "session.copied", f"session:{session_id}", now, to=to)
    return Copies(copied.made, copied.without_room, copied.there)


@action
async def copy_week(caller: Caller, community_id: UUID, week: date, to_week: date, now: datetime) -> Copies:
    """All sessions of one community's week, once more in another week; called-off ones and those of series are left out.

    `week` and `to_week` are any days of the weeks. Raises SignInNeeded, NotAllowed, NotFound, Malformed, and what
    `singles.copy` raises.
    """
    node = await tree.node(community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    first, to = walltimes.monday_of(walltimes.of_our_days(week)), walltimes.monday_of(walltimes.of_our_days(to_week))
    if not 0 < abs((to - first).days) <= 7 * FURTHEST_WEEKS:
        raise Malformed(field="to_week", reason="another week, at most a year away")
    found = await published_sessions.listed(
        None,
        walltimes.midnight(first, node.time_zone),
        walltimes.midnight(first + timedelta(days=7), node.time_zone),
        community_ids=[community_id],
        limit=200,
    )
    alone = [
        session
        for session in found
        if session.series_id is None
        and not session.is_called_off
        and session.activity_state == "published"
        and walltimes.day_of(session.starts_at, session.time_zone) >= first
    ]
    copied = await singles.copy(alone, (to - first).days, node.name, now)
    await audit.write(caller.id, "week.copied", f"community:{community_id}", now, week=first, to=to)
    return Copies(copied.made, copied.without_room, copied.there)
