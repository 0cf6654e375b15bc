"""Whatever is done to the ledger, in whatever order: it says what the book says, and agrees with itself."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.proofs import machine

IS_LONG = os.environ.get("PROOFS") == "long"
WALKS: dict[machine.Who, int] = {"everybody": 1500, "bob": 1500} if IS_LONG else {"everybody": 30, "bob": 30}
STEPS = 60 if IS_LONG else 40


@pytest.mark.scenario("ledger-47", "ledger-48", "ledger-62", "ledger-98", "ledger-101")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("who", ["everybody", "bob"])
async def test_the_ledger_says_what_the_book_says(committed: str, who: machine.Who) -> None:
    """In a thread, since walks are not asynchronous. `make proofs` walks far; `--hypothesis-seed=N` walks its ways again."""
    await asyncio.to_thread(machine.walk, committed, who, WALKS[who], STEPS, is_long=IS_LONG)
