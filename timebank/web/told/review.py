"""How refusals are told about the review list."""

from timebank.actions.hours.review import NoteNeeded, OwnFinding
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    OwnFinding, 409, _("Somebody else looks at this."), _("It is about you or somebody you live with; ask another coordinator.")
)
tell(NoteNeeded, 400, _("Nothing is written here."), _("Write in a sentence what you found out."))
