"""What a desk without a network has to know about the people of its sessions: as the decision takes it, nothing besides."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from schedules import decision, sql


class Place(decision.Place, frozen=True, kw_only=True, omit_defaults=True):
    """One sign-up as `scan_facts` has it, and what the desk shows of it."""

    role: str
    role_en: str
    note: str


class Known(msgspec.Struct, frozen=True):
    """A person's sign-ups at the sessions asked about, whatever their state, and where the person is inside now."""

    places: tuple[Place, ...]
    inside: decision.Inside | None


PEOPLE = """
SELECT u.person_id,
       json_agg(json_build_object(
           'session', s.id, 'state', u.state, 'opens_at', s.opens_at, 'starts_at', s.starts_at, 'closes_at', s.closes_at,
           'late_after', a.late_after,
           'is_expected', was_expected(u.id, s.starts_at + make_interval(mins => a.late_after)),
           'is_called_off', s.state = 'cancelled',
           'is_qualified', CASE WHEN a.asks_skills
                                THEN is_qualified(u.person_id, a.id, r.name, s.ends_at, a.time_zone) ELSE true END,
           'questions', CASE WHEN a.asks_questions OR a.briefing_id IS NOT NULL
                             THEN open_questions(u.person_id, u.id, a.id, a.briefing_id) ELSE '[]' END,
           'allows_reentry', a.allows_reentry, 'allows_many', a.allows_many,
           'entries', (SELECT count(*) FROM attendance WHERE signup_id = u.id AND state = 'counts'),
           'role', r.name, 'role_en', r.name_en, 'note', a.staff_note) ORDER BY s.starts_at, s.id) AS places,
       (SELECT json_build_object('session', i.session_id, 'closes_at', t.closes_at)
          FROM attendance i JOIN session t ON t.id = i.session_id
         WHERE i.person_id = u.person_id AND i.out_at IS NULL AND i.state = 'counts') AS inside
  FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
  JOIN session_role r ON r.id = u.role_id
 WHERE u.session_id = ANY ($1)
 GROUP BY u.person_id
"""


async def people(session_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """Everybody with a sign-up at these sessions, by person. One statement."""
    found = await sql.rows(PEOPLE, list(session_ids))
    return {
        row["person_id"]: Known(
            msgspec.json.decode(row["places"], type=tuple[Place, ...]),
            msgspec.json.decode(row["inside"], type=decision.Inside) if row["inside"] else None,
        )
        for row in found
    }
