"""Refusals of imported files."""

from __future__ import annotations

from typing import Any

from timebank.actions.imports.imports import (
    FaultyRows,
    ImportBusy,
    NothingToApply,
    OwnRows,
    SourceNeeded,
    UndoReasonNeeded,
)
from timebank.web.import_words import HEADS, NoKnownHeading
from timebank.web.refusals import tell
from timebank.web.tables import NotATable, TableTooLarge
from timebank.web.words import Language, _, say

WHY = {
    "kind": _("Take a CSV file or an XLSX workbook: other files are not read."),
    "old": _("This is a workbook of the old kind (.xls). Save it as .xlsx, and choose that file."),
    "letters": _("Its letters are neither UTF-8 nor GB18030. Save it as CSV (UTF-8), and choose that file."),
    "broken": _("It is damaged. Open it, save it again, and choose that file."),
    "protected": _("It is protected by a password. Save it without, and choose that file."),
    "empty": _("It has no row below its headings."),
}
TOO_MUCH = {
    "bytes": _("Divide it into smaller files."),
    "rows": _("It may have 50,000 rows, empty ones counted. Divide it, or delete the empty rows."),
    "cells": _("A cell holds more than 5,000 signs."),
}


def why(refused: NotATable, language: Language) -> dict[str, Any]:
    """What to do with it."""
    return {"field": "file", "detail": say(language, WHY[refused.why])}


def too_much(refused: TableTooLarge, language: Language) -> dict[str, Any]:
    """What there is too much of."""
    return {"field": "file", "detail": say(language, TOO_MUCH[refused.what])}


def missing(refused: NoKnownHeading, language: Language) -> dict[str, Any]:
    """The headings by name."""
    heads = (" · ").join(say(language, HEADS[column]) for column in refused.missing)
    return {"detail": say(language, _("Without these nothing can be read: %(heads)s. Take the template."), heads=heads)}


tell(NotATable, 400, _("This is no table that we can read. Nothing was changed."), _("Take the template."), retell=why)
tell(TableTooLarge, 413, _("The file is too large. Nothing was changed."), _("Divide it into smaller files."), retell=too_much)
tell(NoKnownHeading, 400, _("Headings are missing. Nothing was changed."), _("Take the template."), retell=missing)
tell(
    SourceNeeded,
    400,
    _("Points and hours of an old scheme say where they come from and who vouches for them."),
    _("Fill in both, and send the file again."),
)
tell(ImportBusy, 409, _("The import is not where this could be done."), _("Look at its page to see how it stands."))
tell(
    FaultyRows,
    409,
    _("Faulty rows: %(faulty)s. Nothing was taken over."),
    _("Mend the file and send it again, or leave these rows out."),
)
tell(NothingToApply, 409, _("No row of this file would change anything."), _("Drop it."))
tell(
    OwnRows,
    403,
    _("Row %(line)s is about you or your household. Nothing was changed."),
    _("Somebody else has to confirm this."),
)
tell(UndoReasonNeeded, 400, _("Say why it is to be undone."), _("The reason stands on every row that takes something back."))
