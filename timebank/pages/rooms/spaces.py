"""Rooms: which there are and what is free, and one room's day and week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schedules import lottery_rounds, walltimes
from schedules.walltimes import DAY
from timebank.actions.rooms import find_rooms
from timebank.actions.rooms.find_rooms import RoomToday
from timebank.pages.forms import Ask, chosen, draw
from timebank.web import why_not
from timebank.web.access import anyone
from timebank.web.request import Installed, Now, Reads, Who


@get("/spaces", guards=[anyone])
async def list_rooms(
    request: Ask,
    caller: Who,
    now: Now,
    settings: Installed,
    day: FromQuery[str] = "",
    community: FromQuery[str] = "",
) -> Response[str]:
    """All rooms with what is free on a day, the reader's own community first."""
    today = walltimes.day_of(now, settings.time_zone)
    shown_on = walltimes.of_our_days(chosen("day", day, date.fromisoformat) or today)
    only = chosen("community", community, UUID)
    rooms = await find_rooms.rooms_on(shown_on, now, caller.community_id)
    shown = [room for room in rooms if only in (None, room.space.community_id)]
    return draw(
        request,
        "spaces/list.html",
        groups=_groups(shown),
        communities=_groups(rooms),
        chosen=only,
        day=shown_on,
        today=today,
        before=shown_on - DAY,
        after=shown_on + DAY,
    )


def _groups(rooms: Sequence[RoomToday]) -> list[list[RoomToday]]:
    """Rooms of one community together, in the order in which they come."""
    return [list(found) for _, found in groupby(rooms, key=lambda room: room.space.community_id)]


@get("/spaces/{space_id:uuid}", guards=[anyone])
async def see_room(
    space_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    language: Reads,
    day: FromQuery[str] = "",
    view: FromQuery[str] = "day",
    seen_as: FromQuery[str] = "",
) -> Response[str]:
    """One room on a day, or in the week of that day: what you can book, and why not the rest.

    Staff of the room may look as a member sees it, by their number (booking-127); nothing can be booked from there.
    """
    seen = await find_rooms.seen_as(caller, space_id, seen_as) if seen_as else None
    viewer = seen or caller
    is_week = view == "week"
    on = chosen("day", day, date.fromisoformat)
    first = walltimes.monday_of(walltimes.of_our_days(on)) if is_week and on else on
    found = await find_rooms.days_of(viewer, space_id, first, 7 if is_week else 1, now)
    today = walltimes.day_of(now, found.space.time_zone)
    if is_week and on is None:
        found = await find_rooms.days_of(viewer, space_id, walltimes.monday_of(today), 7, now)
    return draw(
        request,
        "spaces/week.html" if is_week else "spaces/day.html",
        room=found,
        space=found.space,
        rounds=await lottery_rounds.open_in(space_id, now),
        today=today,
        day=found.days[0].day,
        why=lambda one: why_not.sentence(one, language, found.space.time_zone),
        before=found.days[0].day - (7 if is_week else 1) * DAY,
        after=found.days[-1].day + DAY,
        seen=seen,
        viewer=viewer,
        seen_as=f"&seen_as={seen_as}" if seen else "",
    )


routes: list[Any] = [list_rooms, see_room]
