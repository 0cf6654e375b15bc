"""The neighbourhood on paper: the figures that the sources report, and a year in which nobody is in two places."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from timebank.demo import neighbourhood
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.tree import FULL, SMALL
from timebank.people.members import GUARDIAN_UNTIL

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 26, 9, 10, tzinfo=SHANGHAI)


@cache
def full() -> Neighbourhood:
    return neighbourhood.draw(FULL, NOW, SHANGHAI, seed=1)


def small(now: datetime = NOW, seed: int = 1) -> Neighbourhood:
    return neighbourhood.draw(SMALL, now, SHANGHAI, seed)


def test_the_full_one_has_the_size_that_the_sources_report() -> None:
    drawn = full()
    assert (len(drawn.tree.communities), len(drawn.tree.grids), len(drawn.tree.buildings)) == (14, 97, 347)
    assert len(drawn.people.residents) == 58_000
    assert len(drawn.rooms) == 80
    assert len(drawn.teams) == 21
    past = [event for event in drawn.events if event.starts[-1] < NOW - timedelta(hours=12)]
    assert Counter(event.is_service for event in past) == {True: 150, False: 400}


def test_a_year_has_more_than_700_participations_in_volunteering() -> None:
    came = [coming for session in full().sessions if session.event.is_service for coming in session.people if coming.out_at]
    assert len(came) > 700


def test_every_building_has_a_leader() -> None:
    leaders = {node for _, role, node in full().grants if role == "steward"}
    assert leaders == {house.id for house in full().tree.buildings}


def test_a_phone_number_is_of_the_range_that_rings_nobody_and_is_given_once() -> None:
    numbers = [each.phone for each in full().people.residents if each.phone]
    assert len(numbers) == len(set(numbers))
    assert all(len(number) == 11 and number.startswith("154") for number in numbers)


def test_no_child_under_fourteen_is_recorded() -> None:
    """rules-19: nothing about a child without a guardian's consent."""
    assert min(each.age(NOW.date()) for each in full().people.residents) >= GUARDIAN_UNTIL


@pytest.mark.parametrize("drawn", [full, small], ids=["full", "small"])
def test_nobody_has_two_things_on_one_day(drawn: object) -> None:
    found: Neighbourhood = drawn()  # type: ignore[operator]
    days = Counter((coming.person.id, s.starts_at.date()) for s in found.sessions for coming in s.people)
    assert days.most_common(1)[0][1] == 1


@pytest.mark.parametrize("drawn", [full, small], ids=["full", "small"])
def test_no_room_is_wanted_twice_at_a_time(drawn: object) -> None:
    found: Neighbourhood = drawn()  # type: ignore[operator]
    uses = [(e.room.id, start, start + e.length) for e in found.events if e.room for start in e.starts]
    uses += [(wish.room.id, wish.starts_at, wish.ends_at) for wish in found.wishes]
    for first, second in pairwise(sorted(uses)):
        assert first[0] != second[0] or first[2] <= second[1]


def test_the_same_seed_draws_the_same_neighbourhood_and_another_seed_another() -> None:
    assert figures(small()) == figures(small())
    assert figures(small()) != figures(small(seed=2))


def figures(drawn: Neighbourhood) -> list[object]:
    """All that is to be the same: names, times and numbers, not ids."""
    return [
        [(each.name, each.phone, each.born_on) for each in drawn.people.residents],
        [
            (s.event.occasion.title.zh, s.starts_at, [(c.person.name, c.signed_up_at, c.out_at) for c in s.people])
            for s in drawn.sessions
        ],
        [(wish.person.name, wish.starts_at, wish.purpose) for wish in drawn.wishes],
        [team.leader.name for team in drawn.teams],
    ]


@pytest.mark.parametrize("hour", range(24))
def test_at_whatever_hour_something_is_under_way_and_more_will_come(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=37)
    drawn = small(now)
    running = [session for session in drawn.sessions if session.starts_at <= now < session.starts_at + session.event.length]
    assert running
    assert all(now + timedelta(minutes=55) < session.starts_at + session.event.length for session in running)
    volunteer = drawn.cast["volunteer"].id
    assert any(coming.person.id == volunteer and coming.in_at is None for coming in running[0].people)
    assert len([session for session in drawn.sessions if now < session.starts_at < now + timedelta(days=14)]) >= 8


def test_what_lies_ahead_has_not_happened() -> None:
    for session in small().sessions:
        for coming in session.people:
            assert coming.signed_up_at < NOW
            assert all(at is None or at < NOW for at in (coming.withdrew_at, coming.in_at, coming.out_at))
