"""Short codes that people type, and their keyed fingerprints: a copied database does not give the codes away."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def digits(count: int) -> str:
    """A random code of that many digits."""
    return f"{secrets.randbelow(10**count):0{count}}"


def seal(secret: str, purpose: str, text: str) -> bytes:
    """HMAC-SHA256 under the installation's secret; one purpose's seals say nothing about another's."""
    return hmac.digest(secret.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256)


def token(kind: str) -> str:
    """A bearer token: the letter of its kind and 32 random bytes."""
    return kind + secrets.token_urlsafe(32)
