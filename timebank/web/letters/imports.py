"""Messages about files that are taken over: what waits for a second person, and what members have in their wallets of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timebank.web.import_words import KINDS
from timebank.web.post import in_points, letter
from timebank.web.words import Language, _, say


def _kind(facts: Mapping[str, Any], language: Language) -> dict[str, object]:
    what = KINDS[facts["kind"]]
    return {"what": say(language, what)}


letter(
    "import_waits",
    _("An import waits for a second person"),
    _("%(name)s has brought a file of %(source)s (%(what)s). Nothing is taken over before you have agreed."),
    retell=_kind,
)
letter(
    "import_undo_waits",
    _("The undoing of an import waits for a second person"),
    _("%(name)s asks to undo the import of %(source)s (%(what)s): %(reason)s. Look at it and confirm."),
    retell=_kind,
)
letter(
    "balance_opened",
    _("Taken over from %(source)s: %(amount)s"),
    _("What you had there is in your wallet now. If the amount is wrong, talk to the staff of your neighbourhood."),
    retell=in_points,
)
