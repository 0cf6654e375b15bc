"""Text that people type and others read: something to see, and nothing that hides or turns what stands around it."""

from __future__ import annotations

import unicodedata

HIDDEN = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))
"""Unicode's kinds of controls, of marks that order or hide text, and of what is no character."""
JOINERS = "\u200c\u200d"
"""They make one sign of several, in scripts that need it and in pictures."""


def is_legible(text: str, *, has_lines: bool = False) -> bool:
    """Whether people can read it: not blank, not invisible, no control characters; breaks of lines only where it has lines."""
    allowed = JOINERS + ("\n\r\t" if has_lines else "")
    shown = [one for one in text if one not in allowed]
    return any(not one.isspace() for one in shown) and not any(unicodedata.category(one) in HIDDEN for one in shown)
