"""Activities: what they are; published with their rooms, called off. `drafts` writes them down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import calling_off, occupancy, plans, sessions, sql
from schedules.errors import Malformed, NotFound, Refusal
from schedules.intervals import Interval
from schedules.legible import is_legible
from schedules.occupancy import Use
from schedules.plans import Cover


class NotADraft(Refusal):
    """Only a draft can be rewritten or published. Facts: state."""


class Unfinished(Refusal):
    """The draft cannot be published yet. Facts: missing (names of fields: sessions, roles, content, risks, cover)."""


class AlreadyOver(Refusal):
    """A session of the draft lies in the past. Facts: starts_at."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity without its sessions. Minutes as in `Plan`."""

    id: UUID
    number: int
    community_id: UUID
    organiser_id: UUID
    kind: plans.Kind
    is_service: bool
    category: str
    title: str
    title_en: str
    content: str
    content_en: str
    organising_unit: str
    organising_unit_en: str
    person_in_charge: str
    risks: str
    risks_en: str
    may_endanger: bool
    time_zone: str
    signup_before: int | None
    signup_after: int | None
    withdraw_before: int
    remind_before: int
    grace: int
    opens_before: int
    closes_after: int
    late_after: int
    tolerance: int
    allows_reentry: bool
    allows_many: bool
    walk_ins: bool
    confirms_self: bool
    is_group: bool
    staff_note: str
    has_waiting_list: bool
    needs_approval: bool
    counts_requests: bool
    asks_again: bool
    offer_minutes: int
    state: str
    call_off_reason: str
    made_at: datetime
    cover: Cover | None = None


SELECTED = f"""
SELECT {", ".join(f"a.{name}" for name in Activity.__struct_fields__ if name != "cover")}, c.cover
  FROM activity a LEFT JOIN LATERAL (
       SELECT json_build_object('insurer', insurer, 'policy_number', policy_number,
                                'valid_from', valid_from, 'valid_until', valid_until) AS cover
         FROM cover WHERE activity_id = a.id ORDER BY id DESC LIMIT 1) c ON true
"""


def _of_row(row: Any) -> Activity:
    fields = dict(row.items())
    fields["cover"] = msgspec.json.decode(fields["cover"], type=Cover) if fields["cover"] else None
    return Activity(**fields)


async def find(activity_id: UUID) -> Activity:
    """The activity, drafts included. Raises NotFound."""
    row = await sql.row(f"{SELECTED} WHERE a.id = $1", activity_id)
    if row is None:
        raise NotFound(what="activity")
    return _of_row(row)


async def find_by_number(number: int) -> Activity:
    """The activity behind a short address. Raises NotFound."""
    row = await sql.row(f"{SELECTED} WHERE a.number = $1", number)
    if row is None:
        raise NotFound(what="activity")
    return _of_row(row)


async def listed(
    community_ids: Sequence[UUID] | None,
    states: Sequence[str],
    *,
    organiser_id: UUID | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Activity]:
    """Activities of these communities (none: of all), newest first; `before` is the number of the last one seen.

    With `organiser_id`, only those that this person runs.
    """
    found = await sql.rows(
        f"{SELECTED} WHERE a.state = ANY($2) AND ($1::uuid[] IS NULL OR a.community_id = ANY($1)) "
        "AND ($3::bigint IS NULL OR a.number < $3) AND ($4::uuid IS NULL OR a.organiser_id = $4) "
        "ORDER BY a.number DESC LIMIT $5",
        None if community_ids is None else list(community_ids),
        list(states),
        before,
        organiser_id,
        limit,
    )
    return [_of_row(row) for row in found]


async def lock_draft(activity_id: UUID) -> None:
    """Raises NotFound or NotADraft."""
    # Two who publish, or one who rewrites while another publishes, queue on the activity's row.
    state = await sql.value("SELECT state FROM activity WHERE id = $1 FOR NO KEY UPDATE", activity_id)
    if state is None:
        raise NotFound(what="activity")
    if state != "draft":
        raise NotADraft(state=state)


async def publish(activity_id: UUID, now: datetime) -> None:
    """Makes a draft public and takes its rooms: all of them or none.

    Raises NotFound, NotADraft, Unfinished, AlreadyOver, and what `occupancy.take` answers. Locks the activity, then the rooms.
    """
    await lock_draft(activity_id)
    activity, dated = await find(activity_id), await sessions.of_activity(activity_id)
    missing = _missing(activity, dated)
    if missing:
        raise Unfinished(missing=missing)
    for session in dated:
        if session.ends_at <= now:
            raise AlreadyOver(starts_at=session.starts_at)
    await sql.rows("UPDATE activity SET state = 'published' WHERE id = $1", activity_id)
    uses = [Use(s.space_id, "session", s.id, s.starts_at, s.ends_at) for s in dated if s.space_id]
    if uses:
        await occupancy.take(uses, now)


def _missing(activity: Activity, dated: Sequence[sessions.Session]) -> list[str]:
    """What is wanted before anybody signs up: tasks and risks told truthfully, cover where there is danger (rules.md 6, 8)."""
    times = [Interval(session.starts_at, session.ends_at) for session in dated]
    wants = {
        "sessions": bool(dated),
        "roles": all(session.roles for session in dated),
        "content": is_legible(activity.content, has_lines=True),
        "risks": is_legible(activity.risks, has_lines=True),
        "cover": not activity.may_endanger or plans.covers(activity.cover, times, activity.time_zone),
    }
    return [name for name, is_there in wants.items() if not is_there]


async def call_off(activity_id: UUID, reason: str, now: datetime) -> list[UUID]:
    """Calls the activity off with every session to which nobody has come; the ids of those sessions. Safe to repeat.

    What took place keeps its sign-ups, attendance and hours. Raises NotFound; Malformed without a reason.
    Locks the activity, its sessions and their sign-ups.
    """
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; members read it")
    found = await sql.rows(
        "UPDATE activity SET state = 'cancelled', call_off_reason = $2 WHERE id = $1 RETURNING id", activity_id, reason.strip()
    )
    if not found:
        raise NotFound(what="activity")
    planned = [s for s in await sessions.of_activity(activity_id) if s.state == "planned" and s.ends_at > now]
    await calling_off.lock_doors([session.id for session in planned])
    came = await calling_off.attended([session.id for session in planned])
    return await calling_off.call_off([session.id for session in planned if session.id not in came], reason.strip(), now)
