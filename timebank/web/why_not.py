"""A broken rule of booking as a sentence in the reader's language, in the room's own time: what happened and what would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schedules.facts import Broken
from schedules.intervals import Interval
from timebank.web import formats, quota_words
from timebank.web.knobs import DAYS
from timebank.web.readers import Reader
from timebank.web.words import Language, _, ngettext, numbered

Data = dict[str, Any]

HOLDS = numbered("seats", ngettext("The room holds one person.", "The room holds %(seats)s people."))


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
    "quota": quota_words.used_up,
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
