"""How refusals of what a desk uploads are told."""

from timebank.actions.uploads.upload_bounds import CodesWait, UndosWait
from timebank.actions.uploads.upload_faults import Fault
from timebank.people.sealed_codes import CannotOpen
from timebank.web.refusals import tell
from timebank.web.uploads import OtherDesk
from timebank.web.words import _

tell(
    CodesWait,
    503,
    _("This desk has read very many codes that lead to nobody."),
    _("This one waits on the desk and is sent again in %(minutes)s min. Passes of members go on at once."),
    code="busy",
    retry_after=60,
)
tell(
    UndosWait,
    503,
    _("This desk has undone very many scans that nobody has sent."),
    _("This one waits on the desk and is sent again in %(minutes)s min. Scans go on at once."),
    code="busy",
    retry_after=60,
)
tell(
    Fault,
    500,
    _("The server cannot take this scan."),
    _("It stays on this desk and is not lost. Save the list of such scans and give it to the coordinator."),
)
tell(
    CannotOpen,
    500,
    _("The server cannot open this code."),
    _("It was sealed to another server or before its secret changed. It stays on this desk: save the list, give it on."),
)
tell(
    OtherDesk,
    409,
    _("These scans were made under another name."),
    _("They count under that name only: sign in or pair as that one, then send them."),
)
