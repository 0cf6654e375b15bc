"""Makes exports that somebody asked for, each in one snapshot; those whose time is over go."""

from __future__ import annotations

import tempfile
from datetime import datetime
from uuid import UUID

from timebank.actions.exports import exports
from timebank.database import transaction
from timebank.jobs import items
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.web import export_files

PIECE = 1_000_000
"""Bytes of a part, as it is kept and sent."""
IN_MEMORY = 8_000_000


async def run(now: datetime) -> int:
    """Killed anywhere, nothing of the file is there, and the next run makes it."""
    waiting = await exports.waiting(now)

    async def make_one(export_id: UUID) -> None:
        await make(export_id, now)

    return await items.each("make exports", waiting, make_one, now)


async def make(export_id: UUID, now: datetime) -> bool:
    """The file, its parts and the message that it is there; False where somebody else makes it."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as packed:
        async with transaction():
            await exports.one_snapshot()
            export = await exports.claim(export_id)
            if export is None:
                return False
            await export_files.write(export, await exports.files(export), now, packed)
            await exports.keep(export_id, packed, PIECE, now)
            path = "/office/exports" if export.community_id else "/me/export"
            made = Message(key=f"export:{export.id}", person_id=export.asked_by, kind="export_made", path=path)
            await messages.promise([made], now)
    return True


async def forget(now: datetime) -> int:
    """The parts of exports whose time is over; that they were asked for stays."""
    return await exports.forget(now)
