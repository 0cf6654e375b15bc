"""What a desk says about scans that it decides by itself: the server's own words for each reason, facts left open."""

from __future__ import annotations

from schedules import reasons
from timebank.web.told.door import MISTYPED, WORDS, WRONG_LENGTH
from timebank.web.words import Language, say

FACTS = {name: f"{{{name}}}" for name in ("time", "since", "typed")}
"""What the desk fills in."""


def refusals(language: Language) -> dict[str, tuple[str, str]]:
    """Title and next step of every reason code."""
    return {
        reasons.code_of(refusal): (say(language, title, **FACTS), say(language, next_step, **FACTS))
        for refusal, (title, next_step) in WORDS.items()
    }


def of_typed(language: Language) -> dict[str, tuple[str, str]]:
    """Title and next step of a code that was typed and leads to nobody: of the wrong length, or with a wrong character."""
    found = {"wrong_length": WRONG_LENGTH, "mistyped": MISTYPED}
    return {name: (say(language, title, **FACTS), say(language, next_step)) for name, (title, next_step) in found.items()}
