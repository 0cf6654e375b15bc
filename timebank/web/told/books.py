"""How refusals about the books are told."""

from timebank.outbox.intents import NothingPromised, StillPromised
from timebank.points.periods import PeriodClosed
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    NothingPromised,
    409,
    _("Nothing was promised for this service, so there is nothing to try again."),
    _("No rules were in force on that day, and rules cannot be dated back. The hours stand all the same."),
)
tell(
    StillPromised,
    409,
    _("These points are promised to somebody who can have them."),
    _("Mend the cause and try again; they are not put aside."),
)
tell(
    PeriodClosed,
    409,
    _("The books of that month are closed."),
    _("Nothing moved. Book it today: the old date of the service is shown beside it."),
)
