"""Codes as text: the venue code, the passes and the typed code. Pure: no database, no clock, no private key.

Venue code   an address: .../v/<session, 22>/<step>/<mark, 14>; changes every 15 s; opens in any phone's camera
Card pass    TB1 <server, 8> <key, 4> <pass, 26> <serial, 4> <signature, 103> without the spaces: letters and digits of base32,
             so that a QR holds it in its small alphabet and a hand scanner types it on any keyboard
Phone pass   TB2 ..., see phone_codes.py
Typed code   eight characters that nobody mistakes for others; the last one checks the rest
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias
from uuid import UUID

import msgspec

from schedules import base32, phone_codes
from schedules.base32 import bytes_of, cut, number_of, text_of

VERSION = "TB1"
SERVER, KEY, PASS, SERIAL, SIGNATURE = 8, 4, 26, 4, 103
BASE32, number32 = base32.BASE32, base32.number32
TYPED_ALPHABET = "23456789ACEFHJKMNPRTWXY"
"""None looks like another. Their number, 23, is prime, so one check character finds every slip and every swap."""
TYPED_LENGTH = 8
MOST_TYPED = 10
"""Characters that somebody gives who types one twice; more are another code: a number of a telephone, of a ware."""
STEP_SECONDS = 15
OLDEST_STEP, NEWEST_STEP = 2, 1
"""Steps back and ahead that are taken: a code holds for its own step and the next, and clocks may be one step apart."""
LONGEST = 8000
"""Characters; no QR holds more."""


class Card(msgspec.Struct, frozen=True):
    """A card pass as read; nothing about it is believed before the signature over `signed` fits."""

    server: str
    key_id: str
    pass_id: UUID
    serial: int
    signature: bytes
    signed: bytes


Phone = phone_codes.Phone


class Typed(msgspec.Struct, frozen=True):
    """Eight characters whose check character fits; of a pass at a desk, of a venue on a volunteer's phone."""

    code: str


class Venue(msgspec.Struct, frozen=True):
    """A venue code as read; believed when `mark` is the one of its session and step."""

    session_id: UUID
    step: int
    mark: str


Code: TypeAlias = Card | Phone | Typed | Venue

SCANNER_PREFIX = re.compile(r"\A(?:\][A-Za-z][0-9A-Za-z]|\\[0-9]{6})")
"""What hand scanners put before the text: the symbology (`]Q1`) or the character set (`\\000026`)."""
AROUND = "".join(map(chr, [*range(33), 127, 0xA0, 0x3000, 0xFEFF]))
"""Control characters, spaces and the byte-order mark."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ADDED = re.compile(r"[\t-\r\x1c- \x85\xad\u1680\u200b-\u200d\u2010-\u2015\u2028\u2029\u2060\u2212\ufeff+\-/=._]")
"""What people and programs put between the characters of a code: spaces seen and unseen, dashes of every length. Written out,
because what a language takes for a space is not the same in another."""
VENUE = re.compile(r"(?:\A|/)v/([A-Za-z0-9_-]{22})/([0-9]{1,12})/([A-Za-z0-9_-]{14})/?(?:[?#].*)?\Z", re.DOTALL)
CARD = re.compile(rf"\A{VERSION}[A-Z2-7]{{{SERVER + KEY + PASS + SERIAL + SIGNATURE}}}\Z")


def normal(raw: str) -> str:
    """The text without what scanners and keyboards add: control characters and spaces around, prefixes, full-width letters."""
    text = unicodedata.normalize("NFKC", raw)
    while True:
        stripped = SCANNER_PREFIX.sub("", text.strip(AROUND))
        if stripped == text:
            return text
        text = stripped


def read(raw: str) -> Code | None:
    """The code in the text, or None where it is none of our formats. `raw` is what the scanner or the person gave."""
    if signed := _signed(raw):
        return signed
    text = normal(raw)
    if found := VENUE.search(text):
        return _venue(*found.groups())
    plain = ADDED.sub("", text)
    if not plain.isascii():
        return None
    plain = plain.upper()
    return _signed(plain) or (Typed(plain) if is_typed(plain) else None)


def letters_typed(raw: str) -> int | None:
    """How many characters were typed, where a typed code was meant; None where it may be something else: a link, a name."""
    plain = ADDED.sub("", normal(raw))
    return len(plain) if plain.isascii() and plain.isalnum() and len(plain) <= MOST_TYPED else None


def _signed(text: str) -> Card | Phone | None:
    return _card(text) if CARD.match(text) else phone_codes.parse(text)


def kept(raw: str) -> str:
    """How the scan log keeps it: as text, or as `binary:` and base64 where it holds control characters."""
    text = raw.strip(" \t\r\n")
    if CONTROL.search(text):
        return "binary:" + base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
    return text


# The card pass


def card_text(server: str, key_id: str, pass_id: UUID, serial: int) -> str:
    """What is signed: the text of a card pass up to its signature."""
    return f"{VERSION}{server}{key_id}{text_of(pass_id.bytes)}{number32(serial, SERIAL)}"


def signed_card(signed: str, signature: bytes) -> str:
    """The whole text of a card pass."""
    return signed + text_of(signature)


@lru_cache(maxsize=10_000)
def _card(text: str) -> Card | None:
    """Pure: of a card that comes again nothing is worked out anew."""
    _, server, key_id, pass_id, serial, signature = cut(text, len(VERSION), SERVER, KEY, PASS, SERIAL, SIGNATURE)
    try:
        return Card(
            server,
            key_id,
            UUID(bytes=bytes_of(pass_id)),
            number_of(serial),
            bytes_of(signature),
            text[:-SIGNATURE].encode("ascii"),
        )
    except ValueError:
        return None


# The typed code


def typed(number: int) -> str:
    """The typed code of a number: seven characters of it and the one that checks them."""
    digits = []
    for _ in range(TYPED_LENGTH - 1):
        number, digit = divmod(number, len(TYPED_ALPHABET))
        digits.append(digit)
    return "".join(TYPED_ALPHABET[digit] for digit in [*digits, _check(digits)])


def _check(digits: list[int]) -> int:
    """The last digit: with it the digits weighted 1, 2, 3 ... add up to nothing, modulo a prime."""
    total = sum(weight * digit for weight, digit in enumerate(digits, 1))
    return -total * pow(TYPED_LENGTH, -1, len(TYPED_ALPHABET)) % len(TYPED_ALPHABET)


def is_typed(code: str) -> bool:
    """Whether this is a typed code without a slip. Eight figures are never one: they are somebody's number (checkin-5)."""
    if len(code) != TYPED_LENGTH or code.isdigit() or not set(code) <= set(TYPED_ALPHABET):
        return False
    digits = [TYPED_ALPHABET.index(character) for character in code]
    return _check(digits[:-1]) == digits[-1]


def spaced(code: str) -> str:
    """As people read it: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


# The venue code


def step_of(moment: datetime) -> int:
    """The number of the 15 seconds that this instant lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def is_fresh(step: int, moment: datetime) -> bool:
    """Whether a code of that step is taken at this instant: never when it is older than 45 seconds (checkin-73)."""
    return -NEWEST_STEP <= step_of(moment) - step <= OLDEST_STEP


def venue(key: bytes, session_id: UUID, step: int) -> Venue:
    """The venue code of a session for one step. `key` is the installation's own."""
    digest = hmac.digest(key, b"venue" + session_id.bytes + step.to_bytes(8), "sha256")
    return Venue(session_id, step, _base64(digest[:10]))


def venue_path(code: Venue) -> str:
    """The path of the address in the QR."""
    return f"/v/{_base64(code.session_id.bytes)}/{code.step}/{code.mark}"


def is_genuine(key: bytes, code: Venue) -> bool:
    """Whether the venue code is one of ours, however old."""
    return hmac.compare_digest(venue(key, code.session_id, code.step).mark, code.mark)


def venue_typed(key: bytes, session_id: UUID, step: int) -> str:
    """The typed code under the venue's QR, for the same step."""
    digest = hmac.digest(key, b"typed" + session_id.bytes + step.to_bytes(8), "sha256")
    return first_typed(int.from_bytes(digest))


def first_typed(number: int) -> str:
    """The typed code of the number or, where that would be figures only, of the next that has a letter."""
    return next(code for code in map(typed, _from(number)) if not code.isdigit())


def _from(number: int) -> Iterator[int]:
    while True:
        yield number
        number += 1


def _venue(session: str, step: str, mark: str) -> Venue | None:
    data = base64.urlsafe_b64decode(session + "==")
    return Venue(UUID(bytes=data), int(step), mark) if _base64(data) == session else None


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
