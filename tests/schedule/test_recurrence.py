"""Rules of recurrence: read, refused, expanded; compared with dateutil over ten years."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

import pytest
from dateutil import rrule
from dateutil.rrule import rrulestr
from hypothesis import given as for_any
from hypothesis import settings as how
from hypothesis import strategies as st

from schedules import recurrence, rrules, walltimes
from schedules.errors import Malformed
from schedules.recurrence import NeverOccurs, Rule, Weekday

MONDAY = date(2026, 11, 30)
FAR = date(2036, 11, 30)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "Pacific/Auckland")


def days(text: str, first: date = MONDAY, before: date = FAR, limit: int = 1000) -> list[date]:
    rule = rrules.parse(text)
    recurrence.check(rule, first)
    return recurrence.dates(rule, first, first, before, limit)


@pytest.mark.scenario("schedule-7")
def test_a_rule_with_a_count_gives_exactly_that_many_days() -> None:
    assert len(days("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=7")) == 7


@pytest.mark.scenario("schedule-7", "booking-73")
def test_the_last_day_is_included_and_nothing_comes_after_it() -> None:
    assert days("FREQ=WEEKLY;UNTIL=20261221") == [MONDAY + timedelta(weeks=week) for week in range(4)]
    assert days("FREQ=WEEKLY;UNTIL=20261220")[-1] == date(2026, 12, 14)


@pytest.mark.scenario("schedule-8")
@pytest.mark.parametrize(
    "text",
    ["FREQ=DAILY\nFREQ=WEEKLY", "RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY RDATE:20261201"],
)
def test_two_rules_in_one_series_are_refused_in_plain_words(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        rrules.parse(text)
    assert refused.value.reason == "one series has one rule; plan a second series for the other"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "every tuesday",
        "FREQ=HOURLY",
        "FREQ=SECONDLY;COUNT=3",
        "INTERVAL=2",
        "FREQ=WEEKLY;;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2TU",
        "FREQ=WEEKLY;BYMONTHDAY=3",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=-2MO",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=-29",
        "FREQ=MONTHLY;BYMONTHDAY=3;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
        "FREQ=YEARLY;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;INTERVAL=999999999",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=1000000",
        "FREQ=DAILY;COUNT=99999999999999999999",
        "FREQ=DAILY;COUNT=3;UNTIL=20261231",
        "FREQ=DAILY;UNTIL=20261231T235959Z",
        "FREQ=DAILY;UNTIL=20261231T180000",
        "FREQ=DAILY;UNTIL=20260230",
        "FREQ=WEEKLY;WKST=SU",
        "FREQ=WEEKLY;BYHOUR=3",
        "RDATE;VALUE=DATE:",
        "RDATE;VALUE=DATE:20261201T100000",
        "RDATE;VALUE=DATE:00010101",
        "FREQ=DAILY;X-A=1",
        "A" * 20_000,
    ],
)
def test_what_nobody_supports_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        rrules.parse(text)
    assert refused.value.field == "rule"
    assert refused.value.reason


@pytest.mark.scenario("booking-74")
def test_weekdays_that_do_not_occur_in_the_range_are_refused() -> None:
    with pytest.raises(NeverOccurs):
        days("FREQ=WEEKLY;BYDAY=TH;UNTIL=20261202")
    with pytest.raises(NeverOccurs):
        days("FREQ=WEEKLY;UNTIL=20261129")
    with pytest.raises(NeverOccurs):
        days("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", date(2027, 2, 1))


def test_what_reaches_further_than_ten_years_is_refused() -> None:
    for text in ("FREQ=YEARLY;COUNT=20", "FREQ=WEEKLY;COUNT=900", "FREQ=DAILY;UNTIL=21991231", "RDATE;VALUE=DATE:20400101"):
        with pytest.raises(Malformed):
            days(text)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;COUNT=1000",
        "FREQ=DAILY;UNTIL=20361130",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;INTERVAL=11;BYMONTHDAY=31",
        "FREQ=YEARLY;INTERVAL=10",
        "FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=30",
        "FREQ=WEEKLY;INTERVAL=104;COUNT=1000",
    ],
)
@pytest.mark.parametrize("first", [MONDAY, date(2027, 2, 28), date(2028, 2, 29), date(2027, 1, 31)])
def test_no_rule_costs_more_than_a_step_a_day(text: str, first: date) -> None:
    steps, info = 0, rrule._iterinfo

    class Counted(info):  # type: ignore[misc,valid-type]
        def rebuild(self, *values: int) -> None:
            nonlocal steps
            steps += 1
            super().rebuild(*values)

    with patch.object(rrule, "_iterinfo", Counted), suppress(Malformed):
        days(text, first)
    assert steps < 3 * 3700


def test_a_series_that_is_years_old_costs_what_a_new_one_does() -> None:
    rule = rrules.parse("FREQ=DAILY;INTERVAL=3")
    with patch.object(recurrence, "_expand", wraps=recurrence._expand) as expanded:
        found = recurrence.dates(rule, MONDAY, FAR, FAR + timedelta(days=30))
    assert expanded.call_args.args[2] > FAR - timedelta(days=3)
    assert all((day - MONDAY).days % 3 == 0 for day in found)
    assert len(found) in (10, 11)


@pytest.mark.scenario("booking-71")
def test_the_fifth_monday_is_the_last_one_where_a_month_has_four() -> None:
    found = days("FREQ=MONTHLY;BYDAY=5MO;COUNT=4")
    assert found == [MONDAY, date(2026, 12, 28), date(2027, 1, 25), date(2027, 2, 22)]


@pytest.mark.scenario("booking-72")
def test_a_monthly_31st_says_which_months_it_skips_and_the_last_day_skips_none() -> None:
    rule = rrules.parse("FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20270731")
    first = date(2026, 12, 31)
    assert recurrence.skipped_months(rule, first, FAR) == [date(2027, 2, 1), date(2027, 4, 1), date(2027, 6, 1)]
    assert len(recurrence.dates(rule, first, first, FAR)) == 5
    last = rrules.parse("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20270731")
    assert recurrence.skipped_months(last, first, FAR) == []
    assert len(recurrence.dates(last, first, first, FAR)) == 8
    implied = Rule(freq="MONTHLY", until=date(2027, 3, 31))
    assert recurrence.skipped_months(implied, first, FAR) == [date(2027, 2, 1)]


@pytest.mark.scenario("booking-72")
def test_the_30th_or_else_the_last_day_is_a_rule_that_calendars_read_as_well() -> None:
    rule = Rule(freq="MONTHLY", month_days=(30,), or_last_day=True)
    assert rrules.text(rule) == "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"
    assert rrules.parse(rrules.text(rule)) == rule
    assert recurrence.dates(rule, MONDAY, MONDAY, date(2027, 3, 31)) == [
        MONDAY,
        date(2026, 12, 30),
        date(2027, 1, 30),
        date(2027, 2, 28),
        date(2027, 3, 30),
    ]


def test_days_picked_by_hand_come_in_order_and_once() -> None:
    found = days("RDATE;VALUE=DATE:20261224,20261201,20261224")
    assert found == [date(2026, 12, 1), date(2026, 12, 24)]


def test_every_day_but_the_weekend_is_weekly_on_five_days() -> None:
    rule = rrules.parse("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR")
    assert rrules.text(rule) == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


def test_the_weeks_of_every_second_week_stand_still_however_far_one_looks() -> None:
    rule = Rule(freq="WEEKLY", interval=2, weekdays=(Weekday(0), Weekday(6)))
    first = date(2026, 12, 2)  # a Wednesday
    whole = recurrence.dates(rule, first, first, FAR)
    for after in (first, date(2026, 12, 6), date(2026, 12, 7), date(2026, 12, 14), date(2027, 6, 1), date(2030, 1, 1)):
        assert recurrence.dates(rule, first, after, FAR) == [day for day in whole if day >= after]
    assert whole[:3] == [date(2026, 12, 6), date(2026, 12, 14), date(2026, 12, 20)]


endings: st.SearchStrategy[dict[str, object]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"count": st.integers(1, 200)}),
    st.fixed_dictionaries({"until": st.dates(date(2026, 1, 1), date(2037, 1, 1))}),
)
weekdays = st.lists(st.builds(Weekday, st.integers(0, 6)), max_size=4, unique=True).map(
    lambda found: tuple(sorted(found, key=lambda w: w.day))
)
nth = st.lists(st.builds(Weekday, st.integers(0, 6), st.sampled_from([1, 2, 3, 4, -1])), min_size=1, max_size=3, unique=True)
bodies = st.one_of(
    st.fixed_dictionaries({"freq": st.just("DAILY"), "interval": st.integers(1, 40)}),
    st.fixed_dictionaries({"freq": st.just("WEEKLY"), "interval": st.integers(1, 9), "weekdays": weekdays}),
    st.fixed_dictionaries(
        {
            "freq": st.just("MONTHLY"),
            "interval": st.integers(1, 11),
            "weekdays": nth.map(lambda w: tuple(sorted(w, key=lambda o: (o.day, o.nth or 0)))),
        }
    ),
    st.fixed_dictionaries(
        {
            "freq": st.just("MONTHLY"),
            "interval": st.integers(1, 11),
            "month_days": st.lists(st.sampled_from([*range(1, 32), -1, -7]), min_size=1, max_size=3, unique=True).map(
                lambda d: tuple(sorted(d))
            ),
        }
    ),
    st.fixed_dictionaries(
        {"freq": st.just("MONTHLY"), "month_days": st.tuples(st.integers(1, 31)), "or_last_day": st.just(True)}
    ),
    st.fixed_dictionaries({"freq": st.just("YEARLY"), "interval": st.integers(1, 3)}),
)
any_rule = st.builds(lambda body, end: Rule(**body, **end), bodies, endings)


@how(max_examples=150, deadline=None)
@for_any(
    any_rule,
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.times().map(lambda found: found.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES),
    st.integers(0, 3000),
)
def test_any_rule_over_ten_years_is_what_dateutil_says_in_three_zones(
    rule: Rule, first: date, hour: time, zone: str, later: int
) -> None:
    text = rrules.text(rule)
    assert rrules.parse(text) == rule
    last = first + timedelta(days=3652)
    reference = rrulestr(text, dtstart=datetime.combine(first, hour), ignoretz=True)
    assert isinstance(reference, rrule.rrule)
    until = datetime.combine(last, time.max)
    expected = []
    for moment in (
        reference if rule.count else reference.replace(until=min(until, datetime.combine(rule.until or last, time.max)))
    ):
        if moment > until:
            break
        expected.append(moment)
    found = recurrence.dates(rule, first, first, last, 4000)
    assert [datetime.combine(day, hour) for day in found] == expected
    after = first + timedelta(days=later)
    assert recurrence.dates(rule, first, after, last, 4000) == [day for day in found if day >= after]
    for day in found[::7]:
        moment = walltimes.near(datetime.combine(day, hour), zone)
        assert moment.tzinfo is UTC
        local = walltimes.local_of(moment, zone).replace(tzinfo=None)
        shift = local - datetime.combine(day, hour)
        assert shift in (timedelta(0), timedelta(hours=1))  # an hour only where the clocks skip it
