"""Phone numbers as people write them, and as they are kept: digits, with a plus for a foreign country."""

from __future__ import annotations

import re
import unicodedata

from schedules.errors import Malformed

FORM = re.compile(r"\+?[0-9]{5,15}")
HOME = re.compile(r"(?:\+|00)86(1[0-9]{10})")


class NotAPhoneNumber(Malformed):
    """Facts: field, reason."""


def normal(text: str) -> str:
    """`+86 138-0013 8000`, `１３８００１３８０００` -> `13800138000`. Raises NotAPhoneNumber."""
    plain = re.sub(r"[\s().·-]", "", unicodedata.normalize("NFKC", text))
    if home := HOME.fullmatch(plain):
        return home[1]
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if not FORM.fullmatch(plain):
        raise NotAPhoneNumber(field="phone", reason="5 to 15 digits")
    return plain


def masked(phone: str | None) -> str:
    """`138****8000`, for lists; empty without one."""
    return f"{phone[:3]}****{phone[-4:]}" if phone and len(phone) > 7 else "****" if phone else ""
