"""The settings of what service earns, up to which limits, and how long it lasts, in words."""

from __future__ import annotations

from timebank.web.knobs import DAYS, NEVER, NO_LIMIT, Knob
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
        "recruit_units",
        "points",
        _("Who brings a new member along gets"),
        _("In points, once the new member has served a confirmed hour. Empty: nothing, and nobody is asked who that was."),
        off=_("no points for it"),
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
