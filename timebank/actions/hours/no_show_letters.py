"""Whom no-shows are told to. The time to object starts when the message about a proposed one was delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from schedules import no_shows, sql
from schedules.no_shows import NoShow
from timebank.communities import policies
from timebank.communities.policies import NoPolicy, Rules
from timebank.outbox import messages
from timebank.outbox.messages import Message

PROPOSED = {False: "no_show_proposed", True: "no_show_again"}
"""The letter, and that of a further round."""


def key(no_show_id: UUID) -> str:
    """The name of the message whose delivery starts the clock."""
    return f"no-show:{no_show_id}:proposed"


async def rules_of(missed: NoShow) -> Rules:
    """Those of the session's day; start values where no policy is in force."""
    try:
        day = missed.starts_at.astimezone(ZoneInfo(missed.time_zone)).date()
        return (await policies.in_force(missed.community_id, day)).rules
    except NoPolicy:
        return Rules()


async def tell_proposed(missed: Sequence[NoShow], now: datetime) -> None:
    """Each is told once, and not before the session's grace is over: until then they may still come. Safe to repeat."""
    if not missed:
        return
    hours = (await rules_of(missed[0])).objection_hours
    await messages.promise(
        [
            _message(one, PROPOSED[one.round > 1], key(one.id), hours=hours, due_at=max(now, one.closes_at))
            for one in missed
            if one.state == "proposed"
        ],
        now,
    )


async def tell_decided(missed: NoShow, reason: str, now: datetime) -> None:
    """What became of it; a message about the proposal that was not delivered yet is taken back. Safe to repeat."""
    taken_back = await messages.withdraw([key(missed.id)])
    if missed.state == "final":
        await messages.promise([_message(missed, "no_show_stands", f"no-show:{missed.id}:stands", reason=reason)], now)
    elif not taken_back:
        await messages.promise([_message(missed, "no_show_dropped", f"no-show:{missed.id}:dropped", reason=reason)], now)


async def tell_objection(missed: NoShow, name: str, text: str, now: datetime) -> None:
    """To whoever runs the activity, unless it is the person; they may not be the one who decides, but they know whom to ask."""
    if missed.organiser_id != missed.person_id:
        told = _message(missed, "no_show_objection", f"no-show:{missed.id}:objection", name=name, reason=text)
        await messages.promise(
            [Message(key=told.key, person_id=missed.organiser_id, kind=told.kind, facts=told.facts, path=_for_staff(missed))],
            now,
        )


DELIVERED = """
SELECT n.id, m.done_at FROM no_show n JOIN message m ON m.key = 'no-show:' || n.id || ':proposed'
 WHERE n.state = 'proposed' AND m.state IN ('sent', 'kept')
   AND ($1::uuid IS NULL OR n.id = $1) AND ($2::uuid IS NULL OR n.person_id = $2)
 ORDER BY m.done_at, n.id LIMIT 500
"""


async def delivered(no_show_id: UUID | None = None, person_id: UUID | None = None) -> list[tuple[UUID, datetime]]:
    """Proposed ones whose message was delivered, with the instant; all, one, or a person's."""
    return [(row["id"], row["done_at"]) for row in await sql.rows(DELIVERED, no_show_id, person_id)]


async def start_clock(no_show_id: UUID, told_at: datetime, now: datetime) -> bool:
    """`notified` since the delivery; the policy of the session's day says for how long. Safe to repeat."""
    missed = await no_shows.find(no_show_id, now)
    hours = (await rules_of(missed)).objection_hours
    return await no_shows.note_told(no_show_id, told_at, told_at + timedelta(hours=hours), now)


async def undelivered(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Why the message about these could not be delivered, where it could not (schedule-75)."""
    found = await sql.rows(
        "SELECT key, coalesce(last_error, '') AS error FROM message WHERE key = ANY ($1) AND state IN ('failed', 'too_late')",
        [key(one) for one in ids],
    )
    return {UUID(row["key"].split(":")[1]): row["error"] for row in found}


def _message(missed: NoShow, kind: str, told: str, /, *, due_at: datetime | None = None, **more: object) -> Message:
    facts = {
        "title": missed.title,
        "title_en": missed.title_en,
        "starts_at": missed.starts_at.isoformat(),
        "ends_at": missed.ends_at.isoformat(),
        "time_zone": missed.time_zone,
        **more,
    }
    return Message(
        key=told, person_id=missed.person_id, kind=kind, facts=facts, path=f"/me/no-shows/{missed.id}", due_at=due_at
    )


def _for_staff(missed: NoShow) -> str:
    return f"/organise/no-shows/{missed.id}"
