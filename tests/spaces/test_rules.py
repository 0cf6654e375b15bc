"""The rule engine alone: no database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest

from schedules import rules
from schedules.errors import Malformed
from schedules.facts import Asked
from schedules.intervals import Interval, proper
from schedules.opening import Window
from schedules.walltimes import LocalTimes, NoSuchTime, local_of, resolve, rough
from tests.spaces.rooms import DAYTIME, FRIDAY, NOW, at, codes, facts, own, space, span, taken

BOB, CAROL = uuid4(), uuid4()
BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


@pytest.mark.parametrize(
    "wanted, verdict",
    [
        pytest.param("12:00-13:00", [], marks=pytest.mark.scenario("booking-1"), id="touching after"),
        pytest.param("09:00-10:00", [], marks=pytest.mark.scenario("booking-2"), id="touching before"),
        pytest.param("10:00-12:00", ["taken"], marks=pytest.mark.scenario("booking-3"), id="the same"),
        pytest.param("11:00-13:00", ["taken"], marks=pytest.mark.scenario("booking-4"), id="overlapping the end"),
        pytest.param("09:00-11:00", ["taken"], marks=pytest.mark.scenario("booking-5"), id="overlapping the start"),
        pytest.param("10:30-11:30", ["taken"], marks=pytest.mark.scenario("booking-6"), id="inside"),
        pytest.param("09:00-13:00", ["taken"], marks=pytest.mark.scenario("booking-7"), id="around"),
        pytest.param("10:00-11:00", ["taken"], marks=pytest.mark.scenario("booking-12"), id="same start, shorter"),
    ],
)
def test_what_overlaps_is_refused_and_what_touches_is_not(wanted: str, verdict: list[str]) -> None:
    room = space()
    assert codes(Asked(span(wanted)), facts(room, taken=[taken(room, span("10:00-12:00"))])) == verdict


@pytest.mark.scenario("booking-10")
@pytest.mark.parametrize("wanted", ["10:00-10:00", "11:00-10:00"])
def test_an_empty_or_reversed_time_is_refused(wanted: str) -> None:
    use = span(wanted)
    with pytest.raises(Malformed):
        proper(use.starts_at, use.ends_at)
    with pytest.raises(Malformed):
        rough(use)
    with pytest.raises(Malformed):
        LocalTimes(use.starts_at.replace(tzinfo=None), use.ends_at.replace(tzinfo=None))


@pytest.mark.scenario("booking-11")
def test_a_night_booked_past_midnight_is_taken_on_both_days() -> None:
    room = space()
    night = facts(
        room,
        span("20:00-27:00"),
        [Window(weekday, time(18), time(3)) for weekday in range(7)],
        [taken(room, span("22:00-25:00"))],
    )
    assert codes(Asked(span("24:30-25:30")), night) == ["taken"]
    assert codes(Asked(span("25:00-26:00")), night) == []
    assert codes(Asked(span("26:00-27:30")), night) == ["closed"]


@pytest.mark.scenario("booking-23")
def test_the_use_lies_in_open_time() -> None:
    noon = facts(space(), windows=[Window(4, time(12), time(14))])
    assert codes(Asked(span("12:00-13:00")), noon) == []
    assert codes(Asked(span("08:00-09:00")), noon) == ["closed"]
    assert codes(Asked(span("13:30-14:30")), noon) == ["closed"]


@pytest.mark.scenario("booking-24")
def test_adjoining_windows_join() -> None:
    windows = [Window(weekday, time(11), time(12)) for weekday in range(7)] + [
        Window(1, time(12), time(14)),
        Window(2, time(12), time(14)),
    ]
    monday, tuesday, wednesday = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)

    def verdict(text: str, on: date) -> list[str]:
        use = span(text, on)
        return codes(Asked(use), facts(space(), use, windows))

    assert verdict("12:00-14:00", wednesday) == []
    assert verdict("12:00-14:00", monday) == ["closed"]
    assert verdict("11:00-14:00", tuesday) == []


def test_a_window_holds_in_its_season_only() -> None:
    summer = [Window(4, time(8), time(22), date(2026, 6, 1), date(2026, 11, 27))]
    assert codes(Asked(span("10:00-11:00")), facts(space(), windows=summer)) == []
    later = span("10:00-11:00", date(2026, 12, 4))
    assert codes(Asked(later), facts(space(), later, summer)) == ["closed"]


def test_a_room_without_hours_is_never_open() -> None:
    assert codes(Asked(span("10:00-11:00")), facts(space(), windows=[])) == ["closed"]


@pytest.mark.scenario("booking-26")
def test_off_the_grid_names_the_nearest_grid_times() -> None:
    broken = rules.judge(Asked(span("10:10-10:40")), facts(space(grid=30)), NOW)
    assert [one.code for one in broken] == ["grid"]
    assert (broken[0].data["before_at"], broken[0].data["after_at"]) == (at("10:00"), at("10:30"))


@pytest.mark.scenario("booking-34")
def test_exactly_the_notice_is_enough() -> None:
    room = space(notice=120, grid=5)
    two_hours = Interval(NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    known = facts(room, two_hours)
    assert codes(Asked(two_hours), known) == []
    assert codes(Asked(two_hours), known, NOW + timedelta(minutes=1)) == ["notice"]
    assert codes(Asked(two_hours), known, NOW + timedelta(seconds=1)) == ["notice"]


@pytest.mark.scenario("booking-36")
def test_the_horizon_is_inclusive_to_the_minute() -> None:
    room = space(horizon=14, grid=5)
    last = NOW + timedelta(days=14)
    use = Interval(last - timedelta(hours=1), last)
    assert codes(Asked(use), facts(room, use)) == []
    assert codes(Asked(use), facts(room, use), NOW - timedelta(minutes=1)) == ["horizon"]


@pytest.mark.scenario("booking-37")
def test_the_horizon_is_measured_to_the_end() -> None:
    last = NOW + timedelta(days=14)
    use = Interval(last - timedelta(hours=1), last + timedelta(hours=1))
    broken = rules.judge(Asked(use), facts(space(horizon=14), use), NOW)
    assert [one.code for one in broken] == ["horizon"]
    assert broken[0].data["latest_end_at"] == last


@pytest.mark.scenario("booking-41")
def test_too_short_and_too_long_are_refused() -> None:
    room = space(shortest=30, longest=120, grid=15)
    assert codes(Asked(span("10:00-10:15")), facts(room)) == ["too_short"]
    assert codes(Asked(span("10:00-10:30")), facts(room)) == []
    assert codes(Asked(span("10:00-12:00")), facts(room)) == []
    assert codes(Asked(span("10:00-12:15")), facts(room)) == ["too_long"]


@pytest.mark.scenario("booking-43")
def test_the_turnaround_counts_once() -> None:
    room = space(turnaround=30)
    assert codes(Asked(span("11:30-12:30")), facts(room, taken=[taken(room, span("10:00-11:00"))])) == []


@pytest.mark.scenario("booking-44")
def test_inside_the_turnaround_is_refused_and_its_end_offered() -> None:
    room = space(turnaround=30, grid=15)
    broken = rules.judge(Asked(span("11:15-12:15")), facts(room, taken=[taken(room, span("10:00-11:00"))]), NOW)
    assert [one.code for one in broken] == ["taken"]
    assert broken[0].data["free_from"] == at("11:30")
    assert broken[0].data["only_turnaround"] is True


def test_a_use_leaves_its_own_turnaround_before_the_next() -> None:
    room = space(turnaround=30)
    known = facts(room, taken=[taken(room, span("12:00-13:00"))])
    assert codes(Asked(span("10:30-11:30")), known) == []
    assert codes(Asked(span("11:00-12:00")), known) == ["taken"]


@pytest.mark.scenario("booking-46")
def test_the_turnaround_may_run_past_closing_only_where_the_room_says_so() -> None:
    last = Asked(span("21:00-22:00"))
    assert codes(last, facts(space(turnaround=30, may_overrun=True), windows=DAYTIME)) == []
    strict = facts(space(turnaround=30, may_overrun=False), windows=DAYTIME)
    assert codes(last, strict) == ["turnaround"]
    assert codes(Asked(span("20:30-21:30")), strict) == []


@pytest.mark.scenario("booking-48")
def test_a_turnaround_that_grew_does_not_reach_back() -> None:
    before, room = space(turnaround=0), space(turnaround=60)
    standing = [taken(before, span("10:00-11:00"))]
    assert codes(Asked(span("11:00-12:00")), facts(room, taken=standing)) == []


@pytest.mark.scenario("booking-49")
def test_the_third_of_two_a_week_waits_for_monday() -> None:
    used = [own(span("10:00-11:00", date(2026, 11, day)), BOB) for day in (23, 25)]
    known = facts(space(week_quota=2), own=used)
    broken = rules.judge(Asked(span("10:00-11:00"), BOB), known, NOW)
    assert [one.code for one in broken] == ["quota"]
    told = {"limit": 2, "used": 2, "from_on": date(2026, 11, 23), "again_on": date(2026, 11, 30)}
    assert broken[0].data.items() >= told.items()
    monday = span("10:00-11:00", date(2026, 11, 30))
    assert codes(Asked(monday, BOB), facts(space(week_quota=2), monday, own=used)) == []


@pytest.mark.scenario("booking-50")
def test_sunday_and_monday_are_two_weeks() -> None:
    sunday = own(span("23:00-24:00", date(2026, 11, 29)), BOB)
    monday = span("00:00-01:00", date(2026, 11, 30))
    assert codes(Asked(monday, BOB), facts(space(week_quota=1), monday, own=[sunday])) == []
    again = span("08:00-09:00", date(2026, 11, 29))
    assert codes(Asked(again, BOB), facts(space(week_quota=1), again, own=[sunday])) == ["quota"]


@pytest.mark.scenario("booking-53")
def test_a_quota_of_one_room_says_nothing_about_another() -> None:
    used = [own(span("08:00-09:00"), BOB, shares_quota=False)]
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space(week_quota=1), own=used)) == []


@pytest.mark.scenario("booking-60")
def test_a_household_shares_its_quota_whoever_books() -> None:
    used = [own(span("08:00-09:00"), CAROL)]
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space(week_quota=1), own=used)) == ["quota"]


@pytest.mark.scenario("booking-62")
def test_a_use_by_the_house_takes_no_quota() -> None:
    used = [own(span("08:00-09:00"), BOB, counts=False)]
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space(week_quota=1), own=used)) == []
    assert codes(Asked(span("10:00-11:00"), BOB, counts=False), facts(space(week_quota=0))) == []


def test_zero_means_zero_and_none_means_no_limit() -> None:
    """Defect 19 of booking.md."""
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space(week_quota=0))) == ["quota"]
    many = [own(span("08:00-09:00"), BOB)] * 50
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space(week_quota=None), own=many)) == []


@pytest.mark.scenario("booking-118")
def test_nobody_uses_two_rooms_at_once_where_the_room_says_so() -> None:
    """Defect 20 of booking.md."""
    room = space(one_at_a_time=True)
    elsewhere = [own(span("10:00-12:00"), BOB, shares_quota=False)]
    assert codes(Asked(span("11:00-13:00"), BOB), facts(room, own=elsewhere)) == ["elsewhere"]
    assert codes(Asked(span("12:00-13:00"), BOB), facts(room, own=elsewhere)) == []
    assert codes(Asked(span("11:00-13:00"), CAROL), facts(room, own=elsewhere)) == []
    assert codes(Asked(span("11:00-13:00"), BOB), facts(space(), own=elsewhere)) == []


def test_more_people_than_seats_are_refused() -> None:
    assert codes(Asked(span("10:00-11:00"), BOB, people=31), facts(space())) == ["too_many_people"]


def test_a_start_that_is_past_is_refused() -> None:
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space()), at("10:01")) == ["past"]
    assert codes(Asked(span("10:00-11:00"), BOB), facts(space()), at("10:00")) == []


def test_every_broken_rule_is_named_not_the_first() -> None:
    room = space(shortest=60, notice=2880, week_quota=0, turnaround=15)
    known = facts(room, windows=[Window(4, time(12), time(14))], taken=[taken(room, span("08:00-10:00"))])
    assert codes(Asked(span("09:10-09:20"), BOB, people=99), known) == [
        "closed",
        "taken",
        "grid",
        "too_short",
        "notice",
        "quota",
        "too_many_people",
    ]


@pytest.mark.scenario("booking-78")
@pytest.mark.parametrize("on", [SPRING - timedelta(days=7), SPRING, AUTUMN - timedelta(days=7), AUTUMN])
def test_six_in_the_evening_stays_six_in_the_evening(on: date) -> None:
    local = datetime.combine(on, time(18))
    use = resolve(LocalTimes(local, local + timedelta(hours=1)), BERLIN)
    assert local_of(use.starts_at, BERLIN).replace(tzinfo=None) == local
    assert use.length == timedelta(hours=1)


@pytest.mark.scenario("booking-79")
def test_a_local_time_that_the_clocks_skip_is_refused_with_the_next_one() -> None:
    local = datetime.combine(SPRING, time(2, 30))
    with pytest.raises(NoSuchTime) as refused:
        resolve(LocalTimes(local, local + timedelta(hours=1)), BERLIN)
    assert refused.value.next_at == at("03:00", SPRING, BERLIN)
    with pytest.raises(NoSuchTime):
        resolve(LocalTimes(local - timedelta(hours=1), local), BERLIN)


def test_a_local_time_that_occurs_twice_is_the_first() -> None:
    early, late = datetime.combine(AUTUMN, time(2)), datetime.combine(AUTUMN, time(2, 30))
    assert resolve(LocalTimes(early, late), BERLIN).length == timedelta(minutes=30)
    over = resolve(LocalTimes(datetime.combine(AUTUMN, time(1)), datetime.combine(AUTUMN, time(4))), BERLIN)
    assert over.length == timedelta(hours=4)


@pytest.mark.scenario("booking-81")
@pytest.mark.parametrize("on, hours", [(SPRING, 23), (AUTUMN, 25)])
def test_a_whole_day_is_a_day_also_when_it_has_25_hours(on: date, hours: int) -> None:
    use = Interval(at("00:00", on, BERLIN), at("24:00", on, BERLIN))
    assert use.length == timedelta(hours=hours)
    before = use.starts_at - timedelta(days=2)
    assert codes(Asked(use), facts(space(BERLIN, longest=1440), use), before) == []
    longer = Interval(use.starts_at, use.ends_at + timedelta(minutes=30))
    assert codes(Asked(longer), facts(space(BERLIN, longest=1440), longer), before) == ["too_long"]


@pytest.mark.scenario("booking-82")
@pytest.mark.parametrize("on", [SPRING, AUTUMN])
def test_nine_to_five_is_nine_to_five_on_the_day_of_the_change(on: date) -> None:
    known = facts(space(BERLIN), span("09:00-17:00", on, BERLIN), [Window(6, time(9), time(17))])
    assert list(rules.open_on(on, known)) == [span("09:00-17:00", on, BERLIN)]


@pytest.mark.scenario("booking-83")
def test_the_same_instant_asked_from_tokyo_is_judged_in_the_houses_time() -> None:
    tokyo = Interval(at("11:00", FRIDAY, "Asia/Tokyo"), at("12:00", FRIDAY, "Asia/Tokyo"))
    known = facts(space(), windows=[Window(4, time(10), time(11))])
    assert codes(Asked(tokyo), known) == []
    assert local_of(tokyo.starts_at, "Asia/Shanghai").hour == 10


@pytest.mark.parametrize("year", [1970, 2500])
def test_a_time_of_no_age_of_ours_is_refused_before_anybody_counts_days(year: int) -> None:
    start = at("10:00").replace(year=year)
    with pytest.raises(Malformed):
        rough(Interval(start, start + timedelta(hours=1)))
    with pytest.raises(Malformed):
        rough(Interval(at("10:00"), at("10:00") + timedelta(days=101)))
