"""Messages about members who leave, and about points that come from them or are taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timebank.web.post import in_points, letter
from timebank.web.words import Language, _, say


def _erased(facts: Mapping[str, Any], language: Language) -> dict[str, object]:
    return {"data": say(language, _("Your name, phone and other data go later, as you have asked.")) if facts["erases"] else ""}


letter(
    "member_left",
    _("You are no longer a member"),
    _(
        "Places and bookings to come are given back, your pass is void, your points went where the rules send them. "
        "Your hours stay on record. %(data)s Thank you for all you have done."
    ),
    retell=_erased,
)
letter(
    "points_of_left",
    _("%(name)s has left you %(amount)s"),
    _("%(name)s is no longer a member and has named you. The points are yours now."),
    retell=in_points,
)
letter(
    "points_of_died",
    _("%(amount)s of %(name)s: yours now"),
    _("It is what %(name)s had on the account. Two members of staff have approved it. We are sorry for your loss."),
    retell=in_points,
)
letter(
    "points_taken_back",
    _("Taken back: %(amount)s"),
    _(
        "They had been credited wrongly. The reason that was given: %(reason)s. Your statement shows both. If you think that "
        "this is wrong, talk to the staff of your neighbourhood."
    ),
    retell=in_points,
)
letter(
    "issue_waits",
    _("A list of points waits for a second person"),
    _(
        "%(name)s has proposed to give out %(amount)s from the pool: %(reason)s. Neighbours on the list: %(count)s. Look at it "
        "and decide."
    ),
    retell=in_points,
)
letter(
    "claim_waits",
    _("A claim on points waits for two people"),
    _("It is about the points of %(name)s, who has died. Look at what was shown, and say yes or no."),
)
