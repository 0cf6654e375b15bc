"""Messages about tasks without a fixed hour."""

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "task_taken",
    _("%(name)s takes “%(task)s”"),
    _("%(name)s takes the task “%(task)s” of “%(title)s” (until %(last_on)s). Proposed time: %(wish)s. Agree on a time."),
)
letter(
    "task_given_back",
    _("%(name)s gives “%(task)s” back"),
    _("%(name)s cannot do the task “%(task)s” of “%(title)s” after all. It is on the list again."),
)
letter(
    "task_agreed",
    _("“%(task)s” has a time: %(when)s"),
    _("The task “%(task)s” of “%(title)s” is on %(when)s, %(place)s. You are signed up for it; check in there as usual."),
)
letter(
    "task_ended",
    _("“%(task)s” is no longer needed"),
    _("The organiser took the task “%(task)s” of “%(title)s” off the list. You need not do it any more."),
)
