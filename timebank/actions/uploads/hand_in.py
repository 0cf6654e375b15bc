"""What a withdrawn desk had not sent, handed in by staff from its file: judged as the desk's own upload, under their name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sessions, sql
from schedules.errors import Refusal
from timebank.actions.action import RequestKey, action
from timebank.actions.community.devices import see_device
from timebank.actions.uploads import desk_file, queue
from timebank.actions.uploads.desk_file import Line, NoScans
from timebank.actions.uploads.queue import Item, Result
from timebank.actions.uploads.upload import upload
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.people.devices import Device


class DeskInUse(Refusal):
    """It was not withdrawn, or is no desk: it sends its scans by itself. Facts: none."""


class Looked(msgspec.Struct, frozen=True):
    """A desk and what its file holds."""

    device: Device
    lines: list[Line]


async def look(caller: Caller, device_id: UUID, file: bytes, now: datetime) -> Looked:
    """Changes nothing. Raises NotFound, NotAllowed, DeskInUse, NoScans, FileOfAnother."""
    device, withdrawn_at = await _withdrawn(caller, device_id)
    raw, nodes = desk_file.items(device_id, file), caller.nodes(Right.MANAGE_DEVICES)
    found = await desk_file.lines(device_id, raw, nodes, withdrawn_at, now)
    if not found:
        raise NoScans(field="file", reason="no scans")
    return Looked(device, found)


async def hand_in(
    caller: Caller,
    device_id: UUID,
    file: bytes,
    chosen: Mapping[str, UUID],
    left_out: Collection[str],
    vouched: Collection[str],
    now: datetime,
    kept: RequestKey | None = None,
) -> list[Result]:
    """The results by item, in the order of the file. `chosen`: sessions by nonce, for what the desk had only noted. `vouched`:
    what was made after the desk was withdrawn and yet is taken over; the rest of that stays out.

    Judged as an upload of that desk, each item at its own time. A file is the word of whoever hands it in, and no more: with
    the desk's public seal anybody could have written it. So it is in the log as theirs, and makes hours once a second person
    has confirmed them (rules.md 2). Safe to repeat, whole or in part: a scan counts once, and with the same key it is noted
    once. Raises NotFound, NotAllowed, DeskInUse, NoScans, FileOfAnother, KeyConflict.
    """
    device, withdrawn_at = await _withdrawn(caller, device_id)
    taken = [one for one in desk_file.items(device_id, file) if one["nonce"] not in left_out]
    late = {one["nonce"] for one in taken if _at(one, now) > withdrawn_at}
    raw = [one for one in taken if one["nonce"] not in late - set(vouched)]
    if not raw:
        raise NoScans(field="file", reason="nothing was chosen")
    placed = await _placed(raw, chosen)
    named = sum(one is not other for one, other in zip(raw, placed, strict=True))
    await _note.once(kept, caller, device_id, len(raw), named, len(late & set(vouched)), now)
    return await upload(_as_desk(caller, device), now, [_as_word(one) for one in placed], now)


@action
async def _note(caller: Caller, device_id: UUID, items: int, chosen: int, after: int, now: datetime) -> None:
    """Who handed in how much: what lets an upload of a withdrawn desk in."""
    await sql.rows(
        "INSERT INTO desk_hand_in (device_id, by_id, at, items, chosen) VALUES ($1, $2, $3, $4, $5)",
        device_id,
        caller.member(),
        now,
        items,
        chosen,
    )
    await audit.write(caller.id, "device.handed_in", f"device:{device_id}", now, items=items, chosen=chosen, after=after)


def _as_word(one: Mapping[str, Any]) -> dict[str, Any]:
    """Neither the desk stands for it nor whom it names for its operator: whoever hands it in does. An undo gives no hours."""
    own = {name: said for name, said in one.items() if name != "operator"} | {"by_word": True}
    return dict(one) if one.get("undoes") else own


def _at(one: Any, now: datetime) -> datetime:
    """When it happened, as an upload reckons it; of what makes no sense, as long ago as can be."""
    item = queue.read(one)
    return queue.timed(0, item, now, now).at if isinstance(item, Item) else datetime.min.replace(tzinfo=UTC)


async def _withdrawn(caller: Caller, device_id: UUID) -> tuple[Device, datetime]:
    device = await see_device(caller, device_id)
    if device.kind != "desk" or device.revoked_at is None:
        raise DeskInUse()
    return device, device.revoked_at


async def _placed(raw: Sequence[Any], chosen: Mapping[str, UUID]) -> list[Any]:
    """With the session that was chosen, where the desk had not judged. What nobody chose a session for stays as it came."""
    open_ = {one["nonce"] for one in raw if _is_noted(one) and one["nonce"] in chosen}
    at = {nonce: await sessions.one(chosen[nonce]) for nonce in open_}
    return [
        one | {"session": str(at[one["nonce"]].id), "activities": [str(at[one["nonce"]].activity_id)]}
        if _is_noted(one) and one["nonce"] in at
        else one
        for one in raw
    ]


def _is_noted(one: Mapping[str, Any]) -> bool:
    return one.get("reason") == "unjudged" and not one.get("session") and isinstance(one.get("nonce"), str)


def _as_desk(caller: Caller, device: Device) -> Caller:
    """Whose scans they are: the desk's, at its node, with the member's own rights beside."""
    return msgspec.structs.replace(
        caller,
        device_id=device.id,
        device_kind="desk",
        device_name=device.name,
        device_name_en=device.name_en,
        device_community_id=device.community_id,
    )
