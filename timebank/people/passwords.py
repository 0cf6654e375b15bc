"""Passwords: chosen by the member, kept as argon2id."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from schedules import sql
from schedules.errors import Malformed
from timebank.people import argon, limits

SHORTEST, LONGEST = 8, 128
TRIES, TRIES_OF_ADDRESS, WINDOW = 8, 120, timedelta(minutes=15)


class PasswordTooShort(Malformed):
    """Facts: field, reason."""


class PasswordTooLong(Malformed):
    """Facts: field, reason."""


async def prepare(text: str) -> str:
    """The hash of a password that may be set. Raises PasswordTooShort and PasswordTooLong. Outside every transaction."""
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) < SHORTEST:
        raise PasswordTooShort(field="password", reason=f"at least {SHORTEST} characters")
    if len(plain) > LONGEST:
        raise PasswordTooLong(field="password", reason=f"at most {LONGEST} characters")
    return await argon.make(plain)


async def keep(member_id: UUID, kind: str, prepared: str, now: datetime) -> None:
    """Sets the credential, or replaces it; `prepared` is its hash."""
    await sql.rows(
        "INSERT INTO credential (member_id, kind, hash, set_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (member_id, kind) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at",
        member_id,
        kind,
        prepared,
        now,
    )


async def has(member_id: UUID, kind: str) -> bool:
    return bool(await sql.rows("SELECT 1 FROM credential WHERE member_id = $1 AND kind = $2", member_id, kind))


async def owner(phone: str, password: str, address: str, now: datetime) -> UUID | None:
    """The member whose phone and password these are. Raises TooManyTries, by phone and by address; a right one costs no try.

    Takes as long for a number that nobody has. Outside every transaction.
    """
    buckets = ((f"password:phone:{phone}", TRIES), (f"password:address:{address}", TRIES_OF_ADDRESS))
    for bucket, allowance in buckets:
        await limits.spend(bucket, allowance, WINDOW, now)
    found = await sql.row(
        "SELECT m.id, c.hash FROM member m LEFT JOIN credential c ON c.member_id = m.id AND c.kind = 'password' "
        "WHERE m.phone = $1 AND m.state <> 'left'",
        phone,
    )
    if not await argon.fits(found and found["hash"], unicodedata.normalize("NFKC", password)) or found is None:
        return None
    for bucket, _ in buckets:
        await limits.give_back(bucket, WINDOW, now)
    return UUID(str(found["id"]))
