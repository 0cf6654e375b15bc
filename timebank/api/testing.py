"""The settable clock. These routes exist only in test mode."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import put
from litestar.params import JSONBody

from schedules.errors import Malformed
from timebank.web import clock
from timebank.web.access import anyone


class Instant(msgspec.Struct, forbid_unknown_fields=True):
    now: datetime | None = None


@put("/test/clock", guards=[anyone])
async def put_clock(data: JSONBody[Instant]) -> Instant:
    """Sets the clock of every process of this installation; without an instant it runs again."""
    if data.now is not None and data.now.tzinfo is None:
        raise Malformed(field="now", reason="an instant with its offset, such as 2026-11-26T09:00:00+08:00")
    clock.put(data.now)
    return Instant(clock.now())


routes: list[Any] = [put_clock]
