"""Sessions of series are made ahead: at local times, once, and with their rooms where these are free."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules import activities, calling_off, drafts, generator, series, sessions, sql, walltimes
from schedules.errors import Malformed, NotFound
from schedules.plans import Cover
from tests.given import People
from tests.schedule import given, repeats
from tests.schedule.given import at
from tests.schedule.repeats import TUESDAY, days_of, weekly
from tests.sqllog import statements
from timebank.jobs import generate_sessions

pytestmark = pytest.mark.usefixtures("tx")
BERLIN = "Europe/Berlin"


async def local_times(series_id: UUID, now: datetime, zone: str) -> dict[date, time]:
    found = await sessions.of_series(series_id, now)
    return {walltimes.day_of(one.starts_at, zone): walltimes.local_of(one.starts_at, zone).time() for one in found}


@pytest.mark.scenario("schedule-1", "booking-78")
async def test_a_weekly_series_stays_at_18_00_when_the_clocks_go_forward(people: People) -> None:
    series_id = await repeats.choir(people, BERLIN, first_on=date(2027, 3, 16))
    await generator.make(series_id, datetime(2027, 3, 15, 9, tzinfo=UTC))
    found = await sessions.of_series(series_id, people.now)
    assert {walltimes.local_of(one.starts_at, BERLIN).time() for one in found} == {time(18)}
    by_day = {one.starts_at.date(): one.starts_at.hour for one in found}
    assert (by_day[date(2027, 3, 23)], by_day[date(2027, 3, 30)]) == (17, 16)


@pytest.mark.scenario("schedule-2")
async def test_a_weekly_series_stays_at_18_00_when_the_clocks_go_back(people: People) -> None:
    series_id = await repeats.choir(people, BERLIN, first_on=date(2027, 10, 12))
    await generator.make(series_id, datetime(2027, 10, 11, 9, tzinfo=UTC))
    found = await sessions.of_series(series_id, people.now)
    by_day = {one.starts_at.date(): one.starts_at.hour for one in found}
    assert (by_day[date(2027, 10, 26)], by_day[date(2027, 11, 2)]) == (16, 17)


@pytest.mark.scenario("schedule-3")
async def test_a_daily_series_in_the_gap_of_spring_has_one_session_an_hour_later_and_says_so(people: People) -> None:
    changes = {"rule": "FREQ=DAILY", "starts": time(2, 30), "ends": time(3), "first_on": date(2027, 3, 26), "weeks_ahead": 1}
    series_id = await repeats.choir(people, BERLIN, **changes)
    await generator.make(series_id, datetime(2027, 3, 25, 9, tzinfo=UTC))
    times = await local_times(series_id, people.now, BERLIN)
    assert times[date(2027, 3, 27)] == time(2, 30)
    assert times[date(2027, 3, 28)] == time(3, 30)
    assert times[date(2027, 3, 29)] == time(2, 30)
    found = await sessions.of_series(series_id, people.now)
    assert [one.skipped_start for one in found if one.skipped_start] == [datetime(2027, 3, 28, 2, 30)]  # noqa: DTZ001
    assert {one.minutes for one in found} == {30}


@pytest.mark.scenario("schedule-4")
async def test_a_daily_series_in_the_doubled_hour_has_one_session_at_the_first_of_the_two(people: People) -> None:
    changes = {"rule": "FREQ=DAILY", "starts": time(2, 30), "ends": time(3, 30), "first_on": date(2027, 10, 30)}
    series_id = await repeats.choir(people, BERLIN, weeks_ahead=1, **changes)
    await generator.make(series_id, datetime(2027, 10, 29, 9, tzinfo=UTC))
    found = [one for one in await sessions.of_series(series_id, people.now) if one.starts_at.date() == date(2027, 10, 31)]
    assert [one.starts_at for one in found] == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


@pytest.mark.scenario("schedule-5", "schedule-6")
async def test_a_night_over_the_clock_change_has_its_real_minutes_and_its_starting_date(people: People) -> None:
    changes = {"rule": "FREQ=DAILY;COUNT=2", "starts": time(22), "ends": time(4), "first_on": date(2027, 3, 26)}
    series_id = await repeats.choir(people, BERLIN, **changes)
    await generator.make(series_id, datetime(2027, 3, 25, 9, tzinfo=UTC))
    found = await sessions.of_series(series_id, people.now)
    assert [one.minutes for one in found] == [360, 300]
    assert days_of(found) == [date(2027, 3, 26), date(2027, 3, 27)]


@pytest.mark.scenario("schedule-7")
async def test_count_and_until_bound_the_sessions_that_are_made(people: People) -> None:
    _, three = await repeats.made(people, rule="FREQ=WEEKLY;COUNT=3")
    assert days_of(three) == [TUESDAY, TUESDAY + timedelta(7), TUESDAY + timedelta(14)]
    _, until = await repeats.made(people, rule="FREQ=WEEKLY;UNTIL=20261208")
    assert days_of(until) == [TUESDAY, date(2026, 12, 8)]


@pytest.mark.scenario("schedule-8")
async def test_two_rules_in_one_series_make_none() -> None:
    with pytest.raises(Malformed):
        series.check(weekly(rule="FREQ=WEEKLY\nFREQ=DAILY"))


@pytest.mark.scenario("schedule-9")
async def test_the_generator_makes_eight_weeks_and_nothing_twice(people: People) -> None:
    series_id, first = await repeats.made(people)
    assert len(first) == 8
    assert all(role.places == 10 for one in first for role in one.roles)
    await generator.make(series_id, people.now)
    assert await generate_sessions.run(people.now + timedelta(hours=2)) == 0
    again = await sessions.of_series(series_id, people.now)
    assert [one.id for one in again] == [one.id for one in first]


@pytest.mark.scenario("schedule-10")
async def test_after_days_without_a_generator_the_gap_is_filled(people: People) -> None:
    series_id, first = await repeats.made(people)
    later = people.now + timedelta(days=16)
    assert await generate_sessions.run(later) == 1
    found = await sessions.of_series(series_id, people.now)
    assert days_of(found) == [TUESDAY + timedelta(weeks=week) for week in range(len(first) + 2)]


async def test_nothing_is_made_in_the_past_or_of_a_draft(people: People) -> None:
    series_id = await repeats.choir(people, first_on=date(2026, 11, 3))
    await generator.make(series_id, people.now)
    assert all(one.starts_at > people.now for one in await sessions.of_series(series_id, people.now - timedelta(days=90)))
    draft_id = await given.draft(people, at(20))
    of_draft = await series.create(draft_id, weekly(), people.alice.id, people.now)
    assert (await generator.make(of_draft, people.now)).session_ids == []
    assert of_draft not in await series.due(people.now)


@pytest.mark.scenario("schedule-15")
async def test_a_session_that_was_called_off_is_not_made_anew(people: People) -> None:
    series_id, found = await repeats.made(people)
    await calling_off.call_off([found[2].id], "Holiday", people.now)
    await generator.make(series_id, people.now)
    assert len(await sessions.of_series(series_id, people.now)) == len(found)


async def test_the_session_with_which_a_series_begins_belongs_to_it(people: People) -> None:
    (single,) = await given.published(people, at(18, day=5))
    series_id = await series.create(single.activity_id, weekly(), people.alice.id, people.now)
    await generator.make(series_id, people.now)
    found = await sessions.of_series(series_id, people.now)
    assert found[0].id == single.id
    assert len(found) == 8


async def test_where_the_room_is_taken_the_date_stands_without_it_and_the_other_dates_have_it(people: People) -> None:
    room = await given.room(people)
    (other,) = await given.published(people, at(18.5, day=12, space_id=room))
    series_id, found = await repeats.made(people, space_id=room, place="At the gate")
    assert [one.space_id for one in found] == [room, None, *[room] * 6]
    assert (found[1].place, found[1].wanted_space) == ("At the gate", room)
    await calling_off.call_off([other.id], "ill", people.now)
    lost = await generator.settle_rooms([found[1].id], people.now)
    settled = await sessions.one(found[1].id)
    assert lost == []
    assert (settled.space_id, settled.place, settled.wanted_space, settled.sequence) == (room, "Dance room", None, 1)
    assert series_id == settled.series_id


async def test_a_room_that_was_retired_or_overlaps_itself_stops_no_series(people: People) -> None:
    room = await given.room(people)
    series_id = await repeats.choir(people, space_id=room, place="At the gate")
    await sql.rows("UPDATE space SET state = 'retired' WHERE id = $1", room)
    made = await generator.make(series_id, people.now)
    assert len(made.session_ids) == len(made.without_room) == 8
    tight = await given.room(people, "Other")
    await sql.rows("UPDATE space SET turnaround = 120 WHERE id = $1", tight)
    changes: dict[str, Any] = {
        "rule": "FREQ=DAILY;COUNT=3",
        "starts": time(18),
        "ends": time(17),
        "space_id": tight,
        "place": "Gate",
    }
    made = await generator.make(await repeats.choir(people, **changes), people.now)
    assert len(made.without_room) == 1


async def test_a_risky_activity_has_no_session_that_its_insurance_leaves_out(people: People) -> None:
    cover = Cover(insurer="PICC", policy_number="1", valid_from=date(2026, 11, 1), valid_until=date(2026, 12, 14))
    (single,) = await given.published(people, at(10), may_endanger=True, cover=cover)
    series_id = await series.create(single.activity_id, weekly(), people.alice.id, people.now)
    made = await generator.make(series_id, people.now)
    assert days_of(await sessions.of_series(series_id, people.now)) == [TUESDAY, date(2026, 12, 8)]
    assert made.uncovered[0] == date(2026, 12, 15)


async def test_a_copy_of_an_activity_has_one_session_of_each_of_its_series(people: People) -> None:
    _, found = await repeats.made(people)
    copied = await drafts.as_plan(found[0].activity_id, days_later=7)
    assert [one.starts.date() for one in copied.sessions] == [date(2026, 12, 3), TUESDAY + timedelta(weeks=8)]


async def test_a_series_of_an_activity_that_was_called_off_makes_nothing_more(people: People) -> None:
    series_id, found = await repeats.made(people)
    await activities.call_off(found[0].activity_id, "No more singing", people.now)
    assert (await generator.make(series_id, people.now + timedelta(days=30))).session_ids == []


async def test_four_hundred_series_cost_what_one_costs_four_hundred_times(people: People) -> None:
    (single,) = await given.published(people, at(10))
    ids = [
        await series.create(single.activity_id, weekly(starts=time(8, n % 60), ends=time(21)), people.alice.id, people.now)
        for n in range(44)
    ]
    costs = []
    for some in (ids[:4], ids[4:]):
        with statements() as sent:
            assert await generate_sessions.generate(people.now, some) == len(some)
        costs.append(len(sent) / len(some))
    assert costs[1] <= costs[0] * 1.2
    assert costs[1] < 16


async def test_an_unknown_series_is_an_answer() -> None:
    with pytest.raises(NotFound):
        await generator.make(UUID(int=1), datetime(2026, 11, 26, tzinfo=UTC))
