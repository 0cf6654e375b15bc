"""Messages about hours and stays that wait for somebody's word."""

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "hours_wait",
    _("Hours to confirm: %(entries)s"),
    _("Hours count once a second person has looked at them, and you may be that one. Waiting for you now: %(entries)s."),
)
letter(
    "stays_wait",
    _("Stays to confirm: %(stays)s"),
    _(
        "People were at your sessions, and their points wait until you say so at the close of the day. Waiting for you now: "
        "%(stays)s."
    ),
)
letter(
    "hours_and_stays_wait",
    _("Hours to confirm: %(entries)s, stays: %(stays)s"),
    _(
        "Hours that count once a second person has looked at them: %(entries)s. Stays whose points wait for the close of the "
        "day: %(stays)s."
    ),
)
