from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from tests.door import doors
from tests.door.doors import Door
from tests.given import People


@pytest_asyncio.fixture(loop_scope="session")
async def door(tx: None, client: httpx.AsyncClient, people: People) -> AsyncIterator[Door]:
    """Thursday's choir, Bob signed up, a desk at the door; the clock stands at nine."""
    opened = await doors.opened(people, client)
    await opened.clock()
    yield opened
