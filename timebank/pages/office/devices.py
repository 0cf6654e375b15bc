"""Desks and kiosks: the office's pages about them, and the page on the screen that is to be paired."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.community.devices import (
    NewDevice,
    make_pairing_code,
    pair_device,
    register_device,
    rename_device,
    revoke_device,
    see_device,
)
from timebank.communities import tree
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.qr import svg
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people import audit, devices
from timebank.people.callers import Caller, Right
from timebank.rewards import places
from timebank.settings import Settings
from timebank.web.access import DEVICE_COOKIE, anyone, needs
from timebank.web.peer import address_of
from timebank.web.request import Installed, Now, Who, request_key

staff = [needs(Right.MANAGE_DEVICES)]
KEPT = 400 * 24 * 3600
"""Seconds; the longest that browsers keep a cookie."""


class DeviceTyped(msgspec.Struct):
    kind: Short = "desk"
    name: Short = ""
    name_en: Short = ""
    community_id: Short = ""
    place_id: Short = ""
    key: Short = ""


class Names(msgspec.Struct):
    name: Short = ""
    name_en: Short = ""


class Code(msgspec.Struct):
    code: Short = ""


@get("/office/devices", guards=staff)
async def list_devices(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "office/devices.html", devices=await devices.at_or_below(caller.nodes(Right.MANAGE_DEVICES)))


@get("/office/devices/new", guards=staff)
async def new_device(request: Ask, caller: Who, at: FromQuery[str] = "", kind: FromQuery[str] = "desk") -> Response[str]:
    return await draw_new(request, caller, DeviceTyped(kind=kind, community_id=at))


async def draw_new(request: Ask, caller: Caller, typed: DeviceTyped, refusal: Refusal | None = None) -> Response[str]:
    found = await where(caller, Right.MANAGE_DEVICES, typed.community_id)
    shelves = await places.below(caller.nodes(Right.MANAGE_DEVICES)) if typed.kind == "kiosk" else []
    return draw(request, "office/new_device.html", refusal, where=found, typed=typed, places=shelves)


@post("/office/devices", guards=staff)
async def take_device(data: URLEncodedBody[DeviceTyped], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "register device")
        made = (await register_device.once(key, caller, await wanted(data), now)).value
    except Refusal as refusal:
        return await draw_new(request, caller, data, refusal)
    return go(f"/office/devices/{made}")


async def wanted(data: DeviceTyped) -> NewDevice:
    """What was typed as the action takes it; a kiosk belongs to the community of its place. Raises Malformed, NotFound."""
    place_id = node_id(data.place_id) if data.place_id else None
    at = (await places.find(place_id)).community_id if place_id else node_id(data.community_id)
    try:
        names = {"name": data.name, "name_en": data.name_en}
        return msgspec.convert({"kind": data.kind, **names, "community_id": at, "place_id": place_id}, NewDevice)
    except msgspec.ValidationError as error:
        raise Malformed(field="kind", reason=str(error)) from error


@get("/office/devices/{device_id:uuid}", guards=staff)
async def one_device(device_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await draw_one(request, caller, device_id)


async def draw_one(
    request: Ask, caller: Caller, device_id: UUID, typed: Names | None = None, refusal: Refusal | None = None
) -> Response[str]:
    device = await see_device(caller, device_id)
    zone = (await tree.node(device.community_id)).time_zone
    entries = await audit.about(f"device:{device_id}", 20)
    return draw(request, "office/device.html", refusal, device=device, zone=zone, entries=entries, typed=typed or device)


@post("/office/devices/{device_id:uuid}/name", guards=staff)
async def take_names(
    device_id: FromPath[UUID], data: URLEncodedBody[Names], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await rename_device(caller, device_id, data.name, data.name_en, now)
    except Malformed as refusal:
        return await draw_one(request, caller, device_id, data, refusal)
    return go(f"/office/devices/{device_id}")


@post("/office/devices/{device_id:uuid}/code", guards=staff, status_code=200)
async def make_code(device_id: FromPath[UUID], request: Ask, caller: Who, settings: Installed, now: Now) -> Response[str]:
    """The code is shown this once: it is not kept, so the page cannot be asked for again."""
    made = await make_pairing_code(caller, device_id, now)
    device = await see_device(caller, device_id)
    zone = (await tree.node(device.community_id)).time_zone
    here = f"{settings.base_url}/pair"
    picture = svg(f"{here}?" + urlencode({"code": made.code}))
    return draw(request, "office/pairing.html", device=device, zone=zone, made=made, picture=picture, address=here)


@get("/office/devices/{device_id:uuid}/code", guards=staff)
async def code_is_gone(device_id: FromPath[UUID]) -> Response[Any]:
    """Where the language switch leads: a code is not shown twice."""
    return go(f"/office/devices/{device_id}")


@post("/office/devices/{device_id:uuid}/revoke", guards=staff)
async def take_revocation(device_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await revoke_device(caller, device_id, now)
    return go(f"/office/devices/{device_id}")


@get("/pair", guards=[anyone])
async def ask_code(request: Ask, caller: Who, code: FromQuery[str] = "") -> Response[str]:
    """On the screen itself. An address with a code fills the field; only a press pairs."""
    return draw(request, "people/pair.html", typed=code[:20], device=caller)


@post("/pair", guards=[anyone])
async def take_code(data: URLEncodedBody[Code], request: Ask, caller: Who, settings: Installed, now: Now) -> Response[Any]:
    try:
        made = await pair_device(data.code, address_of(request, settings), now)
    except Refusal as refusal:
        return draw(request, "people/pair.html", refusal, typed=data.code[:20], device=caller)
    answer = go("/kiosk" if made.kind == "kiosk" else "/desk")
    answer.set_cookie(device_cookie(made.token, settings))
    return answer


def device_cookie(token: str, settings: Settings) -> Cookie:
    return Cookie(DEVICE_COOKIE, value=token, max_age=KEPT, httponly=True, samesite="lax", secure=settings.is_secure)


routes: list[Any] = [
    list_devices,
    new_device,
    take_device,
    one_device,
    take_names,
    make_code,
    code_is_gone,
    take_revocation,
    ask_code,
    take_code,
]
