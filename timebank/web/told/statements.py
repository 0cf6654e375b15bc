"""How a statement is refused."""

from __future__ import annotations

from timebank.actions.people.see_statement import PeriodNotPossible
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    PeriodNotPossible,
    400,
    _("This period makes no sense."),
    _("Choose a month, or two days at most ten years apart, the earlier one first."),
)
