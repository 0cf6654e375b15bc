"""Messages about data to take along."""

from __future__ import annotations

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "export_made",
    _("Your file with all data is ready"),
    _("You can fetch it for three days. Keep it where nobody else can read it."),
)
