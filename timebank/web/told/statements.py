"""How a statement and a figure of the board are refused."""

from __future__ import annotations

from datetime import date
from typing import Any

from schedules.walltimes import NotBegun
from timebank.actions.community.see_figures import MonthNotPossible
from timebank.actions.community.see_report import YearNotPossible
from timebank.actions.people.see_statement import BeforeJoining, PeriodNotPossible
from timebank.web import formats
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say


def _day(value: date, language: Language) -> str:
    return formats.day(value, "UTC", language=language, with_year=True)


def _today(refusal: NotBegun, language: Language) -> dict[str, Any]:
    when = _day(refusal.facts["today"], language)
    return {"detail": say(language, _("Nothing can be told of it before. Today is %(today)s."), today=when)}


def _joined(refusal: BeforeJoining, language: Language) -> dict[str, Any]:
    when = _day(refusal.facts["joined_on"], language)
    return {"detail": say(language, _("Nothing is on record of it. The membership began on %(joined_on)s."), joined_on=when)}


tell(
    PeriodNotPossible,
    400,
    _("This period makes no sense."),
    _("Choose a month, or two days at most ten years apart, the earlier one first."),
)
tell(
    NotBegun, 400, _("This time has not begun yet."), _("Nothing can be told of it before. Today is %(today)s."), retell=_today
)
tell(
    BeforeJoining,
    400,
    _("That was before the membership began."),
    _("Nothing is on record of it. The membership began on %(joined_on)s."),
    retell=_joined,
)
tell(MonthNotPossible, 400, _("This is no month."), _("Write it as 2026-11."))
tell(YearNotPossible, 400, _("This is no year."), _("Choose one from 2000 to 2199."))
