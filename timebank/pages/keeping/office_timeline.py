"""The calendar of those who keep rooms: a day or a week of all as a list; a script draws bars that can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery

from schedules import walltimes
from timebank.actions.rooms.see_calendar import RoomRow, see_calendar
from timebank.actions.rooms.see_kept_spaces import kept_spaces
from timebank.pages.forms import Ask, chosen, draw
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Installed, Now, Reads, Who
from timebank.web.words import Language, _, say

View = Literal["day", "week"]
DAYS: dict[View, int] = {"day": 1, "week": 7}
MARKS = {"booking": "●", "request": "?", "offer": "…", "session": "◆", "closure": "✕"}
"""A sign for each kind, beside its word and its colour."""
NAMES = {
    "booking": _("Booking"),
    "request": _("Request"),
    "offer": _("Offer"),
    "session": _("Activity"),
    "closure": _("Closure"),
}
SAID = {
    "moved": _("Moved: [what]. It is now [when]."),
    "moved_back": _("Moved back: [what]. It is again [when]."),
    "undo": _("Move it back"),
    "change": _("Change it on its own page"),
    "cut": _("No answer came. Whether it was changed shows when the connection is back."),
    "shared": _("Another part of the same room"),
    "house": _("For the house"),
}
"""What the script says; words in brackets are filled in by it."""


@get("/office/rooms/calendar", guards=[needs(Right.MANAGE_SPACES)])
async def see_timeline(
    request: Ask,
    caller: Who,
    now: Now,
    settings: Installed,
    language: Reads,
    day: FromQuery[str] = "",
    view: FromQuery[View] = "day",
    community: FromQuery[str] = "",
) -> Response[str]:
    """Every room with what stands in it, and the ways to change, cancel, decide, book and close."""
    today = walltimes.day_of(now, settings.time_zone)
    shown_on = walltimes.of_our_days(chosen("day", day, date.fromisoformat) or today)
    only = chosen("community", community, UUID)
    first = shown_on if view == "day" else shown_on - timedelta(days=shown_on.weekday())
    calendar = await see_calendar(caller, first, DAYS[view], now, only)
    return draw(
        request,
        "rooms/timeline.html",
        calendar=calendar,
        groups=_groups(calendar.rooms),
        communities=[kept.node for kept in await kept_spaces(caller)],
        chosen=only,
        view=view,
        day=shown_on,
        today=today,
        before=first - timedelta(days=DAYS[view]),
        after=first + timedelta(days=DAYS[view]),
        last=first + timedelta(days=DAYS[view] - 1),
        marks=MARKS,
        names=NAMES,
        words=_words(language),
    )


def _groups(rooms: Sequence[RoomRow]) -> list[list[RoomRow]]:
    """The rooms of each community."""
    return [list(found) for _id, found in groupby(rooms, key=lambda room: room.community_id)]


def _words(language: Language) -> dict[str, str]:
    return {key: say(language, text) for key, text in (NAMES | SAID).items()}


routes: list[Any] = [see_timeline]
