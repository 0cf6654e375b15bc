"""How refusals of the ledger and of the rules are told: what happened, that nothing moved, what to do."""

from timebank.communities.policies import DatedBack, DayTaken, NoPolicy
from timebank.points.refusals import (
    AlreadySpent,
    BadAmount,
    FourEyes,
    HoldOver,
    HoldTooLong,
    NothingLeft,
    NotReversible,
    NoWallet,
    PromiseStuck,
    ReasonMissing,
    UnknownHold,
    UnknownTransfer,
)
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    BadAmount, 400, _("This amount cannot be moved."), _("Nothing moved. Give a whole amount above nothing, to somebody else.")
)
tell(HoldOver, 409, _("These points are no longer set aside."), _("Nothing moved. Look at the balance and start again."))
tell(
    HoldTooLong,
    400,
    _("Points cannot be set aside for so long."),
    _("Nothing moved. Ask for %(longest)s at most."),
)
tell(UnknownHold, 404, _("Nothing is set aside under this number."), _("Look at the balance and start again."))
tell(
    NotReversible,
    409,
    _("Only points that were earned can be taken back."),
    _("Nothing moved. Make a new booking with its reason instead."),
)
tell(
    NothingLeft,
    409,
    _("These points have been taken back already, by a correction of the hours."),
    _("Nothing moved. Look at the member's statement."),
)
tell(UnknownTransfer, 404, _("There is no such movement of points."), _("Look it up in the member's history."))
tell(
    AlreadySpent,
    409,
    _("These points have been spent already."),
    _("Nothing moved. The rules here take no debts; talk to the member."),
)
tell(
    FourEyes,
    403,
    _("Nobody decides about their own points or hours."),
    _("Ask a second member of staff to do it."),
)
tell(ReasonMissing, 400, _("A reason is needed."), _("It goes on record: say in a few words why."))
tell(
    PromiseStuck,
    409,
    _("Earlier points of this service are stuck."),
    _("Nothing moved. Whoever looks after the service has to see to them first."),
)
tell(NoWallet, 409, _("This account has no wallet."), _("Nothing moved. Ask whoever looks after the service."))
tell(
    NoPolicy,
    409,
    _("No rules are in force here for that day."),
    _("A coordinator publishes the rules of the community first."),
)
tell(
    DatedBack,
    409,
    _("Rules cannot be dated back."),
    _("They may start today at the earliest. What was decided before stays as it was."),
)
tell(
    DayTaken,
    409,
    _("There are rules from that day on already."),
    _("Rules are never edited. Let the new ones start a day later."),
)
