"""A demo that was cut off while it was loaded is no use to anybody: it goes, and the next one begins."""

from __future__ import annotations

import asyncio

import asyncpg

from timebank import migrate
from timebank.errors import CannotRun
from timebank.settings import Settings


class CutOff(CannotRun):
    """Half a demo stands in a database that is not ours to empty."""


async def empty(settings: Settings) -> None:
    """Empties a database that holds nothing but part of a demo, as its owner, and migrates it again. Raises CutOff.

    Only for what `loading.state` calls BEGUN, and only in demo and test mode. The pool is closed.
    """
    if not settings.owner_url or settings.mode == "production":
        raise CutOff(
            "The demo in this database was cut off while it was loaded. Empty the database, or name another data folder "
            "such as TIMEBANK_DATA=data-2, and start again."
        )
    owner = await asyncpg.connect(settings.owner_url)
    try:
        await owner.execute("DROP OWNED BY CURRENT_USER CASCADE")
    finally:
        await owner.close()
    await asyncio.to_thread(migrate.run, settings.owner_url)
