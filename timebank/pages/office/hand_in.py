"""The office takes over what a withdrawn desk had not sent, from the file that its page saved: looked at, then handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from schedules.errors import Refusal
from timebank.actions.community.devices import see_device
from timebank.actions.uploads.desk_file import LARGEST, cells
from timebank.actions.uploads.hand_in import Looked, hand_in, look
from timebank.communities import tree
from timebank.pages.forms import Ask, draw
from timebank.pages.where import node_id
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.desk_words import refusals
from timebank.web.request import Now, Who, language_of
from timebank.web.uploads import told_result

staff = [needs(Right.MANAGE_DEVICES)]
FORM = 400_000
"""Bytes of a form beside the file: what was chosen for two thousand scans."""


class Sent(msgspec.Struct):
    file: UploadFile | None = None


@get("/office/devices/{device_id:uuid}/hand-in", guards=staff)
async def ask_file(device_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _ask(request, caller, device_id)


async def _ask(request: Ask, caller: Caller, device_id: UUID, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "office/hand_in_file.html", refusal, device=await see_device(caller, device_id))


@post("/office/devices/{device_id:uuid}/hand-in", guards=staff, status_code=200, request_max_body_size=LARGEST + FORM)
async def look_at_file(
    device_id: FromPath[UUID],
    data: Annotated[Sent, Body(media_type=RequestEncodingType.MULTI_PART)],
    request: Ask,
    caller: Who,
    now: Now,
) -> Response[str]:
    """What the file holds, to be chosen from; nothing is taken over yet."""
    file = await data.file.read() if data.file else b""
    try:
        return await _list(request, await look(caller, device_id, file, now), file)
    except Refusal as refusal:
        return await _ask(request, caller, device_id, refusal)


async def _list(
    request: Ask, found: Looked, file: bytes, told: Mapping[str, dict[str, Any]] | None = None, refusal: Refusal | None = None
) -> Response[str]:
    """Before: with what may be chosen. Afterwards: with what became of each."""
    return draw(
        request,
        "office/hand_in.html",
        refusal,
        device=found.device,
        lines=found.lines,
        zone=(await tree.node(found.device.community_id)).time_zone,
        file=" ".join(f"TBQ1.{cell.decode()}" for cell in cells(file)),
        told=told,
        said=refusals(language_of(request)),
    )


@post(
    "/office/devices/{device_id:uuid}/hand-in/take",
    guards=staff,
    status_code=200,
    request_max_body_size=LARGEST + FORM,
)
async def take(device_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """Takes over what is ticked. Sent twice it changes nothing: each scan counts once."""
    form = await request.form()
    file = str(form.get("file", "")).encode()
    try:
        found = await look(caller, device_id, file, now)
        return await _taken(request, caller, found, file, form, now)
    except Refusal as refusal:
        return await _ask(request, caller, device_id, refusal)


async def _taken(
    request: Ask, caller: Caller, found: Looked, file: bytes, form: Mapping[str, Any], now: datetime
) -> Response[str]:
    ticked = {one.nonce for nth, one in enumerate(found.lines) if f"take-{nth}" in form}
    places = {one.nonce: str(form.get(f"session-{nth}", "")) for nth, one in enumerate(found.lines) if one.choices}
    chosen = {nonce: node_id(place) for nonce, place in places.items() if place}
    left_out = {one.nonce for one in found.lines} - ticked
    results = await hand_in(caller, found.device.id, file, chosen, left_out, ticked, now)
    told = {one.nonce: told_result(one, language_of(request)) for one in results}
    return await _list(request, found, file, told)


routes: list[Any] = [ask_file, look_at_file, take]
