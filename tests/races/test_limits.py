"""Limits hold over tasks, processes and machines."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests import given
from timebank.actions.people.members import set_pin
from timebank.people import limits, pins

GUESSES = """
import asyncio, sys
from datetime import datetime
from uuid import UUID, uuid4
from schedules import sql
from timebank import database
from timebank.people import pins
from timebank.people.limits import TooManyTries
from timebank.people.pins import WrongPin

async def guess(kiosk, now):
    try:
        await pins.check(UUID(sys.argv[2]), "000000", kiosk, now)
    except (TooManyTries, WrongPin) as refused:
        print(type(refused).__name__)

async def main():
    sql.engine().config = sql.engine().config | {"dsn": sys.argv[1]}
    await database.start_pool(4)
    kiosk, now = uuid4(), datetime.fromisoformat(sys.argv[3])
    await asyncio.gather(*(guess(kiosk, now) for _ in range(5)))
    await database.close_pool()

asyncio.run(main())
"""


@pytest.mark.race
async def test_fifty_tries_at_once_are_counted_one_by_one(committed: str, now: datetime) -> None:
    window = timedelta(minutes=15)
    answers = await asyncio.gather(*(limits.spend("bucket", 10, window, now) for _ in range(50)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 10
    assert sum(isinstance(answer, limits.TooManyTries) for answer in answers) == 40
    await asyncio.gather(*(limits.give_back("bucket", window, now) for _ in range(3)))
    answers = await asyncio.gather(*(limits.spend("bucket", 10, window, now) for _ in range(5)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 3


async def test_no_boundary_doubles_the_tries(tx: None, now: datetime) -> None:
    """Ten at the end of one quarter of an hour and ten at the start of the next were twenty within a minute."""
    window, minute = timedelta(minutes=15), timedelta(minutes=1)
    for _ in range(10):
        await limits.spend("bucket", 10, window, now - minute)
    with pytest.raises(limits.TooManyTries) as refused:
        await limits.spend("bucket", 10, window, now + minute)
    again_at: datetime = refused.value.again_at
    assert now + 12 * minute < again_at <= now + 14 * minute
    with pytest.raises(limits.TooManyTries):
        await limits.spend("bucket", 10, window, again_at - timedelta(seconds=1))
    await limits.spend("bucket", 10, window, again_at)


@pytest.mark.race
@pytest.mark.scenario("ledger-141")
async def test_ten_wrong_pins_from_two_kiosks_and_two_processes_meet_one_limit(committed: str, now: datetime) -> None:
    """Guards L7. The processes know no Redis at all."""
    bob = (await given.people(now)).bob
    await set_pin(bob.caller, bob.id, "274913", now)
    command = [sys.executable, "-c", GUESSES, committed, str(bob.id), now.isoformat()]
    running = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(2)]
    told = b"".join([(await process.communicate())[0] for process in running]).decode().split()
    assert told.count("WrongPin") == pins.TRIES
    assert told.count("TooManyTries") == 10 - pins.TRIES
    with pytest.raises(limits.TooManyTries):
        await pins.check(bob.id, "274913", uuid4(), now)
