"""Refusals of help between neighbours: what happened, that nothing moved, what to do."""

from __future__ import annotations

from typing import Any

from timebank.actions.neighbours.arrange import (
    AnsweredAlready,
    CancelledTooLate,
    ExchangeOver,
    NotAhead,
    NotYourTurn,
    OneHousehold,
    PayerShort,
    PostFull,
    TermsChanged,
)
from timebank.actions.neighbours.confirm import TooSoon
from timebank.actions.neighbours.mediate import NotHeard
from timebank.actions.neighbours.posts import OwnPost, PostOver, TooManyPosts
from timebank.actions.neighbours.standing import (
    ContactInPublic,
    ExchangesOff,
    NeighbourSuspended,
    NotANumber,
    TooYoung,
    WordsNeeded,
    WordsTooLong,
)
from timebank.web import formats
from timebank.web.refusals import tell
from timebank.web.words import Language, _, ngettext, numbered, say

ENDED = {
    "agreed": _("Both have said yes. What is agreed is called off before it begins, or told how long it was."),
    "mediation": _("A mediator looks at it. Tell the mediator how it was."),
    "settled": _("It is settled. The list of your arrangements shows what came of it."),
    "declined": _("It was declined. Nothing moved."),
    "withdrawn": _("The proposal was taken back. Nothing moved."),
    "cancelled": _("One of you has called it off. The points are free again."),
    "lapsed": _("Its time went by without an answer. Nothing moved."),
    "timed_out": _("Nobody decided in time. The points are free again; talk to your coordinator."),
    "asked": _("One of you has yet to say yes."),
}


def _ended(refusal: ExchangeOver, language: Language) -> dict[str, Any]:
    return {"detail": say(language, ENDED.get(str(refusal.facts.get("state")), ENDED["lapsed"]))}


def _from(refusal: TooSoon, language: Language) -> dict[str, Any]:
    at, zone = refusal.facts["from_at"], str(refusal.facts["time_zone"])
    when = f"{formats.day(at, zone, language=language)} {formats.clock(at, zone)}"
    return {"detail": say(language, _("It begins on %(when)s. Say afterwards how long it was."), when=when)}


def _until(refusal: NotHeard, language: Language) -> dict[str, Any]:
    at, zone = refusal.facts["until_at"], str(refusal.facts["time_zone"])
    when = f"{formats.day(at, zone, language=language)} {formats.clock(at, zone)}"
    return {"detail": say(language, _("Both are to be heard. You can decide without a word after %(when)s."), when=when)}


tell(
    ExchangesOff,
    409,
    _("The rules here have no help between neighbours for points."),
    _("Ask the coordinator of your community."),
)
tell(
    TooYoung,
    409,
    _("Arrangements with neighbours are for people of %(years)s or older."),
    _("Somebody of your household can arrange it for you."),
)
tell(
    NeighbourSuspended,
    409,
    _("Your membership is suspended, so you cannot arrange anything."),
    _("Ask the coordinator of your community."),
)
tell(
    ContactInPublic,
    400,
    _("Everybody here reads this, so it names no number, address or account."),
    _("Leave it out. You two tell each other how to meet in the words that only you read."),
)
tell(WordsNeeded, 400, _("There is nothing to read here, or it has hidden characters."), _("Write it again in plain words."))
tell(WordsTooLong, 400, _("This is too long."), _("At most %(most)s characters."))
tell(NotANumber, 400, _("This is no number that fits here."), _("Type a whole number from %(least)s to %(most)s."))
tell(TooManyPosts, 409, _("You have %(most)s posts already."), _("Close one that you no longer need."))
tell(PostOver, 409, _("This post is over."), _("Look for another one, or write your own."))
tell(OwnPost, 409, _("This is your own post."), _("Wait for a neighbour to answer, or close it."))
tell(
    OneHousehold,
    409,
    _("This post is of your own household."),
    _("Nothing moved. Points are for help between households; at home you help each other without."),
)
tell(PostFull, 409, _("Enough neighbours have agreed already."), _("Nothing moved. Look for another post."))
tell(AnsweredAlready, 409, _("You have answered this post already."), _("Look at the list of your arrangements."))
tell(
    NotAhead,
    400,
    _("This time is over, or too far ahead."),
    numbered(
        "days", ngettext("Choose a time from now on, within one day.", "Choose a time from now on, within %(days)s days.")
    ),
)
tell(
    ExchangeOver,
    409,
    _("This is past what you wanted to do."),
    _("Look at the list of your arrangements."),
    retell=_ended,
)
tell(NotYourTurn, 409, _("Your neighbour has to answer first."), _("Nothing was changed. You can take your proposal back."))
tell(
    TermsChanged, 409, _("Your neighbour has proposed something else meanwhile."), _("Nothing was agreed. Read it and answer.")
)
tell(
    PayerShort,
    409,
    _("Your neighbour does not have the points for it at the moment."),
    _("Nothing was agreed. Propose less time, or wait until they have more."),
)
tell(
    CancelledTooLate,
    409,
    _("It has begun, so it can no longer be called off."),
    _("Say how long it was; where it did not take place, say 0 minutes."),
)
tell(TooSoon, 409, _("It has not begun yet."), _("Say afterwards how long it was."), retell=_from)
tell(NotHeard, 409, _("One of the two has not spoken yet."), _("Wait for their word."), retell=_until)
