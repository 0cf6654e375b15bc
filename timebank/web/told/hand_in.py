"""How refusals of a withdrawn desk's file are told."""

from timebank.actions.uploads.desk_file import FileOfAnother, NoScans
from timebank.actions.uploads.hand_in import DeskInUse
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    NoScans,
    400,
    _("There is no scan in this file that the server can read."),
    _("Choose the file that the desk's page saved, whole: spreadsheets may have cut its last column."),
)
tell(
    FileOfAnother,
    409,
    _("This file is of another desk."),
    _("Its name says of which one: open that one here."),
)
tell(
    DeskInUse,
    409,
    _("This desk is in use."),
    _("It sends its scans by itself as soon as it has a network. Only a withdrawn desk needs its file."),
)
