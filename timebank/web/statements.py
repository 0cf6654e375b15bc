"""A statement as a sheet of paper, in the reader's words: the same cells for page, print, PDF and spreadsheets (ledger-119)."""

from __future__ import annotations

from schedules import walltimes
from timebank.actions.people.see_statement import ForOther, Statement
from timebank.actions.people.statement_lines import Line, Who
from timebank.web import formats
from timebank.web.papers import Paper, Table
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language, _, say

KINDS = {
    "service": _("Hours recorded"),
    "credit": _("For service"),
    "redeem": _("Taken for a reward"),
    "capture": _("Taken for a reward"),
    "expire": _("Expired"),
    "gift": _("Gift"),
    "exchange": _("Help between neighbours"),
    "donate": _("Donated"),
    "issue": _("Issued by the community"),
    "support": _("Paid by the pool"),
    "opening": _("Taken over from an old scheme"),
    "revive": _("Had expired, so it is not owed"),
    "reverse": _("Taken back"),
    "advance": _("Advanced"),
    "repay": _("Repaid"),
    "correct": _("Corrected"),
    "above_pool": _("Above the most that you can have: to the pool"),
    "above_not_granted": _("Above the most that you can have: not granted"),
}
CLASSES = {
    "a": _("Class A: checked in and out by code"),
    "b": _("Class B: confirmed by a second person"),
    "c": _("Class C: recorded afterwards"),
}
EXPLAINED = ("reverse", "correct", "service", "credit", "opening")
"""Kinds whose reason people wrote for people."""


def paper(found: Statement, language: Language) -> Paper:
    """The whole statement; sections without a row are left out."""
    title = say(language, _("Statement of points and hours"))
    foot = f"{found.name} · {found.number} · {found.since} – {found.until}"
    tables = [_lines(found, language), _expiring(found, language), _for_others(found, language)]
    return Paper(title=title, facts=_facts(found, language), tables=[each for each in tables if each.sheet.rows], foot=foot)


def _facts(found: Statement, language: Language) -> list[tuple[str, str]]:
    place = (found.community_en or found.community) if language == "en" else found.community
    unit = found.unit_zh if language == "zh" else found.unit_en
    made = f"{formats.day(found.made_at, found.time_zone, language=language, with_year=True)} "
    held, free = (formats.amount(units, unit, language) for units in (found.balance.held, found.balance.available))
    facts = [
        (_("Name"), found.name),
        (_("Number"), str(found.number)),
        (_("Lives at"), place),
        (_("Period"), f"{found.since} – {found.until}"),
        (_("Made on"), made + formats.clock(found.made_at, found.time_zone)),
        (_("Held on the day of making"), held),
        (_("Can be spent on the day of making"), free),
    ]
    if found.balance.on_the_way:
        facts.append((_("On the way on the day of making"), formats.amount(found.balance.on_the_way, unit, language)))
    if found.balance.owed:
        facts.append((_("Owed on the day of making"), formats.amount(found.balance.owed, unit, language)))
    facts += [(words, formats.hours(getattr(found.hours, name), language)) for name, words in CLASSES.items()]
    return [(say(language, label), value) for label, value in facts]


def _lines(found: Statement, language: Language) -> Table:
    heads = [
        _("Booked on"),
        _("Day of service"),
        _("What"),
        _("Class"),
        _("Time given"),
        _("Time in all"),
        _("Points in"),
        _("Points out"),
        _("Balance"),
        _("Who acted"),
    ]
    opening: list[Cell] = [str(found.since), None, say(language, _("Opening balance")), None, None, found.opening.minutes]
    flow = [formats.points(units, language) for units in (found.units_in, found.units_out)]
    period: list[Cell] = [None, None, say(language, _("In this period")), None, found.minutes, None, *flow, None, None]
    until = str(min(found.until, walltimes.day_of(found.made_at, found.time_zone)))
    left = formats.points(found.closing.units, language)
    name = say(language, _("Closing balance"))
    closing: list[Cell] = [until, None, name, None, None, found.closing.minutes, None, None, left, None]
    sheet = Sheet(
        title=say(language, _("Line by line")),
        heads=[say(language, head) for head in heads],
        rows=[
            [*opening, None, None, formats.points(found.opening.units, language), None],
            *([*_line(line, language), _who(found, line, language)] for line in found.lines),
            period,
        ],
        sums=closing,
    )
    return Table(sheet=sheet, minutes=frozenset({4, 5}), figures=frozenset({4, 5, 6, 7, 8}))


def _line(line: Line, language: Language) -> list[Cell]:
    units = line.units or 0
    return [
        str(line.booked_on),
        str(line.served_on),
        _what(line, language)
        + _aside(line, language)
        + (f" ({line.reason})" if line.reason and line.kind in EXPLAINED and not line.is_room else ""),
        line.hour_class or None,
        line.minutes,
        line.minutes_after,
        formats.points(units, language) if units > 0 else None,
        formats.points(-units, language) if units < 0 else None,
        formats.points(line.units_after, language),
    ]


def _aside(line: Line, language: Language) -> str:
    return f": {formats.points(line.aside, language)}" if line.aside is not None else ""


def _what(line: Line | ForOther, language: Language) -> str:
    named = (line.what_en or line.what) if language == "en" else (line.what or line.what_en)
    return " · ".join(part for part in (kind(line.kind, language, is_room=line.is_room), named) if part)


def kind(word: str, language: Language, *, is_room: bool = False) -> str:
    """What a movement was, as the member's own page calls it."""
    if is_room:
        return say(language, _("Given back for a room") if word == "reverse" else _("For a room"))
    return say(language, KINDS[word]) if word in KINDS else word


def _who(found: Statement, line: Line, language: Language) -> str | None:
    """Both names where somebody acted for the member (ledger-120); a desk or kiosk; who is on the other side."""
    if line.acted_by.is_device:
        return _name(line.acted_by, language)
    # A mediator acts for neither: who stands on the other side is what both want to read.
    if line.acted_by.name and line.acted_by.name != line.other.name and line.kind != "exchange":
        return say(language, _("%(helper)s for %(name)s"), helper=_name(line.acted_by, language), name=found.name)
    if line.other.name:
        sense = _("from %(name)s") if (line.units or 0) > 0 else _("to %(name)s")
        return say(language, sense, name=_name(line.other, language))
    return None


def _name(who: Who, language: Language) -> str:
    return (who.name_en or who.name) if language == "en" else who.name


def _expiring(found: Statement, language: Language) -> Table:
    rows: list[list[Cell]] = [
        [formats.day(each.expires_at, found.time_zone, language=language, with_year=True), formats.points(each.units, language)]
        for each in found.expiring
        if each.expires_at
    ]
    heads = [say(language, _("Gone from")), say(language, _("Points"))]
    return Table(sheet=Sheet(title=say(language, _("What expires when")), heads=heads, rows=rows), figures=frozenset({1}))


def _for_others(found: Statement, language: Language) -> Table:
    heads = [_("Booked on"), _("For whom"), _("What"), _("Time given"), _("Points in"), _("Points out")]
    rows: list[list[Cell]] = [
        [
            str(each.booked_on),
            each.name,
            _what(each, language),
            each.minutes,
            formats.points(each.units, language) if each.units and each.units > 0 else None,
            formats.points(-each.units, language) if each.units and each.units < 0 else None,
        ]
        for each in found.for_others
    ]
    sheet = Sheet(
        title=say(language, _("What %(name)s did for others"), name=found.name),
        heads=[say(language, head) for head in heads],
        rows=rows,
    )
    return Table(sheet=sheet, minutes=frozenset({3}), figures=frozenset({3, 4, 5}))


def file_name(found: Statement) -> str:
    """Without its ending; no name of a person in it."""
    return f"statement-{found.number}-{found.since}-{found.until}"
