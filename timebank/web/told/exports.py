"""Refusals of data to take along."""

from timebank.actions.exports.exports import ExportGone
from timebank.web.refusals import tell
from timebank.web.words import _

tell(ExportGone, 410, _("This file can no longer be fetched."), _("Ask for a new one."))
