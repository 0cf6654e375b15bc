"""A limit of bookings that is used up, as a sentence: how much of what, in which time, and when there is room again."""

from __future__ import annotations

from datetime import date
from typing import Any

from timebank.web.readers import Reader
from timebank.web.words import _, ngettext, numbered

Data = dict[str, Any]

USED = {
    "person": _("You have used %(what)s %(when)s."),
    "household": _("Your household has used %(what)s %(when)s."),
    "team": _("Your team has used %(what)s %(when)s."),
}
NONE_AT_ALL = {
    "person": _("You cannot book this room yourself; ask the coordinator."),
    "household": _("Households cannot book this room themselves; ask the coordinator."),
    "team": _("Teams cannot book this room themselves; ask the coordinator."),
}
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
BOOKINGS_OF = numbered("limit", ngettext("%(used)s of %(limit)s booking", "%(used)s of %(limit)s bookings"))
WITHIN = numbered("days", ngettext("within one day", "within %(days)s days"))


def used_up(reader: Reader, data: Data) -> str:
    """How much is used of what, in which time, and when there is room again."""
    window = [reader.say(_("Only %(window)s counts."), window=_window_of(reader, data))] if _is_windowed(data) else []
    if not data["limit"]:
        none = NONE_AT_ALL[data["per"]]
        return " ".join([reader.say(none), *window])
    if not data["used"]:
        most = _amount_of(reader, data, is_limit=True)
        return " ".join([reader.say(_("At most %(most)s %(when)s."), most=most, when=_period_of(reader, data)), *window])
    whose = USED[data["per"]]
    said = reader.say(whose, what=_amount_of(reader, data), when=_period_of(reader, data))
    again = data["again_on"]
    back = [reader.say(_("From %(again)s on there is room again."), again=reader.day(again))] if again else []
    return " ".join([said, *back, *window])


def _amount_of(reader: Reader, data: Data, is_limit: bool = False) -> str:
    """`1 of 2 bookings`; of the limit alone, where nothing is used yet, `2 h`."""
    if data["measure"] == "minutes" and is_limit:
        return reader.length(data["limit"])
    if data["measure"] == "minutes":
        return reader.say(_("%(used)s of %(limit)s"), used=reader.length(data["used"]), limit=reader.length(data["limit"]))
    used, limit = data["used"], data["limit"]
    return reader.say(BOOKINGS_OF, used=used, limit=limit)


def _period_of(reader: Reader, data: Data) -> str:
    """The period in which a quota is used up."""
    first: date = data["from_on"]
    match data["period"]:
        case "day":
            return reader.say(_("on %(day)s"), day=reader.day(first))
        case "week":
            return reader.say(_("in the week of %(day)s"), day=reader.day(first))
        case "month":
            return reader.say(_("in the month from %(day)s"), day=reader.day(first))
        case "year":
            return reader.say(_("in %(year)s"), year=first.year)
        case "rolling":
            days = data["days"]
            return reader.say(WITHIN, days=days)
        case _:
            return reader.say(_("still to come"))


def _is_windowed(data: Data) -> bool:
    return bool(data.get("weekdays") or data.get("opens"))


def _window_of(reader: Reader, data: Data) -> str:
    """`Mon, Tue, 17:00–21:00`: the weekdays and the clock of a limit."""
    comma = "、" if reader.language == "zh" else ", "
    days = comma.join(reader.say(WEEKDAYS[day]) for day in data.get("weekdays") or ())
    clock = f"{data['opens']:%H:%M}–{data['closes']:%H:%M}" if data.get("opens") else ""
    return (" " if reader.language == "zh" else ", ").join(part for part in (days, clock) if part)
