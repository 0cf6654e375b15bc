"""Corrections of one stay, and the worker that has its first credit, all at once: with real commits."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.test_corrections import correct
from tests.ledger.test_promises import earn, service
from tests.races.crowd import all_at_once, alone, beside
from timebank.database import transaction
from timebank.outbox import intents
from timebank.outbox.functions import KeyConflict
from timebank.points.earning import Correction

pytestmark = pytest.mark.race


@pytest.mark.scenario("ledger-102")
async def test_two_corrections_of_one_stay_follow_each_other(folk: People) -> None:
    for _ in range(8):
        stay = uuid4()
        await intents.keep((await earn(service(folk, 120, attendance_id=stay))).id)
        found = await all_at_once(correct(folk, stay, version, minutes) for version, minutes in ((2, 90), (3, 150), (4, 30)))
        assert {type(one) for one in found} <= {Correction, KeyConflict}, found
        assert isinstance(found[-1], Correction), "only an earlier version may be overtaken"
        brought = await sql.value(
            "SELECT sum(CASE kind WHEN 'correct' THEN -amount ELSE amount END) FROM intent WHERE business_key LIKE $1",
            f"attendance:{stay}:%",
        )
        assert brought == 50
    assert await purse.available(folk.bob) == 4


async def test_the_same_correction_sent_many_times_at_once_is_booked_once(folk: People) -> None:
    stay = uuid4()
    await intents.keep((await earn(service(folk, 120, attendance_id=stay))).id)
    found = await all_at_once(correct(folk, stay, 2, 90) for _ in range(10))
    assert len(set(found)) == 1, found
    assert await purse.available(folk.bob) == 1.5


@pytest.mark.scenario("ledger-144")
async def test_a_correction_and_a_worker_at_the_first_credit_at_once(folk: People) -> None:
    for n in range(10):
        stay = uuid4()
        promise = await earn(service(folk, 120, attendance_id=stay))
        tries = [correct(folk, stay, 2, 90), intents.keep(promise.id), intents.keep_many([promise.id])]
        found = await all_at_once(tries[n % 3 :] + tries[: n % 3])
        assert [one for one in found if isinstance(one, BaseException)] == []
    assert await purse.available(folk.bob) == 15


@pytest.mark.scenario("ledger-144")
async def test_a_correction_waits_for_the_worker_that_has_the_first_credit(folk: People) -> None:
    stay = uuid4()
    promise = await earn(service(folk, 120, attendance_id=stay))
    async with transaction():
        assert await intents.keep(promise.id) == "done"
        correction = beside(alone(correct(folk, stay, 2, 90)))
        await asyncio.sleep(0.3)
        assert not correction.done()
    assert (await correction).amount == -50
    assert await purse.kinds(folk.bob) == [("credit", 200), ("correct", -50)]
