"""The door for programs: scans of a desk, self check-in, and how many are there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from schedules import codes
from schedules.attendance import Counts
from schedules.codes import Typed
from timebank.actions.door import venue
from timebank.actions.door.check_in_oneself import Origin, check_in_oneself
from timebank.actions.door.scan import scan
from timebank.web.door import AtDesk, BySelf, asked_at_desk, asked_by_oneself, oneself, scanner, told
from timebank.web.peer import address_of
from timebank.web.request import Installed, Now, Reads, Who


@post("/api/v1/scans", guards=[scanner])
async def post_scan(data: JSONBody[AtDesk], caller: Who, now: Now, language: Reads) -> dict[str, Any]:
    """Judges a pass or a typed code: 201 and `code` ok, or a problem whose `code` is the reason.

    Safe to repeat with its nonce: the same answer, or 409 `scan_undone` where the scan was undone since; then scan afresh.
    """
    return told(await scan(asked_at_desk(caller, data), now), language)


@post("/api/v1/check-ins", guards=[oneself])
async def post_check_in(
    data: JSONBody[BySelf], request: Request[Any, Any, Any], caller: Who, now: Now, language: Reads, settings: Installed
) -> dict[str, Any]:
    """Checks the caller in or out with the venue code that the screen at the place shows now."""
    code = codes.read(data.code)
    found = await venue.find_typed(caller.member(), code.code, now) if isinstance(code, Typed) else None
    text = codes.venue_path(found) if found else data.code
    asking = asked_by_oneself(caller, text, data.direction, data.nonce, data.session, answers=data.answers)
    return told(await check_in_oneself(asking, Origin(address=address_of(request, settings)), now), language)


@get("/api/v1/sessions/{session_id:uuid}/attendance", guards=[scanner])
async def get_attendance(session_id: FromPath[UUID], caller: Who) -> Counts:
    """How many are expected, here, gone and late."""
    return await venue.counts(caller, session_id)


routes: list[Any] = [post_scan, post_check_in, get_attendance]
