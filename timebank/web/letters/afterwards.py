"""Messages about what happened at a session: somebody was missed, a check-out was set, hours were decided on."""

from timebank.web import formats
from timebank.web.post import Facts, letter
from timebank.web.words import Language, _


def _within(facts: Facts, language: Language) -> dict[str, object]:
    return {"hours": formats.hours(60 * facts["hours"], language)}


letter(
    "no_show_proposed",
    _("You were missed at “%(title)s”"),
    _(
        "Nobody saw you at “%(title)s” (%(when)s), where you had a place. If that is wrong, or something came up, say so "
        "within %(hours)s of this message; somebody else then looks at it. Without an objection it stays noted."
    ),
    retell=_within,
)
letter(
    "no_show_again",
    _("You are noted as missing at “%(title)s” again"),
    _(
        "You had been checked in at “%(title)s” (%(when)s), but that check-in was taken back. If you were there, or something "
        "came up, say so within %(hours)s of this message; somebody else then looks at it. Without an objection it "
        "stays noted."
    ),
    retell=_within,
)
letter(
    "no_show_stands",
    _("“%(title)s”: the absence stays noted"),
    _("Your objection about “%(title)s” (%(when)s) was looked at. The absence stays noted, because: %(reason)s"),
)
letter(
    "no_show_dropped",
    _("“%(title)s”: nothing stays noted"),
    _("You were noted as missing at “%(title)s” (%(when)s). That was taken back. %(reason)s"),
)
letter(
    "no_show_objection",
    _("An objection waits for a decision"),
    _("%(name)s says about “%(title)s” (%(when)s): %(reason)s Somebody other than whoever reported it decides."),
)
letter(
    "stay_closed",
    _("Your check-out at “%(title)s” was set by itself"),
    _(
        "You did not check out at “%(title)s” (%(when)s), so your stay ends at the planned end. If you left at another time, "
        "ask for a correction within %(hours)s. A second person confirms the hours."
    ),
    retell=_within,
)
letter(
    "stay_closed_plain",
    _("Your check-out at “%(title)s” was set by itself"),
    _("You did not check out at “%(title)s” (%(when)s), so your stay ends at the planned end. There is nothing to do."),
)
letter(
    "correction_refused",
    _("“%(title)s”: your hours stay as they are"),
    _("You asked for other hours at “%(title)s”. They stay as they are, because: %(reason)s"),
)
letter(
    "hours_rejected",
    _("Hours for “%(title)s” were not accepted"),
    _(
        "The hours entered for “%(title)s” on %(served_on)s were not accepted, because: %(reason)s "
        "You can correct and send them again."
    ),
)
letter(
    "hours_corrected",
    _("The record of “%(title)s” was corrected"),
    _("“%(title)s” on %(served_on)s now stands with %(minutes)s min in the service record (class %(hour_class)s): %(reason)s"),
)
letter(
    "hours_approved",
    _("Hours for “%(title)s” are recorded"),
    _("%(minutes)s min for “%(title)s” on %(served_on)s now stand in the service record (class %(hour_class)s)."),
)
