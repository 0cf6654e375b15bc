"""A code shown at the end of a briefing: each member who opens it and says yes has the skill confirmed, once (schedule-32)."""

from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from timebank.people import keys


class BriefingOver(Refusal):
    """The code has run out. Facts: expired_at, issuer."""


class BriefingWithdrawn(Refusal):
    """Whoever issued the code took it back. Facts: issuer."""


class NotByBriefing(Refusal):
    """This skill is confirmed by staff, not by a code at the end of a briefing. Facts: none."""


class BriefingCode(msgspec.Struct, frozen=True, kw_only=True):
    """Who issued it, for which skill, until when; `confirmed` counts the members."""

    id: UUID
    skill_id: UUID
    skill: str
    skill_en: str
    months: int | None
    community_id: UUID
    occasion: str
    issued_by: UUID
    issuer: str
    issued_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    confirmed: int

    def check(self, now: datetime) -> None:
        """Raises BriefingWithdrawn, BriefingOver."""
        if self.withdrawn_at is not None:
            raise BriefingWithdrawn(issuer=self.issuer)
        if now >= self.expires_at:
            raise BriefingOver(expired_at=self.expires_at, issuer=self.issuer)


class Confirmed(msgspec.Struct, frozen=True):
    """Somebody whom a code confirmed."""

    person_id: UUID
    name: str
    number: int
    at: datetime


FOUND = """
SELECT b.id, b.skill_id, k.name AS skill, k.name_en AS skill_en, k.months, k.community_id, b.occasion, b.issued_by,
       m.name AS issuer, b.issued_at, b.expires_at, b.withdrawn_at,
       (SELECT count(*) FROM held_skill h JOIN held_skill_change x ON x.held_id = h.id
         WHERE h.skill_id = b.skill_id AND x.code_id = b.id) AS confirmed
  FROM briefing_code b JOIN skill k ON k.id = b.skill_id JOIN member m ON m.id = b.issued_by
"""


def mark(code_id: UUID) -> str:
    """Shows that the address is one of ours: signed with the installation's secret."""
    return hmac.digest(keys.derive("briefing codes"), code_id.bytes, "sha256").hex()[:24]


def path(code_id: UUID) -> str:
    """The path of the address in the QR."""
    return f"/briefing/{code_id}/{mark(code_id)}"


async def issue(skill_id: UUID, occasion: str, by_id: UUID, expires_at: datetime, now: datetime) -> UUID:
    """A new code; its id. Raises NotFound, NotByBriefing."""
    by_briefing = await sql.value("SELECT by_briefing FROM skill WHERE id = $1 AND retired_at IS NULL", skill_id)
    if by_briefing is None:
        raise NotFound(what="skill")
    if not by_briefing:
        raise NotByBriefing()
    made = uuid4()
    await sql.rows(
        "INSERT INTO briefing_code (id, skill_id, occasion, issued_by, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        made,
        skill_id,
        occasion.strip(),
        by_id,
        now,
        expires_at,
    )
    return made


async def one(code_id: UUID) -> BriefingCode:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE b.id = $1", code_id)
    if row is None:
        raise NotFound(what="briefing code")
    return BriefingCode(**dict(row))


async def genuine(code_id: UUID, shown: str) -> BriefingCode:
    """The code behind an address. Raises NotFound where the mark is not ours."""
    if not hmac.compare_digest(mark(code_id).encode(), shown.encode()):
        raise NotFound(what="briefing code")
    return await one(code_id)


LISTED = 20
"""Codes: whoever issues looks for one of these days."""


async def of_issuer(by_id: UUID) -> list[BriefingCode]:
    """The last codes that somebody issued, the newest first."""
    found = await sql.rows(f"{FOUND} WHERE b.issued_by = $1 ORDER BY b.issued_at DESC LIMIT $2", by_id, LISTED)
    return [BriefingCode(**dict(row)) for row in found]


async def confirmed(code_id: UUID) -> list[Confirmed]:
    """Whom the code confirmed, in that order; this stays when the code is withdrawn."""
    found = await sql.rows(
        "SELECT m.id, m.name, m.number, x.at FROM briefing_code b JOIN held_skill h ON h.skill_id = b.skill_id "
        "JOIN held_skill_change x ON x.held_id = h.id AND x.code_id = b.id JOIN member m ON m.id = h.person_id "
        "WHERE b.id = $1 ORDER BY x.id",
        code_id,
    )
    return [Confirmed(*row) for row in found]


async def withdraw(code_id: UUID, now: datetime) -> None:
    """Confirms nobody any more; whom it confirmed stays so. Safe to repeat."""
    await sql.rows("UPDATE briefing_code SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL", code_id, now)


async def has_confirmed(code_id: UUID, person_id: UUID) -> bool:
    """Whether this code has confirmed this member."""
    return bool(
        await sql.rows(
            "SELECT 1 FROM held_skill h JOIN held_skill_change x ON x.held_id = h.id WHERE h.person_id = $2 AND x.code_id = $1",
            code_id,
            person_id,
        )
    )
