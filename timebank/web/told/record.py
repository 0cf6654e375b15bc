"""How refusals are told about the service record and the sheets that are issued from it."""

from __future__ import annotations

from datetime import date

from timebank.actions.hours.certify import NoticeNeeded, NoticeStillUp
from timebank.actions.hours.notices import NoticeNotNeeded
from timebank.actions.hours.see_due import CalendarNotPossible
from timebank.hours.certificates import CertificateOver, NothingServed
from timebank.hours.identities import NotAnIdentity
from timebank.hours.objections import NotCorrected, ObjectionAnswered, ObjectionOpen
from timebank.web import formats
from timebank.web.refusals import tell
from timebank.web.words import Language, _, ngettext, numbered, say

tell(
    NothingServed,
    409,
    _("There is no service on record in this time."),
    _("Choose other days. Service is on record once it was checked in and out, or confirmed by a second person."),
)
tell(
    NoticeNeeded,
    409,
    _("The neighbourhood is told first."),
    numbered(
        "days",
        ngettext(
            "Put the notice up; after one day the certificate of the same days can be issued.",
            "Put the notice up; after %(days)s days the certificate of the same days can be issued.",
        ),
    ),
)
tell(NoticeNotNeeded, 409, _("No notice is needed here."), _("Issue the sheet at once."))


def _from_when(refusal: NoticeStillUp, language: Language) -> dict[str, str]:
    """With the day as the list beside it writes it."""
    until_on: date = refusal.facts["until_on"]
    when = formats.day(until_on, "UTC", language=language, with_year=True)
    return {"detail": say(language, _("From %(until_on)s on the certificate can be issued."), until_on=when)}


tell(
    NoticeStillUp,
    409,
    _("The notice is still up."),
    _("From %(until_on)s on the certificate can be issued."),
    retell=_from_when,
)
tell(
    NotAnIdentity,
    400,
    _("This number does not fit the document."),
    _("Compare it sign by sign, or leave it empty: the sheet needs none."),
)
tell(CertificateOver, 409, _("This sheet does not hold any more."), _("Ask for a new one of the same days."))
tell(
    ObjectionOpen,
    409,
    _("You have said so already; it is being looked at."),
    _("You get a message as soon as somebody has answered."),
)
tell(ObjectionAnswered, 409, _("Somebody has answered already."), _("Reload the page to see the answer."))
tell(
    NotCorrected,
    409,
    _("The record is as it was: nothing has been corrected yet."),
    _("Correct the hours first, with a second person; then answer. Or say why the record stands."),
)
tell(
    CalendarNotPossible,
    400,
    _("These days make no calendar of the year."),
    _("One day a line, each once, all of the chosen year, 120 at most."),
)
