"""What a use of a room costs: pure arithmetic."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from schedules.errors import Malformed
from tests.spaces.rooms import FRIDAY, ZONE, at, span
from timebank.points import prices
from timebank.points.prices import PriceList, PriceRule

PEAK = PriceRule(units=300, is_peak=True, weekdays=(0, 1, 2, 3, 4), opens=time(17), closes=time(21))
USUAL = PriceRule(units=100)
LIST = PriceList(slot=30, rules=(USUAL, PEAK), free_until=120, late_refund=50)


def lines(text: str, on: date = FRIDAY, kept: PriceList = LIST, grid: int = 30, count: int = 1) -> list[tuple[bool, int, int]]:
    """(is_peak, minutes, units) of each line."""
    return [(line.is_peak, line.minutes, line.total) for line in prices.of(span(text, on), kept, grid, ZONE, count)]


def test_a_day_is_cut_where_its_price_changes() -> None:
    """What a member reads before choosing a time; two open times are told one by one."""
    found = prices.through([span("08:00-12:00"), span("16:00-22:00")], LIST, 30, ZONE)
    assert [(each.starts_at, each.ends_at, each.units, each.is_peak) for each in found] == [
        (at("08:00"), at("12:00"), 100, False),
        (at("16:00"), at("17:00"), 100, False),
        (at("17:00"), at("21:00"), 300, True),
        (at("21:00"), at("22:00"), 100, False),
    ]
    (free,) = prices.through([span("08:00-09:00")], PriceList(slot=30), 15, ZONE)
    assert (free.units, free.slot) == (0, 30)


@pytest.mark.scenario("booking-108", "booking-109")
def test_each_step_has_the_price_of_its_own_time() -> None:
    assert lines("16:00-17:30") == [(False, 60, 200), (True, 30, 300)]
    assert lines("20:30-21:30") == [(True, 30, 300), (False, 30, 100)]
    assert lines("17:00-21:00") == [(True, 240, 2400)]
    assert lines("17:00-18:00", FRIDAY + timedelta(days=1)) == [(False, 60, 200)]
    assert lines("16:00-17:30", count=3) == [(False, 60, 600), (True, 30, 900)]


@pytest.mark.scenario("booking-108")
def test_another_grid_skips_no_price() -> None:
    """Defect 36 of booking.md: a price was silently skipped under another slot layout."""
    assert lines("16:45-17:15", grid=15) == [(False, 15, 50), (True, 15, 150)]
    assert lines("16:00-18:00", grid=120) == [(False, 60, 200), (True, 60, 600)]
    assert lines("16:00-16:10", grid=5) == [(False, 10, 34)]
    assert lines("16:30-16:50", grid=60) == [(False, 20, 67)]


def test_a_window_may_run_past_midnight_and_a_season_may_end() -> None:
    night = PriceRule(units=400, is_peak=True, weekdays=(4,), opens=time(22), closes=time(2), valid_until=FRIDAY)
    kept = PriceList(slot=60, rules=(night,))
    assert lines("21:00-27:00", kept=kept, grid=60) == [(True, 240, 1600)]
    assert lines("22:00-24:00", FRIDAY + timedelta(days=7), kept) == []
    assert lines("00:00-02:00", kept=kept) == []
    with pytest.raises(Malformed):
        prices.check(PriceList(rules=(PriceRule(units=1, valid_from=FRIDAY, valid_until=FRIDAY - timedelta(days=1)),)))


def test_of_two_prices_the_higher_holds_and_no_price_costs_nothing() -> None:
    assert lines("18:00-19:00", kept=PriceList(rules=(PEAK, USUAL))) == [(True, 60, 600)]
    assert lines("10:00-12:00", kept=PriceList(rules=(PEAK,))) == []


@pytest.mark.scenario("booking-111")
def test_what_a_late_cancellation_costs_is_said_by_the_list() -> None:
    assert prices.cancelled(LIST, 1001, at("18:00"), at("16:00")) == 0
    assert prices.cancelled(LIST, 1001, at("18:00"), at("16:00") + timedelta(seconds=1)) == 501
    assert prices.cancelled(PriceList(), 1000, at("18:00"), at("17:59")) == 0


@pytest.mark.scenario("booking-98")
def test_an_early_end_costs_the_used_part_and_of_the_rest_what_the_list_keeps() -> None:
    kept = PriceList(unused_refund=50)
    assert prices.ended_early(kept, 1000, span("10:00-12:00"), at("11:00")) == 750
    assert prices.ended_early(PriceList(), 1000, span("10:00-12:00"), at("11:00")) == 1000
    assert prices.ended_early(PriceList(unused_refund=100), 1000, span("10:00-12:00"), at("10:30")) == 250
