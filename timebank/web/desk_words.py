"""What a desk says about scans that it decides by itself: the server's own words for each reason, facts left open."""

from __future__ import annotations

from schedules import reasons
from timebank.web.told.door import TOO_SHORT, WORDS
from timebank.web.words import Language, say

FACTS = {name: f"{{{name}}}" for name in ("time", "since", "typed")}
"""What the desk fills in."""


def refusals(language: Language) -> dict[str, tuple[str, str]]:
    """Title and next step of every reason code."""
    return {
        reasons.code_of(refusal): (say(language, title, **FACTS), say(language, next_step, **FACTS))
        for refusal, (title, next_step) in WORDS.items()
    }


def too_short(language: Language) -> tuple[str, str]:
    """Title and next step of a code that ends too soon."""
    return say(language, TOO_SHORT[0], **FACTS), say(language, TOO_SHORT[1])
