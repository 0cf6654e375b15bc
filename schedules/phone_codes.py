"""The phone pass as text: what the server has signed for a phone's own key, and that key's proof of the half minute. Pure.

TB2 <server, 8> <key, 4> <pass, 26> <public key, 53> <last day, 4> <signature, 103> <step, 7> <proof, 103> without the spaces.

The server signs everything up to its signature, once (Ed25519): the credential. The phone's key, which never leaves the phone,
signs everything up to the proof, every 30 seconds (ECDSA, P-256, SHA-256): a picture of it is worth nothing a minute later.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import msgspec

from schedules.base32 import bytes_of, cut, number32, number_of, text_of

VERSION = "TB2"
SERVER, KEY, PASS, PUBLIC_KEY, LAST_DAY, SIGNATURE, STEP, PROOF = 8, 4, 26, 53, 4, 103, 7, 103
CREDENTIAL = len(VERSION) + SERVER + KEY + PASS + PUBLIC_KEY + LAST_DAY + SIGNATURE
LENGTH = CREDENTIAL + STEP + PROOF
PHONE = re.compile(rf"\A{VERSION}[A-Z2-7]{{{LENGTH - len(VERSION)}}}\Z")
STEP_SECONDS = 30
OLDEST_STEP, NEWEST_STEP = 1, 1
"""Steps back and ahead that are taken: a proof holds for its own step and the next, and clocks may be one step apart."""
DAY_SECONDS = 86_400


class Phone(msgspec.Struct, frozen=True):
    """A phone pass as read; nothing about it is believed before `signature` fits over `signed` and `proof` over `proven`.

    `public_key` is the phone's, compressed; `last_day` counts from 1970-01-01 in UTC; `step` is a half minute since then.
    """

    server: str
    key_id: str
    pass_id: UUID
    public_key: bytes
    last_day: int
    signature: bytes
    step: int
    proof: bytes
    signed: bytes
    proven: bytes


def parse(text: str) -> Phone | None:
    """The phone pass in the plain text, or None. `codes.read` takes what scanners add away first."""
    if not PHONE.match(text):
        return None
    _, server, key_id, pass_id, public_key, last_day, signature, step, proof = cut(
        text, len(VERSION), SERVER, KEY, PASS, PUBLIC_KEY, LAST_DAY, SIGNATURE, STEP, PROOF
    )
    try:
        return Phone(
            server,
            key_id,
            UUID(bytes=bytes_of(pass_id)),
            bytes_of(public_key),
            number_of(last_day),
            bytes_of(signature),
            number_of(step),
            bytes_of(proof),
            text[: CREDENTIAL - SIGNATURE].encode("ascii"),
            text[:-PROOF].encode("ascii"),
        )
    except ValueError:
        return None


def credential_text(server: str, key_id: str, pass_id: UUID, public_key: bytes, last_day: int) -> str:
    """What the server signs. `public_key`: the phone's P-256 key, compressed, 33 bytes; `last_day` as `day_of` counts."""
    fields = text_of(pass_id.bytes), text_of(public_key), number32(last_day, LAST_DAY)
    return VERSION + server + key_id + "".join(fields)


def credential(signed: str, signature: bytes) -> str:
    """What the phone keeps: the text signed and the server's signature, 64 bytes."""
    return signed + text_of(signature)


def proof_text(kept: str, step: int) -> str:
    """What the phone signs for one step: its credential and the step."""
    return kept + number32(step, STEP)


def shown(proven: str, proof: bytes) -> str:
    """What the QR holds: the text that the phone signed and its signature, r and s of 32 bytes each, s the lower of the two."""
    return proven + text_of(proof)


def step_of(moment: datetime) -> int:
    """The number of the 30 seconds that this instant lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def day_of(moment: datetime) -> int:
    """The days from 1970-01-01 to this instant, in UTC."""
    return int(moment.timestamp()) // DAY_SECONDS


def is_fresh(phone: Phone, moment: datetime) -> bool:
    """Whether it is taken at this instant: the proof is never older than 60 seconds, the last day not over (checkin-73)."""
    return -NEWEST_STEP <= step_of(moment) - phone.step <= OLDEST_STEP and day_of(moment) <= phone.last_day
