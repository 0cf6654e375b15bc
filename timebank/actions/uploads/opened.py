"""The items of a queue with their codes: what the desk has sealed to this server is opened, once for the whole request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from schedules import codes
from timebank.actions.uploads import queue
from timebank.actions.uploads.queue import Item, Result
from timebank.people.sealed_codes import CannotOpen, Scanned, open_sealed


async def read(desk_id: UUID, raw: Sequence[Any]) -> list[Item | Result]:
    """In the order sent. One that cannot be opened is answered so and stays with the desk; the others go on."""
    found = [queue.read(one) for one in raw]
    if not any(isinstance(one, Item) and one.sealed for one in found):
        return found
    # A thousand of them take a fifth of a second: not while others wait for their answers.
    return await asyncio.to_thread(lambda: [_opened(desk_id, one, each) for one, each in zip(raw, found, strict=True)])


def _opened(desk_id: UUID, raw: Mapping[str, Any], item: Item | Result) -> Item | Result:
    if isinstance(item, Result) or not item.sealed:
        return item
    try:
        code = open_sealed(item.sealed, scanned(desk_id, raw))
    except CannotOpen as refusal:
        return Result(nonce=item.nonce, code="cannot_open", refusal=refusal)
    if not 0 < len(code) <= codes.LONGEST:
        return Result(nonce=item.nonce, code="malformed", reason="sealed: no code of this length")
    return msgspec.structs.replace(item, code=code, sealed="")


def scanned(desk_id: UUID, raw: Mapping[str, Any]) -> Scanned:
    """What the desk has bound its code to: the item's own texts, before they are read."""
    skew = raw.get("skew_ms")
    return Scanned(
        desk=str(desk_id),
        nonce=raw["nonce"],
        direction=raw.get("direction", "in"),
        happened_at=str(raw["happened_at"]),
        skew_ms="" if skew is None else str(skew),
    )
