"""Desks and kiosks: register, rename, pair, revoke."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit, devices
from timebank.people.callers import Caller, Right
from timebank.people.devices import Device, Kind, Paired, PairingCode


class NewDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device as staff enter it; a kiosk names the place where its stock lies."""

    kind: Kind
    name: str
    community_id: UUID
    place_id: UUID | None = None
    name_en: str = ""


@action
async def register_device(caller: Caller, asked: NewDevice, now: datetime) -> UUID:
    """Raises NotAllowed, NotFound (community, place), DeviceNameNeeded, PlaceNeeded."""
    caller.require(Right.MANAGE_DEVICES, await tree.ancestors(asked.community_id))
    if asked.place_id is not None:
        await devices.check_place(asked.place_id, asked.community_id)
    made = await devices.register(
        asked.kind, asked.name, asked.community_id, asked.place_id, caller.member(), now, asked.name_en
    )
    await audit.write(caller.id, "device.registered", f"device:{made}", now, kind=asked.kind, name=asked.name)
    return made


async def see_device(caller: Caller, device_id: UUID) -> Device:
    """Raises NotFound, and NotAllowed out of the caller's reach."""
    found = await devices.one(device_id)
    caller.require(Right.MANAGE_DEVICES, await tree.ancestors(found.community_id))
    return found


@action
async def rename_device(caller: Caller, device_id: UUID, name: str, name_en: str, now: datetime) -> None:
    """Also one in use: it stays paired. Raises NotFound, NotAllowed, DeviceNameNeeded. Safe to repeat."""
    await see_device(caller, device_id)
    before = await devices.rename(device_id, name, name_en, now)
    if before:
        await audit.write(
            caller.id,
            "device.renamed",
            f"device:{device_id}",
            now,
            name=name.strip(),
            name_en=name_en.strip(),
            was=before.name,
            was_en=before.name_en,
        )


@action
async def make_pairing_code(caller: Caller, device_id: UUID, now: datetime) -> PairingCode:
    """A code that makes one screen this device, for a quarter of an hour. Raises NotFound, NotAllowed, DeviceRevoked."""
    await see_device(caller, device_id)
    made = await devices.new_code(device_id, now)
    await audit.write(caller.id, "device.code_made", f"device:{device_id}", now)
    return made


async def pair_device(code: str, address: str, now: datetime) -> Paired:
    """By the screen itself, with nothing but the code. Raises WrongPairingCode and TooManyTries; every try counts."""
    await devices.spend_try(address, now)
    paired = await _pair(code, now)
    await devices.give_back_try(address, now)
    return paired


@action
async def _pair(code: str, now: datetime) -> Paired:
    made = await devices.pair(code, now)
    await audit.write(made.device_id, "device.paired", f"device:{made.device_id}", now)
    return made


@action
async def revoke_device(caller: Caller, device_id: UUID, now: datetime) -> None:
    """At once and for good. Raises NotFound, NotAllowed. Safe to repeat."""
    await see_device(caller, device_id)
    await devices.revoke(device_id, now)
    await audit.write(caller.id, "device.revoked", f"device:{device_id}", now)
