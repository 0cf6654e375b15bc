"""One session is edited alone: another time, another place, more places, a word about it. Nobody who signed up is dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import activities, calling_off, occupancy, plans, session_rows, sessions, sql
from schedules.calling_off import SessionOver
from schedules.errors import Malformed, Refusal
from schedules.intervals import Interval
from schedules.plans import Line, Local, SessionPlan, Text
from schedules.session_rows import wall
from schedules.sessions import Clash, Session

Places = Annotated[int, Meta(ge=0, le=100_000)]
TOLD = ("requested", "confirmed", "waiting", "offered")
"""Whose plans a change touches."""


class CalledOffAlready(Refusal):
    """A session that was called off is not edited any more. Facts: reason."""


class UnderWay(Refusal):
    """Somebody was checked in: a session that is under way is not edited. Facts: people."""


class NotCovered(Refusal):
    """The activity may endanger somebody, and its insurance does not cover the new day. Facts: starts_at."""


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session as it is to be, in wall times of its activity. Roles that `places` does not name stay as they are."""

    starts: Local
    ends: Local
    space_id: UUID | None = None
    place: Line = ""
    note: Text = ""
    note_en: Text = ""
    places: dict[UUID, Places | None] = {}


class Affected(msgspec.Struct, frozen=True):
    """Somebody with a sign-up at a session that changed. `clash`: what of theirs now lies at the same time (schedule-50)."""

    person_id: UUID
    state: str
    clash: Clash | None = None


class Changed(msgspec.Struct, frozen=True):
    """A session before and after. `fields`: of time, place, note, places those that changed; empty: nothing did."""

    before: Session
    after: Session
    fields: tuple[str, ...]
    people: tuple[Affected, ...]

    @property
    def moves(self) -> bool:
        """Whether somebody's plans are touched: it is at another time or elsewhere."""
        return "time" in self.fields or "place" in self.fields


def as_edit(session: Session) -> Edit:
    """The session as it stands."""
    return Edit(
        starts=session.skipped_start or wall(session.starts_at, session.time_zone),
        ends=wall(session.ends_at, session.time_zone),
        space_id=session.space_id,
        place="" if session.space_id else session.place,
        note=session.note,
        note_en=session.note_en,
        places={role.id: role.places for role in session.roles},
    )


async def edit(session_id: UUID, wanted: Edit, now: datetime) -> Changed:
    """Edits a session that has not begun; who signed up stays. Room and time change together or not at all. Safe to repeat.

    Every derived time moves along: sign-up window, withdraw deadline, scans (schedule-17). The sequence rises once. Raises
    NotFound, SessionOver, UnderWay, CalledOffAlready, NotCovered, Malformed, and what `occupancy.take` answers. Locks the
    session's roles, then the session, then the rooms.
    """
    await session_rows.lock([session_id])
    before = await sessions.one(session_id)
    await _check_open(before, now)
    _check_words(before, wanted)
    time = _time(before, wanted, now)
    fields = await _take_over(before, wanted, time, now)
    if fields & {"time", "place"} and before.activity_state == "published":
        await occupancy.release_sessions([session_id])
        if wanted.space_id:
            await occupancy.take_session(wanted.space_id, session_id, time.starts_at, time.ends_at, now)
    return await told(before, fields)


async def _check_open(session: Session, now: datetime) -> None:
    if session.is_called_off:
        raise CalledOffAlready(reason=session.call_off_reason)
    if now >= session.ends_at:
        raise SessionOver(ended_at=session.ends_at)
    came = await calling_off.attended([session.id])
    if came:
        raise UnderWay(people=came[session.id])


def _check_words(before: Session, wanted: Edit) -> None:
    """What has stood there since before is in the way of no other change."""
    old = as_edit(before)
    for field in ("place", "note", "note_en"):
        text = getattr(wanted, field).strip()
        if text != getattr(old, field):
            plans.check_legible(field, text, has_lines=field != "place")


def _time(before: Session, wanted: Edit, now: datetime) -> Interval:
    if wanted.space_id is None and not wanted.place.strip():
        raise Malformed(field="place", reason="a room or a place in words")
    old = as_edit(before)
    if (wanted.starts, wanted.ends) == (old.starts, old.ends):
        return Interval(before.starts_at, before.ends_at)
    found = plans.interval(SessionPlan(starts=wanted.starts, ends=wanted.ends), before.time_zone)
    if found.starts_at <= now:
        raise Malformed(field="starts", reason="a session is moved to a time to come")
    return found


async def _take_over(before: Session, wanted: Edit, time: Interval, now: datetime) -> set[str]:
    """Writes what is other than before; which fields that is. Raises NotCovered."""
    activity = await activities.find(before.activity_id)
    fields = _other(before, wanted, time)
    if "time" in fields and activity.may_endanger and not plans.covers(activity.cover, [time], before.time_zone):
        raise NotCovered(starts_at=time.starts_at)
    if await _set_places(before, wanted.places):
        fields.add("places")
    if fields:
        await _write(before, wanted, time, (activity.opens_before, activity.closes_after), fields, now)
    return fields


def _other(before: Session, wanted: Edit, time: Interval) -> set[str]:
    old = as_edit(before)
    other = {
        "time": time != Interval(before.starts_at, before.ends_at),
        "place": (wanted.space_id, wanted.place.strip()) != (old.space_id, old.place),
        "note": (wanted.note.strip(), wanted.note_en.strip()) != (old.note, old.note_en),
    }
    return {name for name, is_other in other.items() if is_other}


WRITE = """
UPDATE session
   SET starts_at = $2, ends_at = $3, skipped_start = $4,
       opens_at = $2::timestamptz - make_interval(mins => $5), closes_at = $3::timestamptz + make_interval(mins => $6),
       space_id = $7, place = coalesce((SELECT name FROM space WHERE id = $7), $8),
       wanted_space = CASE WHEN $12 THEN NULL ELSE wanted_space END,
       note = $9, note_en = $10,
       own_fields = CASE WHEN series_id IS NULL THEN own_fields
                         ELSE (SELECT array_agg(DISTINCT f) FROM unnest(own_fields || $11::text[]) AS f) END,
       sequence = sequence + 1, changed_at = $13
 WHERE id = $1
"""


async def _write(
    before: Session, wanted: Edit, time: Interval, around: tuple[int, int], fields: set[str], now: datetime
) -> None:
    """`around`: minutes before and after in which scans are taken."""
    asked = SessionPlan(starts=wanted.starts, ends=wanted.ends)
    await sql.rows(
        WRITE,
        before.id,
        time.starts_at,
        time.ends_at,
        plans.skipped(asked, time.starts_at, before.time_zone),
        *around,
        wanted.space_id,
        wanted.place.strip(),
        wanted.note.strip(),
        wanted.note_en.strip(),
        sorted(fields),
        "place" in fields,
        now,
    )


async def _set_places(before: Session, places: Mapping[UUID, int | None]) -> bool:
    """More or fewer places; whether any number changed. Fewer than the sign-ups drop nobody (schedule-24)."""
    other = {role_id: number for role_id, number in places.items() if before.role(role_id).places != number}
    await session_rows.set_places(other)
    return bool(other)


async def told(before: Session, fields: set[str]) -> Changed:
    """The change as it is now written, with everybody whom it touches."""
    people = await affected([before.id]) if fields else {}
    return Changed(before, await sessions.one(before.id), tuple(sorted(fields)), tuple(people.get(before.id, ())))


async def affected(session_ids: Sequence[UUID]) -> dict[UUID, list[Affected]]:
    """Who has a sign-up at these sessions, and with which confirmed one of theirs it overlaps by more than the grace."""
    rows = await sql.rows(
        """
        SELECT u.session_id, u.person_id, u.state, clash.clash
          FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
          LEFT JOIN LATERAL (
               SELECT json_build_object('session_id', o.id, 'activity_id', b.id, 'title', b.title, 'title_en', b.title_en,
                                        'starts_at', o.starts_at, 'ends_at', o.ends_at) AS clash
                 FROM signup x JOIN session o ON o.id = x.session_id JOIN activity b ON b.id = o.activity_id
                WHERE x.person_id = u.person_id AND x.state = 'confirmed' AND o.id <> s.id AND o.state <> 'cancelled'
                  AND least(o.ends_at, s.ends_at) - greatest(o.starts_at, s.starts_at) > make_interval(mins => a.grace)
                ORDER BY o.starts_at, o.id LIMIT 1) clash ON u.state IN ('confirmed', 'requested')
         WHERE u.session_id = ANY ($1) AND u.state = ANY ($2) ORDER BY u.made_at, u.id
        """,
        list(session_ids),
        list(TOLD),
    )
    found: dict[UUID, list[Affected]] = {}
    for row in rows:
        found.setdefault(row["session_id"], []).append(_affected(row))
    return found


def _affected(row: Any) -> Affected:
    clash = msgspec.json.decode(row["clash"], type=Clash) if row["clash"] else None
    return Affected(row["person_id"], row["state"], clash)
