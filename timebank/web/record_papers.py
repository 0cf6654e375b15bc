"""A sheet about somebody's service: page, print, PDF and spreadsheets show the same cells (rules.md 5).

Only where the unit may certify is it called a certificate; everywhere else it is a sheet of the record (rules-9).
"""

from __future__ import annotations

from collections.abc import Sequence

from schedules import walltimes
from timebank.actions.hours.check_number import Checked
from timebank.hours.certificates import Certificate, Line, State
from timebank.web import formats, statements
from timebank.web.papers import Paper, Table
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language, _, say

TITLES = {True: _("Certificate of voluntary service"), False: _("Sheet of the service record")}
IDENTITIES = {
    "resident_id": _("Resident identity card"),
    "passport": _("Passport"),
    "other": _("Identity document"),
}
STATES: dict[State, str] = {"valid": _("Valid"), "replaced": _("Replaced"), "revoked": _("Revoked")}
MEANT: dict[State, str] = {
    "valid": _("It says what the record says."),
    "replaced": _("It does not hold any more: the record was corrected since, or another sheet has taken its place."),
    "revoked": _("It does not hold any more: it was taken back."),
}


def identities(language: Language) -> list[tuple[str, str]]:
    """The documents of which a number can be given."""
    return [(kind, say(language, words)) for kind, words in IDENTITIES.items()]


def title(is_certificate: bool, language: Language) -> str:
    """What the sheet is called."""
    return say(language, TITLES[is_certificate])


def address(number: str, base_url: str) -> str:
    """What the QR opens: the page that tells anybody whether it holds."""
    return f"{base_url}/c/{number}"


def paper(found: Certificate, lines: Sequence[Line], base_url: str, language: Language) -> Paper:
    """The whole sheet with its lines as of the day of issue."""
    where = address(found.number, base_url)
    return Paper(
        title=title(found.is_certificate, language),
        lead=_lead(found, language),
        facts=_facts(found, where, language),
        qr=where,
        tables=[_lines(lines, language)],
        closing=_closing(found, language),
        signed=[say(language, words) for words in (_("In charge:"), _("Handled by:"), _("Seal of the recording unit:"))],
        foot=f"{found.number} · {where}",
    )


def _lead(found: Certificate, language: Language) -> str:
    certified = _(
        "This certifies that %(name)s, volunteer No. %(number)s, gave %(time)s of voluntary service from %(first)s to %(last)s."
    )
    recorded = _(
        "On the record of %(name)s, volunteer No. %(number)s, stand %(time)s of voluntary service from %(first)s to %(last)s."
    )
    return say(
        language,
        certified if found.is_certificate else recorded,
        name=found.name,
        number=found.volunteer_number,
        time=formats.hours(found.minutes, language),
        first=found.first_on,
        last=found.last_on,
    )


def unit(found: Certificate | Checked, language: Language) -> str:
    """The recording unit, by its name on the day of issue."""
    return (found.unit_en or found.unit) if language == "en" else found.unit


def _facts(found: Certificate, where: str, language: Language) -> list[tuple[str, str]]:
    issued_on = walltimes.day_of(found.issued_at, found.time_zone)
    facts = [
        (_("No."), found.number),
        (_("Recording unit"), unit(found, language)),
        (_("Period of service"), f"{found.first_on} – {found.last_on}"),
        (_("Time given in all"), formats.hours(found.minutes, language)),
        *((statements.CLASSES[letter], formats.hours(minutes, language)) for letter, minutes in by_class(found) if minutes),
        *([(IDENTITIES[found.identity_kind], found.identity)] if found.identity else []),
        (_("Issued on"), str(issued_on)),
        (_("To be checked at"), where),
    ]
    if found.state != "valid":  # on paper nobody would read that it has changed since
        facts.insert(-1, (_("State"), say(language, STATES[found.state])))
    if found.replaces:
        facts.insert(-1, (_("In the place of"), found.replaces))
    return [(say(language, label), value) for label, value in facts]


def by_class(found: Certificate | Checked) -> list[tuple[str, int]]:
    """Minutes by class, in their order."""
    return [("a", found.minutes_a), ("b", found.minutes_b), ("c", found.minutes_c)]


def _closing(found: Certificate, language: Language) -> list[str]:
    said = [
        _("The figures are those of the day of issue. A later correction is told at the address above, not on this sheet."),
        _(
            "Free of charge. Whoever doubts this sheet looks up its number; the name is shown there by its first character "
            "only."
        ),
    ]
    if found.state != "valid":
        said.insert(0, MEANT[found.state])
    return [say(language, words) for words in said]


def _lines(lines: Sequence[Line], language: Language) -> Table:
    heads = [
        _("Day of service"),
        _("Activity"),
        _("Service content"),
        _("Place"),
        _("Organised by"),
        _("In charge"),
        _("Class"),
        _("Time given"),
    ]
    rows: list[list[Cell]] = [
        [
            str(line.served_on),
            (line.activity_name_en or line.activity_name) if language == "en" else line.activity_name,
            line.service_content,
            line.place,
            line.organising_unit,
            line.person_in_charge,
            line.hour_class,
            line.service_minutes,
        ]
        for line in lines
    ]
    sums: list[Cell] = [say(language, _("Sum")), *[None] * 6, sum(line.service_minutes for line in lines)]
    sheet = Sheet(title=say(language, _("Line by line")), heads=[say(language, head) for head in heads], rows=rows, sums=sums)
    return Table(sheet=sheet, minutes=frozenset({7}), figures=frozenset({7}))


def file_name(found: Certificate) -> str:
    """Without its ending; neither a name nor what it is called is in it."""
    return f"service-{found.number}"
