"""The settings of a community's rules in words: what each is called, what it does, in which unit it is typed."""

from __future__ import annotations

from timebank.web.knobs import DAY_OF_MONTH, DAYS, ENTRIES, HOURS, MONTHS, NEVER, NO_LIMIT, NOT_LOOKED_FOR, TIMES, Chapter, Knob
from timebank.web.review_knobs import REVIEW
from timebank.web.words import _

EARNING = (
    Knob("unit_zh", "text", _("Name of the points in Chinese"), _("The word that stands beside every figure.")),
    Knob("unit_en", "text", _("Name of the points in English"), _("The word that stands beside every figure.")),
    Knob(
        "units_per_hour",
        "points",
        _("An hour of service earns"),
        _("In points, with at most two decimals: 1 or 1.5. The hours themselves always count one to one."),
    ),
    Knob(
        "grain_minutes",
        "minutes",
        _("Counted in steps of"),
        _("Minutes. Points are counted in whole steps; the record of hours stays exact."),
    ),
    Knob(
        "rounding",
        "choice",
        _("The rest of a step"),
        choices=(
            ("down", _("does not count")),
            ("nearest", _("counts from half a step on")),
            ("up", _("counts as a whole step")),
        ),
    ),
    Knob(
        "class_a",
        "choice",
        _("Hours that were scanned in and out"),
        _("Hours confirmed by two people earn after the second one. Hours entered later never earn. No rule changes that."),
        choices=(
            ("at_once", _("earn as soon as somebody has checked out")),
            ("after_confirmation", _("earn after the organiser has confirmed them")),
        ),
    ),
    Knob(
        "category_percents",
        "categories",
        _("Kinds of service that earn more or less"),
        _(
            "One a line: the category as activities name it, then per cent. With “Night care 150” an hour counts one and a "
            "half; all that is not named counts 100."
        ),
        off=_("all kinds alike"),
    ),
    Knob(
        "bonuses",
        "bonuses",
        _("Times that earn more"),
        _("Nights, holidays, hours for which helpers are hard to find. Where several overlap the highest counts alone."),
        off=_("none"),
    ),
    Knob(
        "group_earns_for",
        "choice",
        _("Where a group serves, it earns"),
        _("Of activities that are marked so when they are planned. The hours are each member's own either way."),
        choices=(("member", _("for each of its members")), ("pool", _("for the neighbourhood's pool"))),
    ),
)
LIMITS = (
    Knob(
        "session_cap",
        "session_cap",
        _("Of one session earns"),
        choices=(
            ("planned", _("its planned length at most")),
            ("minutes", _("at most a number of minutes")),
            ("all", _("all that was served")),
        ),
    ),
    Knob(
        "day_cap_units",
        "points",
        _("Most that one member earns in a day"),
        _(
            "In points. Empty: no limit. It is the local day on which the session began; hours beyond it are recorded and "
            "earn nothing."
        ),
        off=NO_LIMIT,
    ),
    Knob(
        "wallet_cap_units",
        "points",
        _("Most that a member can have"),
        _(
            "In points. Empty: no limit. Judged when points arrive; what somebody has already is never taken away. Hours "
            "count on."
        ),
        off=NO_LIMIT,
    ),
    Knob(
        "above_cap",
        "choice",
        _("What is earned above that"),
        choices=(("pool", _("goes to the neighbourhood's pool")), ("not_granted", _("is not granted"))),
    ),
)
LIFE = (
    Knob(
        "expiry",
        "expiry",
        _("Points expire"),
        _("Points that were earned before keep the date they were given. Hours never expire."),
        choices=(
            ("never", NEVER),
            ("end_of_year", _("at the end of the year")),
            ("months", _("a number of months after the service")),
        ),
    ),
    Knob(
        "shortest_life_days",
        "count",
        _("Shortest life of points that expire"),
        _("Days. However late in the year they were earned, they can be spent for so long."),
        unit=DAYS,
    ),
    Knob(
        "reminder_days",
        "days",
        _("Members are told before points expire"),
        _("Days before, with spaces between them: 30 7. Up to five, 366 days at most. Empty: not told."),
        unit=DAYS,
        off=NEVER,
    ),
)
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
DOOR = (
    Knob(
        "no_shows_before_approval",
        "count",
        _("No-shows after which an organiser decides about each sign-up"),
        _("Empty: never. Nothing else follows from a no-show."),
        unit=TIMES,
        off=NEVER,
    ),
    Knob("no_show_months", "count", _("A no-show is forgotten after"), _("Months."), unit=MONTHS),
    Knob(
        "objection_hours",
        "count",
        _("Time to object to a no-show"),
        _("Hours, from the moment the member was told."),
        unit=HOURS,
    ),
    Knob(
        "correction_hours",
        "count",
        _("Time to correct a check-out that was set by itself"),
        _("Hours, from the moment the member was told."),
        unit=HOURS,
    ),
)
PAPERS = (
    Knob(
        "issues_certificates",
        "yes_no",
        _("The community certifies hours of service"),
        _(
            "Who organises records, and who records certifies. Without the right to certify members get a sheet of their "
            "record."
        ),
        choices=(("True", _("yes, as a certificate with a number")), ("False", _("no, as a sheet of the record"))),
    ),
    Knob(
        "notice_days",
        "count",
        _("Before a certificate the neighbourhood is told for"),
        _("Days, with masked names. 0: not at all. Sheets of the record need none."),
        unit=DAYS,
    ),
)
ENTRIES_TYPED = (
    Knob(
        "alarm_day_minutes",
        "minutes",
        _("Typed-in hours of one person on one day"),
        _("Minutes. Beyond that somebody looks at them. Empty: never."),
        off=NOT_LOOKED_FOR,
    ),
    Knob(
        "alarm_day_entries",
        "count",
        _("Entries by one member of staff on one day"),
        _("Beyond that somebody looks at them. Empty: never."),
        unit=ENTRIES,
        off=NOT_LOOKED_FOR,
    ),
    Knob(
        "alarm_gap_minutes",
        "minutes",
        _("Entries typed one after the other within"),
        _("Minutes. Entries that come faster are looked at. Empty: never."),
        off=NOT_LOOKED_FOR,
    ),
    Knob(
        "pair_month_minutes",
        "minutes",
        _("Help between the same two neighbours in a month"),
        _("Minutes. Beyond that, and where neither helped anybody else, somebody talks with them. Empty: never."),
        off=NOT_LOOKED_FOR,
    ),
)


CHAPTERS = (
    Chapter("earning", _("What service earns"), EARNING),
    Chapter("limits", _("Limits"), LIMITS),
    Chapter("expiry", _("How long points last"), LIFE),
    Chapter("spending", _("Spending and taking back"), SPENDING),
    Chapter("door", _("Check-in and no-shows"), DOOR),
    Chapter("papers", _("Papers about service"), PAPERS, is_public=False),
    Chapter("entries", _("Typed-in hours that stand out"), ENTRIES_TYPED, is_public=False),
    Chapter("review", _("Review list"), REVIEW, is_public=False),
)
KNOBS = {knob.field: knob for chapter in CHAPTERS for knob in chapter.knobs}
