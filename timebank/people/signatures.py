"""What the signatures in a pass say, to anybody who has the server's public keys: no database, no secret."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from schedules import decision, phone_codes
from schedules.codes import Card, Phone

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256. Of the two s of a signature only the lower is taken: a proof has one spelling."""


def judged(
    code: Card | Phone, server: str, public_key: bytes | None, now: datetime, *, is_known: bool = False
) -> decision.Code:
    """Step 5 as far as the text alone decides it. `public_key`: the server's of the code's key id, None where it has none.

    Whether the pass leads to somebody and was replaced is for the caller to add. `is_known`: the caller is the server and knows
    its own signature (people/passes.py).
    """
    is_signed = public_key is not None and (is_known or fits(public_key, code.signature, code.signed))
    if isinstance(code, Phone):
        is_signed = is_signed and proves(code.public_key, code.proof, code.proven)
    return decision.Code(
        is_of_this_server=code.server == server,
        has_key=public_key is not None,
        is_signed=is_signed,
        is_fresh=isinstance(code, Card) or phone_codes.is_fresh(code, now),
    )


@lru_cache(maxsize=100_000)
def fits(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    """Whether the Ed25519 signature over these bytes is the key's. Pure, so a queue of known passes costs nothing."""
    try:
        _server_key(public_key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def proves(public_key: bytes, proof: bytes, proven: bytes) -> bool:
    """Whether the phone with this key has signed these bytes: r and s of 32 bytes each, s the lower one."""
    r, s = int.from_bytes(proof[:32]), int.from_bytes(proof[32:])
    if s > ORDER // 2:
        return False
    try:
        _phone_key(public_key).verify(encode_dss_signature(r, s), proven, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def lowered(proof: bytes) -> bytes:
    """The same signature with the lower s."""
    s = int.from_bytes(proof[32:])
    return proof[:32] + min(s, ORDER - s).to_bytes(32)


@lru_cache(maxsize=100)
def _server_key(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


@lru_cache(maxsize=10_000)
def _phone_key(public_key: bytes) -> EllipticCurvePublicKey:
    """Raises ValueError for what is no point of the curve."""
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
