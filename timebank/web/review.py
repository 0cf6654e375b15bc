"""Findings in words: what each kind means, what may be behind it, how its evidence reads; the list as a table."""

from __future__ import annotations

from typing import NamedTuple

from schedules.oddity_kinds import KindName
from schedules.oddity_limits import Limits
from timebank.actions.activities.see_activity import Person
from timebank.actions.hours.review import Line, Listed
from timebank.people.findings import State
from timebank.web import formats
from timebank.web.door_log import BY_WORD
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language, Numbered, _, ngettext, numbered, say


class Words(NamedTuple):
    """`title`: what was seen. `why`: from where on it is listed, and a harmless reason it often has. `limit`: the figure."""

    title: str
    why: str | Numbered
    limit: str


KINDS: dict[KindName, Words] = {
    "one_phone": Words(
        _("One phone, several members"),
        _(
            "%(limit)s or more members of different households checked in with one browser on one day. Often somebody "
            "lent a phone."
        ),
        "phone_people",
    ),
    "shared_code": Words(
        _("One code, many networks"),
        _(
            "%(limit)s or more members used the code of the same fifteen seconds, each from another network. A big "
            "group that comes at once looks like this too; a code that was sent around does as well."
        ),
        "code_networks",
    ),
    "too_soon": Words(
        _("At two places too soon"),
        numbered(
            "limit",
            ngettext(
                "Seen at one place and, less than a minute later, at another. Perhaps the places are close to each other.",
                "Seen at one place and, less than %(limit)s minutes later, at another. Perhaps the places are close to each "
                "other.",
            ),
        ),
        "travel_minutes",
    ),
    "two_desks": Words(
        _("One code at two desks within seconds"),
        numbered(
            "limit",
            ngettext(
                "The same person's code was scanned at two desks less than a second apart. Perhaps the queue moved; perhaps "
                "there is a copy.",
                "The same person's code was scanned at two desks less than %(limit)s seconds apart. Perhaps the queue moved; "
                "perhaps there is a copy.",
            ),
        ),
        "desk_seconds",
    ),
    "stale_tries": Words(
        _("Codes out of date, again and again"),
        _(
            "%(limit)s or more tries in a day with a code that had run out. An old picture of a code does this, and so "
            "does a slow phone."
        ),
        "stale_tries",
    ),
    "lost_card": Words(
        _("A replaced pass is used"),
        _(
            "%(limit)s or more scans in a month of a pass that was replaced. Somebody may have found the lost one, or "
            "the old one was never thrown away."
        ),
        "revoked_scans",
    ),
    "unreadable": Words(
        _("Codes that are not ours"),
        _(
            "%(limit)s or more damaged or altered codes at one desk in a day, or very many that lead to nobody. Often "
            "a code of another app; sometimes somebody tries out codes."
        ),
        "forged_codes",
    ),
    "one_household": Words(
        _("A desk for one household"),
        _("%(limit)s or more check-ins in a month at this desk, all of one household. A small group may just be a family."),
        "lone_scans",
    ),
    "own_household": Words(
        _("Themselves or their own household at the desk"),
        _("%(limit)s or more in a month of the operator's own household: scanned, or by name where that is half of all."),
        "own_by_name",
    ),
    "forced_often": Words(
        _("Many forced entries"),
        _("%(limit)s or more entries in a month by one operator against what the rules said. Each has its reason beside it."),
        "forced_entries",
    ),
    "undone_often": Words(
        _("Many scans undone"),
        _("%(limit)s or more scans in a month were undone by one desk or operator. Somebody may need help with the desk."),
        "undone_scans",
    ),
    "told_late": Words(
        _("Scans told long after they happened"),
        numbered(
            "limit",
            ngettext(
                "A desk told of these scans an hour or more after the server had heard of it again. Perhaps a scan got stuck "
                "on it; perhaps somebody wrote it in later.",
                "A desk told of these scans %(limit)s hours or more after the server had heard of it again. Perhaps a scan got "
                "stuck on it; perhaps somebody wrote it in later.",
            ),
        ),
        "late_hours",
    ),
}
STATES: dict[State, str] = {
    "open": _("nobody has looked yet"),
    "explained": _("explained"),
    "spoken_with": _("spoken with them"),
    "handed_on": _("handed on"),
}
SOURCES = {
    "desk": _("at a desk"),
    "self": _("with the own phone"),
    "manual": _("by name"),
    "upload": _("at a desk without network"),
    "job": _("set by itself"),
}
REASONS = {
    "ok": _("let in"),
    "out": _("checked out"),
    "already_in": _("was in already"),
    "already_elsewhere": _("was checked in elsewhere"),
    "duplicate_offline": _("let in without network as well, told later"),
    "stale_code": _("code out of date"),
    "revoked": _("pass was replaced"),
    "bad_signature": _("code damaged or altered"),
    "unknown_pass": _("code leads to nobody"),
    "foreign_pass": _("code of another time bank"),
}


def title(kind: KindName, language: Language) -> str:
    return say(language, KINDS[kind].title)


def why(kind: KindName, limits: Limits, language: Language) -> str:
    """With the figure that holds today; a dash where the community looks for it no more."""
    words = KINDS[kind]
    return say(language, words.why, limit=getattr(limits, words.limit) or "–")


def name(person: Person | None, language: Language) -> str:
    """The name, or the number of somebody who has given none; a dash for nobody."""
    if person is None:
        return "–"
    return person.name or say(language, _("Volunteer %(number)s"), number=person.number)


def happened(line: Line, language: Language) -> str:
    """What one row of the log says."""
    reason = "out" if line.row.reason == "ok" and line.row.direction == "out" else line.row.reason
    said = say(language, REASONS[reason]) if reason in REASONS else say(language, _("turned away (%(code)s)"), code=reason)
    if line.row.forced:
        why = line.row.force_reason or say(language, BY_WORD)
        said = say(language, _("%(said)s, forced: “%(reason)s”"), said=said, reason=why)
    return said


def where(line: Line, language: Language) -> str:
    """How and where: at which desk, by whom, at which activity."""
    parts = [say(language, SOURCES[line.row.source]), either(line.desk.name, line.desk.name_en, language)]
    if line.operator:
        parts.append(say(language, _("by %(name)s"), name=name(line.operator, language)))
    parts += [either(line.title, line.title_en, language), either(line.place, line.place_en, language)]
    return " · ".join(part for part in parts if part)


def either(own: str, english: str, language: Language) -> str:
    return (english or own) if language == "en" else (own or english)


def table(found: list[Listed], language: Language) -> Sheet:
    """A line for each finding."""
    heads = (
        _("Found"),
        _("What"),
        _("State"),
        _("Community"),
        _("First time"),
        _("Last time"),
        _("Rows of the log"),
        _("Members"),
        _("Operators"),
        _("Desks"),
        _("Sessions"),
    )
    rows = [_line(listed, language) for listed in found]
    return Sheet(title=say(language, _("Review list")), heads=[say(language, head) for head in heads], rows=rows)


def _line(listed: Listed, language: Language) -> list[Cell]:
    one = listed.finding
    stamps = [
        f"{formats.day(moment, one.time_zone, language=language, with_year=True)} {formats.clock(moment, one.time_zone)}"
        for moment in (one.found_at, one.first_at, one.last_at)
    ]
    return [
        stamps[0],
        title(one.kind, language),
        say(language, STATES[one.state]),
        either(one.community, one.community_en, language),
        *stamps[1:],
        one.size,
        *(", ".join(name(person, language) for person in people) for people in (listed.people, listed.operators)),
        ", ".join(either(desk.name, desk.name_en, language) for desk in listed.desks),
        len(one.sessions),
    ]
