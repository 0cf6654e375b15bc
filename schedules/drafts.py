"""Drafts: activities with their roles and sessions, written down, rewritten as often as one likes, or copied from another."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from schedules import activities, plans, sessions, sql, walltimes
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
    ids = [uuid4() for _ in wanted.sessions]
    if not ids:
        return
    await sql.rows(
        """
        INSERT INTO session (id, activity_id, starts_at, ends_at, skipped_start, opens_at, closes_at, place, space_id,
                             changed_at)
        SELECT n.id, $2, n.starts_at, n.ends_at, n.skipped, n.starts_at - $8::interval, n.ends_at + $9::interval,
               coalesce(nullif(n.place, ''), p.name), n.space_id, $10
          FROM unnest($1::uuid[], $3::timestamptz[], $4::timestamptz[], $5::timestamp[], $6::text[], $7::uuid[])
               AS n (id, starts_at, ends_at, skipped, place, space_id) LEFT JOIN space p ON p.id = n.space_id
        """,
        ids,
        activity_id,
        [time.starts_at for time in times],
        [time.ends_at for time in times],
        [plans.skipped(session, time.starts_at, time_zone) for session, time in zip(wanted.sessions, times, strict=True)],
        [session.place.strip() for session in wanted.sessions],
        [session.space_id for session in wanted.sessions],
        timedelta(minutes=wanted.opens_before),
        timedelta(minutes=wanted.closes_after),
        now,
    )
    await sql.rows(
        """
        INSERT INTO session_role (id, session_id, position, name, name_en, places)
        SELECT gen_random_uuid(), s.id, r.position, r.name, r.name_en, r.places
          FROM unnest($1::uuid[]) AS s (id),
               unnest($2::text[], $3::text[], $4::int[]) WITH ORDINALITY AS r (name, name_en, places, position)
        """,
        ids,
        [role.name for role in wanted.roles],
        [role.name_en for role in wanted.roles],
        [role.places for role in wanted.roles],
    )


async def as_plan(activity_id: UUID, days_later: int = 0) -> Plan:
    """The activity as it could be planned anew, its sessions some local days later: for rewriting and for copies (schedule-17).

    What is derived from the times is not in it and therefore moves along. Sessions that were called off are left out.
    Raises NotFound.
    """
    activity = await activities.find(activity_id)
    found = [
        session
        for session in await sessions.of_activity(activity_id)
        if not session.is_called_off or activity.state == "cancelled"
    ]
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
