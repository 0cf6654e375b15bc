"""Messages about a guardian's consent: to the member under age, and to a guardian who is a member."""

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "guardian_agreed",
    _("%(guardian)s has agreed that %(member)s takes part"),
    _("It is recorded with the day and how it was said. Both of you can take it back on your page at any time."),
)
letter(
    "child_without_guardian",
    _("%(name)s is no longer on the list: %(title)s"),
    _(
        "Under 14, one comes together with the guardian, whose place at %(title)s, %(when)s, is given back. To come after all, "
        "both sign up again, the guardian first."
    ),
)
letter(
    "guardian_ended",
    _("The consent of %(guardian)s for %(member)s was taken back"),
    _("Places to come are free for others. Hours and points of before stay. To take part again, a guardian has to agree anew."),
)
letter(
    "guardian_gone",
    _("The consent of %(guardian)s for %(member)s no longer stands"),
    _("Places to come are free for others. Hours and points of before stay. To take part again, a guardian has to agree anew."),
)
