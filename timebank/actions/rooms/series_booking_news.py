"""What people are told about series of bookings: one message for all the dates that are meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from schedules import spaces, sql
from schedules.booking_series import Dated, Series
from schedules.bookings import Booking
from timebank.actions.rooms.booking_news import KEEPERS, STAFF
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message


def facts(series: Series, days: Sequence[date], **more: object) -> dict[str, Any]:
    """What sentences about a series need: the days that are meant, and the times on the wall."""
    return {
        "space": series.space,
        "space_en": series.space_en,
        "days": [str(day) for day in days],
        "hours": f"{series.starts:%H:%M}–{series.ends:%H:%M}",
        **more,
    }


async def made(series: Series, dates: Sequence[Dated], now: datetime) -> None:
    """A series of requests: to the staff who decide, once, with the dates that are asked for (booking-75)."""
    asked = [one.booking for one in dates if one.booking and one.booking.state == "pending"]
    if not asked:
        return
    space = await spaces.one(series.space_id)
    name = await sql.value("SELECT name FROM member WHERE id = $1", series.person_id)
    days = [one.series_on for one in asked if one.series_on]
    await messages.promise(
        [
            Message(
                key=f"series:{series.id}:requested:{days[0]}:{row['member_id']}",
                person_id=row["member_id"],
                kind="series_booking.requested",
                facts=facts(series, days, name=name),
                path="/office/requests",
            )
            for row in await sql.rows(STAFF, KEEPERS, list(await tree.ancestors(space.community_id)))
        ],
        now,
    )


async def accepted(series: Series, found: Sequence[Booking], now: datetime) -> None:
    """To the holder: the dates that are theirs."""
    days = [one.series_on for one in found if one.series_on]
    if days:
        await messages.promise([_to_holder(series, "accepted", days, str(days[0]))], now)


async def free(series: Series, on: date, now: datetime) -> None:
    """To the holder: a date that was skipped can be had (booking-65)."""
    await messages.promise([_to_holder(series, "free", [on], f"{on}:{now.isoformat()}")], now)


def _to_holder(series: Series, kind: str, days: Sequence[date], which: str) -> Message:
    return Message(
        key=f"series:{series.id}:{kind}:{which}",
        person_id=series.person_id,
        kind=f"series_booking.{kind}",
        facts=facts(series, days),
        path=f"/me/series/{series.id}",
    )
