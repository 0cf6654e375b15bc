"""A person before a kiosk: from the card or phone held up, through the PIN, to the end or the time-out. Kept in PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank.people import seals
from timebank.people.callers import token_hash

IDLE = timedelta(seconds=120)
"""How long a visit outlives the last page that was asked for; the page itself goes back to the start sooner."""
LONGEST = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""So long after its end it is known whose visit it was."""


class VisitOver(Refusal):
    """The visit has ended, timed out, or was never begun at this kiosk. Facts: none."""


class CardNotValid(Refusal):
    """The card was revoked during the visit, or its owner may not redeem at present. Facts: none."""


class PinNeeded(Refusal):
    """The card was held up but its PIN has not been given yet. Facts: none."""


class Visit(msgspec.Struct, frozen=True):
    """Who stands there. Until the PIN was right (`is_proved`) nothing is shown and nothing bought."""

    member_id: UUID
    name: str
    language: str
    is_proved: bool


# What was held up is in force still: the card or the phone.
IN_FORCE = (
    "(EXISTS (SELECT FROM pass WHERE id = v.pass_id AND revoked_at IS NULL) "
    "OR EXISTS (SELECT FROM phone_pass WHERE id = v.phone_pass_id AND revoked_at IS NULL))"
)


async def begin(device_id: UUID, pass_id: UUID, member_id: UUID, now: datetime, *, is_phone: bool = False) -> str:
    """A card was held up, or a phone (`pass_id` is that of the phone then); answers the token of the visit.

    An earlier visit at this kiosk is over with it. Locks the device.
    """
    token = seals.token("v")
    # Two cards at once: the second waits for the kiosk's row, and its next statement sees, and ends, the visit of the first.
    await sql.rows("SELECT FROM device WHERE id = $1 FOR NO KEY UPDATE", device_id)
    await sql.rows(
        "WITH earlier AS (UPDATE kiosk_visit SET ended_at = $5 WHERE device_id = $2 AND ended_at IS NULL AND expires_at > $5) "
        "INSERT INTO kiosk_visit (token_hash, device_id, pass_id, phone_pass_id, member_id, made_at, expires_at) "
        "VALUES ($1, $2, $3, $7, $4, $5, $6)",
        token_hash(token),
        device_id,
        None if is_phone else pass_id,
        member_id,
        now,
        now + IDLE,
        pass_id if is_phone else None,
    )
    return token


async def prove(token: str, device_id: UUID, now: datetime) -> None:
    """The PIN was right. Raises VisitOver where the next person came while it was judged. Safe to repeat."""
    if not await sql.rows(
        "UPDATE kiosk_visit SET proved_at = coalesce(proved_at, $3) "
        "WHERE token_hash = $1 AND device_id = $2 AND expires_at > $3 AND ended_at IS NULL RETURNING 1",
        token_hash(token),
        device_id,
        now,
    ):
        raise VisitOver()


async def touch(token: str, device_id: UUID, now: datetime) -> Visit:
    """Who stands at this kiosk; another page makes the visit last longer. Raises VisitOver and CardNotValid."""
    found = await sql.row(
        "UPDATE kiosk_visit v SET expires_at = least($3 + $4::interval, v.made_at + $5::interval) FROM member m "
        "WHERE v.token_hash = $1 AND v.device_id = $2 AND v.expires_at > $3 AND v.ended_at IS NULL "
        f"AND {IN_FORCE} AND m.id = v.member_id AND m.state = 'active' "
        "RETURNING m.id AS member_id, m.name, m.language, v.proved_at IS NOT NULL AS is_proved",
        token_hash(token),
        device_id,
        now,
        IDLE,
        LONGEST,
    )
    if found is None:
        raise await _why_not(token, device_id, now)
    return Visit(**dict(found))


async def buyer(token: str, device_id: UUID, now: datetime) -> UUID:
    """The member who may spend at this kiosk now. Raises VisitOver, CardNotValid, PinNeeded.

    One statement; safe to repeat. Within a transaction the visit can neither end nor be extended until it commits.
    """
    found = await sql.row(
        "SELECT v.member_id, v.proved_at "
        "FROM kiosk_visit v JOIN member m ON m.id = v.member_id "
        "WHERE v.token_hash = $1 AND v.device_id = $2 AND v.expires_at > $3 AND v.ended_at IS NULL "
        f"AND {IN_FORCE} AND m.state = 'active' FOR SHARE OF v",
        token_hash(token),
        device_id,
        now,
    )
    if found is None:
        raise await _why_not(token, device_id, now)
    if found["proved_at"] is None:
        raise PinNeeded()
    return UUID(str(found["member_id"]))


async def _why_not(token: str, device_id: UUID, now: datetime) -> Refusal:
    lives = await sql.rows(
        "SELECT 1 FROM kiosk_visit WHERE token_hash = $1 AND device_id = $2 AND expires_at > $3 AND ended_at IS NULL",
        token_hash(token),
        device_id,
        now,
    )
    return CardNotValid() if lives else VisitOver()


async def end(token: str, device_id: UUID, now: datetime) -> None:
    """The visit is over; safe to repeat."""
    await sql.rows(
        "UPDATE kiosk_visit SET ended_at = $3 WHERE token_hash = $1 AND device_id = $2 AND ended_at IS NULL",
        token_hash(token),
        device_id,
        now,
    )


async def end_before(device_id: UUID, now: datetime) -> None:
    """The next person has come to this kiosk: whoever stood there does no more. Safe to repeat.

    In a transaction of its own, so that it holds though the next one's card is refused.
    """
    await sql.rows(
        "UPDATE kiosk_visit SET ended_at = $2 WHERE device_id = $1 AND ended_at IS NULL AND expires_at > $2", device_id, now
    )


async def whose(token: str, device_id: UUID) -> UUID | None:
    """The member who stands, or stood, at this kiosk; None: nobody ever did, or it is forgotten (`KEPT`)."""
    found = await sql.row(
        "SELECT member_id FROM kiosk_visit WHERE token_hash = $1 AND device_id = $2", token_hash(token), device_id
    )
    return found["member_id"] if found else None


async def clean(now: datetime) -> int:
    """Visits long over go; answers how many."""
    return len(await sql.rows("DELETE FROM kiosk_visit WHERE expires_at < $1 RETURNING 1", now - KEPT))
