"""Attendance as a pure function of the set of scans (checkin.md, "Principles"): without a database."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import presence
from schedules.presence import Event, Stay, Terms, derive

START = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
CHOIR, READING, BOB = UUID(int=1), UUID(int=2), UUID(int=9)
MUCH_LATER = START + timedelta(days=1)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def terms(reentry: bool = True, many: bool = False) -> dict[UUID, Terms]:
    """The choir from 0 to 120, open until 150; reading from 60 to 180, open until 210."""
    usual = {"activity_id": UUID(int=3), "late_after": 15, "tolerance": 0, "allows_reentry": reentry, "allows_many": many}
    return {
        CHOIR: Terms(session_id=CHOIR, starts_at=START, ends_at=at(120), closes_at=at(150), **usual),  # type: ignore[arg-type]
        READING: Terms(session_id=READING, starts_at=at(60), ends_at=at(180), closes_at=at(210), **usual),  # type: ignore[arg-type]
    }


def scan(minutes: float, direction: str = "in", session: UUID = CHOIR, number: int = 0, **more: object) -> Event:
    return Event(
        scanner_id=UUID(int=100 + number % 2),
        nonce=f"{minutes}-{direction}-{number}",
        person_id=BOB,
        signup_id=session,
        session_id=session,
        at=at(minutes),
        **{"source": "upload", "direction": direction} | more,  # type: ignore[arg-type]
    )


def told(stays: list[Stay]) -> list[tuple[float, float | None, int | None, bool, bool]]:
    """Minutes in, minutes out, minutes counted, sure, set by itself."""
    return [
        (
            (stay.in_at - START) / timedelta(minutes=1),
            None if stay.out_at is None else (stay.out_at - START) / timedelta(minutes=1),
            stay.minutes,
            stay.is_by_code,
            stay.is_automatic,
        )
        for stay in stays
    ]


@pytest.mark.parametrize(
    "events, expected",
    [
        ([scan(0), scan(90, "out")], [(0, 90, 90, True, False)]),
        ([scan(90, "out"), scan(5, number=1), scan(0)], [(0, 90, 90, True, False)]),
        ([scan(10, "out"), scan(20)], [(20, 120, 100, False, True)]),
        ([scan(0), scan(60, "out"), scan(90, "out", number=1)], [(0, 60, 60, True, False)]),
        ([scan(0), scan(30, "out"), scan(40), scan(60, "out")], [(0, 30, 30, True, False), (40, 60, 20, True, False)]),
        ([scan(0), scan(151, "out")], [(0, 120, 120, False, True)]),
        ([scan(0), scan(70, session=READING)], [(0, 70, 70, False, True), (70, 180, 110, False, True)]),
        ([scan(0), scan(155, session=READING)], [(0, 120, 120, False, True), (155, 180, 25, False, True)]),
        ([scan(0), scan(90, "out", READING)], [(0, 120, 120, False, True)]),
        ([scan(0, source="manual", is_roll=True), scan(60, "out")], [(0, 60, 60, False, False)]),
        ([scan(0, source="manual", is_roll=True), scan(20), scan(60, "out")], [(20, 60, 40, True, False)]),
        ([scan(0, forced=True, passed_over=("too_early",)), scan(60, "out")], [(0, 60, 60, False, False)]),
        ([scan(0, force_sent=True, passed_over=()), scan(60, "out")], [(0, 60, 60, True, False)]),
        ([scan(0), scan(30, force_sent=True), scan(60, "out")], [(0, 30, 30, False, False), (30, 60, 30, False, False)]),
    ],
)
@pytest.mark.scenario("checkin-49", "checkin-50", "checkin-51", "checkin-52", "checkin-58")
def test_scans_make_stays(events: list[Event], expected: list[object]) -> None:
    assert told(derive(events, terms(), MUCH_LATER)) == expected


@pytest.mark.scenario("checkin-52")
def test_where_nobody_comes_back_the_first_stay_counts_and_where_many_come_each_does() -> None:
    events = [scan(0), scan(30, "out"), scan(40)]
    assert told(derive(events, terms(reentry=False), MUCH_LATER)) == [(0, 30, 30, True, False)]
    assert told(derive([scan(0), scan(40)], terms(many=True), at(100))) == [
        (0, 40, 40, True, False),
        (40, None, None, True, False),
    ]


def test_who_is_inside_at_an_instant_follows_from_what_happened_before_it() -> None:
    events = [scan(0), scan(60, "out")]
    found = [presence.inside_at(events, terms(), at(minutes)) for minutes in (0, 1, 60, 61)]
    assert [stay is not None for stay in found] == [False, True, True, False]
    assert presence.inside_at([scan(0)], terms(), at(151)) is None, "the window has closed"


scans = st.lists(
    st.builds(
        scan,
        st.integers(0, 220).map(lambda minute: minute / 2),
        st.sampled_from(["in", "out"]),
        st.sampled_from([CHOIR, READING]),
        st.integers(0, 3),
        force_sent=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda event: (event.scanner_id, event.nonce),
)


@given(scans, st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_stays(
    events: list[Event], reentry: bool, many: bool, order: random.Random
) -> None:
    shuffled = order.sample(events, len(events))
    numbered = [msgspec.structs.replace(event, scan_id=number) for number, event in enumerate(shuffled, 1)]
    first = told(derive(events, terms(reentry, many), MUCH_LATER))
    assert told(derive(numbered, terms(reentry, many), MUCH_LATER)) == first


@given(scans, st.booleans(), st.booleans())
def test_nobody_is_in_two_places_and_every_stay_ends(events: list[Event], reentry: bool, many: bool) -> None:
    stays = derive(events, terms(reentry, many), MUCH_LATER)
    for before, after in pairwise(stays):
        assert before.out_at is not None
        assert before.out_at <= after.in_at
    assert all(stay.out_at is not None and stay.out_at >= stay.in_at for stay in stays)
    assert sum(stay.minutes or 0 for stay in stays) <= 180, "no minute counts twice"
    assert not any(stay.is_automatic and stay.is_by_code for stay in stays)


@given(scans, st.integers(0, 11), st.integers(1, 400))
def test_a_second_way_in_during_a_stay_changes_nothing(events: list[Event], which: int, seconds: int) -> None:
    stays = [stay for stay in derive(events, terms(), MUCH_LATER) if stay.out_at]
    if not stays:
        return
    stay = stays[which % len(stays)]
    again = stay.in_at + timedelta(seconds=seconds)
    if not stay.out_at or again >= stay.out_at:
        return
    repeated = msgspec.structs.replace(stay.began_by, nonce="again", at=again, force_sent=False)
    assert told(derive([*events, repeated], terms(), MUCH_LATER)) == told(derive(events, terms(), MUCH_LATER))
