"""Messages about series of bookings."""

from __future__ import annotations

from datetime import date

from timebank.web import formats
from timebank.web.post import Facts, letter
from timebank.web.words import Language, _


def days(facts: Facts, language: Language) -> dict[str, object]:
    """The days as people read them, one after the other."""
    found = [formats.day(date.fromisoformat(day), "UTC", language=language) for day in facts["days"]]
    return {"days": ("、" if language == "zh" else ", ").join(found)}


letter(
    "series_booking.requested",
    _("%(name)s asks for %(space)s several times"),
    _("%(name)s asks for %(space)s, %(hours)s, on these days: %(days)s. Please decide on the page of the requests."),
    retell=days,
)
letter(
    "series_booking.accepted",
    _("%(space)s is yours on several days"),
    _("Your request was accepted: %(space)s, %(hours)s, on %(days)s."),
    retell=days,
)
letter(
    "series_booking.free",
    _("%(space)s can be had on %(days)s"),
    _("A date of your series that was not free can be had now: %(space)s, %(days)s, %(hours)s. It is not held for you."),
    retell=days,
)
letter(
    "series_booking.wall_clash",
    _("%(space)s: the clocks were changed otherwise than planned"),
    _("Your booking was to begin at %(meant_at)s, but somebody else is there then. It stays at %(when)s. Ask the coordinator."),
)
