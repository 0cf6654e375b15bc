"""The calendar of those who keep rooms, as data."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import get
from litestar.params import FromQuery

from timebank.actions.rooms.see_calendar import Calendar, see_calendar
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who


@get("/api/v1/spaces/calendar", guards=[needs(Right.MANAGE_SPACES)])
async def get_calendar(
    caller: Who, now: Now, first: FromQuery[date], days: FromQuery[int] = 1, community: FromQuery[UUID | None] = None
) -> Calendar:
    """What stands in the rooms that you keep, with names, over some local days (31 at most) from `first` on.

    Bookings, requests, offers, sessions and closures, in order of time; `community` leaves out the rooms of others. Who keeps
    no room there gets no row. A bar that `may_move` is changed with PUT /api/v1/bookings/{booking_id}.
    """
    return await see_calendar(caller, first, days, now, community)


routes: list[Any] = [get_calendar]
