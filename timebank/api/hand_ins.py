"""What a withdrawn desk had not sent, handed in by staff."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.uploads.desk_file import LARGEST, MOST, Line
from timebank.actions.uploads.hand_in import hand_in, look
from timebank.api.uploads import Uploaded
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Key, Now, Reads, Who, request_key
from timebank.web.uploads import told_result

staff = [needs(Right.MANAGE_DEVICES)]
File = Annotated[str, Meta(max_length=LARGEST)]


class DeskFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as the desk's page saved it, as text."""

    file: File


class HandIn(DeskFile, frozen=True, forbid_unknown_fields=True):
    """`sessions` by nonce, for scans that the desk had only noted; `left_out` are nonces that are not taken over.

    Scans made after the desk was withdrawn (`is_after` in the preview) stay out but for those in `vouched`.
    """

    sessions: dict[str, UUID] = {}
    left_out: Annotated[list[str], Meta(max_length=MOST)] = []
    vouched: Annotated[list[str], Meta(max_length=MOST)] = []


@post(
    "/api/v1/devices/{device_id:uuid}/hand-ins/preview",
    guards=staff,
    status_code=200,
    request_max_body_size=LARGEST + 1000,
)
async def post_preview(device_id: FromPath[UUID], data: JSONBody[DeskFile], caller: Who, now: Now) -> list[Line]:
    """What the file of this withdrawn desk holds, by time. Changes nothing."""
    return (await look(caller, device_id, data.file.encode(), now)).lines


@post("/api/v1/devices/{device_id:uuid}/hand-ins", guards=staff, status_code=200, request_max_body_size=2 * LARGEST)
async def post_hand_in(
    device_id: FromPath[UUID], data: JSONBody[HandIn], caller: Who, now: Now, language: Reads, key: Key = None
) -> Uploaded:
    """Takes over the scans of the file as an upload of the desk would have been; the answers are those of an upload.

    Safe to repeat, whole or in part, by the nonces in the file; under one `Idempotency-Key` it is noted once.
    409 `desk_in_use` where the desk was not withdrawn.
    """
    kept = request_key(caller, key, [device_id, data], now, "hand in")
    found = await hand_in(caller, device_id, data.file.encode(), data.sessions, data.left_out, data.vouched, now, kept)
    return Uploaded(now.isoformat(), [told_result(one, language) for one in found])


routes: list[Any] = [post_preview, post_hand_in]
