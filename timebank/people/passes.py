"""Passes: a member's own QR, signed with Ed25519. The database holds public halves only; one pass of a member is in force."""

from __future__ import annotations

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
        signed = codes.card_text(keys.server_id(), self.key_id, self.id, self.serial)
        return codes.signed_card(signed, keys.pass_key(self.key_id).sign(signed.encode("ascii")))

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


WRITE = """
INSERT INTO pass (id, member_id, serial, key_id, typed_code, issued_at)
SELECT n.id, n.member_id, 1 + coalesce((SELECT max(serial) FROM pass WHERE member_id = n.member_id), 0), $4, n.typed_code, $5
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (id, member_id, typed_code)
ON CONFLICT (typed_code) DO NOTHING RETURNING member_id
"""


async def issue_many(member_ids: Iterable[UUID], now: datetime) -> None:
    """First passes of many members in few statements, for loading; none of them may have one in force."""
    key_id = await current_key(now)
    waiting: Sequence[UUID] = list(dict.fromkeys(member_ids))
    while waiting:
        passes = {uuid4(): member_id for member_id in waiting}
        done = await sql.rows(WRITE, list(passes), list(passes.values()), [typed_code_of(made) for made in passes], key_id, now)
        # A typed code that somebody has already: that member gets another in the next round.
        had = {row["member_id"] for row in done}
        waiting = [member_id for member_id in waiting if member_id not in had]


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


def is_own(public_key: bytes, code: Card | Phone) -> bool:
    """Whether this server signs the text of the code so. `public_key`: the one that the code's key id names.

    Ed25519 has one signature for a text, and making it again costs a third of verifying it. False says nothing: the secret may
    be another than the one that signed it.
    """
    return public_key == keys.public_half(code.key_id) and _signs(public_key, code.key_id, code.signature, code.signed)


@lru_cache(maxsize=100_000)
def _signs(public_key: bytes, key_id: str, signature: bytes, signed: bytes) -> bool:
    """A queue of passes that come again costs nothing. `public_key` stands for the secret of which the key is derived."""
    return hmac.compare_digest(keys.pass_key(key_id).sign(signed), signature)
