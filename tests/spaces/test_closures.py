"""Closing a room over what stands there already."""

from __future__ import annotations

import pytest

from schedules import bookings, closures, occupancy
from schedules.closures import InTheWay, NothingToClose
from schedules.wishes import NotBookable
from tests.given import People
from tests.spaces.rooms import NOW, at, book, room, session_in, span


@pytest.mark.scenario("booking-27")
async def test_a_closed_day_says_why(tx: None, people: People) -> None:
    dance = await room(people.community)
    await closures.close(dance, span("00:00-24:00"), "Painting", people.erin.id, NOW)
    with pytest.raises(NotBookable) as caught:
        await book(people.bob, dance, span("10:00-11:00"))
    assert [(broken.code, broken.data["by"]) for broken in caught.value.broken] == [("taken", "Painting")]


@pytest.mark.scenario("booking-28")
async def test_a_closure_pushes_nothing_aside_silently(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("11:00-12:00"))
    with pytest.raises(InTheWay) as caught:
        await closures.close(dance, span("09:00-17:00"), "Painting", people.erin.id, NOW)
    assert [found.use for found in caught.value.standing] == [span("11:00-12:00")]
    closed = await closures.close(dance, span("09:00-17:00"), "Painting", people.erin.id, NOW, "cancel")
    assert [booking.id for booking in closed.cancelled] == [mine.id]
    assert (await bookings.one(mine.id)).reason == "Painting"


@pytest.mark.scenario("booking-29")
async def test_a_closure_around_a_booking_is_what_is_left(tx: None, people: People) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("11:00-12:00"))
    closed = await closures.close(dance, span("09:00-17:00"), "Painting", people.erin.id, NOW, "around")
    assert list(closed.closure.parts) == [span("09:00-11:00"), span("12:00-17:00")]
    standing = await occupancy.read([dance], span("00:00-24:00"), NOW)
    assert [(found.kind, found.use) for found in standing] == [
        ("closure", span("09:00-11:00")),
        ("booking", span("11:00-12:00")),
        ("closure", span("12:00-17:00")),
    ]


@pytest.mark.scenario("booking-30")
async def test_a_closure_inside_a_booking_leaves_nothing(tx: None, people: People) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("11:00-14:00"))
    with pytest.raises(NothingToClose):
        await closures.close(dance, span("12:00-13:00"), "Painting", people.erin.id, NOW, "around")
    assert await closures.coming(dance, NOW) == []


async def test_a_session_is_never_cancelled_by_a_closure(tx: None, people: People) -> None:
    dance = await room(people.community)
    session = await session_in(people, span("10:00-12:00"))
    await occupancy.take_session(dance, session, at("10:00"), at("12:00"), NOW)
    with pytest.raises(InTheWay):
        await closures.close(dance, span("09:00-17:00"), "Painting", people.erin.id, NOW, "cancel")


async def test_a_lifted_closure_opens_the_room(tx: None, people: People) -> None:
    dance = await room(people.community)
    closed = await closures.close(dance, span("09:00-17:00"), "Painting", people.erin.id, NOW)
    assert await closures.lift(closed.closure.id, NOW) == dance
    assert await closures.lift(closed.closure.id, NOW) == dance
    await book(people.bob, dance, span("10:00-11:00"))
