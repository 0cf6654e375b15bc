"""Messages about help between neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timebank.web import formats
from timebank.web.post import in_points, letter
from timebank.web.words import Language, _, say


def _sums(facts: Mapping[str, Any], language: Language) -> dict[str, object]:
    """`1 h`, `1 point`, and which way the points go for this reader."""
    amount = in_points(facts, language)["amount"]
    for_helper, for_helped = _("You are given %(amount)s."), _("You give %(amount)s.")
    words = for_helper if facts["is_helper"] else for_helped
    return {
        "length": formats.hours(int(facts["minutes"]), language),
        "amount": amount,
        "for_you": say(language, words, amount=amount),
    }


def _exchange(kind: str, title: str, text: str) -> None:
    letter(kind, title, text, retell=_sums)


_exchange(
    "exchange_asked",
    _("%(name)s answers “%(title)s”"),
    _("Proposed: %(when)s. Say yes or no, or propose another time."),
)
_exchange(
    "exchange_proposed",
    _("%(name)s proposes another time for “%(title)s”"),
    _("Proposed: %(when)s. Say yes or no, or propose another time."),
)
_exchange(
    "exchange_agreed",
    _("%(name)s has said yes to “%(title)s”"),
    _("Agreed: %(when)s, %(amount)s. The points are set aside until both of you have said how long it was."),
)
_exchange(
    "exchange_declined",
    _("“%(title)s” comes to nothing this time"),
    _("Nothing was agreed for %(when)s, and nothing moved. Other neighbours have posts as well."),
)
_exchange(
    "exchange_withdrawn",
    _("%(name)s has taken a proposal for “%(title)s” back"),
    _("Nothing was agreed for %(when)s. You need not do anything."),
)
_exchange(
    "exchange_cancelled",
    _("%(name)s has called off “%(title)s”"),
    _("It does not take place: %(when)s. The points are free again."),
)
_exchange(
    "exchange_over",
    _("“%(title)s” does not take place"),
    _("%(name)s is not a member here any more. Nothing moved for %(when)s, and points that were set aside are free again."),
)
_exchange(
    "exchange_lapsed",
    _("“%(title)s” was not agreed in time"),
    _("There was no yes for %(when)s, or the post is over. Nothing moved."),
)
_exchange(
    "exchange_word",
    _("How long was “%(title)s”?"),
    _("Say how many minutes it was with %(name)s, by %(answer_by_at)s. Where it did not take place, say 0."),
)
_exchange(
    "exchange_word_again",
    _("Your word is missing: how long was “%(title)s”?"),
    _("Say how many minutes it was with %(name)s, by %(answer_by_at)s. After that a mediator may look at it."),
)
_exchange(
    "exchange_waits",
    _("%(name)s has said how long “%(title)s” was"),
    _("Now say how long it was for you. If you two are close together, it is settled at once."),
)
_exchange(
    "exchange_settled",
    _("“%(title)s” is settled: %(length)s"),
    _("With %(name)s. %(for_you)s"),
)
_exchange(
    "exchange_not_held",
    _("“%(title)s” did not take place"),
    _("Both of you have said so. Nothing was paid; the points are free again."),
)
_exchange(
    "exchange_mediation",
    _("A mediator looks at “%(title)s”"),
    _("Your words about how long it was are apart, or one is missing. Tell the mediator how it was; both of you are heard."),
)
_exchange(
    "exchange_decided",
    _("The mediator has decided about “%(title)s”: %(length)s"),
    _("The reason: %(reason)s %(for_you)s"),
)
_exchange(
    "exchange_unsaid",
    _("Neither of you said how long “%(title)s” was"),
    _("Nothing was paid; the points are free again. If it took place, talk to each other or to your coordinator."),
)
_exchange(
    "exchange_timed_out",
    _("Nobody decided about “%(title)s” in time"),
    _("Nothing was paid; the points are free again. Talk to your coordinator if that is wrong."),
)
letter(
    "exchange_to_mediate",
    _("Two neighbours need a mediator: “%(title)s”"),
    _("Their words about how long it was are apart, or one is missing. Hear both and decide."),
)
letter(
    "post_taken_down",
    _("Your post “%(title)s” was taken down"),
    _("The reason: %(reason)s You can write another one."),
)
