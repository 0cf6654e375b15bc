"""No-shows by the clock: proposed after the grace, notified once the message was delivered, final where nobody objected."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import absences, no_shows
from timebank.actions.hours import no_show_letters
from timebank.database import transaction
from timebank.jobs import items

NAME = "no-shows"


async def run(now: datetime) -> int:
    """Each session and each no-show in a transaction of its own. Safe to repeat, and in two workers."""

    async def propose(session_id: UUID) -> None:
        async with transaction():
            missed = await absences.propose_absent(session_id, "no_attendance", None, now)
            await no_show_letters.tell_proposed(missed, now)

    async def drop(signup_id: UUID) -> None:
        async with transaction():
            missed = await absences.drop_of(signup_id, "came", None, now)
            if missed is not None:
                await no_show_letters.tell_decided(missed, "", now)

    async def start_clock(told: tuple[UUID, datetime]) -> None:
        async with transaction():
            await no_show_letters.start_clock(told[0], told[1], now)

    async def finish(no_show_id: UUID) -> None:
        async with transaction():
            await no_shows.note_final(no_show_id, now)

    done = await items.each(NAME, await absences.overdue(now), propose, now)
    done += await items.each(NAME, await absences.came_after_all(), drop, now)
    done += await items.each(NAME, await no_show_letters.delivered(), start_clock, now, name=lambda told: str(told[0]))
    return done + await items.each(NAME, await no_shows.unopposed(now), finish, now)
