"""Dated rules, inherited down the tree, never edited and never dated back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.given import People
from tests.ledger.purse import NOW
from timebank.communities import policies
from timebank.communities.policies import DatedBack, DayTaken, NoPolicy, Rules
from timebank.database import savepoint

TODAY = date(2026, 11, 26)
"""In Shanghai."""


async def test_the_start_values_are_those_of_the_table(folk: People) -> None:
    rules = (await policies.in_force(folk.building, TODAY)).rules
    assert rules == Rules()
    assert (rules.units_per_hour, rules.grain_minutes, rules.rounding, rules.session_cap) == (100, 15, "down", "planned")


@pytest.mark.scenario("ledger-115")
async def test_the_nearer_policy_applies_and_says_whose_it_is(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(units_per_hour=200), folk.erin.id, NOW)
    near = await policies.in_force(folk.building, TODAY)
    assert (near.rules.units_per_hour, near.community_id) == (200, folk.community)
    elsewhere = await policies.in_force(folk.elsewhere, TODAY)
    assert (elsewhere.rules.units_per_hour, elsewhere.community_id) == (100, folk.sub_district)


@pytest.mark.scenario("ledger-111")
async def test_the_policy_of_a_day_is_the_latest_that_had_begun(folk: People) -> None:
    await policies.publish(folk.sub_district, TODAY + timedelta(days=5), Rules(units_per_hour=150), folk.erin.id, NOW)
    assert (await policies.in_force(folk.building, TODAY + timedelta(days=4))).rules.units_per_hour == 100
    assert (await policies.in_force(folk.building, TODAY + timedelta(days=5))).rules.units_per_hour == 150


@pytest.mark.scenario("ledger-113")
async def test_a_day_before_every_policy_has_none(folk: People) -> None:
    with pytest.raises(NoPolicy):
        await policies.in_force(folk.building, date(2019, 12, 31))


@pytest.mark.scenario("ledger-112")
async def test_a_policy_is_not_dated_back(folk: People) -> None:
    with pytest.raises(DatedBack):
        await policies.publish(folk.community, TODAY - timedelta(days=1), Rules(), folk.erin.id, NOW)
    past_midnight_in_shanghai = datetime.fromisoformat("2026-11-26T16:30:00+00:00")
    with pytest.raises(DatedBack):
        await policies.publish(folk.community, TODAY, Rules(), folk.erin.id, past_midnight_in_shanghai)


@pytest.mark.scenario("ledger-112")
async def test_a_policy_is_not_edited(folk: People) -> None:
    made = await policies.publish(folk.community, TODAY, Rules(units_per_hour=200), folk.erin.id, NOW)
    for statement in ("UPDATE policy SET rules = '{}'", "DELETE FROM policy", "TRUNCATE policy CASCADE"):
        with pytest.raises(asyncpg.PostgresError):
            async with savepoint():
                await sql.rows(statement)
    with pytest.raises(DayTaken):
        await policies.publish(folk.community, TODAY, Rules(), folk.erin.id, NOW)
    assert (await policies.find(made)).rules.units_per_hour == 200


async def test_an_unknown_community_has_no_policy(folk: People) -> None:
    with pytest.raises(NoPolicy):
        await policies.in_force(uuid4(), TODAY)
    with pytest.raises(NotFound):
        await policies.publish(uuid4(), TODAY, Rules(), None, NOW)


async def test_a_node_lists_what_it_has_made_itself(folk: People) -> None:
    await policies.publish(folk.community, TODAY, Rules(), folk.erin.id, NOW, "一小时一分", "a point an hour")
    await policies.publish(folk.community, TODAY + timedelta(days=1), Rules(decimals=0), folk.erin.id, NOW)
    assert [one.valid_from for one in await policies.of(folk.community)] == [TODAY + timedelta(days=1), TODAY]


@pytest.mark.parametrize("wrong", ['{"units_per_hour": -1}', '{"grain_minutes": 0}', '{"no_such_knob": 1}', '{"expiry": 0}'])
def test_rules_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(wrong, type=Rules)


def test_only_what_differs_from_the_start_values_is_written() -> None:
    assert msgspec.json.encode(Rules(units_per_hour=150)) == b'{"units_per_hour":150}'
