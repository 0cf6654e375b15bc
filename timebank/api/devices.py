"""Desks and kiosks: registered, named, paired, revoked."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.community.devices import (
    NewDevice,
    make_pairing_code,
    pair_device,
    register_device,
    rename_device,
    revoke_device,
)
from timebank.people import devices
from timebank.people.callers import Right
from timebank.people.devices import Device, Kind, Paired, PairingCode
from timebank.web.access import anyone, needs
from timebank.web.answers import Made
from timebank.web.peer import address_of
from timebank.web.request import Installed, Key, Now, Who, request_key

Short = Annotated[str, Meta(max_length=100)]
staff = [needs(Right.MANAGE_DEVICES)]


class DeviceWanted(msgspec.Struct, forbid_unknown_fields=True):
    """A kiosk names the place where its stock lies; a desk has none."""

    kind: Kind
    name: Short
    community_id: UUID
    place_id: UUID | None = None
    name_en: Short = ""


class Names(msgspec.Struct, forbid_unknown_fields=True):
    """`name_en` is empty where there is one name for both languages."""

    name: Short
    name_en: Short = ""


class Code(msgspec.Struct, forbid_unknown_fields=True):
    code: Short


@get("/api/v1/devices", guards=staff)
async def get_devices(caller: Who) -> list[Device]:
    """The devices within the caller's reach; those in use first."""
    return await devices.at_or_below(caller.nodes(Right.MANAGE_DEVICES))


@post("/api/v1/devices", guards=staff)
async def post_device(data: JSONBody[DeviceWanted], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    asked = NewDevice(**msgspec.structs.asdict(data))
    answer = await register_device.once(request_key(caller, key, data, now, "register device"), caller, asked, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@put("/api/v1/devices/{device_id:uuid}/name", guards=staff, status_code=204)
async def put_name(device_id: FromPath[UUID], data: JSONBody[Names], caller: Who, now: Now) -> None:
    """What the device is called from now on, in both languages; it stays paired. Safe to repeat."""
    await rename_device(caller, device_id, data.name, data.name_en, now)


@post("/api/v1/devices/{device_id:uuid}/pairing-code", guards=staff)
async def post_pairing_code(device_id: FromPath[UUID], caller: Who, now: Now) -> PairingCode:
    """A new code, good once for a quarter of an hour; the one before is void."""
    return await make_pairing_code(caller, device_id, now)


@post("/api/v1/devices/{device_id:uuid}/revoke", guards=staff, status_code=204)
async def post_revoke(device_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """At once and for good. Safe to repeat."""
    await revoke_device(caller, device_id, now)


@post("/api/v1/pair", guards=[anyone])
async def post_pair(data: JSONBody[Code], request: Request[Any, Any, Any], settings: Installed, now: Now) -> Paired:
    """The bearer token of the device that waits for this code."""
    return await pair_device(data.code, address_of(request, settings), now)


routes: list[Any] = [get_devices, post_device, put_name, post_pairing_code, post_revoke, post_pair]
