"""Why the ledger moved nothing: each a fact with its figures, in units of 1/100 point."""

from __future__ import annotations

from schedules.errors import Malformed, Refusal
from timebank.outbox.functions import Refusals


class InsufficientPoints(Refusal):
    """The wallet cannot give that much. Facts: available, held, needed."""


class BadAmount(Refusal):
    """Not an amount that can be moved: nothing, below nothing, more than is held, or to oneself. Facts: amount."""


class NotAnAmount(Malformed):
    """What was typed is no amount of points above nothing. Facts: field, reason."""


class HoldTooLong(Refusal):
    """Points are set aside no longer than the rules allow. Facts: longest, a timedelta."""


class HoldOver(Refusal):
    """The hold was captured, given back, or its time is over. Facts: state, expires_at."""


class UnknownHold(Refusal):
    """There is no such hold."""


class NotReversible(Refusal):
    """Only a credit can be taken back; a fresh booking with a reason is the way for anything else. Facts: kind."""


class NothingLeft(Refusal):
    """Corrections of the stay have taken back all that the credit brought."""


class UnknownTransfer(Refusal):
    """There is no such transfer."""


class AlreadySpent(Refusal):
    """The credit was spent, and the policy takes no debts. Facts: amount, available."""


class FourEyes(Refusal):
    """Nobody reverses what they gain or lose by."""


class ReasonMissing(Refusal):
    """It goes on record and needs a reason."""


class PromiseStuck(Refusal):
    """An earlier promise of the stay can be neither kept nor passed over; see to it first. Facts: key."""


class IssueOver(Refusal):
    """The list of points to be given out was carried out, refused or taken back. Facts: state."""


class WalletFull(Refusal):
    """The wallet would come to hold more than the rules let it. Facts: cap."""


class NoWallet(Refusal):
    """The account has no wallet. Facts: account_id."""


LEDGER: Refusals = {
    "insufficient_points": InsufficientPoints,
    "bad_amount": BadAmount,
    "hold_over": HoldOver,
    "unknown_hold": UnknownHold,
    "not_reversible": NotReversible,
    "nothing_left": NothingLeft,
    "unknown_transfer": UnknownTransfer,
    "already_spent": AlreadySpent,
    "four_eyes": FourEyes,
    "reason_missing": ReasonMissing,
    "promise_stuck": PromiseStuck,
    "issue_over": IssueOver,
    "wallet_full": WalletFull,
    "no_wallet": NoWallet,
}
