"""Messages about rounds in which scarce times are drawn by lot."""

from __future__ import annotations

from timebank.web.letters.room_doors import reasons
from timebank.web.post import letter
from timebank.web.words import _

letter(
    "lottery.won",
    _("The lot fell to you: %(space)s"),
    _("%(space)s, %(when)s, is booked for you (%(title)s, your code %(code)s). If you cannot come, please cancel it in time."),
)
letter(
    "lottery.lost",
    _("%(title)s: the lot did not fall to you"),
    _(
        "The lots for %(space)s are drawn (your code %(code)s), and you got none of the times that you wished for. Next time "
        "you come earlier in the order. What is left can be booked now: first come, first served."
    ),
)
letter(
    "lottery.passed",
    _("%(title)s: the lot fell to you, but it could not be booked"),
    _("It was your turn for %(space)s, %(when)s (your code %(code)s). It went on to others, because: %(reasons)s"),
    retell=reasons,
)
