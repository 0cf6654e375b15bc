"""One-time codes by phone: six digits, ten minutes, one use, kept only as a fingerprint."""

from __future__ import annotations

import hmac
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from schedules import sql
from schedules.errors import Refusal
from timebank.people import limits, seals

DIGITS = 6
LASTS = timedelta(minutes=10)
WINDOW = timedelta(minutes=10)
SENT_TO_PHONE, SENT_FROM_ADDRESS = 3, 60
TRIES_OF_PHONE, TRIES_OF_ADDRESS = 8, 120
TRIES_OF_DAY, DAY = 30, timedelta(days=1)
"""Wrong codes a day for one phone: with three codes alive at any time, guessing would take some thirty years."""


class WrongCode(Refusal):
    """The code is not one of those sent to this phone in the last ten minutes, or was used. Facts: field."""


async def make(phone: str, address: str, now: datetime) -> str:
    """A new code for the phone, whoever has it. Raises TooManyTries by phone and by address. Outside every transaction.

    Earlier codes stay good until their time is over: messages overtake each other.
    """
    await limits.spend(f"code:send:{phone}", SENT_TO_PHONE, WINDOW, now)
    await limits.spend(f"code:send:{address}", SENT_FROM_ADDRESS, WINDOW, now)
    code, made = seals.digits(DIGITS), uuid4()
    await sql.rows(
        "INSERT INTO one_time_code (id, phone, code_hash, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        made,
        phone,
        _seal(phone, code),
        now,
        now + LASTS,
    )
    return code


def _seal(phone: str, code: str) -> bytes:
    return seals.seal("one-time codes", f"{phone}\0{code}")


async def find(phone: str, code: str, address: str, now: datetime) -> UUID:
    """The id of the unused code that this is. Raises WrongCode and TooManyTries. Outside every transaction."""
    buckets = (
        (f"code:try:{phone}", TRIES_OF_PHONE, WINDOW),
        (f"code:try:{address}", TRIES_OF_ADDRESS, WINDOW),
        (f"code:day:{phone}", TRIES_OF_DAY, DAY),
    )
    for bucket, allowance, window in buckets:
        await limits.spend(bucket, allowance, window, now)
    wanted = _seal(phone, unicodedata.normalize("NFKC", code).replace(" ", "").strip())
    open_codes = await sql.rows(
        "SELECT id, code_hash FROM one_time_code WHERE phone = $1 AND expires_at > $2 AND used_at IS NULL", phone, now
    )
    for row in open_codes:
        if hmac.compare_digest(row["code_hash"], wanted):
            for bucket, _, window in buckets:
                await limits.give_back(bucket, window, now)
            return UUID(str(row["id"]))
    raise WrongCode(field="code")


async def use(code_id: UUID, now: datetime) -> None:
    """Uses the code up, and every other of its phone. Raises WrongCode when somebody was faster. Locks the phone's codes."""
    # Two requests with the same code: the second finds it used after the first has committed.
    used = await sql.rows(
        "UPDATE one_time_code SET used_at = $2 WHERE used_at IS NULL "
        "AND phone = (SELECT phone FROM one_time_code WHERE id = $1) RETURNING id",
        code_id,
        now,
    )
    if code_id not in {row["id"] for row in used}:
        raise WrongCode(field="code")


async def clean(now: datetime) -> int:
    """Codes that ran out an hour ago go; answers how many."""
    return len(await sql.rows("DELETE FROM one_time_code WHERE expires_at < $1 RETURNING 1", now - timedelta(hours=1)))
