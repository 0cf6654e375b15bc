"""Halls in parts, and desks by number."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from schedules import bookings, closures, occupancy, parts, spaces, sql
from schedules.occupancy import OverlapsItself, SpaceTaken, Use
from schedules.parts import NoPart, PartsTaken, TooFewUnits
from schedules.wishes import NotBookable, Wish
from tests import given
from tests.given import People
from tests.spaces.rooms import NOW, at, book, refused, room, session_in, span
from timebank.actions.action import Answer
from timebank.actions.rooms.book_space import book_space
from timebank.database import transaction


async def hall_of_two(people: People) -> tuple[UUID, UUID, UUID]:
    """A hall, and the two rooms that it consists of."""
    hall, first, second = [await room(people.community, name) for name in ("Hall", "Room A", "Room B")]
    await parts.divide(hall, [first, second], NOW)
    return hall, first, second


async def desks(people: People, units: int) -> UUID:
    made = await room(people.community, "Desks")
    await parts.set_units(made, units, NOW)
    return made


@pytest.mark.scenario("booking-115")
async def test_a_booked_part_takes_the_hall_and_leaves_the_other_part(tx: None, people: People) -> None:
    hall, first, second = await hall_of_two(people)
    await book(people.bob, first, span("10:00-12:00"))
    assert await refused(people.carol, hall, span("11:00-13:00")) == ["taken"]
    await book(people.carol, second, span("10:00-12:00"))
    await book(people.dan, hall, span("12:00-13:00"))
    assert await refused(people.bob, second, span("12:30-13:00")) == ["taken"]


async def test_a_hall_that_is_half_taken_gives_back_the_half_that_it_got(tx: None, people: People) -> None:
    """Defect 47 of booking.md: ON CONFLICT DO NOTHING leaves half a hall behind."""
    hall, first, second = await hall_of_two(people)
    for taken, free in ((first, second), (second, first)):
        use = span("10:00-12:00") if taken == first else span("14:00-15:00")
        made = await book(people.bob, taken, use)
        took = await sql.value("SELECT take_space($1, 'booking', $2, $3, $4, $4)", hall, made.id, use.starts_at, use.ends_at)
        assert took is False
        await book(people.carol, free, use)


async def test_a_session_or_a_closure_of_the_hall_holds_its_parts_and_shows_once(tx: None, people: People) -> None:
    hall, first, second = await hall_of_two(people)
    session = await session_in(people, span("10:00-12:00"))
    await occupancy.take_session(hall, session, at("10:00"), at("12:00"), NOW)
    await closures.close(hall, span("14:00-15:00"), "Painting", people.erin.id, NOW)
    for part in (first, second):
        assert await refused(people.bob, part, span("11:00-12:00")) == ["taken"]
        assert await refused(people.bob, part, span("14:30-15:30")) == ["taken"]
    shown = await occupancy.read([hall, first], span("00:00-24:00"), NOW)
    assert [(found.space_id == hall, found.label) for found in shown] == [
        (True, "Choir"),
        (True, "Painting"),
        (False, "Choir"),
        (False, "Painting"),
    ]
    assert await occupancy.release_sessions([session])
    await book(people.bob, second, span("11:00-12:00"))
    with pytest.raises(SpaceTaken):
        await occupancy.take_session(hall, session, at("10:00"), at("12:00"), NOW)
    uses = [Use(where, "session", session, at("16:00"), at("17:00")) for where in (hall, second)]
    with pytest.raises(OverlapsItself):
        await occupancy.take(uses, NOW)


async def test_a_closure_around_a_part_shuts_the_other_part_all_the_time(tx: None, people: People) -> None:
    hall, first, second = await hall_of_two(people)
    kept = await book(people.bob, first, span("11:00-12:00"))
    closed = await closures.close(hall, span("09:00-17:00"), "Painting", people.erin.id, NOW, "around")
    assert list(closed.closure.parts) == [span("09:00-17:00")]
    assert await refused(people.carol, second, span("11:00-12:00")) == ["taken"]
    await bookings.cancel(kept.id, people.bob.id, NOW)
    await book(people.carol, first, span("11:00-12:00"))


async def test_what_is_planned_in_a_hall_moves_into_its_parts_and_out_again(tx: None, people: People) -> None:
    hall, first, second = [await room(people.community, name) for name in ("Hall", "Room A", "Room B")]
    await book(people.bob, hall, span("10:00-12:00"))
    await parts.divide(hall, [first, second], NOW)
    assert await refused(people.carol, second, span("11:00-12:00")) == ["taken"]
    assert [part.name for part in await parts.of(hall)] == ["Room A", "Room B"]
    await parts.divide(hall, [], NOW)
    await book(people.carol, second, span("11:00-12:00"))
    assert await refused(people.dan, hall, span("11:00-12:00")) == ["taken"]
    with pytest.raises(PartsTaken):
        await parts.divide(hall, [first, second], NOW)


async def test_parts_of_parts_and_parts_with_units_are_refused(tx: None, people: People) -> None:
    hall, first, _ = await hall_of_two(people)
    other, seats = await room(people.community, "Other"), await desks(people, 3)
    for whole, wanted in ((other, [hall]), (first, [other]), (other, [other]), (other, [seats]), (seats, [other])):
        with pytest.raises(NoPart):
            await parts.divide(whole, wanted, NOW)
    with pytest.raises(NoPart):
        await parts.set_units(hall, 2, NOW)


async def test_desks_are_booked_until_none_is_left(tx: None, people: People) -> None:
    room_of_desks = await desks(people, 3)
    await book(people.bob, room_of_desks, span("10:00-12:00"), units=2)
    assert await refused(people.carol, room_of_desks, span("11:00-13:00"), units=2) == ["taken"]
    await book(people.carol, room_of_desks, span("11:00-13:00"))
    assert await refused(people.dan, room_of_desks, span("11:30-12:30")) == ["taken"]
    await book(people.dan, room_of_desks, span("12:00-13:00"), units=2)
    assert await refused(people.dan, room_of_desks, span("16:00-17:00"), units=4) == ["no_units"]


async def test_desks_are_alike_so_uses_move_where_that_makes_room(tx: None, people: People) -> None:
    two = await desks(people, 2)
    for use in ("09:00-11:00", "11:00-13:00", "10:00-12:00"):
        await book(people.bob, two, span(use))
    moved = await book(people.carol, two, span("08:00-09:00"))
    await bookings.cancel(moved.id, people.carol.id, NOW)
    await book(people.carol, two, span("12:00-13:30"))
    await book(people.dan, two, span("13:00-15:00"))
    await book(people.dan, two, span("13:30-15:00"))
    # Nine to eleven is on the first, ten to twelve on the second: only by moving is there a desk from half past eight to ten.
    await book(people.carol, two, span("08:30-10:00"))
    assert await refused(people.dan, two, span("12:30-13:00")) == ["taken"]
    assert await sql.value("SELECT count(*) FROM occupancy WHERE active") == 7


async def test_fewer_desks_keep_the_bookings_and_more_desks_are_closed_with_the_rest(tx: None, people: People) -> None:
    room_of_desks = await desks(people, 3)
    for person in (people.bob, people.carol):
        await book(person, room_of_desks, span("10:00-12:00"))
    with pytest.raises(TooFewUnits):
        async with transaction():
            await parts.set_units(room_of_desks, 1, NOW)
    await closures.close(room_of_desks, span("14:00-15:00"), "Painting", people.erin.id, NOW)
    session = await session_in(people, span("16:00-17:00"))
    await occupancy.take_session(room_of_desks, session, at("16:00"), at("17:00"), NOW)
    await sql.rows("SELECT set_units($1, 2, $2)", room_of_desks, NOW)
    assert (await spaces.one(room_of_desks)).units == 2
    assert await refused(people.dan, room_of_desks, span("11:00-12:00")) == ["taken"]
    await parts.set_units(room_of_desks, 4, NOW)
    await book(people.dan, room_of_desks, span("11:00-12:00"), units=2)
    assert await refused(people.dan, room_of_desks, span("14:00-15:00")) == ["taken"]
    assert await refused(people.dan, room_of_desks, span("16:00-17:00")) == ["taken"]


@pytest.mark.race
async def test_the_last_desk_and_the_hall_are_won_once(committed: str, people: People) -> None:
    hall, first, second = await hall_of_two(people)
    room_of_desks = await desks(people, 3)
    many = [await given.member(f"Neighbour {n}", f"1998{n:07}", people.building, NOW) for n in range(12)]

    async def all_at_once(*wishes: Wish) -> list[object]:
        asked = [book_space(one.caller, wishes[n % len(wishes)], NOW) for n, one in enumerate(many)]
        return await asyncio.gather(*asked, return_exceptions=True)

    for hour in range(4):
        use = span(f"{10 + hour}:00-{11 + hour}:00")
        answers = await all_at_once(Wish(hall, use), Wish(first, use), Wish(second, use))
        assert {type(answer) for answer in answers} <= {Answer, NotBookable}
        assert 1 <= sum(isinstance(answer, Answer) for answer in answers) <= 2
        answers = await all_at_once(Wish(room_of_desks, use), Wish(room_of_desks, use, units=2))
        got = [answer.value.units for answer in answers if isinstance(answer, Answer)]
        assert {type(answer) for answer in answers} <= {Answer, NotBookable}
        assert sum(got) == 3
    wrong = """SELECT count(*) FROM booking b WHERE CASE WHEN b.space_id = $1 THEN 2 ELSE b.units END <> (
        SELECT count(*) FROM occupancy o WHERE o.booking_id = b.id AND o.active)"""
    assert await sql.value(wrong, hall) == 0
