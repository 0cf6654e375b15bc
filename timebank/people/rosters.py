"""Rosters that tell nothing without the passes: each person's line is sealed under the signature in their own pass.

Who has the pass can find the line and open it; who has the desk alone sees how many lines there are (checkin-86). The formats
are those of docs/vectors/roster.json.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schedules import codes, decision, sql
from schedules.desk_rosters import Place
from timebank.people import keys, passes, phone_passes

SALT, NONCE, SHORT = 16, 12, 16
"""Bytes: of the salt, of a seal's nonce, and of what stands for a pass."""
MOST_REPLACED = 5_000
"""Replaced passes that a roster names, the newest first; those of its own people always."""


class Line(msgspec.Struct, frozen=True):
    """What a pass opens. Nothing that staff wrote about the person: whoever has the pass could read it in a pack."""

    name: str
    number: int
    is_suspended: bool
    places: tuple[Place, ...]
    inside: decision.Inside | None


class Secret(msgspec.Struct, frozen=True):
    """The server's signature in one pass of a person: 64 bytes that nobody guesses who has not seen the pass."""

    member_id: UUID
    signature: bytes


def seal(secret: bytes, salt: bytes, line: Line, nonce: bytes | None = None) -> tuple[str, str]:
    """The locator of a pass and the line under its seal. `nonce` is for the vectors only: a nonce never seals twice."""
    locator = base64url(_derive(secret, salt, b"timebank roster locator", SHORT))
    chosen = nonce or secrets.token_bytes(NONCE)
    key = AESGCM(_derive(secret, salt, b"timebank roster key", 32))
    sealed = chosen + key.encrypt(chosen, msgspec.json.encode(line), locator.encode())
    return locator, base64.b64encode(sealed).decode()


def mark(salt: bytes, pass_id: UUID) -> str:
    """What stands for a replaced pass."""
    return base64url(hashlib.sha256(salt + pass_id.bytes).digest()[:SHORT])


def base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _derive(secret: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, purpose).derive(secret)


async def secrets_of(member_ids: Sequence[UUID], now: datetime) -> list[Secret]:
    """The signature of every pass in force of these members, card or phone, that was signed with a key of our secret."""
    ours = [
        row["id"]
        for row in await sql.rows("SELECT id, public_key FROM pass_key WHERE removed_at IS NULL")
        if keys.public_half(row["id"]) == row["public_key"]
    ]
    cards = await sql.rows(
        "SELECT id, member_id, serial, key_id FROM pass "
        "WHERE member_id = ANY ($1) AND revoked_at IS NULL AND key_id = ANY ($2)",
        list(member_ids),
        ours,
    )
    # A phone whose key was followed by another, or removed, takes the new one at its next contact, before it is shown.
    signs = await passes.current_key(now) if ours else ""
    soon = [
        Secret(each.member_id, each.signature)
        for held in (await phone_passes.of_members(member_ids, now) if ours else [])
        for each in phone_passes.soon(held, signs, now)
        if each.key_id in ours
    ]
    return [_of_card(*row) for row in cards] + soon


def _of_card(pass_id: UUID, member_id: UUID, serial: int, key_id: str) -> Secret:
    signed = codes.card_text(keys.server_id(), key_id, pass_id, serial)
    return Secret(member_id, keys.pass_key(key_id).sign(signed.encode("ascii")))


REPLACED = """
SELECT p.id FROM (SELECT id, member_id, revoked_at FROM pass WHERE revoked_at IS NOT NULL
                  UNION ALL SELECT id, member_id, revoked_at FROM phone_pass WHERE revoked_at IS NOT NULL) p
  JOIN member m ON m.id = p.member_id JOIN community c ON c.id = m.community_id
 WHERE c.ancestor_ids && $1::uuid[] OR m.id = ANY ($2)
 ORDER BY (m.id = ANY ($2)) DESC, p.revoked_at DESC LIMIT $3
"""


async def replaced(node_ids: Sequence[UUID], member_ids: Sequence[UUID]) -> list[UUID]:
    """Passes that are in force no more: of these members, and of everybody who lives at these nodes or below."""
    found = await sql.rows(REPLACED, list(node_ids), list(member_ids), MOST_REPLACED)
    return [row["id"] for row in found]
