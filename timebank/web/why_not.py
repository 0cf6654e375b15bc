"""A broken rule of booking as a sentence in the reader's language, in the room's own time: what happened and what would do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from schedules.facts import Broken
from schedules.intervals import Interval
from timebank.web import formats
from timebank.web.knobs import DAYS
from timebank.web.words import Language, Numbered, _, ngettext, numbered, say

Data = dict[str, Any]

BOOKINGS_OF = numbered("limit", ngettext("%(used)s of %(limit)s booking", "%(used)s of %(limit)s bookings"))
WITHIN = numbered("days", ngettext("within one day", "within %(days)s days"))
HOLDS = numbered("seats", ngettext("The room holds one person.", "The room holds %(seats)s people."))


class Reader:
    """Says times in one language and zone."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self.language = language
        self.time_zone = time_zone

    def say(self, message: str | Numbered, **values: object) -> str:
        return say(self.language, message, **values)

    def moment(self, at: datetime) -> str:
        """`Fri 27 Nov 10:00`."""
        return f"{self.day(at)} {self.clock(at)}"

    def day(self, on: datetime | date) -> str:
        return formats.day(on, self.time_zone, language=self.language)

    def clock(self, at: datetime) -> str:
        return formats.clock(at, self.time_zone)

    def span(self, use: Interval) -> str:
        return formats.span(use.starts_at, use.ends_at, self.time_zone, language=self.language)

    def length(self, minutes: int) -> str:
        return formats.hours(minutes, self.language)

    def either(self, own: str, english: str) -> str:
        return (english or own) if self.language == "en" else (own or english)

    def several(self, uses: list[Interval]) -> str:
        """`10:00–12:00, 14:00–15:00`; the day stands before it where it is another than the one before."""
        parts, day = [], ""
        for use in uses:
            whole, on = self.span(use), self.day(use.starts_at)
            parts.append(whole.removeprefix(on).lstrip(", ") if on == day else whole)
            day = on
        return ("、" if self.language == "zh" else ", ").join(parts)


def sentence(broken: Broken, language: Language, time_zone: str) -> str:
    """One broken rule, told, with the name that staff gave it."""
    reader = Reader(language, time_zone)
    said = SENTENCES[broken.code](reader, broken.data)
    name = reader.either(broken.data.get("rule", ""), broken.data.get("rule_en", ""))
    return reader.say(_("%(sentence)s (Rule: %(name)s)"), sentence=said, name=name) if name else said


def not_past(reader: Reader, data: Data) -> str:
    return reader.say(_("This time is over. The next start is %(start)s."), start=reader.moment(data["earliest_at"]))


def closed(reader: Reader, data: Data) -> str:
    if data.get("reason"):
        return reader.say(_("The room is closed on %(day)s: %(reason)s."), day=reader.day(data["day"]), reason=data["reason"])
    if not data["open"]:
        return reader.say(_("The room is closed on %(day)s."), day=reader.day(data["day"]))
    return reader.say(_("The room is closed then; it is open %(hours)s."), hours=reader.several(data["open"]))


def turnaround(reader: Reader, data: Data) -> str:
    return reader.say(
        _("The room needs %(length)s for tidying up before it closes: end by %(end)s."),
        length=reader.length(data["minutes"]),
        end=reader.clock(data["latest_end_at"]),
    )


def taken(reader: Reader, data: Data) -> str:
    if not data:
        return reader.say(_("Somebody has just taken this time."))
    if data["only_turnaround"]:
        length = reader.length(data["minutes"])
        if data["latest_end_at"]:
            return reader.say(
                _("The room needs %(length)s before the next use: end by %(end)s."),
                length=length,
                end=reader.clock(data["latest_end_at"]),
            )
        return reader.say(
            _("The room needs %(length)s after the use before: it is free from %(start)s."),
            length=length,
            start=reader.clock(data["free_from"]),
        )
    return stands_there(
        reader, data["kind"], reader.either(data["by"], data["by_en"]), Interval(data["use_from"], data["use_until"])
    )


def stands_there(reader: Reader, kind: str, by: str, use: Interval) -> str:
    """What stands in a room and when: a session by its title, a closure by its reason, a booking without a name."""
    message = {"session": _("Taken %(span)s: %(by)s."), "closure": _("Closed %(span)s: %(by)s.")}.get(
        kind, _("Taken %(span)s.")
    )
    return reader.say(message, span=reader.span(use), by=by)


def grid(reader: Reader, data: Data) -> str:
    return reader.say(
        _("Times here go by %(length)s: take %(before)s or %(after)s."),
        length=reader.length(data["minutes"]),
        before=reader.clock(data["before_at"]),
        after=reader.clock(data["after_at"]),
    )


def too_short(reader: Reader, data: Data) -> str:
    return reader.say(_("The shortest booking here is %(length)s."), length=reader.length(data["minutes"]))


def too_long(reader: Reader, data: Data) -> str:
    return reader.say(
        _("The longest booking here is %(length)s: until %(end)s."),
        length=reader.length(data["minutes"]),
        end=reader.moment(data["ends_at"]),
    )


def notice(reader: Reader, data: Data) -> str:
    return reader.say(
        _("Book this room at least %(length)s ahead: from %(start)s."),
        length=reader.length(data["minutes"]),
        start=reader.moment(data["earliest_at"]),
    )


def horizon(reader: Reader, data: Data) -> str:
    return reader.say(
        _("This room can be booked %(length)s ahead, now until %(end)s. This time opens on %(opens)s."),
        length=formats.counted(DAYS, data["days"], reader.language),
        end=reader.moment(data["latest_end_at"]),
        opens=reader.moment(data["opens_at"]),
    )


def out_of_season(reader: Reader, data: Data) -> str:
    day = reader.day(data["day"])
    if data["valid_until"] and data["valid_until"] < data["day"]:
        return reader.say(_("%(day)s is out of season: it ended on %(last)s."), day=day, last=reader.day(data["valid_until"]))
    return reader.say(_("%(day)s is out of season: it begins on %(first)s."), day=day, first=reader.day(data["valid_from"]))


def chain(reader: Reader, data: Data) -> str:
    return reader.say(
        _("Your household has %(used)s right beside it; together at most %(most)s, or with %(gap)s between: from %(start)s."),
        used=reader.length(data["used"]),
        most=reader.length(data["minutes"]),
        gap=reader.length(data["gap"]),
        start=reader.moment(data["free_from"]),
    )


QUOTA_USED = {
    "person": _("You have used %(what)s %(when)s."),
    "household": _("Your household has used %(what)s %(when)s."),
    "team": _("Your team has used %(what)s %(when)s."),
}
QUOTA_ZERO = {
    "person": _("You cannot book this room yourself; ask the coordinator."),
    "household": _("Households cannot book this room themselves; ask the coordinator."),
    "team": _("Teams cannot book this room themselves; ask the coordinator."),
}
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def quota(reader: Reader, data: Data) -> str:
    """How much is used of what, in which time, and when there is room again."""
    window = [reader.say(_("Only %(window)s counts."), window=window_of(reader, data))] if is_windowed(data) else []
    if not data["limit"]:
        none = QUOTA_ZERO[data["per"]]
        return " ".join([reader.say(none), *window])
    if not data["used"]:
        most = amount_of(reader, data, is_limit=True)
        return " ".join([reader.say(_("At most %(most)s %(when)s."), most=most, when=period_of(reader, data)), *window])
    whose = QUOTA_USED[data["per"]]
    said = reader.say(whose, what=amount_of(reader, data), when=period_of(reader, data))
    again = data["again_on"]
    back = [reader.say(_("From %(again)s on there is room again."), again=reader.day(again))] if again else []
    return " ".join([said, *back, *window])


def amount_of(reader: Reader, data: Data, is_limit: bool = False) -> str:
    """`1 of 2 bookings`; of the limit alone, where nothing is used yet, `2 h`."""
    if data["measure"] == "minutes" and is_limit:
        return reader.length(data["limit"])
    if data["measure"] == "minutes":
        return reader.say(_("%(used)s of %(limit)s"), used=reader.length(data["used"]), limit=reader.length(data["limit"]))
    used, limit = data["used"], data["limit"]
    return reader.say(BOOKINGS_OF, used=used, limit=limit)


def period_of(reader: Reader, data: Data) -> str:
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


def is_windowed(data: Data) -> bool:
    return bool(data.get("weekdays") or data.get("opens"))


def window_of(reader: Reader, data: Data) -> str:
    """`Mon, Tue, 17:00–21:00`: the weekdays and the clock of a limit."""
    comma = "、" if reader.language == "zh" else ", "
    days = comma.join(reader.say(WEEKDAYS[day]) for day in data.get("weekdays") or ())
    clock = f"{data['opens']:%H:%M}–{data['closes']:%H:%M}" if data.get("opens") else ""
    return (" " if reader.language == "zh" else ", ").join(part for part in (days, clock) if part)


def elsewhere(reader: Reader, data: Data) -> str:
    if data["per"] != "person" or data["limit"] != 1:
        message = _("You have %(space)s %(span)s, and at most %(limit)s at the same time are allowed.")
        named = reader.either(data["space"], data["space_en"])
        return reader.say(
            message, space=named, span=reader.span(Interval(data["starts_at"], data["ends_at"])), limit=data["limit"]
        )
    return reader.say(
        _("You have %(space)s %(span)s, and nobody can use two rooms at once."),
        space=reader.either(data["space"], data["space_en"]),
        span=reader.span(Interval(data["starts_at"], data["ends_at"])),
    )


def too_many_people(reader: Reader, data: Data) -> str:
    seats = data["seats"]
    return reader.say(HOLDS, seats=seats)


def accessories(reader: Reader, data: Data) -> str:
    name = reader.either(data["accessory"], data["accessory_en"])
    if not name:
        return reader.say(_("What you want to borrow is not here any more."))
    if data["free_from"]:
        return reader.say(
            _("Of %(name)s no more than %(left)s will be there then, you want %(wanted)s; enough are back at %(start)s."),
            name=name,
            left=data["left"],
            wanted=data["wanted"],
            start=reader.moment(data["free_from"]),
        )
    return reader.say(
        _("Of %(name)s no more than %(left)s will be there then, you want %(wanted)s."),
        name=name,
        left=data["left"],
        wanted=data["wanted"],
    )


def no_units(reader: Reader, data: Data) -> str:
    return reader.say(_("There are only %(units)s here."), units=data["units"])


def no_such_time(reader: Reader, data: Data) -> str:
    return reader.say(
        _("%(time)s does not exist on %(day)s: the clocks go forward. The next time is %(next)s."),
        time=f"{data['local']:%H:%M}",
        day=reader.day(data["local"].date()),
        next=reader.clock(data["next_at"]),
    )


def suspended(reader: Reader, data: Data) -> str:
    return reader.say(_("Your membership is suspended: nothing is booked until that ends."))


def asked_already(reader: Reader, data: Data) -> str:
    return reader.say(
        _("Your household has asked for %(span)s already; change or cancel that request first."),
        span=reader.span(Interval(data["starts_at"], data["ends_at"])),
    )


def points(reader: Reader, data: Data) -> str:
    return reader.say(
        _("Points needed: %(needed)s. You have %(available)s: %(short)s too few."),
        needed=formats.points(data["needed"], reader.language),
        available=formats.points(data["available"], reader.language),
        short=formats.points(data["short"], reader.language),
    )


SENTENCES: dict[str, Callable[[Reader, Data], str]] = {
    "past": not_past,
    "closed": closed,
    "turnaround": turnaround,
    "taken": taken,
    "grid": grid,
    "too_short": too_short,
    "too_long": too_long,
    "notice": notice,
    "horizon": horizon,
    "quota": quota,
    "out_of_season": out_of_season,
    "chain": chain,
    "accessories": accessories,
    "elsewhere": elsewhere,
    "no_units": no_units,
    "too_many_people": too_many_people,
    "points": points,
    "asked_already": asked_already,
    "suspended": suspended,
    "no_such_time": no_such_time,
}
