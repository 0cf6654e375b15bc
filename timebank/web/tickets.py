"""A ticket: this browser opened a venue code while it was fresh. Time to sign in and tap, for this browser only."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from timebank.actions.door import TICKET
from timebank.people import keys

TICKET_COOKIE = "timebank_venue"


def write(path: str, seen_at: datetime) -> str:
    """What the browser keeps of it, signed: good for this code's address only."""
    seconds = str(int(seen_at.timestamp()))
    return f"{seconds}.{_seal(path, seconds)}"


def read(path: str, kept: str | None, now: datetime) -> datetime | None:
    """When the browser opened the code at this address; None without a ticket, or with one that is forged or too old."""
    seconds, _dot, seal = (kept or "").partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12 and hmac.compare_digest(seal, _seal(path, seconds))):
        return None
    moment = datetime.fromtimestamp(int(seconds), UTC)
    return moment if now - TICKET <= moment <= now + timedelta(seconds=1) else None


def _seal(path: str, seconds: str) -> str:
    return hmac.new(keys.derive("venue tickets"), f"{path} {seconds}".encode(), "sha256").hexdigest()[:32]
