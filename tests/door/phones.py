"""A phone that is a member's pass, as the browser's script makes it: a key of its own, and a proof of every half minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schedules import phone_codes
from tests.given import Person
from timebank.people import phone_passes, signatures
from timebank.people.phone_passes import PhonePass


def public_half(key: EllipticCurvePrivateKey) -> bytes:
    """33 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def proof(key: EllipticCurvePrivateKey, proven: str) -> bytes:
    """r and s of 32 bytes each, s the lower one."""
    r, s = decode_dss_signature(key.sign(proven.encode("ascii"), ECDSA(SHA256())))
    return signatures.lowered(r.to_bytes(32) + s.to_bytes(32))


@dataclass
class Phone:
    """Somebody's phone with its key and credential."""

    key: EllipticCurvePrivateKey
    held: PhonePass

    @property
    def id(self) -> str:
        return str(self.held.id)

    def shows(self, moment: datetime, steps: int = 0) -> str:
        """The text of its QR at that moment, by a clock that many half minutes off."""
        proven = phone_codes.proof_text(self.held.credential, phone_codes.step_of(moment) + steps)
        return phone_codes.shown(proven, proof(self.key, proven))


async def enrolled(person: Person, now: datetime, label: str = "Android") -> Phone:
    """A new phone that is the person's pass."""
    key = generate_private_key(SECP256R1())
    return Phone(key, (await phone_passes.enrol(person.id, public_half(key), label, now))[0])
