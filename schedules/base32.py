"""Bytes and numbers as capitals and figures: a QR has a small alphabet for them, and a scanner types them on any keyboard."""

from __future__ import annotations

import base64

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
DIGITS = str.maketrans(BASE32, "0123456789abcdefghijklmnopqrstuv")
"""To Python's own digits of base 32."""


def text_of(data: bytes) -> str:
    """The bytes in base32, without padding."""
    return base64.b32encode(data).decode("ascii").rstrip("=")


def bytes_of(text: str) -> bytes:
    """The bytes again. Raises ValueError for a second spelling of the same bytes."""
    length, spare = divmod(5 * len(text), 8)
    number = number_of(text)
    if number & (1 << spare) - 1:
        raise ValueError("spare bits are not zero")
    return (number >> spare).to_bytes(length)


def number32(number: int, length: int) -> str:
    """A number as that many characters, the low bits of it where it is larger."""
    return "".join(BASE32[number >> 5 * place & 31] for place in reversed(range(length)))


def number_of(text: str) -> int:
    """The number that these characters are."""
    return int(text.translate(DIGITS), 32)


def cut(text: str, *lengths: int) -> list[str]:
    """The text in pieces of these lengths, from its start."""
    pieces, at = [], 0
    for length in lengths:
        pieces.append(text[at : at + length])
        at += length
    return pieces
