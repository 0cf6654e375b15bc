"""What `timebank up` prints beside its address: whom a newcomer can be, and with which password, card and code."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import sql
from timebank.actions.community.devices import make_pairing_code
from timebank.demo.cast import CAST, PASSWORD, PIN
from timebank.people import devices, members, passes, roles
from timebank.people.callers import Caller, Grant
from timebank.settings import Settings

PRACTICE = (
    "In the practice grid 第一网格（练习） a minute of service earns a point: what runs there now credits at once.",
    "Elsewhere an hour earns a point, counted in quarter hours.",
)


async def text(settings: Settings, now: datetime) -> str:
    """The lines, and new pairing codes for a desk and a kiosk, good for a quarter of an hour."""
    lines = [f"Demo people 演示账号; password of all 密码: {PASSWORD}", ""]
    lines += [f"  {part.phone}  {part.name}  {part.does.en} {part.does.zh}" for part in CAST if part.phone]
    lines += ["", *await _cards(), "", *await _devices(settings, now), "", *PRACTICE]
    return "\n".join(lines) + "\n"


async def _cards() -> list[str]:
    found = []
    for part in (part for part in CAST if part.key in ("volunteer", "without_phone")):
        member_id = await _member(part.name, part.phone)
        card = await passes.current(member_id) if member_id else None
        if card:
            found.append(f"  {card.typed_shown}    card of {part.name} 卡; PIN {PIN} at the kiosk")
    return ["Cards 志愿者卡, to type in at the desk and at the kiosk:", *found]


async def _devices(settings: Settings, now: datetime) -> list[str]:
    coordinator_id = await _member(CAST[0].name, CAST[0].phone)
    if coordinator_id is None:
        return []
    held = await roles.of_member(coordinator_id)
    caller = Caller(member_id=coordinator_id, grants=tuple(Grant(each.role, each.community_id) for each in held))
    found = []
    listed = sorted(await devices.at_or_below([each.community_id for each in held]), key=lambda device: device.made_at)
    for kind, name in (("desk", "desk 签到台"), ("kiosk", "kiosk 兑换机")):
        first = next((device for device in listed if device.kind == kind and device.revoked_at is None), None)
        if first:
            code = (await make_pairing_code(caller, first.id, now)).code
            found.append(f"  {code}     makes a browser the {name} (15 minutes; later: Devices, as {CAST[0].name})")
    return [f"Pairing codes 配对码, to type in at {settings.base_url}/pair", *found]


async def _member(name: str, phone: str | None) -> UUID | None:
    if phone:
        return await members.by_phone(phone)
    found = await sql.value("SELECT id FROM member WHERE name = $1 AND phone IS NULL ORDER BY number LIMIT 1", name)
    return UUID(str(found)) if found else None
