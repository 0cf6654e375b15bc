"""Two at a room's door, and many at the line, with real commits: one wins, and nobody is asked or told twice."""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules import booking_moves, room_offers, room_stays, room_wishes, sql
from schedules.booking_moves import Change
from schedules.bookings import Booking
from schedules.room_codes import RoomCode, mark
from schedules.room_offers import RoomOfferGone
from schedules.room_stays import CheckInTooLate
from schedules.room_wishes import NewWish
from schedules.wishes import NotBookable, Wish
from tests import given
from tests.given import People, Person
from tests.races.test_bookings import neighbours, overlaps, settled
from tests.spaces.rooms import NOW, at, book, room, span
from timebank.actions.action import Answer
from timebank.actions.rooms import room_door, room_line
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.actions.rooms.leave_room import give_back, leave_room, release_room
from timebank.database import transaction
from timebank.jobs import move_room_queues, release_rooms
from timebank.people import keys

pytestmark = pytest.mark.race


async def booked(person: Person, space_id: UUID, text: str) -> Booking:
    async with transaction():
        return await book(person, space_id, span(text))


def poster(space_id: UUID) -> RoomCode:
    return RoomCode(space_id, None, mark(keys.derive(room_door.ROOM_KEY), "poster", space_id, 1))


async def waiting(people: list[Person], space_id: UUID, text: str, minutes: int) -> None:
    """They join the line in this order."""
    for person in people:
        new = NewWish(space_ids=(space_id,), within=span(text), minutes=minutes)
        await room_line.wait_for_room(person.caller, new, NOW)


async def messages(kind: str) -> Counter[UUID]:
    rows = await sql.rows("SELECT person_id FROM message WHERE kind = $1 AND state <> 'withdrawn'", kind)
    return Counter(row["person_id"] for row in rows)


@pytest.mark.scenario("booking-92", "booking-99")
async def test_check_in_and_release_at_the_same_second_leave_one_of_both(committed: str, people: People) -> None:
    """The holder taps in the last instant that counts while the job releases in the first that does not."""
    for n in range(6):
        dance = await room(people.community, f"Room {n}")
        mine = await booked(people.bob, dance, "10:00-12:00")
        last, first = at("10:15"), at("10:15") + timedelta(milliseconds=1)
        came, released = await settled(
            room_door.check_in(people.bob.caller, poster(dance), None, last), release_room(mine.id, first)
        )
        state = (await room_stays.one(mine.id)).state
        active = await sql.value("SELECT count(*) FROM occupancy WHERE booking_id = $1 AND active", mine.id)
        noted = await sql.value("SELECT count(*) FROM room_no_show WHERE booking_id = $1", mine.id)
        if released is True:
            assert isinstance(came, CheckInTooLate), came
            assert (state, active, noted) == ("released", 0, 1)
        else:
            assert (state, active, noted) == ("in_use", 1, 0), (came, released)


@pytest.mark.scenario("booking-99")
async def test_two_jobs_release_each_once(committed: str, people: People) -> None:
    dance = await room(people.community)
    many = await neighbours(people, 6)
    for n, person in enumerate(many):
        await booked(person, dance, f"{10 + n}:00-{11 + n}:00")
    done = await settled(*(release_rooms.run(at("13:30")) for _ in range(3)))
    assert not [one for one in done if isinstance(one, Exception)], done
    assert sorted((await messages("room_released")).values()) == [1, 1, 1, 1]
    assert await sql.value("SELECT count(*) FROM room_no_show") == 4


@pytest.mark.scenario("booking-101")
async def test_an_answer_and_the_end_of_the_offer_at_once_leave_one_of_both(committed: str, people: People) -> None:
    for n in range(6):
        dance = await room(people.community, f"Room {n}")
        dans = await booked(people.dan, dance, "10:00-12:00")
        await waiting([people.bob, people.carol], dance, "10:00-12:00", 120)
        await cancel_booking(people.dan.caller, dans.id, NOW)
        (offer,) = await room_offers.of_person(people.bob.id, NOW)
        end = offer.expires_at
        took, ran_out = await settled(
            room_line.accept_offer(people.bob.caller, offer.id, end - timedelta(milliseconds=1)),
            room_line.let_offer_run_out(offer.id, end),
        )
        held = [one.person_id for one in await room_offers.of_person(people.carol.id, end)]
        if isinstance(took, Answer):
            assert (ran_out, held) == (False, [])
        else:
            assert isinstance(took, RoomOfferGone), took
            assert (ran_out, held) == (True, [people.carol.id])
        assert await overlaps() == 0
        for wish in (await room_wishes.of_person(people.bob.id, NOW)) + (await room_wishes.of_person(people.carol.id, NOW)):
            person = people.bob if wish.person_id == people.bob.id else people.carol
            await room_line.stop_waiting(person.caller, wish.id, end)


@pytest.mark.scenario("booking-100")
async def test_two_cancellations_and_two_workers_ask_each_once(committed: str, people: People) -> None:
    """Two who free neighbouring times while two jobs look: no time is offered twice, and nobody hears twice."""
    dance = await room(people.community)
    many = await neighbours(people, 6)
    first, second = await booked(people.dan, dance, "10:00-12:00"), await booked(people.erin, dance, "12:00-14:00")
    await waiting(many, dance, "10:00-14:00", 60)
    answers = await settled(
        cancel_booking(people.dan.caller, first.id, NOW),
        cancel_booking(people.erin.caller, second.id, NOW),
        move_room_queues.run(NOW),
        move_room_queues.run(NOW),
    )
    assert not [one for one in answers if isinstance(one, Exception)], answers
    await move_room_queues.run(NOW)
    open_ones = await sql.rows(
        "SELECT w.person_id FROM room_offer o JOIN room_wish w ON w.id = o.wish_id WHERE o.state = 'open'"
    )
    assert {row["person_id"] for row in open_ones} == {person.id for person in many[:4]}
    assert len(open_ones) == 4
    assert set((await messages("room_offer")).values()) == {1}
    assert await overlaps() == 0


async def test_bookers_leavers_and_the_line_at_once_neither_overlap_nor_deadlock(committed: str, people: People) -> None:
    rooms = [await room(people.community, f"Room {n}") for n in range(2)]
    many = await neighbours(people, 12)
    held = [await booked(many[n], rooms[n % 2], f"{10 + n // 2}:00-{11 + n // 2}:00") for n in range(6)]
    for space_id in rooms:
        await waiting(many[6:], space_id, "10:00-13:00", 60)
    late = [await given.member(f"Late {n}", f"1997{n:07}", people.building, NOW) for n in range(6)]
    answers = await settled(
        *(cancel_booking(many[n].caller, held[n].id, NOW) for n in range(6)),
        *(book_space(late[n].caller, Wish(rooms[n % 2], span(f"{10 + n // 2}:00-{11 + n // 2}:00")), NOW) for n in range(6)),
        *(move_room_queues.run(NOW) for _ in range(3)),
    )
    wrong = [one for one in answers if isinstance(one, BaseException) and not isinstance(one, NotBookable)]
    assert not wrong, wrong
    assert await overlaps() == 0
    orphans = (
        "SELECT count(*) FROM occupancy o JOIN booking b ON b.id = o.booking_id "
        "WHERE o.active AND b.state NOT IN ('offered', 'pending', 'confirmed', 'in_use', 'done', 'ended_early')"
    )
    assert await sql.value(orphans) == 0
    assert set((await messages("room_offer")).values()) <= {1, 2}


@pytest.mark.scenario("booking-98")
async def test_leaving_twice_at_once_frees_the_rest_once(committed: str, people: People) -> None:
    dance = await room(people.community)
    mine = await booked(people.bob, dance, "10:00-12:00")
    await room_door.check_in(people.bob.caller, poster(dance), None, at("10:00"))
    await waiting([people.carol], dance, "10:00-12:00", 30)
    left = await settled(*(leave_room(people.bob.caller, mine.id, at("10:20")) for _ in range(6)))
    assert {one.ends_at for one in left} == {at("10:30")}  # type: ignore[attr-defined]
    assert list((await messages("room_offer")).values()) == [1]


async def blocked() -> bool:
    """Whether somebody waits for a lock."""
    return bool(await sql.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))


@pytest.mark.parametrize("deed", ["leave", "release", "give back"])
async def test_who_gives_time_back_while_it_is_moved_frees_the_time_that_was_taken(
    committed: str, people: People, deed: str
) -> None:
    """The move is in the middle of its transaction: the other waits for the booking, then sees its new row of occupancy."""
    dance = await room(people.community)
    mine = await booked(people.bob, dance, "10:00-12:00")
    now = at("11:00")
    change: Change
    end: Coroutine[Any, Any, object]
    if deed == "leave":
        await room_door.check_in(people.bob.caller, poster(dance), None, at("10:00"))
        change, end = Change(purpose="Tai chi"), leave_room(people.bob.caller, mine.id, now)
    elif deed == "release":
        change, end = Change(when=span("10:30-12:00")), release_room(mine.id, now)
    else:
        change, end = Change(purpose="Tai chi"), give_back(people.bob.caller, mine.id, now)
    async with transaction():
        await booking_moves.move(mine.id, change, people.erin.id, at("10:10"), is_staff=True)
        waiting = asyncio.create_task(end, context=contextvars.Context())
        while not await blocked():
            assert not waiting.done(), "it did not wait"
    await waiting
    standing = await sql.rows("SELECT use_until FROM occupancy WHERE booking_id = $1 AND active", mine.id)
    assert [row["use_until"] for row in standing] == ([now] if deed == "leave" else [])
