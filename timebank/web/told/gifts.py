"""Refusals of gifts: what happened, that nothing moved, what to do."""

from __future__ import annotations

from typing import Any, cast

from timebank.actions.points.donate import DonationsOff
from timebank.actions.points.gifts import GiftOver, GiverSuspended
from timebank.actions.points.issues import NoLines, PoolShort, Wrong, WrongLine
from timebank.actions.points.terms import GiverShort, RecipientNotAllowed
from timebank.people.relatives import NamedAlready
from timebank.points.refusals import IssueOver, NotAnAmount, WalletFull
from timebank.web import formats
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say

WHOM = {
    "off": _("Nothing moved. The rules here do not let members give points to each other."),
    "relatives": _(
        "Nothing moved. Points go to your household and to relatives who have said yes. Name a relative first, or look at the "
        "number again."
    ),
    "anyone": _("Nothing moved. No member who can take points has this number. Look at it again."),
}
ENDED = {
    "accepted": _("It was accepted."),
    "declined": _("It was declined; the points are the giver's again."),
    "withdrawn": _("The giver took it back."),
    "timed_out": _("Nobody accepted it in time; the points are the giver's again."),
    "closed": _("The account takes no points any more; the points are the giver's again."),
}


def _whom(refusal: RecipientNotAllowed, language: Language) -> dict[str, Any]:
    return {"detail": say(language, WHOM[str(refusal.facts["gifts"])])}


def _ended(refusal: GiftOver, language: Language) -> dict[str, Any]:
    return {"detail": say(language, ENDED.get(str(refusal.facts.get("state")), ENDED["timed_out"]))}


def _full(refusal: WalletFull, language: Language) -> dict[str, Any]:
    most = formats.points(int(refusal.facts["cap"]), language)
    return {"detail": say(language, _("Nothing moved. A member here holds %(most)s at most. Try a smaller amount."), most=most)}


LOOK = _("Nothing moved. Look at the list of gifts.")
tell(RecipientNotAllowed, 409, _("You cannot give points to this member."), WHOM["anyone"], retell=_whom)
tell(GiftOver, 409, _("This gift is over."), LOOK, code="hold_over", retell=_ended)
tell(WalletFull, 409, _("This would be more than a member may hold."), LOOK, retell=_full)
tell(
    GiverSuspended,
    409,
    _("Your membership is suspended, so you cannot give points away."),
    _("Nothing moved. Ask the coordinator of your community."),
)
tell(NotAnAmount, 400, _("This is no amount of points."), _("Type points above nothing, with at most two decimals: 1 or 1.5."))
tell(
    NamedAlready,
    409,
    _("You two are relatives here already, or one of you has asked."),
    _("Look at the list: whoever was asked says yes there."),
)
tell(
    DonationsOff,
    409,
    _("The rules here take no donations of points."),
    _("Nothing moved. Ask the coordinator of your community."),
)
tell(IssueOver, 409, _("This list is dealt with already."), _("Look at the list again: it says by whom and when."))
WRONG = {
    "no_line": _("Line %(line)s (%(said)s): write the number, a space, the points."),
    "no_amount": _("Line %(line)s: %(said)s is no amount. Type points above nothing, with at most two decimals."),
    "nobody_here": _("Line %(line)s: no active member here has the number %(said)s."),
    "twice": _("Line %(line)s: %(said)s stands on the list already."),
}
TOLD_AT_ONCE = 20
"""Lines of a list that are named; who has mended these sends it again."""


def _wrong(refusal: WrongLine, language: Language) -> dict[str, Any]:
    every = cast("list[Wrong]", refusal.facts["wrong"])
    lines = [say(language, WRONG[each.reason], line=each.line, said=each.said) for each in every[:TOLD_AT_ONCE]]
    return {"detail": " ".join([*lines, say(language, AGAIN)])}


AGAIN = _("Nothing was entered. Correct it and send the list again.")
tell(WrongLine, 400, _("Lines of the list do not fit."), AGAIN, retell=_wrong)
tell(
    PoolShort,
    409,
    _("The pool has not enough for this list."),
    _("Nobody was given anything. Wait until more has been donated, or take the list back and enter a shorter one."),
    code="insufficient_points",
)


def _short(refusal: GiverShort, language: Language) -> dict[str, Any]:
    most = formats.in_points(int(refusal.facts["available"]), language)
    return {"detail": say(language, _("Nothing moved. You can give %(most)s at most. Type a smaller amount."), most=most)}


tell(
    GiverShort,
    409,
    _("You do not have that many points."),
    _("Nothing moved. Type a smaller amount."),
    code="insufficient_points",
    retell=_short,
)
tell(
    NoLines,
    400,
    _("The list has no lines, or too many."),
    _("Write one line for each member: the number, a space, the points; %(most)s lines at most."),
)
