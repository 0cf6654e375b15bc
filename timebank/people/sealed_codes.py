"""Codes that a desk has sealed to the server: the desk cannot read them again, so a stolen one holds no table of codes.

Per code an ephemeral P-256 key, HKDF-SHA256 of what it shares with the server's, AES-256-GCM over the code. The scan that it
belongs to is bound to it: the same text opens under no other desk, nonce, way or time. docs/vectors/sealed.json has examples.
"""

from __future__ import annotations

import base64
import binascii
import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schedules import codes
from schedules.errors import Refusal
from timebank.people import keys
from timebank.people.rosters import base64url

POINT, NONCE = 65, 12
"""Bytes: of the ephemeral public key, and of the seal's nonce."""
LONGEST = 4 * codes.LONGEST * 4 // 3 + 200
"""Characters of a sealed text: every character of a code may be four bytes."""


class CannotOpen(Refusal):
    """Sealed to another server or under a secret that is no more, or altered since. Facts: none."""


class Scanned(msgspec.Struct, frozen=True):
    """The scan to which a sealed code belongs, as the desk sends it: times as text, `skew_ms` empty where none was measured."""

    desk: str
    nonce: str
    direction: str
    happened_at: str
    skew_ms: str

    @property
    def bound(self) -> bytes:
        return "\n".join((self.desk, self.nonce, self.direction, self.happened_at, self.skew_ms)).encode()


def seal(code: str, key_id: str, scanned: Scanned, ephemeral: ec.EllipticCurvePrivateKey, nonce: bytes) -> str:
    """As a desk does it: for the vectors and the tests. The server seals nothing to itself."""
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ephemeral.exchange(ec.ECDH(), keys.desk_key(key_id).public_key())
    hidden = AESGCM(_derive(shared, point)).encrypt(nonce, code.encode(), scanned.bound)
    return f"{key_id}.{base64url(point + nonce + hidden)}"


def open_sealed(sealed: str, scanned: Scanned) -> str:
    """The code. Raises CannotOpen, whatever the text is."""
    key_id, _, rest = sealed.partition(".")
    if not (key_id.isascii() and key_id.isalnum() and len(key_id) <= codes.KEY):
        raise CannotOpen()
    try:
        whole = base64.b64decode(rest + "=" * (-len(rest) % 4), altchars=b"-_", validate=True)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), whole[:POINT])
        shared = keys.desk_key(key_id).exchange(ec.ECDH(), point)
        key = AESGCM(_derive(shared, whole[:POINT]))
        return key.decrypt(whole[POINT : POINT + NONCE], whole[POINT + NONCE :], scanned.bound).decode()
    except (ValueError, binascii.Error, InvalidTag) as error:
        raise CannotOpen() from error


def _derive(shared: bytes, point: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=point, info=b"timebank desk code").derive(shared)


def fresh() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """What seals one code and no second one."""
    return ec.generate_private_key(ec.SECP256R1()), os.urandom(NONCE)
