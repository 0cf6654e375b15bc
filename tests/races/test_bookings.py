"""Many residents at one room, with real commits."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import timedelta
from uuid import UUID

import pytest

from schedules import bookings, occupancy, sql
from schedules.intervals import Interval
from schedules.occupancy import SpaceTaken, Use
from schedules.wishes import NotBookable, Wish
from tests import given
from tests.given import People, Person
from tests.races.crowd import deadlocks
from tests.spaces.rooms import DAYTIME, FRIDAY, NOW, at, room, session_in, span
from timebank.actions.action import Answer, KeyConflict, RequestKey
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.database import transaction

pytestmark = pytest.mark.race


async def neighbours(people: People, number: int) -> list[Person]:
    """Residents, each in a household of their own."""
    return [await given.member(f"Neighbour {n}", f"1998{n:07}", people.building, NOW) for n in range(number)]


async def settled(*tries: object) -> list[object]:
    """All at once; what each answered or raised."""
    return await asyncio.gather(*tries, return_exceptions=True)  # type: ignore[call-overload, no-any-return]


async def overlaps() -> int:
    """Pairs of active occupancy that overlap: none, ever."""
    return int(
        await sql.value(
            "SELECT count(*) FROM occupancy a JOIN occupancy b "
            "ON a.id < b.id AND a.space_key = b.space_key AND a.busy && b.busy AND a.active AND b.active"
        )
    )


@pytest.mark.scenario("booking-13")
async def test_of_twenty_who_press_book_at_once_one_has_the_room(committed: str, people: People) -> None:
    """Defects 1 and 48 of booking.md; a deadlock that is tried again would cost everybody a second."""
    dance = await room(people.community)
    many = await neighbours(people, 20)
    answers = await settled(*(book_space(one.caller, Wish(dance, span("10:00-12:00")), NOW) for one in many))
    lost = [answer for answer in answers if isinstance(answer, NotBookable)]
    assert len([answer for answer in answers if isinstance(answer, Answer)]) == 1, answers
    assert len(lost) == 19
    assert all([broken.code for broken in refused.broken] == ["taken"] for refused in lost)
    assert all(refused.alternatives for refused in lost)
    assert await deadlocks() == 0
    assert await sql.value("SELECT count(*) FROM booking") == await sql.value("SELECT count(*) FROM occupancy") == 1


async def test_of_twenty_overlapping_wishes_none_that_are_granted_overlap(committed: str, people: People) -> None:
    dance = await room(people.community, grid=15, turnaround=15)
    many = await neighbours(people, 20)
    starts = [at("10:00") + timedelta(minutes=15 * n) for n in range(20)]
    answers = await settled(
        *(
            book_space(one.caller, Wish(dance, Interval(start, start + timedelta(hours=1))), NOW)
            for one, start in zip(many, starts, strict=True)
        )
    )
    assert await deadlocks() == 0
    assert {type(answer) for answer in answers} <= {Answer, NotBookable}
    assert await overlaps() == 0
    assert await sql.value("SELECT count(*) FROM booking") == sum(isinstance(answer, Answer) for answer in answers) >= 3


@pytest.mark.scenario("booking-17")
async def test_two_of_one_household_share_the_last_booking(committed: str, people: People) -> None:
    dance = await room(people.community, week_quota=2, quota_group="halls")
    study = await room(people.community, "书画室", week_quota=2, quota_group="halls")
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.carol.id, people.bob.household_id)
    people.carol.household_id = people.bob.household_id
    await book_space(people.bob.caller, Wish(dance, span("08:00-09:00")), NOW)
    for n in range(10):
        hour = span(f"{10 + n}:00-{11 + n}:00")
        answers = await settled(
            book_space(people.bob.caller, Wish(dance, hour), NOW), book_space(people.carol.caller, Wish(study, hour), NOW)
        )
        won = [answer.value for answer in answers if isinstance(answer, Answer)]
        lost = [answer for answer in answers if isinstance(answer, NotBookable)]
        assert len(won) == len(lost) == 1, answers
        assert [broken.code for broken in lost[0].broken] == ["quota"]
        owner = people.bob if won[0].person_id == people.bob.id else people.carol
        await cancel_booking(owner.caller, won[0].id, NOW)


@pytest.mark.scenario("booking-19")
async def test_fifty_equal_requests_are_one_booking(committed: str, people: People) -> None:
    dance = await room(people.community)
    key = RequestKey(f"member:{people.bob.id}", "one-key-for-all", b"hash", NOW)
    wish = Wish(dance, span("10:00-11:00"))
    answers = await settled(*(book_space(people.bob.caller, wish, NOW, key) for _ in range(50)))
    kept = [answer for answer in answers if isinstance(answer, Answer)]
    assert len(kept) == 50, answers
    assert [answer.is_replay for answer in kept].count(False) == 1
    assert len({answer.value.id for answer in kept}) == 1
    assert await sql.value("SELECT count(*) FROM booking") == 1
    with pytest.raises(KeyConflict):
        await book_space(people.bob.caller, wish, NOW, RequestKey(key.scope, key.key, b"other", NOW))


@pytest.mark.scenario("booking-15")
async def test_series_in_opposite_order_never_wait_for_each_other(committed: str, people: People) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    weeks = [span("10:00-11:00", FRIDAY + timedelta(days=7 * week)) for week in range(4)]

    async def uses(title: str) -> list[Use]:
        return [
            Use(space, "session", await session_in(people, week, title), week.starts_at, week.ends_at)
            for space in (dance, study)
            for week in weeks
        ]

    async def take(wanted: list[Use]) -> None:
        async with transaction():
            await occupancy.take(wanted, NOW)

    for n in range(10):
        forwards, backwards = await uses(f"Choir {n}"), (await uses(f"Chess {n}"))[::-1]
        answers = await settled(take(forwards), take(backwards), take(forwards[::-1]), take(backwards[::-1]))
        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "SpaceTaken", "SpaceTaken", "SpaceTaken"]
        assert await sql.value("SELECT count(*) FROM occupancy WHERE active") == 8
        await sql.rows("UPDATE occupancy SET active = false")
    assert await deadlocks() == 0
    assert await overlaps() == 0


async def test_a_booking_and_a_session_that_want_one_room_do_not_both_get_it(committed: str, people: People) -> None:
    dance = await room(people.community)

    async def schedule(session_id: UUID, use: Interval) -> None:
        async with transaction():
            await occupancy.take_session(dance, session_id, use.starts_at, use.ends_at, NOW)

    for n in range(10):
        use = span(f"{10 + n}:00-{11 + n}:00")
        session = await session_in(people, use)
        answers = await settled(schedule(session, use), book_space(people.bob.caller, Wish(dance, use), NOW))
        assert sum(isinstance(answer, SpaceTaken | NotBookable) for answer in answers) == 1, answers
    assert await overlaps() == 0


@pytest.mark.slow
async def test_random_bookings_and_cancellations_leave_no_overlap_and_no_quota_exceeded(committed: str, people: People) -> None:
    seed = random.randrange(2**32)
    print(f"replay with seed = {seed}")
    rooms = [
        await room(people.community, f"Room {n}", DAYTIME, week_quota=3, quota_group="all", turnaround=15 * n) for n in range(3)
    ]
    many = await neighbours(people, 6)
    for one in many[3:]:
        one.household_id = many[0].household_id
        await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", one.id, one.household_id)

    async def live(number: int) -> None:
        chance = random.Random(seed + number)
        mine: list[tuple[Person, UUID]] = []
        for _ in range(25):
            one = chance.choice(many)
            if mine and chance.random() < 0.3:
                owner, booking_id = mine.pop(chance.randrange(len(mine)))
                await cancel_booking(owner.caller, booking_id, NOW)
                continue
            start = at("08:00", FRIDAY + timedelta(days=chance.randrange(7))) + timedelta(minutes=30 * chance.randrange(24))
            use = Interval(start, start + timedelta(minutes=30 * chance.randrange(1, 5)))
            with contextlib.suppress(NotBookable):
                made = await book_space(one.caller, Wish(chance.choice(rooms), use), NOW)
                mine.append((one, made.value.id))

    await asyncio.gather(*(live(number) for number in range(8)))
    assert await overlaps() == 0
    held = [booking for one in rooms for booking in await bookings.of_space(one, NOW)]
    assert held
    weeks: dict[tuple[UUID, int], int] = {}
    for booking in held:
        week = (booking.household_id, (booking.starts_at + timedelta(hours=8)).isocalendar().week)
        weeks[week] = weeks.get(week, 0) + 1
    assert max(weeks.values()) <= 3, (seed, weeks)
    active = await sql.value("SELECT count(*) FROM occupancy WHERE active")
    assert active == len(held), "every booking stands in the table, and nothing else does"
