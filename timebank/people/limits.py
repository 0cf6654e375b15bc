"""Limits on guessing: atomic counters in PostgreSQL, the same for every process and machine, with Redis or without.

A try is spent before it is judged and given back when it was right, so guesses that come at once cannot pass together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schedules import sql
from schedules.errors import Refusal


class TooManyTries(Refusal):
    """The bucket is empty for now. Facts: again_at, minutes (until then, rounded up)."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=2)
SLOTS = 12
"""Parts of a window that are counted one by one: the window slides from part to part, so no boundary doubles the tries."""
SPEND = """
INSERT INTO rate_count AS r (bucket, window_at, count)
SELECT $1, $2::timestamptz, 1
 WHERE $3 > (SELECT coalesce(sum(count), 0) FROM rate_count WHERE bucket = $1 AND window_at > $4 AND window_at <= $2)
ON CONFLICT (bucket, window_at) DO UPDATE SET count = r.count + 1
 WHERE $3 > r.count + (SELECT coalesce(sum(count), 0) FROM rate_count WHERE bucket = $1 AND window_at > $4 AND window_at < $2)
RETURNING 1"""
SPENT = "SELECT coalesce(sum(count), 0) FROM rate_count WHERE bucket = $1 AND window_at > $2 AND window_at <= $3"
OLDEST = "SELECT min(window_at) FROM rate_count WHERE bucket = $1 AND window_at > $2 AND window_at <= $3 AND count > 0"


def slot_of(now: datetime, window: timedelta) -> datetime:
    """The start of the part of a window that `now` lies in."""
    return now - (now - EPOCH) % (window / SLOTS)


async def spend(bucket: str, allowance: int, window: timedelta, now: datetime) -> None:
    """One try out of the bucket, which holds `allowance` for any stretch of `window`. Raises TooManyTries when it is empty.

    To be called before the action's transaction, never inside it: what the refusal rolls back would not be counted.
    """
    slot = slot_of(now, window)
    # One statement: of two tries at once the second waits for the row and counts on top of the first.
    if not await sql.rows(SPEND, bucket, slot, allowance, now - window):
        raise await refused(bucket, window, now)


async def refused(bucket: str, window: timedelta, now: datetime) -> TooManyTries:
    """What an empty bucket answers."""
    slot = slot_of(now, window)
    again_at = (await sql.value(OLDEST, bucket, now - window, slot) or slot) + window
    return TooManyTries(again_at=again_at, minutes=-(-(again_at - now) // timedelta(minutes=1)))


async def left(bucket: str, allowance: int, window: timedelta, now: datetime) -> int:
    """How many tries the bucket still holds."""
    return allowance - int(await sql.value(SPENT, bucket, now - window, slot_of(now, window)))


async def give_back(bucket: str, window: timedelta, now: datetime) -> None:
    """A try that turned out right costs nothing."""
    await sql.rows(
        "UPDATE rate_count SET count = count - 1 WHERE bucket = $1 AND window_at = $2 AND count > 0",
        bucket,
        slot_of(now, window),
    )


async def clean(now: datetime) -> int:
    """Counters of times long past go; answers how many."""
    return len(await sql.rows("DELETE FROM rate_count WHERE window_at < $1 RETURNING 1", now - KEPT))


async def forget(*buckets: str) -> None:
    """All tries are open again: the secret that was guessed at has been replaced."""
    await sql.rows("DELETE FROM rate_count WHERE bucket = ANY($1::text[])", list(buckets))
