"""Keys derived from the installation's secret by HKDF; none of them is stored. Named once at the start of a process."""

from __future__ import annotations

import base64
from functools import cache, lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_secret = b""


def use(secret: str) -> None:
    """Names the secret of this installation, `settings.secret`, for the whole process."""
    global _secret
    _secret = secret.encode()
    for derived in (derive, server_id, pass_key, public_half):
        derived.cache_clear()
    desk_key.cache_clear()


@cache
def derive(purpose: str, length: int = 32) -> bytes:
    """The key of one purpose. Raises RuntimeError where `use` named no secret."""
    if not _secret:
        raise RuntimeError("no secret was named: call keys.use(settings.secret) where the process starts")
    return HKDF(SHA256(), length, salt=b"timebank", info=purpose.encode()).derive(_secret)


@cache
def server_id() -> str:
    """Eight letters that stand in every pass: another installation's pass is told apart by them."""
    return base64.b32encode(derive("server id", 5)).decode("ascii")


@cache
def pass_key(key_id: str) -> Ed25519PrivateKey:
    """The private key that signs passes under this id."""
    return Ed25519PrivateKey.from_private_bytes(derive(f"pass key {key_id}"))


@cache
def public_half(key_id: str) -> bytes:
    """The 32 bytes that verify what `pass_key` signs."""
    return pass_key(key_id).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many private keys the curve P-256 has, and one."""


@lru_cache(64)
def desk_key(key_id: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key that opens what desks seal to the server; it follows the key that signs passes, by the same id.

    A pass key that was removed takes it along nowhere: what was sealed while it signed still opens.
    """
    # More bytes than the order has: what is left of the division favours no key.
    number = int.from_bytes(derive.__wrapped__(f"desk key {key_id}", 48)) % (ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def desk_half(key_id: str) -> bytes:
    """The 65 bytes to which a desk seals: an uncompressed point."""
    return desk_key(key_id).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
