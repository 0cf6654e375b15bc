"""A booking is changed: what it is judged by, what it frees, what it loses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schedules import booking_moves, bookings, occupancy, spaces, sql
from schedules.booking_moves import Change
from schedules.bookings import BookingBegun, BookingOver
from schedules.errors import Malformed
from schedules.wishes import NotBookable
from tests.given import People
from tests.spaces.rooms import FRIDAY, NOW, at, book, refused, room, span
from timebank.actions.rooms.move_booking import may_move, move_booking
from timebank.people.callers import NotAllowed

SATURDAY = FRIDAY + timedelta(days=1)


@pytest.mark.scenario("booking-110")
async def test_a_booking_is_moved_over_its_own_time(tx: None, people: People) -> None:
    """Judged as though the old version did not exist: neither its time nor its quota stands in the way."""
    dance = await room(people.community, week_quota=1)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    moved = await booking_moves.move(mine.id, Change(when=span("11:00-13:00")), people.bob.id, NOW)
    assert (moved.after.use, moved.after.sequence, moved.after.id) == (span("11:00-13:00"), 1, mine.id)
    assert await bookings.one(mine.id) == moved.after
    await book(people.carol, dance, span("10:00-11:00"))
    assert await refused(people.dan, dance, span("12:00-13:00")) == ["taken"]


async def test_a_move_goes_to_another_room_and_leaves_the_old_one(tx: None, people: People) -> None:
    """Defect 10 of booking.md: a moved event keeps its room."""
    dance, study = await room(people.community), await room(people.community, "书画室", turnaround=30)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await booking_moves.move(mine.id, Change(space_id=study), people.bob.id, NOW)
    assert await occupancy.read([dance], span("00:00-24:00"), NOW) == []
    there = await occupancy.read([study], span("00:00-24:00"), NOW)
    assert [(found.booking_id, found.busy_until) for found in there] == [(mine.id, at("12:30"))]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (Change(when=span("13:00-15:00")), ["taken"]),
        (Change(when=span("06:00-07:00")), ["closed"]),
        (Change(when=span("10:10-11:10")), ["grid"]),
        (Change(people=31), ["too_many_people"]),
    ],
)
async def test_a_move_that_breaks_a_rule_leaves_the_old_booking(
    tx: None, people: People, change: Change, codes: list[str]
) -> None:
    """Defect 10 of booking.md: a move is checked at the new time."""
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await book(people.carol, dance, span("14:00-15:00"))
    with pytest.raises(NotBookable) as caught:
        await move_booking(people.bob.caller, mine.id, change, NOW)
    assert [broken.code for broken in caught.value.broken] == codes
    assert await bookings.one(mine.id) == mine
    assert await refused(people.carol, dance, span("10:00-12:00")) == ["taken"]


@pytest.mark.scenario("booking-97")
async def test_a_checked_in_booking_that_is_moved_is_not_checked_in_any_more(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    checked = "UPDATE booking SET state = 'in_use', checked_in_at = $2, checked_in_by = $3 WHERE id = $1"
    await sql.rows(checked, mine.id, at("09:55"), people.bob.id)
    same = await booking_moves.move(mine.id, Change(purpose="Tai chi"), people.bob.id, at("09:56"))
    assert (same.after.state, same.after.checked_in_at, same.after.purpose) == ("in_use", at("09:55"), "Tai chi")
    moved = await booking_moves.move(mine.id, Change(when=span("10:00-12:00", SATURDAY)), people.bob.id, at("09:57"))
    assert (moved.after.state, moved.after.checked_in_at) == ("confirmed", None)
    assert await bookings.one(mine.id) == moved.after


@pytest.mark.scenario("booking-42")
async def test_words_can_be_changed_after_the_rules_have_changed(tx: None, people: People) -> None:
    """The time was granted long ago; only the seats are asked again, and what was promised stays."""
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await spaces.set_hours(dance, [], now=NOW)
    moved = await booking_moves.move(mine.id, Change(purpose="Choir", people=12), people.bob.id, NOW)
    assert (moved.after.purpose, moved.after.people, moved.is_elsewhere) == ("Choir", 12, False)


@pytest.mark.scenario("booking-89")
async def test_an_approved_booking_that_is_moved_needs_approval_again_where_the_room_says_so(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await spaces.set_approval(dance, "holds", 600, True, now=NOW)
    reworded = await booking_moves.move(mine.id, Change(purpose="Choir"), people.bob.id, NOW)
    assert reworded.after.state == "confirmed"
    by_staff = await booking_moves.move(mine.id, Change(when=span("13:00-14:00")), people.alice.id, NOW, is_staff=True)
    assert by_staff.after.state == "confirmed"
    moved = await booking_moves.move(mine.id, Change(when=span("15:00-16:00")), people.bob.id, NOW)
    assert (moved.after.state, moved.after.decide_by) == ("pending", NOW + timedelta(hours=10))
    other = await room(people.community, "书画室")
    kept = await book(people.bob, other, span("18:00-19:00"))
    await spaces.set_approval(other, "holds", 600, False, now=NOW)
    assert (await booking_moves.move(kept.id, Change(when=span("19:00-20:00")), people.bob.id, NOW)).after.state == "confirmed"


async def test_what_has_begun_is_moved_by_staff_only_and_what_is_over_by_nobody(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    with pytest.raises(BookingBegun):
        await booking_moves.move(mine.id, Change(when=span("14:00-15:00")), people.bob.id, at("10:00"))
    with pytest.raises(BookingOver):
        await booking_moves.move(mine.id, Change(purpose="x"), people.alice.id, at("12:00"), is_staff=True)
    assert (
        await booking_moves.move(mine.id, Change(when=span("14:00-15:00")), people.alice.id, at("10:30"), is_staff=True)
    ).is_elsewhere
    with pytest.raises(Malformed):
        await booking_moves.move(mine.id, Change(people=0), people.bob.id, NOW)
    await bookings.cancel(mine.id, people.bob.id, NOW)
    with pytest.raises(BookingOver):
        await booking_moves.move(mine.id, Change(purpose="x"), people.bob.id, NOW)


async def test_the_door_of_the_new_room_waits_for_a_booking_that_was_moved_there(tx: None, people: People) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    strict = (
        "INSERT INTO room_door (space_id, check_in_before, check_in_after, changed_at, changed_by) VALUES ($1, 5, 7, $2, $3)"
    )
    await sql.rows(strict, study, NOW, people.erin.id)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await booking_moves.move(mine.id, Change(space_id=study), people.bob.id, NOW)
    row = await sql.one("SELECT check_in_before, check_in_after FROM booking WHERE id = $1", mine.id)
    assert tuple(row) == (5, 7)


@pytest.mark.scenario("booking-47")
async def test_moved_against_the_rules_a_booking_gives_the_turnaround_away_as_a_new_one_does(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30, grid=15)
    for use in ("10:00-11:00", "12:15-13:00"):
        await book(people.bob, dance, span(use))
    mine = await book(people.carol, dance, span("16:00-17:00"))
    change = Change(when=span("11:00-12:00"))
    for refused_change, against in ((change, ""), (Change(when=span("10:30-12:00")), "Funeral")):
        with pytest.raises(NotBookable):
            await move_booking(people.erin.caller, mine.id, refused_change, NOW, against=against)
    await booking_moves.move(mine.id, change, people.erin.id, NOW, is_staff=True, against="Funeral")
    busy = [at("11:00"), at("12:15"), at("13:30")]
    assert [found.busy_until for found in await occupancy.read([dance], span("00:00-24:00"), NOW)] == busy
    # Other words change nothing about what was given away.
    await booking_moves.move(mine.id, Change(purpose="Wake"), people.carol.id, NOW)
    assert [found.busy_until for found in await occupancy.read([dance], span("00:00-24:00"), NOW)] == busy


@pytest.mark.scenario("booking-62")
async def test_who_is_staff_no_more_does_not_move_what_the_house_uses(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.erin, dance, span("10:00-12:00"), counts=False)
    later, former = Change(when=span("13:00-15:00")), replace(people.erin, grants=())
    for ask in (may_move, move_booking):
        with pytest.raises(NotAllowed):
            await ask(former.caller, mine.id, later, NOW)
    assert (await move_booking(people.erin.caller, mine.id, later, NOW)).value.use == span("13:00-15:00")
    own = await book(people.erin, dance, span("16:00-17:00"))
    assert (await move_booking(former.caller, own.id, Change(purpose="Choir"), NOW)).value.purpose == "Choir"
