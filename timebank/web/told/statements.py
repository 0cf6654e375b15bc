"""How a statement and a figure of the board are refused."""

from __future__ import annotations

from schedules.walltimes import NotBegun
from timebank.actions.community.see_figures import MonthNotPossible
from timebank.actions.community.see_report import YearNotPossible
from timebank.actions.people.see_statement import BeforeJoining, PeriodNotPossible
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    PeriodNotPossible,
    400,
    _("This period makes no sense."),
    _("Choose a month, or two days at most ten years apart, the earlier one first."),
)
tell(NotBegun, 400, _("This time has not begun yet."), _("Nothing can be told of it before. Today is %(today)s."))
tell(
    BeforeJoining,
    400,
    _("That was before the membership began."),
    _("Nothing is on record of it. The membership began on %(joined_on)s."),
)
tell(MonthNotPossible, 400, _("This is no month."), _("Write it as 2026-11."))
tell(YearNotPossible, 400, _("This is no year."), _("Choose one from 2000 to 2199."))
