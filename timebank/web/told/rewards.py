"""How refusals of the kiosk, the catalogue and the counter are told: what happened, what to do, and that nothing was taken."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from schedules.codes import TYPED_LENGTH
from timebank.actions.rewards.change_stock import UnitsNotFit
from timebank.actions.rewards.count_stock import CountNotFit
from timebank.actions.rewards.hand_over import OrderOver
from timebank.actions.rewards.refund import OwnRefund, RefundTooLate
from timebank.outbox.functions import AccountClosed, UnknownOwner
from timebank.outbox.functions import KeyConflict as MovementConflict
from timebank.points.refusals import InsufficientPoints
from timebank.rewards.cards import CardRevoked, CardUnknown, PhoneCodeOver
from timebank.rewards.catalogue import CategoryUnknown, PictureUnknown, PriceNotFit, RewardNameNeeded, ValueNotFit
from timebank.rewards.limits import LimitNotFit
from timebank.rewards.places import PlaceNameNeeded
from timebank.rewards.redemptions import (
    Abandoned,
    AlreadyCollected,
    LimitReached,
    NotEligible,
    PriceChanged,
    RewardWithdrawn,
    SoldOut,
    StockShort,
    UnknownRedemption,
    UnknownReward,
    WindowClosed,
)
from timebank.rewards.visits import CardNotValid, PinNeeded, VisitOver
from timebank.rewards.windows import WindowNotFit
from timebank.web import formats
from timebank.web.refusals import tell
from timebank.web.reward_words import limit_told
from timebank.web.told.door import WRONG_LENGTH
from timebank.web.words import Language, _, ngettext, numbered, say

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
tell(ValueNotFit, 400, _("This is not a value."), _("Type yuan, with at most two decimals: 25 or 12.5."))
tell(PictureUnknown, 400, _("There is no such picture."), _("Choose one of the drawings."))
tell(CategoryUnknown, 400, _("There is no such kind."), _("Choose one of the list."))
tell(CountNotFit, 400, _("This is not a count."), _("Type a whole number for each reward; nothing was changed."))
tell(
    OwnRefund,
    409,
    _("Somebody else has to take this back."),
    _("The points would be yours or your household's; ask another keeper."),
)
tell(
    RefundTooLate,
    409,
    _("This exchange is too old to be taken back."),
    numbered(
        "days",
        ngettext(
            "Keepers take exchanges back for one day. Ask the coordinator.",
            "Keepers take exchanges back for %(days)s days. Ask the coordinator.",
        ),
    ),
)
tell(UnitsNotFit, 400, _("This is not a number of pieces."), _("Type a whole number above zero."))
tell(StockShort, 409, _("There are not that many."), _("On record here: %(count)s. Count again, then correct the figure."))

NO_SUCH_CARD = (_("There is no card with this code."), _("Compare it with the card, character by character."))


def _unread(refusal: CardUnknown, language: Language) -> dict[str, Any]:
    """Who has typed holds up no card, and knows already that a code can be typed."""
    if not (typed := refusal.facts.get("typed")):
        return {}
    title, detail = NO_SUCH_CARD if typed == TYPED_LENGTH else WRONG_LENGTH
    return {"title": say(language, title, typed=typed), "detail": say(language, detail)}


tell(
    CardUnknown,
    404,
    _("This card could not be read."),
    _("Hold it flat and still, or type the eight characters under its square code."),
    retell=_unread,
)
tell(
    CardRevoked,
    409,
    _("This card or phone is no longer valid."),
    _("Use your newer card. If you have none, the coordinator makes you one."),
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


def _window(refusal: WindowClosed, language: Language) -> dict[str, Any]:
    """The next opening on the wall of the place."""
    if (text := refusal.facts["opens_at"]) is None:
        return {"detail": say(language, _("Nothing was taken. No day is set yet; ask at the counter."))}
    opens_at, zone = datetime.fromisoformat(text), refusal.facts["time_zone"]
    when = f"{formats.day(opens_at, zone, language=language)} {formats.clock(opens_at, zone)}"
    return {"detail": say(language, _("Nothing was taken. It opens again on %(when)s."), when=when)}


def _limit(refusal: LimitReached, language: Language) -> dict[str, Any]:
    """The limit in words, and the first day on which more of it can be had."""
    facts = refusal.facts
    rule = limit_told(facts["who"], facts["period"], facts["units"], language)
    if facts["again_on"] is None:
        return {"detail": say(language, _("%(rule)s. Nothing was taken. Choose something else."), rule=rule)}
    day = formats.day(date.fromisoformat(facts["again_on"]), "UTC", language=language)
    again = _("%(rule)s. Nothing was taken. It can be had again from %(day)s on.")
    return {"detail": say(language, again, rule=rule, day=day)}


tell(
    WindowClosed,
    409,
    _("Points are not exchanged at the moment."),
    _("Nothing was taken. Come when it is open."),
    retell=_window,
)
tell(
    LimitReached,
    409,
    _("You have had as much of this as there is for one."),
    _("Nothing was taken. Choose something else."),
    retell=_limit,
)
tell(
    WindowNotFit,
    400,
    _("These days or times do not fit together."),
    _("It ends after it begins, and before it comes round again."),
)
tell(LimitNotFit, 400, _("This is not a number of pieces."), _("Type a whole number from 1 to 1000."))
tell(
    OrderOver,
    409,
    _("This order is over."),
    _("It was called off, or not fetched in time. The points are free again; it can be ordered anew."),
)
