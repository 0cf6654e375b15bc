"""Drafts: activities with their roles and sessions, written down, rewritten as often as one likes, or copied from another."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from schedules import activities, plans, series, session_rows, sessions, sql, walltimes
from schedules.activities import Activity
from schedules.intervals import Interval
from schedules.plans import Plan, RolePlan, SessionPlan

COLUMNS = [name for name in Activity.__struct_fields__ if name not in ("number", "cover")]
WRITTEN = [name for name in Plan.__struct_fields__ if name not in ("cover", "roles", "sessions")]


async def plan(wanted: Plan, organiser_id: UUID, time_zone: str, now: datetime) -> UUID:
    """A new draft with its sessions and roles; its id. Wall times are taken in `time_zone`. Raises Malformed."""
    plans.check(wanted)
    times = plans.instants(wanted, time_zone)
    values = {name: getattr(wanted, name) for name in WRITTEN} | {
        "id": uuid4(),
        "organiser_id": organiser_id,
        "time_zone": time_zone,
        "state": "draft",
        "call_off_reason": "",
        "made_at": now,
    }
    marks = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
    await sql.rows(f"INSERT INTO activity ({', '.join(COLUMNS)}) VALUES ({marks})", *(values[name] for name in COLUMNS))
    await _write_parts(values["id"], wanted, times, time_zone, organiser_id, now)
    return UUID(str(values["id"]))


async def rewrite(activity_id: UUID, wanted: Plan, by_id: UUID, time_zone: str, now: datetime) -> None:
    """Replaces everything in a draft. Raises NotFound, NotADraft, Malformed. Locks the activity. Safe to repeat."""
    plans.check(wanted)
    times = plans.instants(wanted, time_zone)
    await activities.lock_draft(activity_id)
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(WRITTEN, start=3))
    await sql.rows(
        f"UPDATE activity SET time_zone = $2, {changes} WHERE id = $1",
        activity_id,
        time_zone,
        *(getattr(wanted, name) for name in WRITTEN),
    )
    await sql.rows("DELETE FROM session_role WHERE session_id IN (SELECT id FROM session WHERE activity_id = $1)", activity_id)
    await sql.rows("DELETE FROM session WHERE activity_id = $1", activity_id)
    # Insurance that the form no longer names is gone as well: publishing must not pass for it.
    await sql.rows("DELETE FROM cover WHERE activity_id = $1", activity_id)
    await _write_parts(activity_id, wanted, times, time_zone, by_id, now)


async def lead_series(activity_id: UUID, wanted: Plan, now: datetime) -> None:
    """The only series of a draft follows its only session, with which it begins: times, place and roles. Safe to repeat."""
    found = await series.of_activity(activity_id)
    if len(found) != 1 or len(wanted.sessions) != 1 or not wanted.roles:
        return
    session, before = wanted.sessions[0], found[0].template
    after = msgspec.structs.replace(
        before,
        starts=session.starts.time(),
        ends=session.ends.time(),
        space_id=session.space_id,
        place=session.place.strip() or before.place,
        roles=wanted.roles,
    )
    if session.ends - session.starts <= timedelta(days=1) and after != before:
        await series.rewrite(found[0].id, after, now)


async def _write_parts(
    activity_id: UUID, wanted: Plan, times: list[Interval], time_zone: str, by_id: UUID, now: datetime
) -> None:
    if wanted.cover:
        await sql.rows(
            "INSERT INTO cover (activity_id, insurer, policy_number, valid_from, valid_until, made_by, made_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            activity_id,
            *msgspec.structs.astuple(wanted.cover),
            by_id,
            now,
        )
    made = [session_rows.of_plan(session, time, time_zone) for session, time in zip(wanted.sessions, times, strict=True)]
    await session_rows.write(activity_id, made, wanted.roles, (wanted.opens_before, wanted.closes_after), now)


async def as_plan(activity_id: UUID, days_later: int = 0) -> Plan:
    """The activity as it could be planned anew, its sessions some local days later: for rewriting and for copies (schedule-17).

    What is derived from the times is not in it and therefore moves along. Sessions that were called off are left out, and of a
    series all but the last.
    Raises NotFound.
    """
    activity = await activities.find(activity_id)
    found = [
        session
        for session in await sessions.of_activity(activity_id)
        if not session.is_called_off or activity.state == "cancelled"
    ]
    latest = {session.series_id: session.id for session in found}
    found = [session for session in found if session.series_id is None or latest[session.series_id] == session.id]
    values = {name: getattr(activity, name) for name in WRITTEN}
    return Plan(
        **values,
        cover=activity.cover,
        roles=tuple(
            RolePlan(name=role.name, name_en=role.name_en, places=role.places) for role in (found[0].roles if found else ())
        ),
        sessions=tuple(_session_plan(session, days_later) for session in found),
    )


def _session_plan(session: sessions.Session, days_later: int) -> SessionPlan:
    later = timedelta(days=days_later)
    starts = session.skipped_start or walltimes.local_of(session.starts_at, session.time_zone).replace(tzinfo=None)
    ends = walltimes.local_of(session.ends_at, session.time_zone).replace(tzinfo=None)
    return SessionPlan(
        starts=starts + later, ends=ends + later, space_id=session.space_id, place="" if session.space_id else session.place
    )
