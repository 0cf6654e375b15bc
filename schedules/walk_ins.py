"""Places that a scan at the door took for somebody who had not signed up: no wish of theirs, so they go when the scan does."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from schedules import sql

TAKEN = """
SELECT u.id FROM signup u
 WHERE u.person_id = ANY ($1) AND u.session_id = ANY ($2) AND u.state = 'confirmed'
   AND (SELECT c.is_walk_in FROM signup_change c WHERE c.signup_id = u.id ORDER BY c.id DESC LIMIT 1)
"""
UNUSED = f"""
{TAKEN} AND NOT EXISTS (SELECT FROM presence p WHERE p.session_id = u.session_id AND p.person_id = u.person_id
                                                AND p.signup_id = u.id)
   AND NOT EXISTS (SELECT FROM attendance h WHERE h.session_id = u.session_id AND h.person_id = u.person_id
                                                   AND h.state = 'counts')
 ORDER BY u.role_id, u.id
"""


GIVEN_BACK = """
SELECT EXISTS (
    SELECT FROM signup u
     CROSS JOIN LATERAL (SELECT c.by_id FROM signup_change c WHERE c.signup_id = u.id ORDER BY c.id DESC LIMIT 1) last
     CROSS JOIN LATERAL (SELECT c.is_walk_in FROM signup_change c WHERE c.signup_id = u.id ORDER BY c.id DESC
                          LIMIT 1 OFFSET 1) before
     WHERE u.person_id = $1 AND u.session_id = $2 AND u.state = 'withdrawn'
       AND before.is_walk_in AND last.by_id IS DISTINCT FROM u.person_id)
"""


async def are_taken(people: Sequence[UUID], sessions: Sequence[UUID]) -> bool:
    """Whether any of them has a place there that a scan took, and that nobody has decided about since."""
    return bool(await sql.value(f"SELECT EXISTS ({TAKEN})", list(people), list(sessions)))


async def unused(people: Sequence[UUID], sessions: Sequence[UUID]) -> list[UUID]:
    """Of these the sign-ups that neither a scan nor a stay speaks for any more."""
    return [row["id"] for row in await sql.rows(UNUSED, list(people), list(sessions))]


async def is_given_back(person_id: UUID, session_id: UUID) -> bool:
    """Whether the last that became of the person's place there is that it went with the scan that took it."""
    return bool(await sql.value(GIVEN_BACK, person_id, session_id))
