"""The settings of a community's rules in words: what each is called, what it does, in which unit it is typed."""

from __future__ import annotations

from timebank.web.earning_knobs import EARNING, LIFE, LIMITS
from timebank.web.knobs import DAYS, ENTRIES, HOURS, MONTHS, NEVER, NOT_LOOKED_FOR, TIMES, Chapter, Knob
from timebank.web.review_knobs import REVIEW
from timebank.web.spending_knobs import SPENDING
from timebank.web.words import _

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
