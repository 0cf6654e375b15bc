"""A database of one's own in which commits are real, and a ledger that agrees with itself at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests import conftest, given
from tests.given import People
from tests.ledger import purse
from tests.races import crowd


@pytest_asyncio.fixture(loop_scope="session")
async def folk(committed: str) -> AsyncIterator[People]:
    """The named people, on a pool large enough for a crowd."""
    await conftest.use(committed, crowd.SIZE)
    yield await given.people(purse.NOW)
    await crowd.sound()
