"""What a desk scanned without a network, and what it takes back."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import JSONBody

from timebank.actions.hours.see_door_log import LastScan, see_last_scans
from timebank.actions.uploads.undo import undo
from timebank.actions.uploads.upload import upload
from timebank.web.door import scanner
from timebank.web.request import Now, Reads, Who
from timebank.web.uploads import Queue, Taken, told_result, told_undo

LARGEST = 4_000_000
"""Bytes of a thousand items with their codes and answers."""


class Uploaded(msgspec.Struct, frozen=True):
    """`items` in the order sent: each has `nonce`, `status` and `code` as a scan by itself, `title`, `detail`, `disputed`."""

    received_at: str
    items: list[dict[str, Any]]


@post("/api/v1/scans/uploads", guards=[scanner], status_code=200, request_max_body_size=LARGEST)
async def post_upload(data: JSONBody[Queue], caller: Who, now: Now, language: Reads) -> Uploaded:
    """Up to 1000 scans and undos that a desk queued while it was offline; each is answered by itself, in the order sent.

    Safe to repeat, whole or in part, by the nonces of the items: a scan that was undone since answers `annulled`, or 409
    `scan_undone` where the organiser took it back. An item that answers 503 was not done: send it again. One that answers 500
    `fault` was not done either, for a fault of ours that sending it again will hardly mend: keep it, show it, try now and then.
    A desk that was withdrawn is refused as a whole: 403 `desk_revoked`; so is another desk's queue: 409 `other_desk`.
    """
    found = await upload(caller, data.sent_at, data.of(caller), now)
    return Uploaded(now.isoformat(), [told_result(one, language) for one in found])


@post("/api/v1/scans/undo", guards=[scanner])
async def post_undo(data: JSONBody[Taken], caller: Who, now: Now, language: Reads) -> dict[str, Any]:
    """The accepted scan of this desk with that nonce counts no more, within fifteen minutes. Safe to repeat.

    `detail` says where the person is now, and of a walk-in that the place is given back; `is_unchanged`: as much in, or out, as
    before, for another scan that way stands.
    """
    return told_undo(await undo(caller, data.nonce, data.undo_nonce, now), language)


@get("/api/v1/desk/last-scans", guards=[scanner])
async def get_last_scans(caller: Who, now: Now) -> list[LastScan]:
    """What this desk may still undo: its accepted scans of the last quarter of an hour, the last first."""
    return await see_last_scans(caller, now)


routes: list[Any] = [post_upload, post_undo, get_last_scans]
