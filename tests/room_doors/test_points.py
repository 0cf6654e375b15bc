"""Points at the door: charged when somebody comes, kept when nobody does, lowered for who leaves early."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from schedules import bookings, room_codes, sql
from tests.given import People
from tests.room_doors.test_line import wait
from tests.spaces.rooms import NOW, at
from tests.spaces.test_booking_points import LIST, book, give, priced, purse
from timebank.actions.rooms import room_line
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.actions.rooms.leave_room import give_back, leave_room, release_room
from timebank.actions.rooms.room_door import ROOM_KEY, check_in, check_in_for, take_again
from timebank.people import keys
from timebank.points.refusals import InsufficientPoints


def poster(space_id: UUID) -> room_codes.RoomCode | str | None:
    return room_codes.read(room_codes.poster_path(keys.derive(ROOM_KEY), space_id, 1))


@pytest.mark.scenario("booking-98")
async def test_check_in_charges_once_and_leaving_early_follows_the_frozen_list(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    assert await purse(people.bob) == (1000, 200)
    for _ in range(2):
        await check_in_for(people.erin.caller, mine.id, at("10:00"))
        assert await purse(people.bob) == (800, 0)
    for minute in ("10:50", "10:55"):
        await leave_room(people.bob.caller, mine.id, at(minute))
        assert await purse(people.bob) == (900, 0)


@pytest.mark.scenario("booking-112")
@pytest.mark.parametrize("how", ["nobody came", "given back late"])
async def test_what_was_released_stays_paid(tx: None, people: People, how: str) -> None:
    """Defect 31 of booking.md: through the door's own verbs, once, whoever is quicker."""
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    for _ in range(2):
        if how == "nobody came":
            await release_room(mine.id, at("10:16"))
        else:
            await give_back(people.bob.caller, mine.id, at("10:05"))
        assert await purse(people.bob) == (850, 0)


@pytest.mark.scenario("booking-100")
async def test_an_accepted_offer_holds_its_points_and_an_offer_holds_none(tx: None, people: People) -> None:
    dance = await priced(people)
    await give(people.dan, 1000)
    await give(people.bob, 1000)
    dans = await book(people.dan, dance, "10:00-12:00")
    await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = (await room_line.see_waiting(people.bob.caller, NOW)).offers
    assert await purse(people.bob) == (1000, 0)
    await room_line.accept_offer(people.bob.caller, offer.id, NOW)
    assert await purse(people.bob) == (1000, 200)


@pytest.mark.parametrize("how", ["released", "given back", "before the job"])
async def test_what_is_taken_again_costs_the_whole_price(tx: None, people: People, how: str) -> None:
    """Released at a quarter back and then used all the same, a room cost less than its price."""
    dance = await priced(people)
    await give(people.bob, 1000)
    mine = await book(people.bob, dance, "10:00-12:00")
    if how == "released":
        await release_room(mine.id, at("10:16"))
    elif how == "given back":
        await give_back(people.bob.caller, mine.id, at("10:05"))
    code = poster(dance)
    for minute in ("10:20", "10:21"):
        await (take_again if minute == "10:20" else check_in)(people.bob.caller, code, None, at(minute))
        assert await purse(people.bob) == (800, 0)
    await leave_room(people.bob.caller, mine.id, at("11:00"))
    assert await purse(people.bob) == (900, 0)


async def test_who_has_spent_the_points_meanwhile_does_not_take_it_again(tx: None, people: People) -> None:
    dance = await priced(people, msgspec.structs.replace(LIST, no_show_refund=100))
    await give(people.bob, 200)
    mine = await book(people.bob, dance, "10:00-12:00")
    await release_room(mine.id, at("10:16"))
    await book(people.bob, dance, "14:00-15:00")
    with pytest.raises(InsufficientPoints):
        async with sql.savepoint():
            await take_again(people.bob.caller, poster(dance), None, at("10:20"))
    assert (await bookings.one(mine.id)).state == "released"
    assert await purse(people.bob) == (200, 100)
