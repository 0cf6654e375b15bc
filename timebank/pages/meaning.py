"""What is typed into a form of several fields and what it means: every field that makes no sense is named at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

import msgspec

from timebank.web.words import Language, _, say

MISSING = _("Fill this in.")
NO_NUMBER = _("Type a whole number, for example 10; or leave it empty.")
NO_DAY = _("Choose a day.")
NO_TIME = _("Type a time, for example 18:30.")
TOO_MUCH = _("This is too long or too large.")


class Faults(Exception):
    """What cannot be understood, by the id of its field."""

    def __init__(self, by_field: dict[str, str]) -> None:
        super().__init__(by_field)
        self.by_field = by_field


def in_words(faults: Mapping[str, str], language: Language) -> dict[str, str]:
    """The faults in the reader's language."""
    return {field: say(language, words) for field, words in faults.items()}


def read(meant: Callable[[str], object], text: str, field: str, words: str, faults: dict[str, str]) -> Any:
    """What was typed, as `meant` understands it; where it makes no sense, `words` join the faults of the field."""
    try:
        return meant(text.strip())
    except (ValueError, OverflowError):
        faults[field] = words
        return None


def wall_time(text: str) -> time:
    """`8:30` or `18:00`. Raises ValueError."""
    return time.fromisoformat(text.zfill(5)).replace(second=0, microsecond=0, tzinfo=None)


def seal(meant: object) -> str:
    """What was shown before saving, in short: a form that was changed since is shown once more."""
    plain = msgspec.to_builtins(meant, str_keys=True)
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()[:32]
