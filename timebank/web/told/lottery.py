"""Refusals of rounds that are drawn by lot."""

from __future__ import annotations

from schedules.lottery_rounds import NoSlots, RoundClosed, RoundNameNeeded, WrongDeadline, WrongWishes
from timebank.web.refusals import tell
from timebank.web.words import _

tell(RoundClosed, 409, _("The deadline of this round is over."), _("Look at the round again: the result stands there."))
tell(
    NoSlots,
    400,
    _("These days and times make no slots, or too many."),
    _("Choose days on which the weekday occurs, a time as long as one slot, and %(most)s slots at most."),
)
tell(RoundNameNeeded, 400, _("The draw needs a name."), _("Write what everybody will read in the calendar of the room."))
tell(WrongDeadline, 400, _("The deadline does not fit."), _("It lies ahead, and not after the first slot begins."))
tell(
    WrongWishes,
    400,
    _("These wishes do not fit."),
    _("Write 1 beside the slot that you like best, then 2, and so on; each number once."),
)
