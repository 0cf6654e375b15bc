"""Letters of the clock: reminders before the start, the evening's summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from timebank.web import formats
from timebank.web.post import Facts, letter
from timebank.web.words import Language, _, say

letter(
    "session_reminder",
    _("Soon: %(title)s"),
    _("%(when)s, %(place)s. You have a place. If you cannot come, say so on the activity's page, so that somebody else can."),
)
letter(
    "booking_reminder",
    _("Soon yours: %(title)s"),
    _(
        "You have booked %(title)s, %(when)s. Still coming? If not, give it back on the page of the booking: "
        "others look for a room."
    ),
)


letter(
    "signed_up_for_you",
    _("You are signed up: %(title)s"),
    _(
        "%(name)s has signed you up: %(title)s, %(when)s, %(place)s. "
        "Is that not what you agreed? Withdraw on the activity's page."
    ),
)


def _own(facts: Facts, language: Language) -> dict[str, object]:
    return {"list": "\n".join(_line(one, facts, language) for one in facts["sessions"])}


def _run(facts: Facts, language: Language) -> dict[str, object]:
    return {"list": "\n".join(_line(one, facts, language) + _count(one, language) for one in facts["sessions"])}


def _line(one: dict[str, Any], facts: Facts, language: Language) -> str:
    starts, ends = (datetime.fromisoformat(one[name]) for name in ("starts_at", "ends_at"))
    begin, end = (formats.clock(at, one["time_zone"], facts["clock_hours"], language) for at in (starts, ends))
    title, place = (one[f"{name}_en"] if language == "en" and one[f"{name}_en"] else one[name] for name in ("title", "place"))
    return say(language, _("%(begin)s–%(end)s %(title)s, %(place)s"), begin=begin, end=end, title=title, place=place)


def _count(one: dict[str, Any], language: Language) -> str:
    expected = say(language, _(" – expected: %(count)s"), count=one["expected"])
    missing = say(language, _("; places still free: %(count)s"), count=one["missing"]) if one["missing"] else ""
    waiting = say(language, _("; requests to decide: %(count)s"), count=one["waiting"]) if one["waiting"] else ""
    return expected + missing + waiting


letter("day_own", _("What you have tomorrow, %(day_on)s"), "%(list)s", retell=_own)
letter("day_run", _("What you run tomorrow, %(day_on)s"), "%(list)s", retell=_run)
