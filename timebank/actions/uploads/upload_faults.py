"""What an item of an upload is answered that was not kept: `busy` where the cause passes by itself, else `fault`."""

from __future__ import annotations

import asyncpg
import structlog

from schedules.errors import Refusal
from schedules.scans import QUICKER
from schedules.sql import Busy
from timebank.actions.uploads.queue import Result

PASSING = (
    Busy,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
"""A lock, a deadlock, a time-out, a database that restarts or was lost: the same item again may go through."""

log = structlog.get_logger("upload")


class Fault(Refusal):
    """The server fell over this item and would do so again; it stays with the desk. Facts: none, the log has the cause."""


def result(nonce: str, error: Exception) -> Result:
    """The answer to an item whose transaction has failed: nothing of it was kept, and the others of its queue are."""
    was_slower = isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name in QUICKER
    if was_slower or isinstance(error, PASSING):
        log.warning("an upload has to be sent again", cause=repr(error), nonce=nonce)
        return Result(nonce=nonce, code="busy", refusal=Busy())
    log.error("an upload failed", exc_info=error, nonce=nonce)
    return Result(nonce=nonce, code="fault", refusal=Fault())
