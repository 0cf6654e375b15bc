"""The items of a periodic job, one by one: what fails is noted and rests, and the others are handled (schedule-108)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from schedules import sql

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)

T = TypeVar("T")

log = structlog.get_logger()


async def each(
    job: str, items: Sequence[T], handle: Callable[[T], Awaitable[object]], now: datetime, *, name: Callable[[T], str] = str
) -> int:
    """Handles every item; how many succeeded. `handle` opens the item's own transaction.

    An error is noted in `job_failure` under the item's name and the item rests, longer each time; a success wipes the note.
    Raises only where the note cannot be written: then PostgreSQL is away, and the next run does the rest. A query with a LIMIT
    leaves out what rests: `NOT is_resting('<job>', <name>, $now)`.
    """
    rests = await _rests(job, [name(item) for item in items])
    handled = 0
    for item in items:
        called = name(item)
        if called in rests and rests[called] > now:
            continue
        try:
            await handle(item)
        except Exception as error:
            log.exception("item failed", job=job, item=called)
            await note(job, called, error, now)
            continue
        handled += 1
        if called in rests:
            await forget(job, called)
    return handled


async def _rests(job: str, names: list[str]) -> dict[str, datetime]:
    if not names:
        return {}
    found = await sql.rows("SELECT item, next_at FROM job_failure WHERE job = $1 AND item = ANY ($2)", job, names)
    return {row["item"]: row["next_at"] for row in found}


async def note(job: str, item: str, error: BaseException, now: datetime) -> None:
    """Notes a failure; the rest doubles with each, from a minute to an hour."""
    await sql.rows(
        "INSERT INTO job_failure AS f (job, item, error, first_at, last_at, next_at) "
        "VALUES ($1, $2, $3, $4, $4, $4::timestamptz + $5::interval) "
        "ON CONFLICT (job, item) DO UPDATE SET error = excluded.error, attempts = f.attempts + 1, last_at = excluded.last_at, "
        "next_at = excluded.last_at + least($5::interval * power(2, least(f.attempts, 20)), $6::interval)",
        job,
        item,
        f"{type(error).__name__}: {error}"[:2000],
        now,
        FIRST_REST,
        LONGEST_REST,
    )


async def forget(job: str, item: str) -> None:
    """The item succeeded, or is no more. Safe to repeat."""
    await sql.rows("DELETE FROM job_failure WHERE job = $1 AND item = $2", job, item)
