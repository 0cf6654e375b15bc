"""Calendars of others, read as busy times."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from schedules import foreign
from schedules.foreign import CalendarTooLarge, NoCalendar, RuleTooOften
from schedules.intervals import Interval

YEAR = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ZONE = "Asia/Shanghai"


def file(*events: str) -> bytes:
    wrapped = [f"BEGIN:VEVENT\nUID:{n}@x\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT" for n, event in enumerate(events)]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *wrapped, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def times(*found: str) -> list[Interval]:
    """`1102 0100 0200` is 2 November from one to two, UTC."""
    parts = [one.split() for one in found]
    made = [[datetime.strptime(f"2026{day}{hour}+0000", "%Y%m%d%H%M%z") for hour in hours] for day, *hours in parts]
    return [Interval(*pair) for pair in made]


@pytest.mark.scenario("booking-125")
def test_rules_exceptions_and_moved_dates_are_the_reference_s() -> None:
    """Mondays at nine for four weeks; the second is left out, the third begins two hours later and lasts half as long."""
    series = "DTSTART;TZID=Asia/Shanghai:20261102T090000\nDTEND;TZID=Asia/Shanghai:20261102T100000\nRRULE:FREQ=WEEKLY;COUNT=4\n"
    series += "EXDATE;TZID=Asia/Shanghai:20261109T090000"
    moved = "RECURRENCE-ID;TZID=Asia/Shanghai:20261116T090000\nDTSTART;TZID=Asia/Shanghai:20261116T110000\n"
    moved += "DTEND;TZID=Asia/Shanghai:20261116T113000"
    both = file(series, moved).replace(b"UID:1@x", b"UID:0@x")
    assert foreign.busy(both, YEAR, ZONE) == times("1102 0100 0200", "1116 0300 0330", "1123 0100 0200")


@pytest.mark.scenario("booking-125")
@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("W. Europe Standard Time", ["0328 0800 0900", "0329 0700 0800"]),
        ("Europe/Berlin", ["0328 0800 0900", "0329 0700 0800"]),
        ("China Standard Time", ["0328 0100 0200", "0329 0100 0200"]),
    ],
)
def test_a_windows_name_means_its_zone_and_the_clocks_change_there(zone: str, hours: list[str]) -> None:
    event = f'DTSTART;TZID="{zone}":20260328T090000\nDTEND;TZID="{zone}":20260328T100000\nRRULE:FREQ=DAILY;COUNT=2'
    assert foreign.busy(file(event), YEAR, ZONE) == times(*hours)


@pytest.mark.scenario("booking-125")
def test_whole_days_and_times_without_a_zone_are_the_room_s() -> None:
    day = "DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261103"
    assert foreign.busy(file(day), YEAR, ZONE) == [
        Interval(datetime(2026, 11, 1, 16, tzinfo=UTC), datetime(2026, 11, 2, 16, tzinfo=UTC))
    ]
    floating = "DTSTART:20261104T090000\nDURATION:PT90M"
    assert foreign.busy(file(floating), YEAR, ZONE) == times("1104 0100 0230")


def test_what_is_cancelled_or_free_keeps_nobody_busy_and_overlaps_are_one() -> None:
    when = "DTSTART:20261102T010000Z\nDTEND:20261102T020000Z\n"
    later = "DTSTART:20261102T013000Z\nDTEND:20261102T030000Z\n"
    found = file(when + "STATUS:CANCELLED", when + "TRANSP:TRANSPARENT", when, later, "DTSTART:20261103T010000Z")
    assert foreign.busy(found, YEAR, ZONE) == times("1102 0100 0300")


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"BEGIN:VCALENDAR", b"\x00\xff", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"<html></html>"]
)
def test_what_is_no_calendar_is_told_so(text: bytes) -> None:
    with pytest.raises(NoCalendar):
        foreign.busy(text, YEAR, ZONE)


@pytest.mark.parametrize(
    "rule",
    [
        "DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY;COUNT=1000000",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1",
        "DTSTART:00010101T000000Z\nRRULE:FREQ=DAILY",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;INTERVAL=0",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=MONTHLY;INTERVAL=0",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;COUNT=99999999999999999999",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=YEARLY;BYYEARDAY=400",
    ],
)
def test_a_rule_without_end_is_refused_before_it_is_counted(rule: str) -> None:
    with pytest.raises((RuleTooOften, NoCalendar)):
        foreign.busy(file(rule + "\nDURATION:PT1S"), YEAR, ZONE)


def test_too_much_is_told_with_what_there_is_too_much_of() -> None:
    with pytest.raises(CalendarTooLarge) as bytes_:
        foreign.busy(b"x" * (foreign.LARGEST + 1), YEAR, ZONE)
    assert bytes_.value.what == "bytes"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    many = [f"DTSTART:{start + timedelta(hours=4 * n):%Y%m%dT%H%M%SZ}\nDURATION:PT1H" for n in range(foreign.MOST_TIMES + 1)]
    with pytest.raises(CalendarTooLarge) as found:
        foreign.busy(file(*many), YEAR, ZONE)
    assert found.value.what == "times"


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20261102T010000Z\nDTSTART:20261102T020000Z\nDTEND:20261102T030000Z",
        "DTSTART:20261102T010000Z\nDTEND:20261102T020000Z\nDTEND:20261102T030000Z",
        "DTSTART:\nRRULE:FREQ=DAILY",
        "DTSTART:P1D\nRRULE:FREQ=DAILY",
        "DTSTART;VALUE=PERIOD:20261102T010000Z/PT1H\nRRULE:FREQ=DAILY",
        "DTSTART:99991231T235959Z\nDURATION:P9999D",
        "RRULE:FREQ=DAILY",
    ],
)
def test_a_broken_event_is_told_or_left_out_and_nothing_fails(event: str) -> None:
    with contextlib.suppress(NoCalendar, RuleTooOften):
        assert foreign.busy(file(event), YEAR, ZONE) in ([], times("1102 0100 0300"), times("1102 0100 0200"))


async def test_a_file_that_takes_too_long_is_given_up_and_nobody_else_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "PATIENCE", 0.01)
    with pytest.raises(CalendarTooLarge):
        await foreign.read(file("DTSTART:20261102T010000Z"), YEAR, ZONE)
    monkeypatch.setattr(foreign, "PATIENCE", 30.0)
    when = "DTSTART:20261102T010000Z\nDTEND:20261102T020000Z"
    assert await foreign.read(file(when), YEAR, ZONE) == times("1102 0100 0200")
    with pytest.raises(NoCalendar):
        await foreign.read(b"hello", YEAR, ZONE)


def test_old_rules_and_long_lists_of_days_are_bounded() -> None:
    old = "DTSTART:19900101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    with pytest.raises(CalendarTooLarge):
        foreign.busy(file(*[old] * 100), YEAR, ZONE)
    days = ",".join(f"20260101T{n // 3600 % 24:02}{n // 60 % 60:02}{n % 60:02}Z" for n in range(2000))
    with pytest.raises(CalendarTooLarge):
        foreign.busy(file(f"DTSTART:20260101T000000Z\nDURATION:PT1H\nRDATE:{days}"), YEAR, ZONE)
