"""arq's job: keeps the promises that the bell named. A job carries ids and nothing else; run twice, it does nothing (A2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from schedules.sql import Busy
from timebank.outbox import intents

log = structlog.get_logger()

UNREACHABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError, Busy)
"""What happens when PostgreSQL is away, busy or starting; the promise stays pending and the sweeper comes by."""


async def credit(ctx: dict[str, Any], intent_ids: Sequence[str]) -> int:
    """How many were kept. One statement for all; those whose wallet was locked follow one by one and wait for it.

    Raises ValueError for what is no id; a failure of PostgreSQL is logged and left to the sweeper (A4: arq would not retry).
    """
    ids = [UUID(one) for one in intent_ids]
    try:
        kept = await intents.keep_many(ids)
        return kept.count + sum([await intents.keep(one) == "done" for one in kept.left_over])
    except UNREACHABLE as error:
        log.warning("credit left to the sweeper", promises=len(ids), error=f"{type(error).__name__}: {error}")
        return 0
