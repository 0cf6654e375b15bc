"""How a refused undo is told."""

from typing import Any

from schedules.undos import NoSuchScan, OwnScan, ScanUndone, UndoConflict, UndoTooLate
from timebank.actions.uploads.see_conflicts import OwnConflict
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say


def _by_staff(refusal: ScanUndone, language: Language) -> dict[str, Any]:
    """Not a slip of the desk: somebody took it back, with a reason."""
    if refusal.facts["by"] != "staff":
        return {}
    return {"title": say(language, "The organiser took this scan back at %(time)s.", time=refusal.facts["time"])}


tell(
    ScanUndone,
    409,
    _("This scan was undone at %(time)s."),
    _("It counts no more. If the person is here, scan once more."),
    retell=_by_staff,
)
tell(NoSuchScan, 404, _("This desk made no such scan."), _("Look at the last answers of this desk."))
tell(OwnScan, 409, _("Nobody undoes a scan of themselves."), _("Ask the organiser of the session, who can take it back."))
tell(UndoTooLate, 409, _("Too late to undo here."), _("The organiser can still correct it on the page of the session."))
tell(UndoConflict, 409, _("This undo was mixed up with another."), _("Undo again."))
tell(
    OwnConflict, 409, _("Somebody else looks at this."), _("It is about you or somebody you live with; ask another organiser.")
)
