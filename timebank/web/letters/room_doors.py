"""Messages about the door of a room and the line for one: an offer, what became of it, a booking that nobody came to."""

from __future__ import annotations

from schedules.facts import Broken
from timebank.web import kept_reasons
from timebank.web.post import Facts, letter
from timebank.web.words import Language, _


def reasons(facts: Facts, language: Language) -> dict[str, object]:
    """The broken rules as sentences, in the reader's language."""
    broken = [Broken(one["code"], one["data"]) for one in facts["broken"]]
    return {"reasons": kept_reasons.told(broken, language, facts["time_zone"])}


letter(
    "room_released",
    _("Your booking was released: %(space)s"),
    _(
        "Nobody had checked in for %(space)s, %(when)s, by %(until_at)s. The rest is free for others, and a no-show is noted. "
        "Are you there after all? Scan the code at the door: while nobody else has it, one tap makes it yours again."
    ),
)
letter(
    "room_offer",
    _("Free for you: %(space)s, %(when)s"),
    _("You waited for it, and it is held for you alone. Say yes by %(expires_at)s; then the next in the line is asked."),
)
letter(
    "room_offer_ran_out",
    _("Your offer has run out: %(space)s"),
    _(
        "%(space)s, %(when)s, was held for you and you did not answer in time. The next was asked; you wait at the end of "
        "the line."
    ),
)
letter(
    "room_offer_taken_back",
    _("Your offer was taken back: %(space)s"),
    _("%(space)s, %(when)s, cannot be had after all: %(reason)s You keep your place in the line."),
)
letter(
    "room_given",
    _("The room is yours: %(space)s, %(when)s"),
    _(
        "You waited for it and wanted to take what comes. If you do not need it any more, cancel it so that the next can "
        "have it."
    ),
)
letter(
    "room_asked_for",
    _("Asked for you: %(space)s, %(when)s"),
    _("You waited for it and wanted to take what comes. This room is given by its staff: they decide and you hear from us."),
)
letter(
    "room_skipped",
    _("It was free, but not for you: %(space)s, %(when)s"),
    _("You waited for it. Somebody else was asked, because: %(reasons)s You keep your place in the line."),
    retell=reasons,
)
