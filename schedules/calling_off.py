"""Calling sessions off, and who came: what happened cannot be called off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import occupancy, session_rows, sql
from schedules.errors import Refusal
from schedules.sessions import Session


class SessionOver(Refusal):
    """The session has ended. Facts: ended_at."""


class PeopleCame(Refusal):
    """Somebody was checked in: what happened cannot be called off. Facts: people."""


async def call_off(session_ids: Sequence[UUID], reason: str, now: datetime) -> list[UUID]:
    """Calls planned sessions off, frees their rooms, and hands back the ids of those that this changed; safe to repeat.

    Sign-ups, scans and attendance stay as they are (schedule-91, checkin-111). The sequence rises for calendars.
    """
    changed = await sql.rows(
        "UPDATE session SET state = 'cancelled', call_off_reason = $2, sequence = sequence + 1, changed_at = $3 "
        "WHERE id = ANY($1) AND state = 'planned' RETURNING id",
        list(session_ids),
        reason,
        now,
    )
    found = [row["id"] for row in changed]
    await occupancy.release_sessions(found)
    return found


async def check_can_be_called_off(session: Session, now: datetime) -> None:
    """Raises SessionOver after the end and PeopleCame once somebody was checked in. Locks as `lock_doors` does."""
    if now >= session.ends_at:
        raise SessionOver(ended_at=session.ends_at)
    await lock_doors([session.id])
    people = await attended([session.id])
    if people:
        raise PeopleCame(people=people[session.id])


async def lock_doors(session_ids: Sequence[UUID]) -> None:
    """Until the transaction ends nobody comes to these sessions: locks their roles, then them, then their sign-ups."""
    # A new sign-up waits for its session's row. A scan locks its sign-up and then reads whether the session is called off
    # (door_look): who was quicker is in `attended` after this, who is slower finds it called off. By person, as scans lock.
    await session_rows.lock(session_ids)
    await sql.rows(
        "SELECT 1 FROM signup WHERE session_id = ANY($1) ORDER BY person_id, id FOR NO KEY UPDATE", list(session_ids)
    )


async def attended(session_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many people came to each of these sessions; those without anybody are absent."""
    found = await sql.rows(
        "SELECT session_id, count(DISTINCT person_id) AS people FROM attendance "
        "WHERE session_id = ANY($1) AND state = 'counts' GROUP BY session_id",
        list(session_ids),
    )
    return {row["session_id"]: row["people"] for row in found}
