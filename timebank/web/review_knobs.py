"""The limits from which on something in the scan log is shown to people: see `policy_knobs`."""

from __future__ import annotations

from timebank.web.knobs import DAYS, HOURS, NOT_LOOKED_FOR, PEOPLE, SECONDS, TIMES, Knob
from timebank.web.words import _


def odd(field: str, label: str, hint: str, unit: tuple[str, str] | None = TIMES) -> Knob:
    """A limit of the review list."""
    return Knob(f"review.{field}", "count" if unit else "minutes", label, hint, unit, NOT_LOOKED_FOR)


ON_A_DAY = _("On one local day, from this many on. Empty: not looked for.")
IN_A_MONTH = _("In a month, from this many on. Empty: not looked for.")
SECONDS_APART = _("Seconds. Less than that between two desks is listed. Empty: not looked for.")
REVIEW = (
    odd("phone_people", _("Members of different households on one phone"), ON_A_DAY, PEOPLE),
    odd(
        "code_networks",
        _("Members on one code of the place, each from another network"),
        _("From this many on. Empty: not looked for."),
        PEOPLE,
    ),
    odd(
        "travel_minutes",
        _("Between two places one person needs at least"),
        _("Minutes. Faster than that is listed; rooms of one community count as one place. Empty: not looked for."),
        None,
    ),
    odd("desk_seconds", _("One code at two desks within"), SECONDS_APART, SECONDS),
    odd("stale_tries", _("Codes out of date, of one member"), ON_A_DAY),
    odd("revoked_scans", _("Scans of a member's old card"), IN_A_MONTH),
    odd("forged_codes", _("Damaged or altered codes at one desk"), ON_A_DAY),
    odd("unknown_codes", _("Codes that lead to nobody, at one desk"), ON_A_DAY),
    odd("lone_scans", _("Scans of a desk that only sees one household"), IN_A_MONTH),
    odd("own_by_name", _("Scans of the operator's own household"), IN_A_MONTH),
    odd("forced_entries", _("People let in by hand by one operator"), IN_A_MONTH),
    odd("undone_scans", _("Scans taken back at one desk or by one operator"), IN_A_MONTH),
    odd(
        "late_hours",
        _("A scan that a desk told of late"),
        _("Hours since the desk was in contact again. From that on it is listed. Empty: not looked for."),
        HOURS,
    ),
    Knob(
        "review.keep_days",
        "count",
        _("Traces of phone and network are kept for"),
        _("Days. Only fingerprints that cannot be turned back; they are wiped afterwards."),
        unit=DAYS,
    ),
)
