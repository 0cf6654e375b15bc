"""What is promised when, for whom, and how much."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, POINT, balance
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.outbox import intents
from timebank.outbox.functions import KeyConflict, UnknownOwner
from timebank.outbox.intents import Promise
from timebank.points import earning
from timebank.points.earning import Service

TODAY = date(2026, 11, 26)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def service(people: People, minutes: int, **others: Any) -> Service:
    """Bob served that long today, as long as was planned."""
    usual: dict[str, Any] = {
        "attendance_id": uuid4(),
        "version": 1,
        "member_id": people.bob.id,
        "community_id": people.community,
        "zone": SHANGHAI,
        "service_class": "A",
        "planned_minutes": minutes,
        "category": "",
        "served_on": TODAY,
        "earned_at": NOW,
    }
    return Service(minutes=minutes, **(usual | others))


async def earn(of: Service, **others: Any) -> Promise:
    promise = await earning.earn(of, NOW, **others)
    assert promise is not None
    return promise


async def intent(promise: Promise) -> dict[str, Any]:
    return dict(await sql.one("SELECT * FROM intent WHERE id = $1", promise.id))


@pytest.mark.scenario("ledger-1")
async def test_ninety_minutes_become_one_transfer_one_line_and_one_lot(folk: People) -> None:
    promise = await earn(service(folk, 90))
    assert (promise.amount, promise.state) == (150, "pending")
    assert (await balance(folk.bob)).on_the_way == 150
    assert await intents.keep(promise.id, NOW) == "done"
    assert await purse.kinds(folk.bob) == [("credit", 150)]
    assert await purse.lots(folk.bob) == [(150, 150, None)]
    line = dict(await sql.one("SELECT from_account, amount, effective_at, policy_id FROM transfer WHERE id = $1", promise.id))
    assert line == {
        "from_account": -1,
        "amount": 150,
        "effective_at": NOW,
        "policy_id": (await policies.in_force(folk.community, TODAY)).id,
    }


@pytest.mark.scenario("ledger-4")
async def test_points_on_the_way_are_told_apart_from_what_can_be_spent(folk: People) -> None:
    promise = await earn(service(folk, 90))
    before = await balance(folk.bob)
    assert (before.available, before.on_the_way) == (0, 150)
    await intents.keep(promise.id, NOW)
    after = await balance(folk.bob)
    assert (after.available, after.on_the_way) == (150, 0)


@pytest.mark.scenario("ledger-7")
async def test_hours_entered_later_earn_nothing_and_say_why(folk: People) -> None:
    promise = await earn(service(folk, 90, service_class="C"), is_confirmed=True)
    assert (promise.amount, promise.state, promise.reason) == (0, "nothing", "class_c")
    assert await intents.keep(promise.id) == "gone"
    assert await purse.kinds(folk.bob) == []


@pytest.mark.scenario("ledger-9")
async def test_less_than_a_grain_earns_nothing_and_says_why(folk: People) -> None:
    promise = await earn(service(folk, 14))
    assert (promise.amount, promise.state, promise.reason) == (0, "nothing", "below_grain")


@pytest.mark.scenario("ledger-5")
async def test_class_b_promises_nothing_before_a_second_person_confirms(folk: People) -> None:
    listed = service(folk, 60, service_class="B")
    assert await earning.earn(listed, NOW) is None
    assert await sql.value("SELECT count(*) FROM intent") == 0
    promise = await earn(listed, is_confirmed=True)
    assert (promise.amount, promise.state) == (100, "pending")
    assert (await intent(promise))["business_key"] == f"attendance:{listed.attendance_id}:v1"


async def test_a_community_may_let_class_a_wait_for_confirmation(folk: People) -> None:
    """That a stay on record then promises nothing is held where stays are real: tests/afterwards."""
    rules = Rules(class_a="after_confirmation")
    await policies.publish(folk.community, TODAY, rules, folk.erin.id, NOW)
    assert earning.waits(service(folk, 60), rules)
    assert not earning.waits(service(folk, 60), Rules())
    assert (await earn(service(folk, 60), is_confirmed=True)).amount == 100


@pytest.mark.scenario("ledger-15")
async def test_the_same_fact_promises_once(folk: People) -> None:
    served = service(folk, 90)
    assert await earn(served) == await earn(served)
    assert await sql.value("SELECT count(*) FROM intent") == 1


@pytest.mark.scenario("ledger-19")
async def test_a_fact_that_promised_something_else_is_a_conflict(folk: People) -> None:
    served = service(folk, 90)
    await earn(served)
    async with purse.refused(KeyConflict):
        await earning.earn(service(folk, 60, attendance_id=served.attendance_id), NOW)
    async with purse.refused(KeyConflict):
        await earning.earn(service(folk, 90, attendance_id=served.attendance_id, member_id=folk.carol.id), NOW)


@pytest.mark.scenario("ledger-113")
async def test_without_a_policy_the_promise_is_dead_and_nothing_is_invented(folk: People) -> None:
    promise = await earn(service(folk, 90, served_on=date(2019, 5, 1)))
    assert (promise.amount, promise.state, promise.reason) == (0, "dead", "no_policy")
    assert (await intents.backlog()).dead == 1


@pytest.mark.scenario("ledger-37", "ledger-111")
async def test_what_was_promised_is_kept_days_later_as_it_was(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(expiry="end_of_year"), folk.erin.id, NOW)
    promise = await earn(service(folk, 60))
    await policies.publish(folk.community, TODAY + timedelta(days=1), Rules(units_per_hour=500), folk.erin.id, NOW)
    assert await intents.keep(promise.id, NOW + timedelta(days=3)) == "done"
    assert await purse.lots(folk.bob) == [(100, 100, datetime(2026, 12, 31, 16, tzinfo=UTC))]
    assert await sql.value("SELECT effective_at FROM transfer WHERE id = $1", promise.id) == NOW


@pytest.mark.scenario("ledger-111")
async def test_yesterdays_service_earns_yesterdays_rate(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(units_per_hour=500), folk.erin.id, NOW)
    assert (await earn(service(folk, 60, served_on=TODAY - timedelta(days=1)))).amount == 100
    assert (await earn(service(folk, 60))).amount == 500


@pytest.mark.scenario("ledger-106")
async def test_a_third_hour_beyond_the_days_cap_earns_nothing_and_says_why(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(day_cap_units=2 * POINT), folk.erin.id, NOW)
    assert [(await earn(service(folk, 60))).amount for _ in range(2)] == [100, 100]
    third = await earn(service(folk, 60))
    assert (third.amount, third.state, third.reason) == (0, "nothing", "day_cap")


async def test_the_cap_cuts_and_a_repeat_is_told_the_same(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(day_cap_units=150), folk.erin.id, NOW)
    await earn(service(folk, 60))
    second = service(folk, 60)
    assert [(await earn(second)).amount for _ in range(2)] == [50, 50]
    assert await sql.value("SELECT granted FROM earn_day") == 150


@pytest.mark.scenario("ledger-108")
async def test_the_day_of_a_cap_is_the_service_day_of_the_community(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(day_cap_units=100), folk.erin.id, NOW)
    for day in (TODAY, TODAY + timedelta(days=1)):
        assert (await earn(service(folk, 60, served_on=day))).amount == 100
    assert await sql.value("SELECT count(*) FROM earn_day") == 2


@pytest.mark.scenario("ledger-114")
@pytest.mark.parametrize("rules", [Rules(), Rules(session_cap=60), Rules(grain_minutes=60, rounding="up")])
async def test_what_sign_up_foretells_is_what_is_credited(folk: People, rules: Rules) -> None:
    await policies.publish(folk.community, TODAY, rules, folk.erin.id, NOW)
    foretold = earning.preview(90, rules)
    promise = await earn(service(folk, 90))
    await intents.keep(promise.id, NOW)
    assert await purse.kinds(folk.bob) == [("credit", foretold)]


@pytest.mark.scenario("ledger-109")
async def test_staying_longer_than_planned_earns_the_plan(folk: People) -> None:
    assert (await earn(service(folk, 160, planned_minutes=120))).amount == 200


async def test_a_new_member_gets_an_account_with_the_first_promise(folk: People) -> None:
    newcomer: UUID = uuid4()
    await sql.rows(
        "INSERT INTO member (id, community_id, household_id, name, joined_at) VALUES ($1, $2, $3, 'Gus', $4)",
        newcomer,
        folk.building,
        folk.carol.household_id,
        NOW,
    )
    promise = await earn(service(folk, 60, member_id=newcomer))
    assert await intents.keep(promise.id, NOW) == "done"


async def test_nobody_earns_without_being_known(folk: People) -> None:
    async with purse.refused(UnknownOwner):
        await earning.earn(service(folk, 60, member_id=uuid4()), NOW)


async def test_a_community_earns_into_its_pool(folk: People) -> None:
    made = await intents.promise("group:1", folk.community, 100, earned_at=NOW, at=NOW)
    assert await intents.keep(made.id, NOW) == "done"
    assert await sql.value("SELECT kind FROM account WHERE owner_id = $1", folk.community) == "pool"
