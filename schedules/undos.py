"""Undone scans: a row that names a scan by its desk and nonce. The scan stays as it is and counts no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import presence, sql
from schedules.errors import Refusal
from schedules.presence import UNDO


class NoSuchScan(Refusal):
    """This desk made no scan of that nonce that counts. Facts: none."""


class OwnScan(Refusal):
    """A scan about the caller: somebody else takes it back, with a reason. Facts: none."""


class UndoTooLate(Refusal):
    """The desk may undo for a quarter of an hour. Facts: until."""


class ScanUndone(Refusal):
    """The scan of this nonce was let through and counts no more. Facts: undone_at, by ("desk", "staff"), time (local)."""


class UndoConflict(Refusal):
    """This nonce was used to undo another scan. Facts: none."""


class Made(msgspec.Struct, frozen=True):
    """An accepted scan: whose, where, and the instant that counts for it. `closes_at` is its session's."""

    id: int
    scanner_id: UUID
    nonce: str
    person_id: UUID
    session_id: UUID
    direction: Literal["in", "out"]
    at: datetime
    closes_at: datetime

    @property
    def since(self) -> datetime:
        """From when on attendance may change without it: its session's, also where it was made after the window."""
        return min(self.at, self.closes_at)


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """As it is kept; the field names are the columns. `by_id` and a reason where staff did it afterwards."""

    nonce: str
    scanner_id: UUID
    scan_nonce: str
    operator_id: UUID | None
    by_id: UUID | None
    reason: str
    happened_at: datetime
    received_at: datetime
    counts_at: datetime
    also: tuple[UUID, ...] = ()
    """Whoever else had a hand in it: who sent it later, and whom the desk names without our being able to say so."""


# Whether it counts already or not any more: an undo is asked about what was accepted, as the log has it.
MADE = """
SELECT c.id, c.scanner_id, c.nonce, c.person_id, c.session_id, c.direction, c.at, s.closes_at
  FROM passage c JOIN session s ON s.id = c.session_id
"""
EVIDENCE = f"c.signup_id IS NOT NULL AND c.reason IN {presence.EVIDENCE}"


async def made(scanner_id: UUID, nonce: str) -> Made | None:
    """The scan that this desk made with that nonce and that says somebody stood there: accepted, or told "already in".

    Not what a member did for themselves, nor by the roll or a word: who runs the activity takes that back.
    """
    row = await sql.row(
        f"{MADE} WHERE c.scanner_id = $1 AND c.nonce = $2 AND (c.may_undo OR c.person_id = $1) "
        f"AND {EVIDENCE} ORDER BY c.id LIMIT 1",
        scanner_id,
        nonce,
    )
    return Made(*row) if row else None


async def made_by_id(scan_id: int) -> Made | None:
    """The same by the number of its row."""
    row = await sql.row(
        f"{MADE} WHERE c.id = $1 AND c.source <> 'job' AND {EVIDENCE}",
        scan_id,
    )
    return Made(*row) if row else None


def check(scan: Made, undo: Undo) -> None:
    """Whether it may be undone then, by who had a hand in it: as the view `passage` has it. Raises OwnScan, UndoTooLate."""
    if scan.person_id in (scan.scanner_id, undo.operator_id, *undo.also):
        raise OwnScan()
    if undo.counts_at > scan.at + UNDO:
        raise UndoTooLate(until=scan.at + UNDO)


async def counts(scan: Made) -> bool:
    """Whether no undo holds for it yet: the view `passage` says which one does."""
    return bool(
        await sql.value(
            "SELECT EXISTS (SELECT FROM passage c WHERE c.scanner_id = $1 AND c.nonce = $2 AND c.undo_id IS NULL "
            f"AND {EVIDENCE})",
            scan.scanner_id,
            scan.nonce,
        )
    )


UNDONE = f"""
SELECT x.counts_at, x.by_id IS NOT NULL AS is_by_staff, a.time_zone
  FROM passage c JOIN scan_undo x ON x.id = c.undo_id
  JOIN session s ON s.id = c.session_id JOIN activity a ON a.id = s.activity_id
 WHERE c.scanner_id = $1 AND c.nonce = $2 AND {EVIDENCE}
 ORDER BY c.id LIMIT 1
"""


async def undone(scanner_id: UUID, nonce: str) -> ScanUndone | None:
    """What a repeat of that scan is told where it was undone since; None while it counts."""
    row = await sql.row(UNDONE, scanner_id, nonce)
    if row is None:
        return None
    at = row["counts_at"]
    local = at.astimezone(ZoneInfo(row["time_zone"])).strftime("%H:%M")
    return ScanUndone(undone_at=at, by="staff" if row["is_by_staff"] else "desk", time=local)


async def is_kept(undo: Undo) -> bool:
    """Whether this very undo is there already: its repeat is answered however late it comes."""
    return bool(
        await sql.value(
            "SELECT EXISTS (SELECT FROM scan_undo WHERE scanner_id = $1 AND scan_nonce = $2 AND nonce = $3 AND by_id IS NULL)",
            undo.scanner_id,
            undo.scan_nonce,
            undo.nonce,
        )
    )


MOST_EARLY = 3
"""Undos of one scan that are kept before it comes."""
EARLY = """
SELECT count(*)::int, min(received_at) FROM (
    SELECT x.received_at FROM scan_undo x
     WHERE x.scanner_id = $1 AND x.received_at > $2 AND x.by_id IS NULL
       AND NOT EXISTS (SELECT FROM scan c WHERE c.scanner_id = x.scanner_id AND c.nonce = x.scan_nonce)
     ORDER BY x.received_at DESC LIMIT $3) s
"""


async def early(scanner_id: UUID, since: datetime, limit: int) -> tuple[int, datetime | None]:
    """How many undos of this scanner have come since then whose scan has not, up to the limit; and the oldest of them."""
    row = await sql.one(EARLY, scanner_id, since, limit)
    return row[0], row[1]


async def of_scans(scanner_id: UUID, scan_nonces: Sequence[str]) -> dict[str, int]:
    """How many undos of the scanner's own there are of each."""
    found = await sql.rows(
        "SELECT scan_nonce, count(*)::int FROM scan_undo WHERE scanner_id = $1 AND scan_nonce = ANY ($2) AND by_id IS NULL "
        "GROUP BY 1",
        scanner_id,
        list(scan_nonces),
    )
    return {row[0]: row[1] for row in found}


async def keep(undo: Undo) -> bool:
    """Whether it is news; the same undo again is none. Raises UndoConflict where its nonce undid another scan.

    One that does not count is in nobody's way: of the undos of a scan the view takes the first that does.
    """
    written = await sql.rows(
        "INSERT INTO scan_undo (nonce, scanner_id, scan_nonce, operator_id, by_id, reason, happened_at, received_at, "
        "counts_at, also) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING 1",
        undo.nonce,
        undo.scanner_id,
        undo.scan_nonce,
        undo.operator_id,
        undo.by_id,
        undo.reason,
        undo.happened_at,
        undo.received_at,
        undo.counts_at,
        list(undo.also),
    )
    if written:
        return True
    # A statement of its own: the insert's snapshot may not see the row that it gave way to.
    before = await sql.value(
        "SELECT scan_nonce FROM scan_undo WHERE scanner_id = $1 AND nonce = $2 AND (by_id IS NOT NULL) = $3",
        undo.scanner_id,
        undo.nonce,
        undo.by_id is not None,
    )
    if before not in (None, undo.scan_nonce):
        raise UndoConflict()
    return False
