"""A ticket: this browser opened a venue code while it was fresh. Time to sign in and tap, for it and one member only."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta

from timebank.actions.door.door import TICKET
from timebank.people import keys

TICKET_COOKIE = "timebank_venue"
BROWSER_COOKIE = "timebank_browser"
"""A random name that a browser has for a day, at `/v` only, so that one phone that checks in many can be shown to people."""
BROWSER_LASTS = timedelta(days=1)
BROWSER_FORM = re.compile(r"[A-Za-z0-9_-]{22}")


def write(path: str, seen_at: datetime) -> str:
    """What the browser keeps of it, signed: good for this code's address only. No two are alike."""
    said = f"{int(seen_at.timestamp())}.{secrets.token_urlsafe(9)}"
    return f"{said}.{_seal(path, said)}"


def read(path: str, kept: str | None, now: datetime) -> datetime | None:
    """When the browser opened the code at this address; None without a ticket, or with one that is forged or too old."""
    said, _dot, seal = (kept or "").rpartition(".")
    seconds = said.partition(".")[0]
    if not (said.isascii() and seal.isascii() and seconds.isdigit() and len(seconds) < 12):
        return None
    if not hmac.compare_digest(seal, _seal(path, said)):
        return None
    moment = datetime.fromtimestamp(int(seconds), UTC)
    return moment if now - TICKET <= moment <= now + timedelta(seconds=1) else None


def browser_of(kept: str) -> str:
    """The browser's name as its cookie says; empty for one that we did not make."""
    return kept if BROWSER_FORM.fullmatch(kept) else ""


def new_browser() -> str:
    return secrets.token_urlsafe(16)


def _seal(path: str, said: str) -> str:
    return hmac.new(keys.derive("venue tickets"), f"{path} {said}".encode(), "sha256").hexdigest()[:32]
