"""Looking up somebody at the door by name, among those signed up there: no contact data, nor by a letter (checkin-88)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank.actions.door import desk
from timebank.actions.door.door import scanner_id
from timebank.people import directory, limits
from timebank.people.callers import Caller
from timebank.people.directory import LETTERS_AT_DESK

LETTERS_OF_TRUSTED = 2
"""Of who may check in by name: one Chinese character, or two letters."""
MOST = 20
SEARCHES, WINDOW = 100, timedelta(minutes=15)
"""Of a desk with the right to scan alone: enough for a queue, too few to read the neighbourhood's names from it."""


class NameTooShort(Refusal):
    """Fewer letters than a search takes: nobody was looked for. Facts: needed (letters; a Chinese character counts as two)."""


class Found(msgspec.Struct, frozen=True):
    """A sign-up at the door. `state`: expected, here or left; where it is not confirmed, its own (requested ...)."""

    signup_id: UUID
    name: str
    number: int
    role: str
    role_en: str
    session: UUID
    state: Literal[
        "expected", "here", "left", "requested", "waiting", "offered", "rejected", "lapsed", "withdrawn", "cancelled"
    ]


FOUND = """
SELECT u.id, m.name, m.number, r.name AS role, r.name_en AS role_en, u.session_id,
       CASE WHEN h.came THEN CASE WHEN h.is_inside THEN 'here' ELSE 'left' END
            WHEN u.state = 'confirmed' THEN 'expected' ELSE u.state END
  FROM signup u JOIN member m ON m.id = u.person_id JOIN session_role r ON r.id = u.role_id
  CROSS JOIN LATERAL (SELECT count(*) > 0 AS came, coalesce(bool_or(out_at IS NULL), false) AS is_inside
                        FROM attendance WHERE signup_id = u.id AND state = 'counts') h
 WHERE u.session_id = ANY ($1) AND m.state <> 'left' AND m.name ILIKE $2
 ORDER BY u.state <> 'confirmed', m.name, m.number, u.id LIMIT $3
"""


async def search_people(caller: Caller, session_ids: Sequence[UUID], name: str, now: datetime) -> list[Found]:
    """Those signed up at these sessions whose name holds these letters; four at least, a Chinese character is two.

    Who may check in by name at all of these sessions needs two only. Raises NotAllowed, NotFound, NameTooShort, TooManyTries.
    """
    served = await desk.serve(caller, session_ids, now)
    wanted = " ".join(unicodedata.normalize("NFKC", name).split())
    is_trusted = all(each.by_name for each in served)
    needed = LETTERS_OF_TRUSTED if is_trusted else LETTERS_AT_DESK
    if directory.letters(wanted) < needed:
        raise NameTooShort(needed=needed)
    if not is_trusted:
        await limits.spend(f"names:{scanner_id(caller)}", SEARCHES, WINDOW, now)
    found = await sql.rows(FOUND, [each.id for each in served], f"%{directory.escaped(wanted)}%", MOST)
    return [Found(*row) for row in found]
