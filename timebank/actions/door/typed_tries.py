"""Typed codes at a desk are few characters: how often one scanner may type codes that lead to nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakValueDictionary

from schedules.codes import Typed
from schedules.reasons import UnknownPass
from timebank.actions.door.door import Scan
from timebank.people import limits

TRIES, WINDOW = 30, timedelta(minutes=15)
"""Typed codes that lead to nobody, for one desk or one phone that scans. Slips do not count: the check character finds them."""

_turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
"""One typed code of a scanner at a time in this process; a lock goes when nobody waits for it."""


def counts(one: Scan) -> bool:
    """Whether it is a typed code at a desk, by hand or uploaded. At self check-in `venue.find_typed` counts."""
    return isinstance(one.code, Typed) and not one.asking.is_self


@contextlib.asynccontextmanager
async def counted(one: Scan, now: datetime) -> AsyncIterator[None]:
    """Around the judging of one scan. A typed code that leads to somebody costs nothing, whatever is then said of it.

    Raises TooManyTries where too many led to nobody by `now`, the server's clock. Scans of passes send no statement for this.
    """
    if not counts(one):
        yield
        return
    bucket = f"typed:{one.asking.scanner_id}"
    # A rush at one scanner goes one by one: codes that lead to somebody would use up the tries while they are judged.
    async with _turns.setdefault(one.asking.scanner_id, asyncio.Lock()):
        # A try is spent before it is judged: guesses that come at once cannot pass together (docs/decisions/0013).
        await limits.spend(bucket, TRIES, WINDOW, now)
        try:
            yield
        except UnknownPass:
            raise
        except BaseException:
            await limits.give_back(bucket, WINDOW, now)
            raise
        await limits.give_back(bucket, WINDOW, now)
