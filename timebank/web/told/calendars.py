"""Refusals of calendars of others."""

from __future__ import annotations

from typing import Any

from schedules.foreign import CalendarTooLarge, NoCalendar, RuleTooOften
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say

WHATS = {"bytes": _("bytes"), "events": _("events"), "rules": _("rules"), "times": _("times")}


def too_large(refused: CalendarTooLarge, language: Language) -> dict[str, Any]:
    """What there is too much of, in words."""
    said = say(
        language,
        _("The calendar holds too much: at most %(most)s of %(what)s."),
        most=refused.most,
        what=say(language, WHATS[refused.what]),
    )
    return {"title": said}


tell(
    NoCalendar, 400, _("This is no calendar file."), _("Export the calendar as a file that ends in .ics, and choose that file.")
)
tell(
    CalendarTooLarge,
    413,
    _("The calendar holds too much: at most %(most)s of %(what)s."),
    _("Export a single calendar, of this room alone."),
    retell=too_large,
)
tell(
    RuleTooOften,
    400,
    _('"%(title)s" repeats too often to be the use of a room.'),
    _("Take that entry out of the calendar, and export it again."),
)
