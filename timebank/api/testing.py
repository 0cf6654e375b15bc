"""The settable clock, and constant answers for the benchmarks' floor. These routes exist only in test mode."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import post, put
from litestar.params import JSONBody

from schedules.errors import Malformed
from timebank.api.bookings import NewBooking
from timebank.api.redemptions import Wanted
from timebank.web import clock
from timebank.web.access import anyone
from timebank.web.door import AtDesk


class Instant(msgspec.Struct, forbid_unknown_fields=True):
    now: datetime | None = None


@put("/test/clock", guards=[anyone])
async def put_clock(data: JSONBody[Instant]) -> Instant:
    """Sets the clock of every process of this installation; without an instant it runs again."""
    if data.now is not None and data.now.tzinfo is None:
        raise Malformed(field="now", reason="an instant with its offset, such as 2026-11-26T09:00:00+08:00")
    clock.put(data.now)
    return Instant(clock.now())


@post("/test/constant/scans", guards=[anyone])
async def constant_scan(data: JSONBody[AtDesk]) -> dict[str, str]:
    """Decodes a scan and answers a constant: what the framework alone costs."""
    return {"code": "ok"}


@post("/test/constant/bookings", guards=[anyone])
async def constant_booking(data: JSONBody[NewBooking]) -> dict[str, str]:
    """Decodes a booking and answers a constant."""
    return {"code": "ok"}


@post("/test/constant/redemptions", guards=[anyone])
async def constant_redemption(data: JSONBody[Wanted]) -> dict[str, str]:
    """Decodes a redemption and answers a constant."""
    return {"code": "ok"}


routes: list[Any] = [put_clock, constant_scan, constant_booking, constant_redemption]
