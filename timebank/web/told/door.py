"""How refusals at the door are told. The status of each is the decision's own: the same online and in a bulk result."""

from typing import Any

from schedules import reasons
from schedules.codes import TYPED_LENGTH
from schedules.decision import STATUS
from timebank.actions.door.search_people import LETTERS_OF_TRUSTED, NameTooShort
from timebank.actions.door.walk_in import NoFreePlace, NoWalkIns
from timebank.web.door import MayNotScan
from timebank.web.refusals import Retell, tell
from timebank.web.words import Language, _, say

WORDS: dict[type[reasons.ScanRefused], tuple[str, str]] = {
    reasons.DeskRevoked: (_("This desk was withdrawn."), _("Ask the coordinator for a new pairing code.")),
    reasons.NonceConflict: (_("This scan was mixed up with another."), _("Scan again.")),
    reasons.UnknownPass: (_("This code is not known here."), _("Scan again, or type the eight characters under the code.")),
    reasons.ForeignPass: (_("This pass belongs to another time bank."), _("Ask for the pass of this one.")),
    reasons.BadSignature: (_("This code is damaged or altered."), _("Type the eight characters under it, or print it anew.")),
    reasons.Revoked: (
        _("This pass was replaced by a newer one."),
        _("Show the newest one: the new card, or the code on “My page”."),
    ),
    reasons.StaleCode: (
        _("This code is out of date."),
        _("Scan the code that is shown now: it changes, and a photo of it is too old."),
    ),
    reasons.Blocked: (_("This membership is suspended."), _("Speak to the coordinator.")),
    reasons.NotSignedUpHere: (
        _("Not signed up here."),
        _("Perhaps it is another session. Otherwise a place has to be taken first: on the board, or by the organiser."),
    ),
    reasons.Ambiguous: (_("Signed up for more than one here."), _("Choose which one.")),
    reasons.ActivityCancelled: (_("This session was called off."), _("The organiser knows more.")),
    reasons.Cancelled: (_("The organiser cancelled this sign-up."), _("Speak to the organiser.")),
    reasons.Withdrawn: (_("This sign-up was withdrawn."), _("Sign up again if there is a place.")),
    reasons.Rejected: (_("This sign-up was not accepted."), _("Speak to the organiser.")),
    reasons.NotApproved: (_("This sign-up waits for approval."), _("The organiser can approve it now.")),
    reasons.Waitlisted: (_("Still on the waiting list."), _("A place has to become free and be accepted first.")),
    reasons.TooEarly: (_("Too early."), _("Check-in opens at %(time)s.")),
    reasons.TooLate: (_("Too late."), _("Check-in closed at %(time)s. The organiser can still help.")),
    reasons.QualificationMissing: (_("A proof for this role is missing or has expired."), _("Show it to the organiser.")),
    reasons.Incomplete: (_("There are questions to answer first."), _("Answer them and scan again.")),
    reasons.AlreadyIn: (_("Already checked in."), _("Since %(since)s. Nothing more to do.")),
    reasons.AlreadyElsewhere: (_("Still checked in somewhere else."), _("Check out there first.")),
}
WRONG_LENGTH = (_("A code has eight characters, you typed %(typed)s."), _("Type all eight: they stand under the code."))
"""Of a code that has too few characters, or too many."""
MISTYPED = (
    _("There is no card with this code."),
    _("Compare it with the card, character by character. Without the card, look the person up by name."),
)
"""Of eight characters."""


def _unknown(refusal: reasons.UnknownPass, language: Language) -> dict[str, Any]:
    """Signed with a key that was removed: nothing is wrong with the scan, and the holder needs a new card (checkin-66)."""
    if typed := refusal.facts.get("typed"):
        title, detail = MISTYPED if typed == TYPED_LENGTH else WRONG_LENGTH
        return {"title": say(language, title, typed=typed), "detail": say(language, detail)}
    if not refusal.facts.get("key_was_removed"):
        return {}
    return {
        "title": say(language, "This pass is of an old series that is no longer taken."),
        "detail": say(language, "A card has to be made anew; a phone opens “My pass” once with a network."),
    }


def _since(refusal: reasons.AlreadyIn, language: Language) -> dict[str, Any]:
    """With the desk as the reader calls it. Who has left is out: the activity takes nobody back in, unless overruled."""
    if "since" not in refusal.facts:
        return {}
    since = refusal.facts["since_en" if language == "en" else "since"]
    if not refusal.facts["has_left"]:
        return {"detail": say(language, WORDS[reasons.AlreadyIn][1], since=since)}
    return {
        "title": say(language, "Was here already and has left."),
        "detail": say(language, "In since %(since)s, then out. This activity takes nobody back in.", since=since),
    }


RETELLS: dict[type[reasons.ScanRefused], Retell] = {reasons.UnknownPass: _unknown, reasons.AlreadyIn: _since}

for refusal, (title, next_step) in WORDS.items():
    tell(refusal, STATUS[reasons.code_of(refusal)], title, next_step, retell=RETELLS.get(refusal))

tell(NoWalkIns, 409, _("This activity takes nobody without a sign-up."), _("Sign up on the board, or speak to the organiser."))
tell(NoFreePlace, 409, _("Every place is taken."), _("Ask the organiser, or wait until somebody leaves."))


def _letters(refusal: NameTooShort, language: Language) -> dict[str, Any]:
    if refusal.facts["needed"] == LETTERS_OF_TRUSTED:
        return {"detail": say(language, "Type one Chinese character, or two letters.")}
    return {}


tell(
    NameTooShort,
    400,
    _("Nobody was looked for yet."),
    _("Type two Chinese characters, or four letters of the name."),
    retell=_letters,
)
tell(
    MayNotScan,
    403,
    _("Nobody here may scan."),
    _("Pair this screen with a code from the coordinator, or sign in as somebody whom the coordinator lets scan."),
    code="not_allowed",
)
