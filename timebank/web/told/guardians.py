"""Refusals about a guardian's consent."""

from timebank.people.guardians import (
    ConsentHeld,
    ConsentMissing,
    GuardianNotThere,
    GuardianRecords,
    GuardianUnfit,
    OfAge,
    PaperMissing,
    WrongDay,
)
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say


def _what_now(refused: GuardianNotThere, language: Language) -> dict[str, object]:
    """Who is no member cannot sign up."""
    if refused.facts.get("may_come", True):
        return {}
    return {
        "detail": say(
            language,
            "The guardian who has agreed is not a member yet, so cannot have a place. Let the guardian join; the coordinator "
            "then records the consent anew, with the guardian's number.",
        )
    }


def _who_reads(refused: ConsentMissing, language: Language) -> dict[str, object]:
    """Whoever acts for the young person is told what they can do about it."""
    if refused.facts.get("is_own", True):
        return {}
    return {
        "detail": say(
            language,
            "The coordinator notes the guardian's consent on the member's page, where the form can be printed; after that, "
            "try again.",
        )
    }


tell(
    ConsentMissing,
    409,
    _("Under %(years)s, a guardian has to agree first."),
    _(
        "Ask the coordinator of your community for the paper for guardians, or come there with your guardian; after that, "
        "try again."
    ),
    retell=_who_reads,
)
tell(
    GuardianNotThere,
    409,
    _("Under %(years)s, one comes together with the guardian."),
    _("The guardian who has agreed signs up for the same session first."),
    retell=_what_now,
)
tell(
    ConsentHeld,
    409,
    _("A guardian's consent is recorded already."),
    _("Look at it below; end it first where another one is to hold."),
)
tell(
    OfAge,
    409,
    _("This member needs no guardian's consent."),
    _("It is for members under %(years)s whose day of birth is known."),
)
tell(
    GuardianUnfit,
    400,
    _("The guardian is missing, or cannot be one."),
    _("Type the name, or the number of a member who is of age."),
)
tell(
    GuardianRecords,
    409,
    _("You are the guardian: let a colleague record it."),
    _("Somebody else of the staff enters what you have agreed to."),
)
tell(PaperMissing, 400, _("Where the signed paper lies is missing."), _("Write where it is kept, for example: folder 3, June."))
tell(WrongDay, 400, _("This cannot be the day of the consent."), _("Today or before."))
