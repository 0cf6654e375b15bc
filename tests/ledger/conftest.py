"""Every test of the ledger ends with a ledger that agrees with itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from tests import given
from tests.given import People
from tests.ledger import purse
from timebank.web import clock


@pytest_asyncio.fixture(loop_scope="session")
async def folk(tx: None) -> AsyncIterator[People]:
    """The named people, in a transaction that is rolled back; before that, every reconciliation view is read."""
    yield await given.people(purse.NOW)
    await purse.sound()


@pytest_asyncio.fixture(loop_scope="session")
async def client(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP on the day of `purse.NOW`, whenever the tests run: what is asked of November has begun."""
    clock.put(purse.NOW)
    yield client
    clock.put(None)
