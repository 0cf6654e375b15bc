"""Hours corrected after they earned: the difference is booked, and the sum over all versions is the last one's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, balance, refused
from tests.ledger.test_promises import TODAY, earn, service
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.outbox import intents
from timebank.outbox.functions import KeyConflict
from timebank.points import earning, ledger
from timebank.points.earning import Correction
from timebank.points.refusals import AlreadySpent, FourEyes, NothingLeft, PromiseStuck, ReasonMissing


async def correct(
    people: People, stay: UUID, version: int, minutes: int, by: UUID | None = None, reason: str = "left early", **others: Any
) -> Correction:
    new = service(people, minutes, attendance_id=stay, version=version, planned_minutes=600, **others)
    return await earning.correct(new, by or people.dan.id, reason, NOW)


async def served(people: People, minutes: int, *, is_kept: bool = True) -> UUID:
    stay = uuid4()
    promise = await earn(service(people, minutes, attendance_id=stay))
    if is_kept:
        await intents.keep(promise.id, NOW)
    return stay


@pytest.mark.scenario("ledger-101")
async def test_the_difference_is_booked_and_linked_to_the_first_credit(folk: People) -> None:
    stay = await served(folk, 120)
    less = await correct(folk, stay, 2, 90)
    assert (less.amount, less.state) == (-50, "done")
    assert await purse.available(folk.bob) == 1.5
    first = await sql.value("SELECT id FROM transfer WHERE kind = 'credit'")
    assert await sql.value("SELECT relates_to FROM transfer WHERE kind = 'correct'") == first
    more = await correct(folk, stay, 3, 150)
    assert (more.amount, more.state) == (100, "pending")
    await intents.keep(more.id, NOW)
    assert await purse.available(folk.bob) == 2.5
    assert await purse.kinds(folk.bob) == [("credit", 200), ("correct", -50), ("credit", 100)]


async def test_a_correction_is_booked_once(folk: People) -> None:
    stay = await served(folk, 120)
    assert await correct(folk, stay, 2, 90) == await correct(folk, stay, 2, 90)
    assert await purse.available(folk.bob) == 1.5
    async with refused(KeyConflict):
        await correct(folk, stay, 2, 60)


async def test_a_correction_within_the_grain_changes_nothing_and_says_so(folk: People) -> None:
    stay = await served(folk, 120)
    same = await correct(folk, stay, 2, 125)
    assert (same.amount, same.state, same.reason) == (0, "nothing", "unchanged")


@pytest.mark.scenario("ledger-144")
async def test_a_first_credit_that_is_pending_is_kept_before_the_correction(folk: People) -> None:
    stay = await served(folk, 120, is_kept=False)
    assert (await correct(folk, stay, 2, 90)).amount == -50
    assert await purse.kinds(folk.bob) == [("credit", 200), ("correct", -50)]


async def test_service_that_earned_nothing_may_earn_by_its_correction(folk: People) -> None:
    stay = await served(folk, 10)
    more = await correct(folk, stay, 2, 60)
    assert (more.amount, more.state) == (100, "pending")
    await intents.keep(more.id, NOW)
    assert (await correct(folk, stay, 3, 0)).amount == -100
    assert await purse.available(folk.bob) == 0


async def test_a_correction_of_what_was_spent_is_owed_or_refused(folk: People) -> None:
    shelf = await purse.shelf(folk, 2, price=1)
    stay = await served(folk, 60)
    await shelf.redeem(folk.bob)
    await correct(folk, stay, 2, 30)
    assert (await balance(folk.bob)).owed == 50
    await policies.publish(folk.community, TODAY, Rules(spent_credit="refuse"), folk.erin.id, NOW)
    async with refused(AlreadySpent, amount=50, available=0):
        await correct(folk, stay, 3, 0)


@pytest.mark.scenario("ledger-111")
async def test_a_correction_uses_the_rate_of_the_service_day(folk: People) -> None:
    stay = await served(folk, 60)
    await policies.publish(folk.community, TODAY + timedelta(days=1), Rules(units_per_hour=500), folk.erin.id, NOW)
    assert (await correct(folk, stay, 2, 120)).amount == 100


@pytest.mark.scenario("ledger-111")
async def test_rules_that_begin_on_the_service_day_pay_nothing_twice(folk: People) -> None:
    """Defect guarded: a scan that came late changed no minute, and the promise of before was filled up to the new rate."""
    stay = await served(folk, 60)
    await policies.publish(folk.community, TODAY, Rules(units_per_hour=500), folk.erin.id, NOW)
    assert (await correct(folk, stay, 2, 60)).state == "nothing"
    assert (await correct(folk, stay, 3, 120)).amount == 100


async def test_a_correction_keeps_the_days_cap_and_gives_room_back(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(day_cap_units=200), folk.erin.id, NOW)
    one, two = await served(folk, 60), await served(folk, 60)
    capped = await correct(folk, one, 2, 120)
    assert (capped.amount, capped.state, capped.reason) == (0, "nothing", "day_cap")
    assert (await correct(folk, two, 2, 30)).amount == -50
    assert await sql.value("SELECT granted FROM earn_day WHERE service_on = $1", date(2026, 11, 26)) == 150
    assert (await correct(folk, one, 3, 120)).amount == 50


async def test_a_stay_whose_credit_was_reversed_comes_to_what_the_correction_says(folk: People) -> None:
    stay = await served(folk, 60)
    await ledger.reverse(await sql.value("SELECT id FROM transfer"), folk.dan.id, "was not there", at=NOW)
    more = await correct(folk, stay, 2, 30)
    assert (more.amount, more.state) == (50, "pending")


@pytest.mark.scenario("ledger-104")
async def test_a_correction_needs_a_reason_and_somebody_else(folk: People) -> None:
    stay = await served(folk, 120)
    async with refused(ReasonMissing):
        await correct(folk, stay, 2, 90, reason="")
    async with refused(FourEyes):
        await correct(folk, stay, 2, 90, by=folk.bob.id)


async def test_a_correction_passes_over_no_promise_that_is_stuck(folk: People) -> None:
    stay = await served(folk, 120, is_kept=False)
    await sql.rows("SELECT ledger.note_failure(id, 'XX000', 'no disk', 1) FROM intent")
    async with refused(PromiseStuck):
        await correct(folk, stay, 2, 90)


async def credited(stay: UUID) -> UUID:
    found = await sql.value("SELECT transfer_id FROM intent WHERE business_key = $1", f"attendance:{stay}:v1")
    assert isinstance(found, UUID)
    return found


async def test_a_reversal_takes_what_corrections_have_left_and_nothing_twice(folk: People) -> None:
    """Defect guarded: an hour was corrected away, and the credit then taken back in full: one hour more than was given."""
    await purse.earn(folk.bob, 9)
    stay = await served(folk, 120)
    await correct(folk, stay, 2, 30)
    await ledger.reverse(await credited(stay), folk.dan.id, "was not there", at=NOW)
    assert await purse.available(folk.bob) == 9
    other = await served(folk, 60)
    await correct(folk, other, 2, 0)
    async with refused(NothingLeft):
        await ledger.reverse(await credited(other), folk.dan.id, "was not there", at=NOW)
