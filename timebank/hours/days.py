"""The close of a day: what was planned, scanned and credited side by side, for everybody who had a place or came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.hours.confirmations import WAITS
from timebank.hours.records import HourClass

NEAR = 15
"""Minutes by which a stay may differ from the plan without being an exception."""
Standing = Literal["absent", "excused", "inside", "open", "pending", "rejected", "waits", "recorded", "none"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One stay, or somebody with a place who has none. `credited` minutes stand on record and brought `units` (1/100)."""

    session_id: UUID
    signup_id: UUID
    person_id: UUID
    name: str
    number: int
    role: str
    role_en: str
    planned: int
    attendance_id: UUID | None
    in_at: datetime | None
    out_at: datetime | None
    scanned: int | None
    is_late: bool
    is_automatic: bool
    is_by_code: bool
    excused: bool
    left_early: bool
    fact_reason: str
    """What was said when somebody was excused or left early."""
    no_show: str | None
    waits: bool
    """On record, and its points wait for who runs the activity."""
    credited: int | None
    hour_class: HourClass | None
    units: int
    has_promise: bool
    entry_id: UUID | None
    entry_state: str | None
    entry_minutes: int | None
    entered_by: UUID | None
    decision: str
    asked: int | None
    asked_reason: str

    @property
    def standing(self) -> Standing:
        """What is to be done about it: `open` has not been sent to a second person, `waits` is for the organiser to confirm."""
        if self.attendance_id is None:
            return "excused" if self.excused else "absent"
        if self.out_at is None:
            return "inside"
        if self.entry_state == "pending":
            return "pending"
        if self.credited is not None:
            return "waits" if self.waits else "recorded"
        if self.entry_state == "rejected":
            return "rejected"
        return "open" if self.scanned else "none"

    @property
    def is_exception(self) -> bool:
        """Somebody should look: no stay, no way out, set by itself or by hand, far from the plan, a wish, a rejection."""
        return (
            self.standing in ("absent", "inside", "rejected")
            or self.asked is not None
            or (self.attendance_id is not None and (not self.is_by_code or abs((self.scanned or 0) - self.planned) > NEAR))
        )


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A session with its lines, exceptions first."""

    session_id: UUID
    title: str
    title_en: str
    activity_id: UUID
    community_id: UUID
    organiser_id: UUID
    is_service: bool
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    time_zone: str
    place: str
    place_en: str
    tolerance: int
    lines: list[Line]

    @property
    def planned(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def to_send(self) -> list[Line]:
        """Stays whose hours nobody has confirmed or sent; without service there are none."""
        return [line for line in self.lines if self.is_service and line.standing == "open"]

    @property
    def to_confirm(self) -> list[Line]:
        """Class A stays whose points wait for whoever runs the activity."""
        return [line for line in self.lines if self.is_service and line.standing == "waits"]

    def state(self, now: datetime) -> Literal["ahead", "plain", "to_close", "waiting", "closed"]:
        """`plain`: no service, nothing to confirm; `to_close` is the organiser's, `waiting` somebody else's to confirm."""
        if now < self.ends_at:
            return "ahead"
        if not self.is_service:
            return "plain"
        if self.to_send or self.to_confirm or any(line.standing in ("inside", "rejected") for line in self.lines):
            return "to_close"
        return "waiting" if any(line.standing == "pending" for line in self.lines) else "closed"

    @property
    def exceptions(self) -> list[Line]:
        return [line for line in self.lines if line.is_exception]

    def total(self, kind: Literal["planned", "scanned", "credited"]) -> int:
        """Minutes of everybody together; planned are those of each place once, however often its holder came and went."""
        if kind == "planned":
            return self.planned * len({line.signup_id for line in self.lines})
        return sum(getattr(line, kind) or 0 for line in self.lines)


DAY = """
SELECT s.id AS session_id, a.title, a.title_en, a.id AS activity_id, a.community_id, a.organiser_id, a.is_service, s.starts_at,
       s.ends_at, s.closes_at, a.time_zone, s.place, coalesce(p.name_en, '') AS place_en, a.tolerance
  FROM session s JOIN activity a ON a.id = s.activity_id LEFT JOIN space p ON p.id = s.space_id WHERE s.id = ANY ($1)
 ORDER BY s.starts_at, s.id
"""
# Noted of a sign-up, said about the stay that lasted then or had ended last: `h`.
LEFT_EARLY = """EXISTS (
       SELECT FROM signup_fact f WHERE f.signup_id = h.signup_id AND f.kind = 'left_early' AND f.at >= h.in_at AND NOT EXISTS (
              SELECT FROM attendance l WHERE l.signup_id = h.signup_id AND l.state = 'counts' AND l.in_at > h.in_at
                 AND l.in_at <= f.at))"""
LINES = f"""
SELECT u.session_id, u.id AS signup_id, u.person_id, m.name, m.number, o.name AS role, o.name_en AS role_en,
       extract(epoch FROM s.ends_at - s.starts_at)::int / 60 AS planned,
       h.id AS attendance_id, h.in_at, h.out_at, h.minutes AS scanned, coalesce(h.is_late, false) AS is_late,
       coalesce(h.is_automatic, false) AS is_automatic, coalesce(h.is_by_code, false) AS is_by_code,
       EXISTS (SELECT FROM signup_fact f WHERE f.signup_id = u.id AND f.kind = 'excused') AS excused,
       {LEFT_EARLY} AS left_early,
       coalesce((SELECT max(f.reason) FROM signup_fact f
                  WHERE f.signup_id = u.id AND (f.kind = 'excused' OR {LEFT_EARLY})), '') AS fact_reason,
       (SELECT n.state FROM no_show n WHERE n.signup_id = u.id ORDER BY n.round DESC LIMIT 1) AS no_show, {WAITS} AS waits,
       CASE WHEN NOT r.is_withdrawn THEN r.service_minutes END AS credited,
       CASE WHEN NOT r.is_withdrawn THEN r.class END AS hour_class,
       coalesce(i.units, 0)::int AS units, coalesce(i.promises, 0) > 0 AS has_promise, e.id AS entry_id, e.state AS entry_state,
       e.service_minutes AS entry_minutes, e.entered_by, coalesce(e.decision, '') AS decision, q.minutes AS asked,
       coalesce(q.reason, '') AS asked_reason
  FROM signup u JOIN session s ON s.id = u.session_id JOIN member m ON m.id = u.person_id
  JOIN session_role o ON o.id = u.role_id
  LEFT JOIN attendance h ON h.signup_id = u.id AND h.state = 'counts'
  LEFT JOIN LATERAL (SELECT * FROM service_record WHERE attendance_id = h.id ORDER BY version DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT * FROM hours_entry WHERE attendance_id = h.id ORDER BY entered_at DESC, id DESC LIMIT 1) e ON true
  LEFT JOIN correction_request q ON q.attendance_id = h.id AND q.state = 'open'
  LEFT JOIN LATERAL (
       SELECT count(*) AS promises, sum(CASE WHEN kind = 'correct' THEN -amount ELSE amount END) AS units FROM intent
        WHERE state IN ('pending', 'done', 'nothing') AND business_key = ANY (
              SELECT 'attendance:' || h.id || ':v' || v FROM generate_series(1, coalesce(r.version, 1)) v)) i ON true
 WHERE u.session_id = ANY ($1) AND (u.state = 'confirmed' OR h.id IS NOT NULL)
 ORDER BY o.position, u.made_at, u.id, h.entry
"""


class Unclosed(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is over with `stays` that are neither on record nor with a second person, or wait for the organiser."""

    id: UUID
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    stays: int


UNCLOSED = f"""
SELECT s.id, a.title, a.title_en, s.starts_at, s.ends_at, a.time_zone, count(*)::int AS stays
  FROM session s JOIN activity a ON a.id = s.activity_id
  JOIN attendance h ON h.session_id = s.id AND h.state = 'counts' AND h.out_at IS NOT NULL AND h.minutes > 0
 WHERE a.is_service AND a.community_id = ANY($1) AND s.ends_at > $2 AND s.ends_at <= $3
   AND ($4::uuid IS NULL OR a.organiser_id = $4)
   AND ((SELECT is_withdrawn FROM service_record WHERE attendance_id = h.id ORDER BY version DESC LIMIT 1) IS NOT FALSE
        OR {WAITS})
   AND (SELECT state FROM hours_entry WHERE attendance_id = h.id ORDER BY entered_at DESC, id DESC LIMIT 1)
       IS DISTINCT FROM 'pending'
 GROUP BY s.id, a.id ORDER BY s.ends_at, s.id LIMIT 30
"""


async def unclosed(
    community_ids: Sequence[UUID], since: datetime, now: datetime, organiser_id: UUID | None = None
) -> list[Unclosed]:
    """Those that ended after `since`, the longest over first. Reads only."""
    found = await sql.rows(UNCLOSED, list(community_ids), since, now, organiser_id)
    return [Unclosed(**dict(row)) for row in found]


OF_DAY = """
SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id
 WHERE a.community_id = ANY ($1) AND ($2::uuid IS NULL OR a.organiser_id = $2) AND s.state <> 'cancelled' AND a.state <> 'draft'
   AND s.starts_at >= $3::date - interval '1 day' AND s.starts_at < $3::date + interval '2 days'
   AND (s.starts_at AT TIME ZONE a.time_zone)::date = $3
 ORDER BY s.starts_at, s.id LIMIT 100
"""


async def of_date(community_ids: Sequence[UUID], on: date, organiser_id: UUID | None = None) -> list[Day]:
    """The sessions that begin on this local day, by start (checkin-41). Three statements."""
    found = await sql.rows(OF_DAY, list(community_ids), organiser_id, on)
    return await of_sessions([row["id"] for row in found])


async def of_session(session_id: UUID) -> Day:
    """Raises NotFound. Reads only."""
    found = await of_sessions([session_id])
    if not found:
        raise NotFound(what="session")
    return found[0]


async def of_sessions(session_ids: Sequence[UUID]) -> list[Day]:
    """By start; those that do not exist are absent. Two statements, however many."""
    found = [Day(**dict(row), lines=[]) for row in await sql.rows(DAY, list(session_ids))]
    lines = [Line(**dict(row)) for row in await sql.rows(LINES, [day.session_id for day in found])]
    lines.sort(key=lambda line: not line.is_exception)
    return [msgspec.structs.replace(day, lines=[line for line in lines if line.session_id == day.session_id]) for day in found]
