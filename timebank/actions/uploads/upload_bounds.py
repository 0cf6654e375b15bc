"""How much an upload may bring that leads to nothing: codes of nobody, undos of no scan. The rest stays with the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import undos
from schedules.errors import Refusal
from timebank.actions.door import unknown_codes
from timebank.actions.uploads.queue import Result
from timebank.actions.uploads.upload_rows import Judged


class CodesWait(Refusal):
    """They stay with the desk, which sends them again later. Facts: again_at, minutes (until then, rounded up)."""


class UndosWait(Refusal):
    """They undo scans that never came, and stay with the desk as well. Facts: again_at, minutes."""


class UndoRoom(msgspec.Struct):
    """How many more undos that came before their scan are kept: of the scanner, and of each scan by its nonce."""

    left: int
    of: dict[str, int]
    wait: UndosWait

    def take(self, scan_nonce: str) -> None:
        """For one that is kept. Raises UndosWait where there is no room."""
        before = self.of.get(scan_nonce, 0)
        if self.left <= 0 or before >= undos.MOST_EARLY:
            raise self.wait
        self.left -= 1
        self.of[scan_nonce] = before + 1


async def undo_room(scanner_id: UUID, scan_nonces: Sequence[str], now: datetime) -> UndoRoom:
    """As for codes; of one scan a few, for only one that is in time may count. Two statements."""
    kept, oldest = await undos.early(scanner_id, now - unknown_codes.WINDOW, unknown_codes.MOST)
    room = unknown_codes.Room(unknown_codes.MOST - kept, (oldest or now) + unknown_codes.WINDOW)
    wait = UndosWait(again_at=room.again_at, minutes=unknown_codes.minutes(room, now))
    return UndoRoom(room.left, await undos.of_scans(scanner_id, scan_nonces), wait)


async def bounded(scanner_id: UUID, judged: Sequence[Judged | None], now: datetime) -> list[Judged | None]:
    """What is beyond the bound is not kept and answers `busy`. No statement where every code leads to somebody."""
    nobody = [place for place, each in enumerate(judged) if each and each.row and each.row.person_id is None]
    if not nobody:
        return list(judged)
    room = await unknown_codes.room(scanner_id, now)
    waits = CodesWait(again_at=room.again_at, minutes=unknown_codes.minutes(room, now))
    over = set(nobody[room.left :])
    return [
        Judged(result=Result(nonce=each.result.nonce, code="busy", refusal=waits)) if each and place in over else each
        for place, each in enumerate(judged)
    ]
