"""What is asked at a door, and whether an answer fits; pure, and the same on server, desk page and kiosk (docs/vectors)."""

from __future__ import annotations

from typing import Literal

import msgspec

BLANK = (
    "\x7f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What is blank besides the first 33 characters; written out, because languages differ in it."""

Answer = str | float | bool | None


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asked at the door: a briefing to acknowledge, or an answer of a kind."""

    id: str
    kind: Literal["acknowledge", "text", "number", "choice"]
    choices: tuple[str, ...] = ()
    is_required: bool = True


def is_answered(question: Question, answer: Answer) -> bool:
    """Whether the answer fits; none at all fits a question that nobody has to answer."""
    if answer is None:
        return not question.is_required
    match question.kind:
        case "acknowledge":
            return answer is True
        case "number":
            return isinstance(answer, int | float) and not isinstance(answer, bool)
        case "choice":
            return answer in question.choices
        case "text":
            return isinstance(answer, str) and not (question.is_required and is_blank(answer))


def is_blank(text: str) -> bool:
    """Whether there is nothing in it to read."""
    return all(one <= " " or one in BLANK for one in text)
