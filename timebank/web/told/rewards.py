"""How refusals of the kiosk, the catalogue and the counter are told: what happened, what to do, and that nothing was taken."""

from timebank.actions.rewards.change_stock import UnitsNotFit
from timebank.outbox.functions import AccountClosed, UnknownOwner
from timebank.outbox.functions import KeyConflict as MovementConflict
from timebank.points.refusals import InsufficientPoints
from timebank.rewards.cards import CardRevoked, CardUnknown, PhoneCodeOver
from timebank.rewards.catalogue import PictureUnknown, PriceNotFit, RewardNameNeeded
from timebank.rewards.places import PlaceNameNeeded
from timebank.rewards.redemptions import (
    Abandoned,
    AlreadyCollected,
    NotEligible,
    PriceChanged,
    RewardWithdrawn,
    SoldOut,
    StockShort,
    UnknownRedemption,
    UnknownReward,
)
from timebank.rewards.visits import CardNotValid, PinNeeded, VisitOver
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    InsufficientPoints,
    409,
    _("You have not enough points for this."),
    _("Nothing was taken. Choose something smaller, or come back when you have earned more."),
)
tell(
    SoldOut,
    409,
    _("The last one has just gone."),
    _("No points were taken. Choose something else, or ask when it comes again."),
)
tell(PriceChanged, 409, _("The price has changed."), _("Nothing was taken. Look at the new price and confirm again."))
tell(RewardWithdrawn, 409, _("This reward is no longer offered."), _("Nothing was taken. Choose something else."))
tell(UnknownReward, 404, _("This reward is not here."), _("Nothing was taken. Choose something else."))
tell(
    NotEligible,
    409,
    _("This membership is suspended, so nothing can be redeemed."),
    _("Nothing was taken. Ask the coordinator of your community."),
)
tell(Abandoned, 409, _("This exchange was given up before."), _("Nothing was taken. Start again with your card."))
tell(
    MovementConflict,
    409,
    _("This request was already sent with other content."),
    _("Nothing was taken. Start again with your card."),
    code="key_conflict",
)
tell(AccountClosed, 409, _("This account is closed."), _("Ask at the counter; nothing was taken."))
tell(UnknownOwner, 404, _("This account is not here."), _("Ask at the counter; nothing was taken."))
tell(
    UnknownRedemption,
    404,
    _("There is no receipt with this code."),
    _("Compare the code with the receipt, character by character."),
)
tell(
    AlreadyCollected,
    409,
    _("This was handed over before."),
    _("It went over the counter of %(place)s. Nothing is handed over twice."),
)
tell(RewardNameNeeded, 400, _("The name is missing."), _("Type what people call it."))
tell(PlaceNameNeeded, 400, _("The name is missing."), _("Type what people call the place."))
tell(PriceNotFit, 400, _("This is not a price."), _("Type points, with at most two decimals: 10 or 2.5."))
tell(PictureUnknown, 400, _("There is no such picture."), _("Choose one of the drawings."))
tell(UnitsNotFit, 400, _("This is not a number of pieces."), _("Type a whole number above zero."))
tell(StockShort, 409, _("There are not that many."), _("%(count)s are on record here. Count again, then correct the figure."))

tell(
    CardUnknown,
    404,
    _("This card could not be read."),
    _("Hold it flat and still, or type the eight characters under its square code."),
)
tell(
    CardRevoked,
    409,
    _("This card is no longer valid."),
    _("A newer card was made for it. Use that one, or ask at the counter."),
)
tell(
    PhoneCodeOver,
    409,
    _("This code of a phone is out of date."),
    _("Hold up the phone itself with “My pass” open: its code changes every 30 seconds."),
)
tell(CardNotValid, 409, _("This card cannot be used at the moment."), _("Nothing was taken. Ask at the counter."))
tell(PinNeeded, 409, _("The PIN is still needed."), _("Hold up your card and type its PIN."))
tell(VisitOver, 409, _("The time was up."), _("Hold up your card again to go on."))
