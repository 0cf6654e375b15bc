"""What is asked of the list of conflicts, in an address: a kind, a state, and where the page before ended."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from schedules.conflict_lists import After, Choice, Shown
from schedules.conflicts import Kind
from schedules.errors import Malformed
from timebank.web.words import Language, _, say

SHORT: dict[Kind, str] = {
    "two_desks": _("Let in twice"),
    "disputed": _("Turned away at the desk"),
    "refused_upload": _("Refused by the server"),
    "two_places": _("At two places"),
    "late_undo": _("Undone late"),
    "hours_kept": _("Hours kept"),
    "points_owed": _("Points owed"),
    "points_not_taken": _("Points not taken back"),
}
STATES: dict[Shown, str] = {"open": _("Not looked at"), "seen": _("Looked at"), "all": _("All")}


def name(kind: Kind, language: Language) -> str:
    return say(language, SHORT[kind])


def state(shown: Shown, language: Language) -> str:
    return say(language, STATES[shown])


def read(kind: str, shown: str, after: str, usual: Shown) -> Choice:
    """The choice of an address; an empty field is everything, or the usual state. Raises Malformed."""
    if kind and kind not in get_args(Kind):
        raise Malformed(field="kind", reason="not one of the choices")
    if shown and shown not in get_args(Shown):
        raise Malformed(field="shown", reason="not one of the choices")
    return Choice(kind=kind or None, shown=shown or usual, after=read_after(after))  # type: ignore[arg-type]


def read_after(text: str) -> After | None:
    """Raises Malformed for what `told_after` did not write."""
    state, _dot, name = text.partition(".")
    try:
        return After(state == "open", UUID(name)) if text else None
    except ValueError:
        raise Malformed(field="after", reason="not the end of a page") from None


def told_after(after: After | None) -> str | None:
    """The same as text: programs hand it back as it is."""
    return f"{'open' if after.is_open else 'seen'}.{after.id}" if after else None


def query(choice: Choice, **changes: object) -> str:
    """The address's query of this choice with changes; empty where nothing is chosen."""
    asked = {**msgspec.structs.asdict(choice), "after": told_after(choice.after), **changes}
    kept = {name: value for name, value in asked.items() if value}
    return "?" + urlencode(kept) if kept else ""
