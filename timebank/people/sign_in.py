"""Sessions of sign-in, in PostgreSQL: losing Redis signs nobody out. The cookie's token is kept as a hash only."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from timebank.people import seals
from timebank.people.callers import token_hash

LASTS = timedelta(days=60)


class SignedIn(msgspec.Struct, frozen=True):
    """`token` is shown this once; a browser keeps it as a cookie, a program sends it as a bearer token."""

    token: str
    member_id: UUID
    made_at: datetime
    expires_at: datetime


async def open_for(member_id: UUID, browser: str, now: datetime) -> SignedIn:
    """Signs the member in. `browser` is what it calls itself, for the list of sign-ins."""
    made = SignedIn(seals.token("m"), member_id, now, now + LASTS)
    await sql.rows(
        "INSERT INTO sign_in (token_hash, member_id, made_at, expires_at, browser) VALUES ($1, $2, $3, $4, $5)",
        token_hash(made.token),
        member_id,
        now,
        made.expires_at,
        browser[:200],
    )
    return made


async def end(token: str, now: datetime) -> None:
    """Signs this browser out; safe to repeat."""
    await sql.rows("UPDATE sign_in SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL", token_hash(token), now)


async def end_all(member_id: UUID, now: datetime, but: str = "") -> int:
    """Signs the member out everywhere, except for the browser that holds the token `but`; answers how many."""
    return len(
        await sql.rows(
            "UPDATE sign_in SET ended_at = $2 "
            "WHERE member_id = $1 AND ended_at IS NULL AND expires_at > $2 AND token_hash <> $3 RETURNING 1",
            member_id,
            now,
            token_hash(but),
        )
    )


async def clean(now: datetime) -> int:
    """Sign-ins that have run out go; answers how many."""
    return len(await sql.rows("DELETE FROM sign_in WHERE expires_at < $1 RETURNING 1", now))
