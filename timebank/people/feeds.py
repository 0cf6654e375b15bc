"""Calendar addresses: who subscribed to what, and the secret part of each address.

The address follows from the row's random id and the installation's secret: it can be shown again, is not in the database, and
ends with its row (defect 42 of booking.md: one that follows from the person can never be taken back).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.people import keys

Kind = Literal["person", "space", "community"]
PURPOSE = "calendar feeds"


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is that of the space or community; empty for a person's own calendar."""

    id: UUID
    person_id: UUID
    language: Literal["zh", "en"]
    kind: Kind
    space_id: UUID | None
    community_id: UUID | None
    name: str
    name_en: str
    made_at: datetime

    @property
    def token(self) -> str:
        """What stands in the address: 32 letters and digits."""
        return token_of(self.id)


FEED = """
SELECT f.id, f.person_id, m.language, f.kind, f.space_id, f.community_id, coalesce(s.name, c.name, '') AS name,
       coalesce(s.name_en, c.name_en, '') AS name_en, f.made_at
  FROM feed f JOIN member m ON m.id = f.person_id LEFT JOIN space s ON s.id = f.space_id
  LEFT JOIN community c ON c.id = f.community_id
 WHERE f.ended_at IS NULL AND m.state <> 'left'
"""


def token_of(feed_id: UUID) -> str:
    made = hmac.digest(keys.derive(PURPOSE), feed_id.bytes, "sha256")[:20]
    return base64.b32encode(made).decode("ascii").lower()


async def of_person(person_id: UUID) -> list[Feed]:
    """The subscriptions that somebody has, the own calendar first."""
    found = await sql.rows(f"{FEED} AND f.person_id = $1 ORDER BY f.kind <> 'person', f.kind, name, f.id", person_id)
    return [Feed(**dict(row)) for row in found]


async def behind(token: str) -> Feed:
    """The subscription of an address. Raises NotFound for one that nobody has, or has no longer (schedule-92, booking-119)."""
    row = await sql.row(f"{FEED} AND f.token_hash = $1", hashlib.sha256(token.encode()).digest())
    if row is None:
        raise NotFound(what="calendar")
    return Feed(**dict(row))


async def subscribe(person_id: UUID, kind: Kind, of_id: UUID | None, now: datetime) -> UUID:
    """A subscription to the own calendar, a space's or a community's; where there is one it stays. Safe to repeat."""
    made = uuid4()
    # Of two who subscribe at once the key lets one through; the other reads what stands in its own statement (pitfall Q2).
    await sql.rows(
        "INSERT INTO feed (id, token_hash, person_id, kind, space_id, community_id, made_at) "
        "SELECT $1, $2, $3, $4, CASE $4 WHEN 'space' THEN $5::uuid END, CASE $4 WHEN 'community' THEN $5::uuid END, $6 "
        "ON CONFLICT DO NOTHING",
        made,
        hashlib.sha256(token_of(made).encode()).digest(),
        person_id,
        kind,
        of_id,
        now,
    )
    found: UUID = await sql.value(
        "SELECT id FROM feed WHERE ended_at IS NULL AND person_id = $1 AND kind = $2 "
        "AND coalesce(space_id, community_id) IS NOT DISTINCT FROM $3::uuid",
        person_id,
        kind,
        of_id,
    )
    return found


async def end(feed_id: UUID, person_id: UUID, now: datetime) -> Feed:
    """Ends a subscription: from now on its address leads nowhere. Raises NotFound for what is not this person's, or over."""
    row = await sql.row(f"{FEED} AND f.id = $1 AND f.person_id = $2", feed_id, person_id)
    if row is None:
        raise NotFound(what="calendar")
    await sql.rows("UPDATE feed SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", feed_id, now)
    return Feed(**dict(row))
