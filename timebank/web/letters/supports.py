"""Messages about what the pool pays for a member in need. They say nothing of the reason."""

from __future__ import annotations

from timebank.web.post import in_points, letter
from timebank.web.words import _

letter(
    "support_waits",
    _("Something waits for a second yes"),
    _("%(name)s has proposed that the pool pays for a neighbour. Look at it and say yes or no."),
)
letter(
    "support_begins",
    _("When your points are not enough, the pool pays"),
    _(
        "Up to %(amount)s a month, as far as the pool holds, until %(valid_on)s. You need not do anything; on your page you "
        "see what was paid and who has looked."
    ),
    retell=in_points,
)
letter(
    "support_ends",
    _("The pool does not pay for you any more"),
    _("What was exchanged stays yours. Ask the coordinator of your community when you want to know why."),
    retell=in_points,
)
letter(
    "support_not_granted",
    _("It was decided that the pool does not pay for you"),
    _("Nothing changes for you. Ask the coordinator of your community when you want to know why."),
    retell=in_points,
)
letter(
    "support_approved",
    _("%(name)s has said yes to your proposal"),
    _("The pool pays for a neighbour now, as you proposed."),
)
letter(
    "support_refused",
    _("%(name)s has said no to your proposal"),
    _("The pool does not pay for the neighbour. The neighbour has been told; talk with them."),
)
letter(
    "support_declined",
    _("A neighbour does not want the pool to pay"),
    _("You had proposed it. It is over, and the neighbour need not say why."),
)
