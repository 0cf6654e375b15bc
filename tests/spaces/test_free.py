"""Free times of a day: what can be booked, and why not. No database."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import free, gaps, rules
from schedules.facts import Asked, Facts
from schedules.intervals import Interval, join, subtract
from schedules.opening import Window
from tests.spaces.rooms import DAYTIME, FRIDAY, NOW, at, facts, own, space, span, taken

BOB = uuid4()


def test_a_day_is_told_in_stretches() -> None:
    room = space(turnaround=30)
    standing = [taken(room, span("10:00-11:00")), taken(room, span("13:00-14:00"), "closure", "Repairs")]
    day = free.day(FRIDAY, facts(room, windows=DAYTIME, taken=standing), NOW, BOB)
    assert [(part.state, part.starts_at, part.ends_at) for part in day.stretches] == [
        ("free", at("08:00"), at("09:30")),  # half an hour of tidying up before the next use
        ("taken", at("10:00"), at("11:00")),
        ("free", at("11:30"), at("12:30")),
        ("taken", at("13:00"), at("14:00")),
        ("free", at("14:00"), at("22:00")),
    ]
    assert day.starts[0].starts_at == at("08:00")
    assert day.starts[0].latest_end_at == at("09:30")  # its own turnaround before the next use


def test_the_list_of_rooms_and_the_page_of_the_room_show_the_same_free_times() -> None:
    room = space(turnaround=15, may_overrun=False, notice=0)
    known = facts(room, windows=DAYTIME, taken=[taken(room, span("15:15-16:30"))])
    listed = free.spans(known, span("00:00-24:00"), at("08:06"))
    shown = [Interval(part.starts_at, part.ends_at) for part in free.day(FRIDAY, known, at("08:06")).stretches if part.starts]
    assert listed == shown == [span("08:30-15:00"), span("17:00-21:30")]


@pytest.mark.scenario("booking-61")
def test_a_full_quota_shows_the_days_as_not_for_you() -> None:
    used = [own(span("08:00-09:00"), BOB)]
    known = facts(space(week_quota=1), windows=DAYTIME, own=used)
    assert [part.why.code for part in free.day(FRIDAY, known, NOW, BOB).stretches if part.why] == ["quota"]
    assert free.day(FRIDAY, known, NOW, None).starts, "a stranger sees the room itself"


@pytest.mark.scenario("booking-27")
def test_a_closed_day_has_nothing_to_book_and_says_why() -> None:
    room = space()
    known = facts(room, windows=DAYTIME, taken=[taken(room, span("00:00-24:00"), "closure", "Painting")])
    day = free.day(FRIDAY, known, NOW, BOB)
    assert day.starts == []
    assert [part.taken.label for part in day.stretches if part.taken] == ["Painting"]


def test_what_is_offered_lies_on_the_grid_and_is_long_enough() -> None:
    known = facts(space(shortest=45, longest=120, grid=30), windows=DAYTIME)
    first = free.day(FRIDAY, known, NOW, BOB).starts[0]
    assert free.ends(first, known.space) == [at("09:00"), at("09:30"), at("10:00")]


def test_a_day_without_hours_is_closed() -> None:
    day = free.day(FRIDAY, facts(space(), windows=[]), NOW, BOB)
    assert (list(day.open), list(day.stretches)) == ([], [])


def test_what_is_past_is_not_offered() -> None:
    day = free.day(FRIDAY, facts(space(), windows=DAYTIME), at("20:10"), BOB)
    assert [start.starts_at for start in day.starts] == [at("20:30"), at("21:00"), at("21:30")]


@pytest.mark.scenario("booking-46")
def test_the_last_start_lets_the_use_end_before_closing() -> None:
    relaxed = facts(space(turnaround=30, shortest=60), windows=DAYTIME)
    strict = facts(space(turnaround=30, shortest=60, may_overrun=False), windows=DAYTIME)
    assert free.day(FRIDAY, relaxed, NOW, BOB).starts[-1].starts_at == at("21:00")
    assert free.day(FRIDAY, strict, NOW, BOB).starts[-1].starts_at == at("20:30")


@pytest.mark.scenario("booking-82")
@pytest.mark.parametrize("on, starts", [(date(2027, 3, 28), 46), (date(2026, 10, 25), 50)])
def test_the_day_of_a_clock_change_has_its_own_number_of_half_hours(on: date, starts: int) -> None:
    times = gaps.grid_times(on, 30, "Europe/Berlin")
    assert len(times) == starts == len(set(times))


@pytest.mark.scenario("booking-44", "booking-13")
def test_the_nearest_times_are_offered() -> None:
    room = space(turnaround=30, grid=15)
    known = facts(room, span("00:00-24:00"), DAYTIME, [taken(room, span("10:00-11:00"))])
    found = free.nearest(Asked(span("11:15-12:15"), BOB), known, NOW)
    assert span("11:30-12:30") in found
    assert all(rules.judge(Asked(option, BOB), known, NOW) == [] for option in found)


def test_a_full_day_offers_the_next() -> None:
    room = space()
    around = Interval(at("00:00"), at("24:00") + timedelta(days=8))
    known = facts(room, around, DAYTIME, [taken(room, span("08:00-22:00"))])
    found = free.nearest(Asked(span("10:00-11:00"), BOB), known, NOW)
    assert span("10:00-11:00", FRIDAY + timedelta(days=1)) in found


def test_more_people_than_seats_are_offered_nothing() -> None:
    assert free.nearest(Asked(span("10:00-11:00"), BOB, people=99), facts(space()), NOW) == []


def test_intervals_join_and_subtract() -> None:
    assert join([span("10:00-11:00"), span("11:00-12:00"), span("08:00-09:00")]) == [span("08:00-09:00"), span("10:00-12:00")]
    assert subtract(span("09:00-17:00"), [span("11:00-12:00")]) == [span("09:00-11:00"), span("12:00-17:00")]
    assert subtract(span("10:00-11:00"), [span("09:00-12:00")]) == []


CLOCKS = st.integers(0, 95).map(lambda quarter: quarter * 15)


def clock(minutes: int) -> time:
    return time(*divmod(minutes % 1440, 60))


@st.composite
def rooms(draw: st.DrawFn) -> Facts:
    """A room with random rules, hours and uses that do not overlap."""
    shortest = draw(st.sampled_from([15, 30, 45, 60, 90]))
    room = space(
        draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin"])),
        grid=draw(st.sampled_from([15, 30, 60])),
        shortest=shortest,
        longest=shortest + draw(st.sampled_from([0, 60, 180, 1440])),
        notice=draw(st.sampled_from([0, 0, 90, 1440])),
        horizon=draw(st.sampled_from([1, 2, 14, 14])),
        turnaround=draw(st.sampled_from([0, 15, 40])),
        may_overrun=draw(st.booleans()),
        week_quota=draw(st.sampled_from([None, None, None, 0, 1, 2])),
        one_at_a_time=draw(st.booleans()),
    )
    windows = [
        Window(weekday, clock(draw(CLOCKS)), clock(draw(CLOCKS)))
        for weekday in draw(st.lists(st.sampled_from([3, 4, 4, 5]), min_size=1, max_size=5))
    ]
    standing, begin = [], at("00:00", FRIDAY - timedelta(days=1), room.time_zone)
    for pause, length in draw(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=6)):
        use = Interval(begin + timedelta(minutes=15 * pause), begin + timedelta(minutes=15 * (pause + length)))
        standing.append(taken(room, use))
        begin = standing[-1].busy_until
    held = [
        own(Interval(at("00:00") + timedelta(minutes=15 * n), at("00:00") + timedelta(minutes=15 * n + 60)), BOB)
        for n in draw(st.lists(CLOCKS, max_size=2))
    ]
    return facts(room, span("00:00-24:00", FRIDAY, room.time_zone), windows, standing, held)


@settings(max_examples=80, deadline=None)
@given(rooms())
def test_a_day_offers_exactly_what_the_rules_allow(known: Facts) -> None:
    room = known.space
    offered = {(start.starts_at, end) for start in free.day(FRIDAY, known, NOW, BOB).starts for end in free.ends(start, room)}
    times = gaps.grid_times(FRIDAY, room.grid, room.time_zone)
    step = timedelta(minutes=room.grid)
    allowed = {
        (start, start + n * step)
        for start in times
        for n in range(1, 1 + (room.longest + 120) // room.grid)
        if not rules.judge(Asked(Interval(start, start + n * step), BOB), known, NOW)
    }
    assert offered == allowed
