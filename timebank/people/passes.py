"""Passes: a member's own QR, signed with Ed25519. One of a member is in force; the database holds public halves and digests."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid4

import msgspec

from schedules import codes, sql
from schedules.codes import Card, Phone
from schedules.errors import NotFound
from timebank.people import keys
from timebank.people.departures import AlreadyLeft


class Pass(msgspec.Struct, frozen=True):
    """A pass in force. `serial` counts a member's passes from 1."""

    id: UUID
    member_id: UUID
    serial: int
    key_id: str
    typed_code: str
    issued_at: datetime

    @property
    def text(self) -> str:
        """What the QR holds: capitals and digits only."""
        return codes.signed_card(*self._signed)

    @property
    def digest(self) -> bytes:
        """By which the text is known again at a door; it tells nobody the signature."""
        signed, signature = self._signed
        return _digest(signed.encode("ascii"), signature)

    @property
    def _signed(self) -> tuple[str, bytes]:
        signed = codes.card_text(keys.server_id(), self.key_id, self.id, self.serial)
        return signed, keys.pass_key(self.key_id).sign(signed.encode("ascii"))

    @property
    def typed_shown(self) -> str:
        """The typed code in two groups, as it stands under the QR."""
        return codes.spaced(self.typed_code)


IN_FORCE = """
SELECT p.id, p.member_id, p.serial, p.key_id, p.typed_code, p.issued_at, k.public_key
  FROM pass p JOIN pass_key k ON k.id = p.key_id
 WHERE p.member_id = $1 AND p.revoked_at IS NULL AND k.removed_at IS NULL
"""


async def current(member_id: UUID) -> Pass | None:
    """The pass in force. None: there is none, or the secret that signed it is gone; `issue` makes one."""
    found = await sql.row(IN_FORCE, member_id)
    if found is None or keys.public_half(found["key_id"]) != found["public_key"]:
        return None
    return Pass(*tuple(found)[:-1])


async def issue(member_id: UUID, now: datetime) -> Pass:
    """The member's pass: the one in force where there is one that verifies, else a new one (checkin-69).

    Locks the member. Safe to repeat. Raises NotFound, AlreadyLeft.
    """
    await _lock(member_id)
    return await current(member_id) or await _replace(member_id, now)


async def reissue(member_id: UUID, now: datetime) -> Pass:
    """A new pass; the old one answers `revoked` from now on (checkin-68). Locks the member. Raises NotFound, AlreadyLeft."""
    await _lock(member_id)
    return await _replace(member_id, now)


async def revoke(member_id: UUID, now: datetime) -> list[UUID]:
    """No pass of the member is in force any more; those that were, also one whose key was removed. Safe to repeat."""
    found = await sql.rows(
        "UPDATE pass SET revoked_at = $2 WHERE member_id = $1 AND revoked_at IS NULL RETURNING id", member_id, now
    )
    return [row["id"] for row in found]


async def _lock(member_id: UUID) -> None:
    # Two who issue a pass for one member queue here; the second finds the first's.
    state = await sql.value("SELECT state FROM member WHERE id = $1 FOR NO KEY UPDATE", member_id)
    if state is None:
        raise NotFound(what="member")
    if state == "left":
        raise AlreadyLeft()


async def _replace(member_id: UUID, now: datetime) -> Pass:
    await revoke(member_id, now)
    await issue_many([member_id], now)
    return Pass(*tuple(await sql.one(IN_FORCE, member_id))[:-1])


SERIALS = "SELECT member_id, max(serial) AS last FROM pass WHERE member_id = ANY ($1) GROUP BY member_id"
WRITE = """
INSERT INTO pass (id, member_id, serial, key_id, typed_code, issued_at, digest)
SELECT n.id, n.member_id, n.serial, $1, n.typed_code, $2, n.digest
  FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::bytea[]) AS n (id, member_id, serial, typed_code, digest)
ON CONFLICT (typed_code) DO NOTHING RETURNING member_id
"""


async def issue_many(member_ids: Iterable[UUID], now: datetime) -> None:
    """First passes of many members in few statements, for loading; none of them may have one in force."""
    key_id = await current_key(now)
    waiting: Sequence[UUID] = list(dict.fromkeys(member_ids))
    last = {row["member_id"]: row["last"] for row in await sql.rows(SERIALS, waiting)}
    while waiting:
        made = [_made(member_id, 1 + last.get(member_id, 0), key_id, now) for member_id in waiting]
        rows = [(each.id, each.member_id, each.serial, each.typed_code, each.digest) for each in made]
        done = await sql.rows(WRITE, key_id, now, *map(list, zip(*rows, strict=True)))
        # A typed code that somebody has already: that member gets another in the next round.
        had = {row["member_id"] for row in done}
        waiting = [member_id for member_id in waiting if member_id not in had]


def _made(member_id: UUID, serial: int, key_id: str, now: datetime) -> Pass:
    pass_id = uuid4()
    return Pass(pass_id, member_id, serial, key_id, typed_code_of(pass_id), now)


def typed_code_of(pass_id: UUID) -> str:
    """The typed code of a pass follows from its id and the secret, and tells neither."""
    return codes.first_typed(int.from_bytes(hmac.digest(keys.derive("typed codes"), pass_id.bytes, "sha256")))


async def current_key(now: datetime) -> str:
    """The id of the key that signs: the newest in force that our secret gives; a new one where there is none (a new secret)."""
    for row in await sql.rows("SELECT id, public_key FROM pass_key WHERE removed_at IS NULL ORDER BY added_at DESC, id"):
        if keys.public_half(row["id"]) == row["public_key"]:
            return str(row["id"])
    return await add_key(now)


async def add_key(now: datetime) -> str:
    """A new key, with which passes are signed from now on; those of older keys stay valid until `remove_key`."""
    key_id = codes.number32(uuid4().int, codes.KEY)
    await sql.rows("INSERT INTO pass_key (id, public_key, added_at) VALUES ($1, $2, $3)", key_id, keys.public_half(key_id), now)
    return key_id


async def remove_key(key_id: str, now: datetime) -> None:
    """Passes signed with it lead to nobody from now on (checkin-66). Safe to repeat."""
    await sql.rows("UPDATE pass_key SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL", key_id, now)


def is_own(public_key: bytes, code: Card | Phone, digest: bytes | None = None) -> bool:
    """Whether this server signs the text of the code so. `public_key`: the one that the code's key id names; `digest`: of the
    pass that was issued, None where none was kept.

    What was issued is known by its digest. Else the signature is made again: Ed25519 has one for a text, and that costs a third
    of verifying it. False says nothing: the secret may be another than the one that signed it.
    """
    if digest is not None and hmac.compare_digest(digest, _digest(code.signed, code.signature)):
        return True
    return public_key == keys.public_half(code.key_id) and _signs(public_key, code.key_id, code.signature, code.signed)


def _digest(signed: bytes, signature: bytes) -> bytes:
    return hashlib.sha256(signed + signature).digest()


@lru_cache(maxsize=100_000)
def _signs(public_key: bytes, key_id: str, signature: bytes, signed: bytes) -> bool:
    """A queue of passes that come again costs nothing. `public_key` stands for the secret of which the key is derived."""
    return hmac.compare_digest(keys.pass_key(key_id).sign(signed), signature)
