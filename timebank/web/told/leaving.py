"""How refusals are told when somebody leaves, or when the points of somebody who has died are claimed."""

from timebank.actions.leaving.claims import HeirGone, NoHeir, NothingToClaim
from timebank.actions.leaving.leave import HeirNotAllowed, HelpAgreed, HoldsRoles, StillInside
from timebank.people.departures import AlreadyLeft, ErasedAlready
from timebank.points.estates import ClaimedAlready, ClaimOver
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    AlreadyLeft,
    409,
    _("This member has left already."),
    _("Nothing was changed. What became of the points stands on the list of those who left."),
)
tell(ErasedAlready, 409, _("The data are gone already."), _("Nothing is left to remove."))
tell(
    StillInside,
    409,
    _("You are checked in somewhere, or the member is."),
    _("Check out first, so that the hours count; then leave."),
)
tell(
    HelpAgreed,
    409,
    _("Points are set aside for help that was agreed with a neighbour."),
    _("Settle it first: say how long it was, or call it off. Then nobody is left waiting."),
)
tell(
    HoldsRoles,
    409,
    _("You have tasks for others here."),
    _("Ask another coordinator to take over your roles, or to let you go. Then nothing is left without anybody."),
)
tell(
    HeirNotAllowed,
    400,
    _("The points cannot go to this member."),
    _("Name a member of your household or a relative who has said yes, as the rules for gifts say; or nobody."),
)
tell(
    NothingToClaim,
    409,
    _("There is nothing to be claimed."),
    _("Only the points of a member who has died wait for a claim, and only once."),
)
tell(
    NoHeir,
    400,
    _("No active member has this number."),
    _("Check the number on the card of the heir, or leave it empty for the pool."),
)
tell(
    HeirGone,
    409,
    _("The heir is no active member any more."),
    _("Nothing was changed, and the points wait. Refuse this claim with that reason, and enter another."),
)
tell(ClaimedAlready, 409, _("There is a claim on these points already."), _("Decide about that one first."))
tell(ClaimOver, 409, _("This claim has been decided."), _("Nothing was changed. Look at the claim."))
