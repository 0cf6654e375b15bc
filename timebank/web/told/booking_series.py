"""Refusals of series of bookings."""

from __future__ import annotations

from typing import Any

from schedules.booking_series import Dated, SeriesNotBookable
from timebank.web import formats, why_not
from timebank.web.refusals import plain, tell
from timebank.web.words import Language, _, say


def line(one: Dated, language: Language, time_zone: str) -> str:
    """`Thu 3 Dec: taken by the choir.`"""
    day = formats.day(one.on, time_zone, language=language)
    between = " " if language == "en" else ""
    why = between.join(why_not.sentence(broken, language, time_zone) for broken in one.broken)
    return say(language, _("%(day)s: %(why)s"), day=day, why=why)


def not_bookable(refused: SeriesNotBookable, language: Language) -> dict[str, Any]:
    """Every date that cannot be had, with its reasons."""
    lines = [line(one, language, refused.time_zone) for one in refused.dates]
    title = _("None of these dates can be had.") if not refused.free else _("Not all of these dates can be had.")
    return {
        "title": say(language, title),
        "detail": " ".join(lines),
        "dates": [
            {
                "on": str(one.on),
                "sentence": said,
                "broken": [{"code": broken.code, "data": plain(broken.data)} for broken in one.broken],
            }
            for one, said in zip(refused.dates, lines, strict=True)
        ],
    }


tell(
    SeriesNotBookable,
    409,
    _("Not all of these dates can be had."),
    _("Take what is free, or choose another time."),
    retell=not_bookable,
)
