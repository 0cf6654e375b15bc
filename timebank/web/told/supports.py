"""Refusals about what the pool pays for members in need."""

from __future__ import annotations

from typing import Any

from timebank.actions.points.support import (
    AboveTheRules,
    AgreementMissing,
    ForOneself,
    NobodyHere,
    SupportOff,
    SupportReason,
    WrongSpan,
)
from timebank.points.supports import SupportHeld, SupportOver
from timebank.web import formats
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say


def _most(refusal: AboveTheRules, language: Language) -> dict[str, Any]:
    most = formats.in_points(int(refusal.facts["most"]), language)
    return {"detail": say(language, _("The rules here let the pool pay %(most)s a month at most. Type less."), most=most)}


tell(
    ForOneself,
    403,
    _("Nobody proposes this for themselves, or for who lives with them."),
    _("Ask a colleague to propose it."),
    code="four_eyes",
)
tell(
    SupportOff,
    409,
    _("The rules here let the pool pay for nobody."),
    _("Set the most of a month in the rules first; it holds from its day on."),
)
tell(NobodyHere, 400, _("No active member here has this number."), _("Look at the card again, or search for the name."))
tell(
    AboveTheRules,
    400,
    _("This is more than the rules let the pool pay."),
    _("Type less, or change the rules first."),
    retell=_most,
)
tell(WrongSpan, 400, _("These days do not fit."), _("From today on or later, and for a year at most."))
tell(SupportReason, 400, _("The reason is missing."), _("Write why the pool should pay; it goes a year after the end."))
tell(
    AgreementMissing,
    400,
    _("The person's own yes is missing."),
    _("Ask the person first and choose how they said yes: without it nothing of this is kept."),
)
tell(
    SupportHeld,
    409,
    _("For this member the pool pays already, or it is proposed."),
    _("Look at the list: end that one first, or wait until it is decided."),
)
tell(SupportOver, 409, _("This is decided already."), _("Look at it again: it says by whom and when."))
