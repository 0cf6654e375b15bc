"""Phones that are their owner's pass: the server signs a phone's own public key, the phone proves that it holds the other half.

The database keeps public keys and dates. The credential is signed anew when it is asked for: Ed25519 gives the same each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from schedules import phone_codes, sql
from schedules.errors import Malformed, NotFound, Refusal
from timebank.people import keys, passes

DAYS = 180
"""A credential is good for so long; no desk without a network has to know of longer ones."""
RENEWED_WITHIN = 60
"""Days before the end: the last third. A contact then brings a new credential for the same phone."""
MOST = 5
"""Phones of one member in force at a time: more are forgotten ones."""


class NotAPhoneKey(Malformed):
    """The public key is no point of P-256, compressed, in base64. Facts: field, reason."""


class TooManyPhones(Refusal):
    """As many phones are this member's pass as may be. Facts: most."""


class PhoneOfAnother(Refusal):
    """This key is another member's pass. Facts: none."""


class PhonePass(msgspec.Struct, frozen=True):
    """A phone in force. `last_day` counts from 1970-01-01 in UTC."""

    id: UUID
    member_id: UUID
    key_id: str
    public_key: bytes
    label: str
    enrolled_at: datetime
    seen_at: datetime
    last_day: int

    @property
    def signed(self) -> str:
        """What the server signs."""
        return phone_codes.credential_text(keys.server_id(), self.key_id, self.id, self.public_key, self.last_day)

    @property
    def signature(self) -> bytes:
        """The server's 64 bytes: nobody guesses them who has not seen the credential."""
        return keys.pass_key(self.key_id).sign(self.signed.encode("ascii"))

    @property
    def credential(self) -> str:
        """What the phone keeps and shows, up to the step and its proof."""
        return phone_codes.credential(self.signed, self.signature)

    @property
    def good_until(self) -> datetime:
        """The first instant at which it is good no more."""
        return datetime.fromtimestamp((self.last_day + 1) * phone_codes.DAY_SECONDS, tz=UTC)

    def is_due(self, now: datetime) -> bool:
        """Whether it is in its last third: a contact brings a new credential."""
        return self.last_day - phone_codes.day_of(now) < RENEWED_WITHIN


FIELDS = "h.id, h.member_id, h.key_id, h.public_key, h.label, h.enrolled_at, h.seen_at, h.last_day"
IN_FORCE = "h.revoked_at IS NULL AND h.last_day >= $2"


async def of_members(member_ids: Sequence[UUID], now: datetime) -> list[PhonePass]:
    """The phones in force of these members, by when they became so: what a desk takes along before it goes offline."""
    found = await sql.rows(
        f"SELECT {FIELDS} FROM phone_pass h WHERE h.member_id = ANY ($1) AND {IN_FORCE} ORDER BY h.enrolled_at, h.id",
        list(member_ids),
        phone_codes.day_of(now),
    )
    return [PhonePass(*row) for row in found]


def soon(held: PhonePass, signs: str, now: datetime) -> list[PhonePass]:
    """The pass with every credential that its phone may hold by tomorrow: it may be renewed before it is shown.

    `signs` is the id of the key that signs new passes.
    """
    if held.key_id == signs and not held.is_due(now + timedelta(days=1)):
        return [held]
    last_days = (phone_codes.day_of(now) + ahead + DAYS for ahead in (0, 1))
    return [held, *(msgspec.structs.replace(held, key_id=signs, last_day=day) for day in last_days)]


async def enrol(member_id: UUID, public_key: bytes, label: str, now: datetime) -> tuple[PhonePass, bool]:
    """The phone with this key is a pass of the member; whether it is new. The same key again is the same pass.

    Locks the member. Safe to repeat. Raises NotAPhoneKey, TooManyPhones, NotFound, PhoneOfAnother.
    """
    _require_point(public_key)
    # Two enrolments of one member queue here: the second counts, and finds, the first.
    if not await sql.rows("SELECT 1 FROM member WHERE id = $1 FOR NO KEY UPDATE", member_id):
        raise NotFound(what="member")
    held = await of_members([member_id], now)
    if again := next((one for one in held if one.public_key == public_key), None):
        return again, False
    if len(held) >= MOST:
        raise TooManyPhones(most=MOST)
    return await _write(member_id, public_key, label.strip(), now), True


async def _write(member_id: UUID, public_key: bytes, label: str, now: datetime) -> PhonePass:
    # The same key may have run out, whoever's it was: it makes room for its new row.
    await sql.rows(
        "UPDATE phone_pass SET revoked_at = $3, revoked_by = $1 "
        "WHERE public_key = $2 AND revoked_at IS NULL AND (member_id = $1 OR last_day < $4)",
        member_id,
        public_key,
        now,
        phone_codes.day_of(now),
    )
    last_day = phone_codes.day_of(now) + DAYS
    made = PhonePass(uuid4(), member_id, await passes.current_key(now), public_key, label, now, now, last_day)
    # Of two members who enrol one key at once, phone_pass_once lets one through.
    written = await sql.rows(
        "INSERT INTO phone_pass (id, member_id, key_id, public_key, label, enrolled_at, renewed_at, seen_at, last_day) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7) ON CONFLICT DO NOTHING RETURNING 1",
        made.id,
        member_id,
        made.key_id,
        public_key,
        made.label,
        now,
        made.last_day,
    )
    if not written:
        raise PhoneOfAnother()
    return made


async def touch(member_id: UUID, phone_id: UUID, now: datetime) -> PhonePass:
    """A contact of the phone: its pass, renewed where that is due, or where its key was followed by a newer one.

    Locks the phone's row. Safe to repeat. Raises NotFound where the phone is no pass of the member any more.
    """
    found = await sql.row(
        f"SELECT {FIELDS} FROM phone_pass h WHERE h.id = $1 AND {IN_FORCE} AND h.member_id = $3 FOR NO KEY UPDATE OF h",
        phone_id,
        phone_codes.day_of(now),
        member_id,
    )
    if found is None:
        raise NotFound(what="phone pass")
    held, signs = PhonePass(*found), await passes.current_key(now)
    if held.is_due(now) or held.key_id != signs:
        held = msgspec.structs.replace(held, key_id=signs, last_day=phone_codes.day_of(now) + DAYS)
        await sql.rows(
            "UPDATE phone_pass SET key_id = $2, last_day = $3, renewed_at = $4 WHERE id = $1",
            phone_id,
            signs,
            held.last_day,
            now,
        )
    await sql.rows("UPDATE phone_pass SET seen_at = $2 WHERE id = $1", phone_id, now)
    return msgspec.structs.replace(held, seen_at=now)


async def revoke(member_id: UUID, phone_id: UUID | None, by: UUID, now: datetime) -> list[PhonePass]:
    """This phone of the member, or with None every one, opens nothing from now on; those that were in force until now.

    Safe to repeat. Raises NotFound where the phone never was a pass of the member.
    """
    if phone_id and not await sql.rows("SELECT 1 FROM phone_pass WHERE id = $1 AND member_id = $2", phone_id, member_id):
        raise NotFound(what="phone pass")
    found = await sql.rows(
        "UPDATE phone_pass h SET revoked_at = $4, revoked_by = $3 "
        f"WHERE h.member_id = $1 AND ($2::uuid IS NULL OR h.id = $2) AND h.revoked_at IS NULL RETURNING {FIELDS}",
        member_id,
        phone_id,
        by,
        now,
    )
    return [PhonePass(*row) for row in found]


def _require_point(public_key: bytes) -> None:
    try:
        if len(public_key) != 33:
            raise ValueError(len(public_key))
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    except ValueError as error:
        raise NotAPhoneKey(field="public_key", reason="a P-256 public key, compressed, 33 bytes in base64") from error
