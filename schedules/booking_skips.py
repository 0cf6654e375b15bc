"""Dates that a series does not have, with the reason, until they can be had after all or are given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.facts import Broken


class Skip(msgspec.Struct, frozen=True, kw_only=True):
    """A date that the series does not have. `watched`: still not to be had; `free`: it can be had now, and the holder knows."""

    series_id: UUID
    day: date
    broken: list[Broken]
    state: Literal["watched", "free", "booked", "dropped"]


async def keep(series_id: UUID, skipped: Mapping[date, Sequence[Broken]], now: datetime) -> None:
    """Keeps dates that the series does not have, each with its reasons; they are watched. Safe to repeat."""
    await sql.rows(
        "INSERT INTO booking_skip (series_id, day, broken, state, changed_at) "
        "SELECT $1, n.day, n.broken, 'watched', $4 FROM unnest($2::date[], $3::jsonb[]) AS n (day, broken) "
        "ON CONFLICT (series_id, day) DO UPDATE SET broken = excluded.broken, state = excluded.state, "
        "changed_at = excluded.changed_at",
        series_id,
        list(skipped),
        [msgspec.json.encode(list(broken)).decode() for broken in skipped.values()],
        now,
    )


async def drop(series_id: UUID, first: date, last: date, now: datetime) -> None:
    """Gives up the dates from `first` to `last`, both included: nobody watches them any more. Safe to repeat."""
    await sql.rows(
        "UPDATE booking_skip SET state = 'dropped', changed_at = $4 WHERE series_id = $1 AND day BETWEEN $2 AND $3 "
        "AND state IN ('watched', 'free')",
        series_id,
        first,
        last,
        now,
    )


async def hand_over(series_id: UUID, to: UUID, since: date, now: datetime) -> None:
    """Dates from `since` on go with a split: those that are hoped for are watched there, those given up stay given up."""
    await sql.rows(
        "WITH copied AS (INSERT INTO booking_skip (series_id, day, broken, state, changed_at) "
        "SELECT $2, day, broken, CASE state WHEN 'dropped' THEN state ELSE 'watched' END, $4 FROM booking_skip "
        "WHERE series_id = $1 AND day >= $3 AND state <> 'booked') "
        "UPDATE booking_skip SET state = 'dropped', changed_at = $4 WHERE series_id = $1 AND day >= $3 "
        "AND state IN ('watched', 'free')",
        series_id,
        to,
        since,
        now,
    )


async def mark(series_id: UUID, on: date, state: str, now: datetime) -> bool:
    """Moves a skipped date that is not settled on; whether this did it."""
    return bool(
        await sql.rows(
            "UPDATE booking_skip SET state = $3, changed_at = $4 WHERE series_id = $1 AND day = $2 "
            "AND state IN ('watched', 'free') AND state <> $3 RETURNING 1",
            series_id,
            on,
            state,
            now,
        )
    )


async def of_series(series_id: UUID) -> list[Skip]:
    """Dates that the series does not have, by day."""
    found = await sql.rows(
        "SELECT series_id, day, broken, state FROM booking_skip WHERE series_id = $1 ORDER BY day", series_id
    )
    return [_skip(row) for row in found]


def _skip(row: Any) -> Skip:
    return Skip(**dict(row) | {"broken": msgspec.json.decode(row["broken"], type=list[Broken])})


async def watched(now: datetime, limit: int = 200) -> list[tuple[UUID, date]]:
    """Skipped dates that are still to come and not told as free: those that were not looked at for longest; they are now."""
    found = await sql.rows(
        "UPDATE booking_skip SET looked_at = $1 WHERE (series_id, day) IN (SELECT k.series_id, k.day FROM booking_skip k "
        "JOIN booking_series b ON b.id = k.series_id JOIN space s ON s.id = b.space_id "
        "WHERE k.state = 'watched' AND k.day >= ($1 AT TIME ZONE s.time_zone)::date "
        "ORDER BY k.looked_at NULLS FIRST, k.day LIMIT $2 FOR NO KEY UPDATE OF k SKIP LOCKED) RETURNING series_id, day",
        now,
        limit,
    )
    return [(row["series_id"], row["day"]) for row in found]
