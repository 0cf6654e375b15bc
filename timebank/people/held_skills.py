"""A member's skills: claimed, confirmed until a day, withdrawn. Every state stays readable with who and why."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

State = Literal["claimed", "confirmed", "withdrawn"]


def months_later(day: date, months: int) -> date:
    """The same day of the month so much later, or its last day where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class OwnSkill(Refusal):
    """Nobody confirms their own skill. Facts: none."""


class HasRunOut(Refusal):
    """The confirmation would end before it begins. Facts: field."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One skill of one member; `reason` and `by` are of its last change."""

    id: int
    skill_id: UUID
    skill: str
    skill_en: str
    needs_confirmation: bool
    way: str
    way_en: str
    months: int | None
    person_id: UUID
    person: str
    number: int
    community: str
    community_en: str
    state: State
    note: str
    valid_until: date | None
    changed_at: datetime
    by: str
    reason: str

    def is_valid(self, today: date) -> bool:
        """Whether places that need it are open to the member today."""
        is_enough = self.state == "confirmed" or (self.state == "claimed" and not self.needs_confirmation)
        return is_enough and (self.valid_until is None or self.valid_until >= today)


class Change(msgspec.Struct, frozen=True):
    """One state that a member's skill has had. `by` is empty for the installation; `occasion` of a briefing, if it was one."""

    state: State
    at: datetime
    by: str
    valid_until: date | None
    occasion: str
    reason: str


FOUND = """
SELECT h.id, h.skill_id, k.name AS skill, k.name_en AS skill_en, k.needs_confirmation, k.way, k.way_en, k.months, h.person_id,
       m.name AS person, m.number, c.name AS community, c.name_en AS community_en, h.state, h.note, h.valid_until, h.changed_at,
       coalesce(b.name, '') AS by, l.reason
  FROM held_skill h JOIN skill k ON k.id = h.skill_id JOIN member m ON m.id = h.person_id
  JOIN community c ON c.id = m.community_id LEFT JOIN member b ON b.id = h.changed_by
  JOIN LATERAL (SELECT reason FROM held_skill_change WHERE held_id = h.id ORDER BY id DESC LIMIT 1) l ON true
"""


async def one(held_id: int) -> Held:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE h.id = $1", held_id)
    if row is None:
        raise NotFound(what="skill of a member")
    return Held(**dict(row))


async def of_member(person_id: UUID) -> list[Held]:
    """All skills that a member has ever claimed, in that order."""
    return [Held(**dict(row)) for row in await sql.rows(f"{FOUND} WHERE h.person_id = $1 ORDER BY h.id", person_id)]


HOLDERS = 500
"""Members of one skill: more than a community trains."""


async def of_skill(skill_id: UUID, node_ids: Sequence[UUID]) -> list[Held]:
    """Members at or below these nodes who hold it now: claims first, then by the day it runs out, then by name."""
    found = await sql.rows(
        f"{FOUND} WHERE h.skill_id = $1 AND h.state <> 'withdrawn' AND m.state <> 'left' AND c.ancestor_ids && $2::uuid[] "
        "ORDER BY h.state <> 'claimed', h.valid_until, m.name, m.number LIMIT $3",
        skill_id,
        list(node_ids),
        HOLDERS,
    )
    return [Held(**dict(row)) for row in found]


CLAIMS = 200
"""The oldest first: the others move up as these are decided."""


async def claims(node_ids: Sequence[UUID]) -> list[Held]:
    """What waits for a confirmation, of members at or below these nodes, the oldest first."""
    found = await sql.rows(
        f"{FOUND} WHERE h.state = 'claimed' AND k.needs_confirmation AND m.state <> 'left' AND c.ancestor_ids && $1::uuid[] "
        "ORDER BY h.changed_at, h.id LIMIT $2",
        list(node_ids),
        CLAIMS,
    )
    return [Held(**dict(row)) for row in found]


async def history(held_id: int) -> list[Change]:
    """Every state, the oldest first."""
    found = await sql.rows(
        "SELECT x.state, x.at, coalesce(m.name, ''), x.valid_until, coalesce(b.occasion, ''), x.reason "
        "FROM held_skill_change x LEFT JOIN member m ON m.id = x.by_id LEFT JOIN briefing_code b ON b.id = x.code_id "
        "WHERE x.held_id = $1 ORDER BY x.id",
        held_id,
    )
    return [Change(*row) for row in found]


async def claim(skill_id: UUID, person_id: UUID, note: str, by_id: UUID, now: datetime) -> int:
    """The member says so; its id. What is confirmed stays confirmed; what was withdrawn is claimed anew. Safe to repeat.

    Raises NotFound for a skill that is not offered.
    """
    if not await sql.rows("SELECT 1 FROM skill WHERE id = $1 AND retired_at IS NULL", skill_id):
        raise NotFound(what="skill")
    # Two taps at once: the unique key lets one of them write the row, the other finds nothing to change.
    await sql.rows(
        """
        WITH held AS (
             INSERT INTO held_skill AS h (skill_id, person_id, state, note, changed_by, changed_at)
             VALUES ($1, $2, 'claimed', $3, $4, $5)
             ON CONFLICT (skill_id, person_id) DO UPDATE
             SET state = 'claimed', note = excluded.note, changed_by = excluded.changed_by, changed_at = excluded.changed_at
             WHERE h.state = 'withdrawn' RETURNING id)
        INSERT INTO held_skill_change (held_id, state, at, by_id) SELECT id, 'claimed', $5, $4 FROM held
        """,
        skill_id,
        person_id,
        note.strip(),
        by_id,
        now,
    )
    return int(await sql.value("SELECT id FROM held_skill WHERE skill_id = $1 AND person_id = $2", skill_id, person_id))


async def confirm(
    held_id: int, by_id: UUID, valid_until: date | None, now: datetime, *, code_id: UUID | None = None, reason: str = ""
) -> bool:
    """Confirmed until that day inclusive, or for good; again with another day renews it. Whether this changed anything.

    With `code_id`, once for that code. Raises NotFound. Locks the row.
    """
    # Two who confirm at once queue on the row; one code writes once because its row of history is unique.
    if await sql.value("SELECT id FROM held_skill WHERE id = $1 FOR NO KEY UPDATE", held_id) is None:
        raise NotFound(what="skill of a member")
    changed = await sql.rows(
        """
        WITH told AS (
             INSERT INTO held_skill_change (held_id, state, at, by_id, valid_until, code_id, reason)
             SELECT $1, 'confirmed', $2, $3, $4, $5::uuid, $6
              WHERE $5 IS NOT NULL OR NOT EXISTS (SELECT FROM held_skill WHERE id = $1 AND state = 'confirmed'
                                                     AND valid_until IS NOT DISTINCT FROM $4::date)
             ON CONFLICT (held_id, code_id) WHERE code_id IS NOT NULL DO NOTHING RETURNING held_id)
        UPDATE held_skill h SET state = 'confirmed', valid_until = $4, changed_by = $3, changed_at = $2
          FROM told WHERE h.id = told.held_id RETURNING h.id
        """,
        held_id,
        now,
        by_id,
        valid_until,
        code_id,
        reason.strip(),
    )
    return bool(changed)


async def withdraw(held_id: int, by_id: UUID, reason: str, now: datetime) -> bool:
    """Taken back, by staff or by the member; whether this changed anything. Safe to repeat. Raises NotFound."""
    if not await sql.rows("SELECT 1 FROM held_skill WHERE id = $1", held_id):
        raise NotFound(what="skill of a member")
    return bool(
        await sql.rows(
            """
            WITH gone AS (
                 UPDATE held_skill SET state = 'withdrawn', valid_until = NULL, changed_by = $2, changed_at = $3
                  WHERE id = $1 AND state <> 'withdrawn' RETURNING id)
            INSERT INTO held_skill_change (held_id, state, at, by_id, reason) SELECT id, 'withdrawn', $3, $2, $4 FROM gone
            RETURNING 1
            """,
            held_id,
            by_id,
            now,
            reason.strip(),
        )
    )
