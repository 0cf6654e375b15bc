"""The settings of what becomes of points: rewards, gifts, neighbours, pools, and who leaves; in words."""

from __future__ import annotations

from timebank.web.knobs import DAY_OF_MONTH, DAYS, Knob
from timebank.web.words import _

SPENDING = (
    Knob(
        "quote_minutes",
        "minutes",
        _("A price that somebody has seen is kept for"),
        _("Minutes, after the price has gone up. 0: not at all."),
    ),
    Knob(
        "kiosk_hold_minutes",
        "minutes",
        _("A machine that hands over has time for"),
        _("Minutes. If it has not let go of the piece by then, the points are free again."),
    ),
    Knob(
        "pickup_days",
        "count",
        _("A reward that was ordered waits for"),
        _("Days, 60 at most. Whoever orders from home fetches it within them; afterwards the points are free again."),
        unit=DAYS,
    ),
    Knob(
        "undo_days",
        "count",
        _("A keeper takes an exchange back for"),
        _("Days after it was made. 0: not at all."),
        unit=DAYS,
    ),
    Knob(
        "grace_days",
        "count",
        _("Points that come back after their date live for"),
        _("Days. Others keep their old date."),
        unit=DAYS,
    ),
    Knob(
        "close_day",
        "count",
        _("Day of the next month until which a month can be booked into"),
        _("1 to 28. After it, what is taken back for an older service counts in the present month; the old date is shown."),
        unit=DAY_OF_MONTH,
    ),
    Knob(
        "spent_credit",
        "choice",
        _("When points have to be taken back and are spent already"),
        choices=(
            ("owe", _("the member owes them, and points earned later pay for it")),
            ("refuse", _("they are not taken back")),
        ),
    ),
    Knob(
        "gifts",
        "choice",
        _("Members may give points to"),
        choices=(
            ("off", _("nobody")),
            ("relatives", _("their household and relatives who have said yes")),
            ("anyone", _("any member")),
        ),
    ),
    Knob(
        "leaving",
        "order",
        _("Points of a member who leaves"),
        _(
            "A relative has to be named by the member, and gifts to them have to be possible. What nobody takes expires. "
            "Hours stay."
        ),
        choices=(
            ("pool,expire", _("go to the neighbourhood's pool")),
            ("beneficiary,pool,expire", _("go to a relative who was named, else to the neighbourhood's pool")),
            ("beneficiary,expire", _("go to a relative who was named, else expire")),
            ("expire", _("expire")),
        ),
    ),
    Knob(
        "erasure_days",
        "count",
        _("Data of a member who leaves and asks for it go after"),
        _("Days. Name, phone and everything else about the person; hours and movements stay under the number."),
        unit=DAYS,
    ),
    Knob(
        "gift_days",
        "count",
        _("A gift waits for a yes"),
        _("Days. Afterwards the points are the giver's again."),
        unit=DAYS,
    ),
    Knob(
        "takes_donations",
        "yes_no",
        _("Members may donate points to the neighbourhood"),
        choices=(("True", _("yes, and two members of staff give them to neighbours together")), ("False", _("no"))),
    ),
    Knob(
        "support_month_units",
        "points",
        _("For who is in need the neighbourhood's pool pays in a month at most"),
        _(
            "In points, for each of them. Two members of staff decide for whom, for how long and how much of it. Empty: it "
            "pays for nobody."
        ),
        off=_("it pays for nobody"),
    ),
    Knob(
        "exchanges",
        "choice",
        _("Neighbours may help each other for points"),
        _("Both confirm how long it was. Up to a quarter of an hour apart the mean counts; more goes to a mediator."),
        choices=(("on", _("yes, the one who is helped pays")), ("off", _("no"))),
    ),
    Knob(
        "exchange_days",
        "count",
        _("Time to say how long the help was"),
        _("Days, from its planned end. Afterwards a mediator looks at it."),
        unit=DAYS,
    ),
)
