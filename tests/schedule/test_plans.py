"""Plans: local times become instants, nonsense is named. Pure: no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from schedules import plans
from schedules.errors import Malformed
from schedules.intervals import Interval
from schedules.plans import Cover, Plan, RolePlan, SessionPlan

BERLIN = "Europe/Berlin"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def a_plan(*sessions: SessionPlan, **changes: Any) -> Plan:
    whole: dict[str, Any] = {
        "community_id": uuid4(),
        "kind": "service",
        "is_service": True,
        "title": "巡逻",
        "organising_unit": "Committee",
        "person_in_charge": "Alice",
        "may_endanger": False,
        "roles": (RolePlan(name="队员"),),
        "sessions": sessions,
    }
    return Plan(**(whole | changes))


def session(starts: str, ends: str) -> SessionPlan:
    return SessionPlan(starts=local(starts), ends=local(ends), place="Gate")


def only(starts: str, ends: str) -> Interval:
    return plans.instants(a_plan(session(starts, ends)), BERLIN)[0]


@pytest.mark.scenario("schedule-3")
def test_a_start_that_the_clocks_skip_moves_on_by_the_gap_and_says_so() -> None:
    skipping = session("2027-03-28T02:30", "2027-03-28T04:30")
    found = plans.instants(a_plan(skipping), BERLIN)[0]
    assert found.starts_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # 03:30 in Berlin
    assert plans.skipped(skipping, found.starts_at, BERLIN) == local("2027-03-28T02:30")


@pytest.mark.scenario("schedule-3")
def test_the_day_after_it_is_the_usual_time_again() -> None:
    usual = session("2027-03-29T02:30", "2027-03-29T04:30")
    found = plans.instants(a_plan(usual), BERLIN)[0]
    assert found.starts_at == datetime(2027, 3, 29, 0, 30, tzinfo=UTC)
    assert plans.skipped(usual, found.starts_at, BERLIN) is None


@pytest.mark.scenario("schedule-4")
def test_a_start_that_comes_twice_is_the_first_of_the_two() -> None:
    assert only("2026-10-25T02:30", "2026-10-25T05:00").starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_end_that_comes_twice_is_the_one_after_the_start() -> None:
    found = only("2026-10-25T02:45", "2026-10-25T02:15")
    assert found.length == timedelta(minutes=30)


@pytest.mark.scenario("schedule-5")
@pytest.mark.parametrize(("day", "minutes"), [("2026-10-25", 240), ("2027-03-28", 120), ("2026-11-26", 180)])
def test_a_session_across_a_clock_change_is_as_long_as_it_really_is(day: str, minutes: int) -> None:
    assert only(f"{day}T01:00", f"{day}T04:00").length == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        ("2026-11-26T18:00", "2026-11-26T18:00", "sessions.0.ends"),
        ("2026-11-26T18:00", "2026-11-26T17:00", "sessions.0.ends"),
        ("2026-11-26T18:00", "2026-11-27T18:01", "sessions.0.ends"),
        ("9999-12-31T18:00", "9999-12-31T19:00", "sessions.0.starts"),
        ("0001-01-01T00:00", "0001-01-01T01:00", "sessions.0.starts"),
    ],
)
def test_reversed_endless_and_distant_sessions_are_refused(starts: str, ends: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        only(starts, ends)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", sorted(plans.NEVER_SERVICE))
def test_meetings_paid_work_and_duty_are_never_service(kind: str) -> None:
    """rules-5"""
    with pytest.raises(Malformed) as refused:
        plans.check(a_plan(session("2026-11-26T18:00", "2026-11-26T19:00"), kind=kind))
    assert refused.value.field == "is_service"


def test_two_roles_of_one_name_are_refused() -> None:
    with pytest.raises(Malformed) as refused:
        plans.check(a_plan(roles=(RolePlan(name="a"), RolePlan(name="b"), RolePlan(name="a"))))
    assert refused.value.field == "roles.2.name"


def test_a_session_needs_a_room_or_a_place() -> None:
    with pytest.raises(Malformed) as refused:
        plans.check(a_plan(SessionPlan(starts=local("2026-11-26T18:00"), ends=local("2026-11-26T19:00"), place="  ")))
    assert refused.value.field == "sessions.0.place"


@pytest.mark.parametrize(
    "words",
    [
        {"title": "\u200b"},
        {"title": "  "},
        {"title_en": "Choir\nDTSTART:1"},
        {"person_in_charge": "Alice\x07"},
        {"content": "\u202eSinging"},
        {"risks": "\u200b"},
        {"roles": (RolePlan(name="a"), RolePlan(name="b\x1b"))},
    ],
)
def test_what_nobody_can_read_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refused:
        plans.check(a_plan(**words))
    assert refused.value.field == ("roles.1.name" if "roles" in words else next(iter(words)))


def test_long_texts_have_lines_and_may_be_empty() -> None:
    plans.check(a_plan(content="One\r\n\ttwo", risks="", title_en=""))


@pytest.mark.parametrize(("first", "last", "expected"), [(26, 27, True), (26, 26, False), (27, 28, False), (1, 30, True)])
def test_a_cover_holds_on_every_day_of_a_session(first: int, last: int, expected: bool) -> None:
    """rules-12: a cover that starts the day after does not count, nor does one that ends before midnight of a night patrol."""
    night = Interval(datetime(2026, 11, 26, 13, 0, tzinfo=UTC), datetime(2026, 11, 26, 17, 0, tzinfo=UTC))
    cover = Cover(insurer="PICC", policy_number="1", valid_from=date(2026, 11, first), valid_until=date(2026, 11, last))
    assert plans.covers(cover, [night], "Asia/Shanghai") is expected
    assert not plans.covers(None, [night], "Asia/Shanghai")
