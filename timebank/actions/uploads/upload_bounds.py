"""How many codes that lead to nobody an upload may bring; what is beyond that stays with the desk and is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules.errors import Refusal
from timebank.actions.door import unknown_codes
from timebank.actions.uploads.queue import Result
from timebank.actions.uploads.upload_rows import Judged


class CodesWait(Refusal):
    """They stay with the desk, which sends them again later. Facts: again_at, minutes (until then, rounded up)."""


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
