"""Short codes that people type, and their keyed fingerprints: a copied database does not give the codes away."""

from __future__ import annotations

import hmac
import secrets

from timebank.people import keys


def digits(count: int) -> str:
    """A random code of that many digits."""
    return f"{secrets.randbelow(10**count):0{count}}"


def seal(purpose: str, text: str) -> bytes:
    """HMAC-SHA256 under this purpose's own key, derived from the installation's secret."""
    return hmac.digest(keys.derive(purpose), text.encode(), "sha256")


def token(kind: str) -> str:
    """A bearer token: the letter of its kind and 32 random bytes."""
    return kind + secrets.token_urlsafe(32)
