"""From which browser and which network a self check-in came, for some days: two that came from one can be shown to people.

Only fingerprints are kept, under a key of the installation. One of a browser is bound to the local day of the session, one of a
network to the session: nobody is followed from one to the next. Nothing else reads them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from schedules import sql
from timebank.people import seals

PURPOSE = "origins of scans"

NOTE = """
INSERT INTO scan_origin (scan_id, session_id, step, browser, network, forget_at)
SELECT id, session_id, $3, $4, $5, $6 FROM scan
 WHERE scanner_id = $1 AND nonce = $2 AND reason = 'ok' AND session_id IS NOT NULL
ON CONFLICT (scan_id) DO NOTHING
"""


async def note(
    member_id: UUID, nonce: str, step: int | None, browser: bytes | None, network: bytes | None, forget_at: datetime
) -> None:
    """Beside the accepted scan with this nonce; of a repeat the first stays."""
    await sql.rows(NOTE, member_id, nonce, step, browser, network, forget_at)


def browser_mark(browser: str, day: str) -> bytes | None:
    """The fingerprint of a browser on one local day; None for a browser that keeps no cookie."""
    return seals.seal(PURPOSE, f"browser {day} {browser}")[:16] if browser else None


def network_mark(address: str, session_id: UUID) -> bytes | None:
    """The fingerprint of a network at one session."""
    return seals.seal(PURPOSE, f"network {session_id} {address}")[:16] if address else None


def kept_until(now: datetime, days: int) -> datetime:
    """When the fingerprints of a check-in are wiped."""
    return now + timedelta(days=days)


async def clean(now: datetime) -> int:
    """Wipes what has been kept long enough; how many. Safe to repeat. Findings hold no fingerprints and stay."""
    found = await sql.rows(
        "DELETE FROM scan_origin WHERE scan_id = ANY (ARRAY "
        "(SELECT scan_id FROM scan_origin WHERE forget_at <= $1 ORDER BY forget_at LIMIT 5000)) RETURNING 1",
        now,
    )
    return len(found)
