"""Messages about bookings of rooms."""

from __future__ import annotations

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "booking.requested",
    _("%(name)s asks for %(space)s"),
    _("%(name)s asks for %(space)s, %(when)s. Please decide by %(decide_by_at)s; afterwards the request lapses."),
)
letter(
    "booking.made_for_you",
    _("%(space)s is booked for you"),
    _("The community has booked %(space)s for you: %(when)s."),
)
letter(
    "booking.accepted",
    _("%(space)s is yours"),
    _("Your request was accepted: %(space)s, %(when)s."),
)
letter(
    "booking.rejected",
    _("%(space)s: your request was rejected"),
    _("Your request for %(space)s, %(when)s, was rejected. The reason: %(reason)s. Points set aside are yours again."),
)
letter(
    "booking.lost",
    _("%(space)s: somebody else got the time"),
    _("Several people asked for %(space)s, %(when)s, and another request was accepted. Points set aside are yours again."),
)
letter(
    "booking.lapsed",
    _("%(space)s: nobody decided in time"),
    _("Your request for %(space)s, %(when)s, was not decided in time and has lapsed. Points set aside are yours again."),
)
letter(
    "booking.cancelled_by_house",
    _("%(space)s: your booking was cancelled"),
    _("The house has cancelled your booking of %(space)s, %(when)s. The reason: %(reason)s. What it cost is given back."),
)
letter(
    "booking.moved_by_house",
    _("Your booking was moved: %(space)s"),
    _("Your booking of %(from_space)s, %(from_at)s, was moved by the community. It is now %(space)s, %(when)s."),
)
