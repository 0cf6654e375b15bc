"""Messages about what stands on a member's record, and about sheets that were issued from it."""

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "noted_training",
    _("“%(name)s” is on your record"),
    _("The training “%(name)s” (%(given_by)s) stands on your service record now. If something is wrong, tell the organiser."),
)
letter(
    "noted_honour",
    _("“%(name)s” is on your record"),
    _("The honour “%(name)s” (%(given_by)s) stands on your service record now. If something is wrong, tell the organiser."),
)
letter(
    "noted_evaluation",
    _("Your service at “%(name)s” was evaluated"),
    _("%(given_by)s has evaluated your service at “%(name)s”; it stands on your service record. Your hours stay as they are."),
)
letter(
    "note_taken_back",
    _("Something on your record was taken back"),
    _("What stood there about “%(name)s” does not count any more, because: %(reason)s"),
)
letter(
    "objection_corrected",
    _("“%(title)s”: your record was corrected"),
    _("You said that the record of %(served_on)s is wrong. It was corrected: %(reason)s"),
)
letter(
    "objection_stands",
    _("“%(title)s”: the record stays as it is"),
    _("You said that the record of %(served_on)s is wrong. It was looked at and stays as it is, because: %(reason)s"),
)
letter(
    "paper_issued",
    _("A sheet about your service was issued for you"),
    _("%(name)s has issued it for you; its number is %(number)s. You find it on your page, to print or to send on."),
)
letter(
    "paper_revoked",
    _("A sheet about your service was taken back"),
    _("The sheet with the number %(number)s does not hold any more, because: %(reason)s You can ask for a new one."),
)
letter(
    "record_due",
    _("“%(title)s”: the service has to be recorded by %(due_on)s"),
    _(
        "Stays without a record: %(stays)s. Close the day, or send the list to a second person, so that they are on record "
        "in time."
    ),
)
letter(
    "record_late",
    _("“%(title)s”: the service is not on record yet"),
    _("It was due on %(due_on)s. Stays without a record: %(stays)s. It can still be recorded; it shows how late."),
)
