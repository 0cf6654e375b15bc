"""Who may check in when, what is released, and what leaving early gives back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schedules import bookings, occupancy, room_doors, room_releases, room_stays, spaces, sql
from schedules.intervals import Interval
from schedules.room_doors import DoorRules
from schedules.room_releases import Freed, TakenMeanwhile
from schedules.room_stays import CheckInTooEarly, CheckInTooLate, NoBookingHere, NotThere, NotYourBooking, OtherRoom, Stay
from schedules.spaces import Rules
from tests.given import People, Person
from tests.spaces.rooms import NOW, at, book, room, span


async def state_of(booking_id: Any) -> str:
    return str(await sql.value("SELECT state FROM booking WHERE id = $1", booking_id))


async def at_door(person: Person, space_id: Any, clock: str) -> Stay:
    """What this person meets at this door at that time of Friday."""
    own = await room_stays.of_person(person.id, person.household_id, space_id, at(clock))
    return room_stays.at_door(own, await room_stays.standing(space_id, at(clock)), space_id, at(clock))


async def taken(space_id: Any, text: str = "00:00-24:00") -> list[str]:
    """What stands in the room on Friday, as times."""
    found = await occupancy.read([space_id], span(text), NOW)
    return [_span(one.use) for one in found]


def _span(use: Interval) -> str:
    hours = timedelta(hours=8)
    return f"{use.starts_at + hours:%H:%M}-{use.ends_at + hours:%H:%M}"


@pytest.mark.scenario("booking-91")
@pytest.mark.parametrize(
    ("clock", "answer"),
    [("09:49", CheckInTooEarly), ("09:50", None), ("10:00", None), ("10:15", None), ("10:16", CheckInTooLate)],
)
async def test_both_edges_of_the_window_are_taken(tx: None, people: People, clock: str, answer: type[Exception] | None) -> None:
    """Ten minutes before to fifteen after. No job has run: the time decides (defect 30)."""
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    if answer:
        with pytest.raises(answer):
            await room_stays.check_in(mine.id, people.bob.id, at(clock))
        assert await state_of(mine.id) == "confirmed"
    else:
        stay, is_new = await room_stays.check_in(mine.id, people.bob.id, at(clock))
        assert (stay.state, stay.checked_in_at, is_new) == ("in_use", at(clock), True)
        again, is_new = await room_stays.check_in(mine.id, people.bob.id, at(clock) + timedelta(minutes=1))
        assert (again.checked_in_at, is_new) == (at(clock), False)


async def test_the_window_is_frozen_when_the_booking_is_made(tx: None, people: People) -> None:
    dance = await room(people.community)
    before = await book(people.bob, dance, span("10:00-12:00"))
    await room_doors.change(dance, DoorRules(check_in_before=30, check_in_after=5), people.erin.id, NOW)
    after = await book(people.bob, dance, span("14:00-16:00"))
    stays = [await room_stays.one(booking.id) for booking in (before, after)]
    assert [(stay.check_in_from, stay.check_in_until) for stay in stays] == [
        (at("09:50"), at("10:15")),
        (at("13:30"), at("14:05")),
    ]


async def test_a_door_without_release_waits_until_the_end(tx: None, people: People) -> None:
    dance = await room(people.community)
    await room_doors.change(dance, DoorRules(check_in_after=None), people.erin.id, NOW)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    assert await room_releases.missed(at("11:59")) == []
    assert (await room_stays.check_in(mine.id, people.bob.id, at("11:59")))[1]
    other = await book(people.bob, dance, span("14:00-16:00"))
    await room_releases.finish(at("16:00"))
    assert [await state_of(one.id) for one in (mine, other)] == ["done", "done"]
    assert await sql.value("SELECT count(*) FROM room_no_show") == 0


async def test_nobody_is_waited_for_in_what_the_house_booked(tx: None, people: People) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-12:00"), counts=False)
    assert await room_releases.missed(at("13:00")) == []


@pytest.mark.scenario("booking-94")
async def test_the_household_and_the_named_may_check_in_and_nobody_else(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    with pytest.raises(NotYourBooking):
        await at_door(people.carol, dance, "10:00")
    with pytest.raises(NoBookingHere):
        await at_door(people.carol, dance, "09:30")
    people.carol.household_id, hers = people.bob.household_id, people.carol.household_id
    assert (await at_door(people.carol, dance, "10:00")).id == mine.id
    people.carol.household_id = hers
    await sql.rows("INSERT INTO booking_party VALUES ($1, $2, $3, $4)", mine.id, people.carol.id, people.bob.id, NOW)
    assert (await at_door(people.carol, dance, "10:00")).id == mine.id


@pytest.mark.scenario("booking-95")
async def test_the_wrong_door_says_which_room_is_yours_and_until_when(tx: None, people: People) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    await book(people.bob, dance, span("10:00-12:00"))
    await book(people.carol, study, span("10:00-12:00"))
    with pytest.raises(OtherRoom) as caught:
        await at_door(people.bob, study, "10:05")
    assert (caught.value.space_en, caught.value.ends_at) == ("Dance room", at("12:00"))


async def test_a_hall_is_checked_in_at_the_door_of_each_part(tx: None, people: People) -> None:
    hall, part = await room(people.community, "大厅"), await room(people.community)
    await sql.rows("DELETE FROM space_part WHERE space_id = $1", hall)
    await sql.rows("INSERT INTO space_part (space_id, part_id) VALUES ($1, $2)", hall, part)
    mine = await book(people.bob, hall, span("10:00-12:00"))
    assert (await at_door(people.bob, part, "10:00")).id == mine.id


@pytest.mark.scenario("booking-92")
async def test_the_rest_is_released_when_nobody_comes(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    assert await room_releases.missed(at("10:15")) == []
    assert await room_releases.release(mine.id, at("10:15")) is None
    assert await room_releases.missed(at("10:16")) == [mine.id]
    freed = await room_releases.release(mine.id, at("10:16"))
    assert freed is not None
    assert (freed.stay.state, freed.within) == ("released", Interval(at("10:16"), at("12:00")))
    assert await taken(dance) == []
    noted = await sql.one("SELECT person_id, counts_until FROM room_no_show WHERE booking_id = $1", mine.id)
    assert tuple(noted) == (people.bob.id, at("10:16") + timedelta(days=90))
    await book(people.carol, dance, span("10:30-12:00"), now=at("10:16"))


@pytest.mark.scenario("booking-99")
async def test_after_an_hour_without_the_job_past_ones_are_marked_once_and_nothing_to_come(tx: None, people: People) -> None:
    dance = await room(people.community)
    past, running, coming = [
        await book(people.bob, dance, span(text)) for text in ("09:00-10:00", "10:00-11:30", "12:00-13:00")
    ]
    assert await room_releases.missed(at("11:00")) == [past.id, running.id]
    first = [await room_releases.release(one, at("11:00")) for one in (past.id, running.id)]
    assert [one.within for one in first if one] == [None, Interval(at("11:00"), at("11:30"))]
    assert [await room_releases.release(one, at("11:05")) for one in (past.id, running.id)] == [None, None]
    assert await sql.value("SELECT count(*) FROM room_no_show") == 2
    assert await state_of(coming.id) == "confirmed"
    with pytest.raises(CheckInTooLate):
        await room_stays.check_in(running.id, people.bob.id, at("11:01"))


async def test_what_was_released_and_is_still_free_is_taken_again_in_one_step(tx: None, people: People) -> None:
    """Defect 32: who forgets to check in, or comes late, is not punished while nobody else wants the room."""
    dance = await room(people.community, turnaround=30)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await room_releases.release(mine.id, at("10:20"))
    assert (await at_door(people.bob, dance, "10:25")).is_late(at("10:25"))
    stay = await room_releases.take_again(mine.id, people.bob.id, at("10:25"))
    assert (stay.state, stay.checked_in_at) == ("in_use", at("10:25"))
    (again,) = await occupancy.read([dance], span("10:00-13:00"), NOW)
    assert (again.starts_at, again.ends_at, again.busy_until) == (at("10:25"), at("12:00"), at("12:30"))
    assert await sql.value("SELECT forgiven_by FROM room_no_show") == people.bob.id


async def test_a_missed_booking_is_taken_again_also_before_the_job_has_released_it(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    assert (await room_releases.take_again(mine.id, people.bob.id, at("10:25"))).state == "in_use"
    assert await taken(dance) == ["10:25-12:00"]


async def test_what_somebody_else_has_meanwhile_is_not_taken_again(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await room_releases.release(mine.id, at("10:20"))
    await book(people.carol, dance, span("11:00-12:00"), now=at("10:20"))
    with pytest.raises(TakenMeanwhile):
        await room_releases.take_again(mine.id, people.bob.id, at("10:25"))


@pytest.mark.scenario("booking-98")
@pytest.mark.parametrize(
    ("clock", "ends", "state"),
    [
        ("10:40", "11:00", "ended_early"),
        ("11:00", "11:00", "ended_early"),
        ("11:45", "12:00", "done"),
        ("09:55", "10:30", "ended_early"),
    ],
)
async def test_leaving_early_ends_it_on_the_grid_and_frees_the_rest(
    tx: None, people: People, clock: str, ends: str, state: str
) -> None:
    dance = await room(people.community, turnaround=30)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await room_stays.check_in(mine.id, people.bob.id, at("09:55"))
    freed = await room_releases.leave(mine.id, people.bob.id, at(clock))
    assert (freed.stay.state, freed.stay.ends_at) == (state, at(ends))
    (left,) = await occupancy.read([dance], span("10:00-13:00"), NOW)
    assert (left.ends_at, left.busy_until) == (at(ends), at(ends) + timedelta(minutes=30))
    if state == "ended_early":
        assert (freed.stay.planned_ends_at, freed.within) == (at("12:00"), Interval(at(ends), at("12:00")))
    else:
        assert (freed.stay.planned_ends_at, freed.within) == (None, None)
    assert await room_releases.leave(mine.id, people.bob.id, at(clock)) == Freed(freed.stay, None)


async def test_nobody_leaves_where_nobody_came(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    with pytest.raises(NotThere):
        await room_releases.leave(mine.id, people.bob.id, at("10:30"))


async def test_giving_back_what_has_begun_frees_it_and_notes_no_no_show(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    with pytest.raises(NotThere):
        await room_releases.give_back(mine.id, people.bob.id, at("09:59"))
    freed = await room_releases.give_back(mine.id, people.bob.id, at("10:05"))
    assert (freed.stay.state, freed.within) == ("released", Interval(at("10:05"), at("12:00")))
    assert await sql.value("SELECT count(*) FROM room_no_show") == 0
    assert (await room_releases.give_back(mine.id, people.bob.id, at("10:06"))).within is None


async def test_a_use_is_done_when_its_end_has_passed(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await room_stays.check_in(mine.id, people.bob.id, at("10:00"))
    assert await room_releases.finish(at("11:59")) == 0
    assert [await room_releases.finish(at("12:00")) for _ in range(2)] == [1, 0]
    assert (await bookings.one(mine.id)).state == "done"


async def test_a_grid_that_changes_later_does_not_move_an_early_end(tx: None, people: People) -> None:
    dance = await room(people.community, grid=15)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    rules = Rules(grid=60, longest=600)
    await spaces.edit(dance, name="舞蹈室", name_en="", about="", about_en="", seats=9, rules=rules, now=NOW)
    await room_stays.check_in(mine.id, people.bob.id, at("10:00"))
    assert (await room_releases.leave(mine.id, people.bob.id, at("10:35"))).stay.ends_at == at("10:45")
