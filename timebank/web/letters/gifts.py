"""Messages about points that go from hand to hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timebank.web.post import in_points, letter
from timebank.web.words import Language, _, say


def _amount(facts: Mapping[str, Any], language: Language) -> dict[str, object]:
    """`12 points`, and the giver's word where there is one."""
    word = facts.get("word", "")
    told = say(language, _("With these words: “%(word)s”"), word=word) if word else ""
    return in_points(facts, language) | {"with_word": told}


def _gift(kind: str, title: str, text: str) -> None:
    letter(kind, title, text, retell=_amount)


_gift(
    "gift_offered",
    _("%(name)s would like to give you %(amount)s"),
    _("%(with_word)s Say yes or no by %(answer_by_at)s. Without a yes, the points stay with the giver."),
)
_gift(
    "gift_accepted",
    _("%(name)s has accepted your gift"),
    _("From your points to %(name)s: %(amount)s."),
)
_gift(
    "gift_declined",
    _("%(name)s has declined your gift"),
    _("Yours again: %(amount)s. Nothing has moved."),
)
_gift(
    "gift_withdrawn",
    _("%(name)s has taken a gift back"),
    _("What was offered to you, %(amount)s, is the giver's again. You need not do anything."),
)
_gift(
    "gift_timed_out",
    _("Your gift was not accepted in time"),
    _("%(name)s did not answer by %(answer_by_at)s. Yours again: %(amount)s."),
)
_gift(
    "gift_closed",
    _("Your gift could not be given"),
    _("%(name)s takes no points any more. Yours again: %(amount)s."),
)
letter(
    "relative_asked",
    _("%(name)s names you as a relative"),
    _("If that is so, say yes: then you two can give each other points. Without a yes, nothing changes."),
)
letter(
    "relative_confirmed",
    _("%(name)s says that you are relatives"),
    _("You two can give each other points now."),
)
_gift(
    "points_issued",
    _("%(name)s gives you %(amount)s"),
    _("The reason: %(reason)s. The points come from what neighbours have donated and are yours now."),
)
