"""Minutes into points, and how long they live: no database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from timebank.communities.policies import Rules
from timebank.points.rates import earning_minutes, expires_at, months_after, points_for

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.scenario("ledger-8", "ledger-9")
@pytest.mark.parametrize(("minutes", "units"), [(0, 0), (14, 0), (15, 25), (29, 25), (52, 75), (90, 150), (600, 1000)])
def test_points_go_by_whole_quarters_of_an_hour(minutes: int, units: int) -> None:
    assert points_for(minutes, Rules()) == units


@pytest.mark.scenario("ledger-10")
def test_a_category_has_its_own_rate_and_no_half_units() -> None:
    rules = Rules(category_percents={"night": 150})
    assert points_for(45, rules, "night") == 112
    assert points_for(45, rules, "day") == 75


@pytest.mark.parametrize(("rounding", "units"), [("down", 75), ("nearest", 75), ("up", 100)])
def test_fifty_two_minutes_round_as_the_policy_says(rounding: Literal["down", "nearest", "up"], units: int) -> None:
    assert points_for(52, Rules(rounding=rounding)) == units


def test_the_nearest_quarter_of_fifty_three_minutes_is_an_hour() -> None:
    assert points_for(53, Rules(rounding="nearest")) == 100


def test_units_are_whole_whatever_the_rate() -> None:
    rules = Rules(units_per_hour=33, grain_minutes=1)
    assert [points_for(minutes, rules) for minutes in (1, 2, 20, 60)] == [0, 1, 11, 33]


@pytest.mark.scenario("ledger-109")
def test_minutes_beyond_the_plan_earn_nothing_unless_the_policy_says_so() -> None:
    assert earning_minutes(160, 120, Rules()) == 120
    assert earning_minutes(100, 120, Rules()) == 100
    assert earning_minutes(160, 120, Rules(session_cap=90)) == 90
    assert earning_minutes(160, 120, Rules(session_cap=None)) == 160


def test_points_live_for_ever_unless_the_policy_ends_them() -> None:
    assert expires_at(date(2026, 6, 30), Rules(), SHANGHAI) is None


def test_points_of_a_year_end_with_it_in_the_communitys_own_zone() -> None:
    assert expires_at(date(2026, 6, 30), Rules(expiry="end_of_year"), SHANGHAI) == datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.mark.scenario("ledger-59")
def test_points_of_new_years_eve_live_for_the_shortest_life() -> None:
    eve = date(2026, 12, 31)
    assert expires_at(eve, Rules(expiry="end_of_year"), SHANGHAI) == datetime(2027, 1, 30, 16, tzinfo=UTC)
    at_once = expires_at(eve, Rules(expiry="end_of_year", shortest_life_days=0), SHANGHAI)
    assert at_once == datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.mark.scenario("ledger-60")
def test_twelve_months_from_a_leap_day_end_with_february() -> None:
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert expires_at(date(2028, 2, 29), Rules(expiry=12), SHANGHAI) == datetime(2029, 2, 28, 16, tzinfo=UTC)


def test_months_run_over_the_end_of_a_year() -> None:
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 31), 1) == date(2027, 1, 31)
