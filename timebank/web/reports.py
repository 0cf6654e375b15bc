"""The yearly report in words, and as a sheet of paper: the same cells for page, print, PDF and spreadsheets."""

from __future__ import annotations

from decimal import Decimal

from babel.dates import get_month_names
from babel.numbers import format_decimal

from timebank.actions.community.see_report import Name, Report, ReportRow, YearFigure
from timebank.web import formats, statements
from timebank.web.formats import LOCALES
from timebank.web.papers import Bars, Paper, Table
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language, _, say

TITLES: dict[Name, str] = {
    "sessions": _("Sessions held"),
    "people": _("People who served"),
    "hours": _("Hours given"),
    "teams": _("Teams whose people served"),
    "issued": _("Points credited"),
    "redeemed": _("Points exchanged for rewards"),
    "expired": _("Points that expired"),
    "donated": _("Points donated to pools"),
    "to_pools": _("Points that came into pools"),
    "from_pools": _("Points that pools gave out"),
    "supported": _("Points that pools paid for neighbours in need"),
    "rooms": _("Use of rooms"),
    "late": _("Records made after their time"),
    "papers": _("Sheets about service issued"),
    "revoked": _("Sheets about service taken back"),
}
MEANT: dict[Name, str] = {
    "sessions": _("Sessions of activities of this place that are over and were not called off, by the day of their start."),
    "people": _(
        "Members who live here and have service on record, each once, in the month of their first service of the year."
    ),
    "hours": _("By the day of service, of members who live here, as the records stand now."),
    "teams": _("Teams of this place with a member who served, in the month of the first service."),
    "issued": _("By the day on which they were booked. What was taken back counts against it."),
    "redeemed": _("By the day on which they were exchanged. What was given back counts against it."),
    "expired": _("By the day on which they were booked out. What goes with a credit that was taken back counts against it."),
    "donated": _("By the day on which they were given. What was given back counts against it."),
    "to_pools": _("By the day on which they were booked."),
    "from_pools": _("By the day on which they were booked."),
    "supported": _(
        "Part of what pools gave out, by the day on which it was booked, without names. What came back counts against it."
    ),
    "rooms": _("Time for which rooms of this place were booked and used, by the day of the start."),
    "late": _("First entries later than ten working days after the service."),
    "papers": _("By the day on which they were issued."),
    "revoked": _("By the day on which they were taken back."),
}
MINUTES: tuple[Name, ...] = ("hours", "rooms")
POINTS: tuple[Name, ...] = ("issued", "redeemed", "expired", "donated", "to_pools", "from_pools", "supported")


def title(name: Name, language: Language) -> str:
    return say(language, TITLES[name])


def meant(name: Name, language: Language) -> str:
    return say(language, MEANT[name])


def amount(name: Name, value: int, language: Language) -> str:
    """Hours, points, or a plain number."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    if name in MINUTES:
        return sign + formats.hours(size, language)
    if name in POINTS:
        return sign + formats.points(size, language)
    return sign + str(format_decimal(size, locale=LOCALES[language]))


def months(language: Language) -> list[str]:
    """January first, short."""
    names = get_month_names("abbreviated", "stand-alone", LOCALES[language])
    return [str(names[number]) for number in range(1, 13)]


def kind(name: Name, row: ReportRow, language: Language) -> str:
    """A class of hours or a kind of movement, and what it was."""
    what = (row.what_en or row.what) if language == "en" else (row.what or row.what_en)
    if row.kind and name in POINTS:
        return statements.kind(row.kind, language)
    return f"{what} ({row.kind})" if row.kind else what


def yuan(fen: int, language: Language) -> str:
    """`12,345.60`."""
    return str(format_decimal(Decimal(fen) / 100, format="#,##0.00", locale=LOCALES[language]))


def place(report: Report, language: Language) -> str:
    return (report.node.name_en or report.node.name) if language == "en" else report.node.name


def paper(report: Report, language: Language) -> Paper:
    """The whole report: figures of the year, then each month by month."""
    sums: list[list[Cell]] = [
        [title(each.name, language), amount(each.name, each.total, language), each.rows, meant(each.name, language)]
        for each in report.figures
    ]
    heads = [_("Figure"), _("In the year"), _("Rows"), _("How it is counted")]
    whole = Sheet(title=say(language, _("The year")), heads=[say(language, head) for head in heads], rows=sums)
    return Paper(
        title=say(language, _("Yearly report %(year)s: %(place)s"), year=report.year, place=place(report, language)),
        facts=_facts(report, language),
        tables=[Table(sheet=whole, figures=frozenset({1, 2})), _by_month(report, language)],
        bars=[bars(each, language) for each in report.figures if each.total],
        foot=f"{place(report, language)} · {report.year}",
    )


def _facts(report: Report, language: Language) -> list[tuple[str, str]]:
    zone = report.node.time_zone
    made = f"{formats.day(report.made_at, zone, language=language, with_year=True)} {formats.clock(report.made_at, zone)}"
    facts = [
        (_("Place, with all below it"), place(report, language)),
        (_("Year"), str(report.year)),
        (_("Figures as of"), made),
    ]
    if report.value_fen is not None and report.contributed_fen is not None:
        facts.append(
            (_("Value of an hour, as typed"), say(language, _("%(yuan)s yuan"), yuan=yuan(report.value_fen, language)))
        )
        contributed = say(language, _("%(yuan)s yuan"), yuan=yuan(report.contributed_fen, language))
        facts.append((_("Hours given times that value"), contributed))
    return [(say(language, label), value) for label, value in facts]


def _by_month(report: Report, language: Language) -> Table:
    rows: list[list[Cell]] = [
        [title(each.name, language), *(short(each.name, value, language) for value in each.months)] for each in report.figures
    ]
    sheet = Sheet(title=say(language, _("By month")), heads=[say(language, _("Figure")), *months(language)], rows=rows)
    return Table(sheet=sheet, figures=frozenset(range(1, 13)))


def bars(figure: YearFigure, language: Language) -> Bars:
    """A figure month by month."""
    return Bars(
        title=title(figure.name, language),
        labels=months(language),
        values=figure.months,
        shown=[short(figure.name, value, language) for value in figure.months],
    )


def short(name: Name, value: int, language: Language) -> str:
    """Narrow columns: hours as 3:05, and nothing where there was nothing."""
    if not value:
        return ""
    return f"{value // 60}:{value % 60:02}" if name in MINUTES else amount(name, value, language)


def file_name(report: Report) -> str:
    return f"report-{report.year}-{report.node.id}"
