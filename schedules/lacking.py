"""Who signed up for a place without what it needs: a skill was taken back, has run out by then, or an exception was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql


class Lack(msgspec.Struct, frozen=True):
    """One sign-up and one skill that its place needs and the person does not hold on that day. Nobody is dropped for it."""

    signup_id: UUID
    session_id: UUID
    activity_id: UUID
    person_id: UUID
    organiser_id: UUID
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    role: str
    role_en: str
    skill_id: UUID
    skill: str
    skill_en: str
    standing: Literal["missing", "claimed", "expired"]
    valid_until: date | None


FOUND = """
SELECT u.id, s.id, a.id, u.person_id, a.organiser_id, a.title, a.title_en, s.starts_at, s.ends_at, a.time_zone,
       r.name, r.name_en, k.id, k.name, k.name_en, t.standing, h.valid_until
  FROM signup u
  JOIN session s ON s.id = u.session_id
  JOIN activity a ON a.id = s.activity_id
  JOIN session_role r ON r.id = u.role_id
  JOIN role_need n ON n.activity_id = a.id AND n.role = r.name
  JOIN skill k ON k.id = n.skill_id
  LEFT JOIN held_skill h ON h.skill_id = k.id AND h.person_id = u.person_id
 CROSS JOIN LATERAL (
       SELECT skill_standing(h.state, h.valid_until, k.needs_confirmation, last_day(s.ends_at, a.time_zone)) AS standing) t
 WHERE u.state IN ('confirmed', 'offered', 'requested') AND s.state = 'planned' AND t.standing <> 'met'
"""


async def of_session(session_id: UUID) -> list[Lack]:
    """At one session, by role and person."""
    found = await sql.rows(f"{FOUND} AND s.id = $1 ORDER BY r.position, u.made_at, k.name", session_id)
    return [Lack(*row) for row in found]


async def of_person(person_id: UUID, now: datetime, skill_id: UUID | None = None) -> list[Lack]:
    """Sign-ups of one person still to come, for one skill or any, by start (schedule-33)."""
    found = await sql.rows(
        f"{FOUND} AND u.person_id = $1 AND s.starts_at > $2 AND ($3::uuid IS NULL OR k.id = $3) ORDER BY s.starts_at, k.name",
        person_id,
        now,
        skill_id,
    )
    return [Lack(*row) for row in found]


async def expiring(now: datetime, limit: int = 500) -> list[Lack]:
    """Sign-ups to come whose certificate is confirmed but runs out before the session (schedule-30)."""
    found = await sql.rows(f"{FOUND} AND t.standing = 'expired' AND s.starts_at > $1 ORDER BY s.starts_at LIMIT $2", now, limit)
    return [Lack(*row) for row in found]


async def within(community_ids: Sequence[UUID], now: datetime, limit: int = 100) -> list[Lack]:
    """At sessions of these communities still to come, by start."""
    found = await sql.rows(
        f"{FOUND} AND a.community_id = ANY($1) AND s.starts_at > $2 ORDER BY s.starts_at, r.position LIMIT $3",
        list(community_ids),
        now,
        limit,
    )
    return [Lack(*row) for row in found]
