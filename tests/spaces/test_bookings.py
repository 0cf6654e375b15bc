"""Bookings on real PostgreSQL: what is taken, what is refused, what comes back."""

from __future__ import annotations

from datetime import date, time, timedelta

import msgspec
import pytest

from schedules import bookings, new_bookings, occupancy, opening, spaces, sql, wishes
from schedules.bookings import BookingBegun
from schedules.errors import NotFound
from schedules.opening import Window
from schedules.spaces import NameTaken, Rules
from schedules.wishes import NotBookable, Wish
from tests.given import People
from tests.spaces.rooms import NOW, at, book, holder, refused, room, span


@pytest.mark.scenario("booking-1", "booking-2")
async def test_neighbours_that_touch_are_booked(tx: None, people: People) -> None:
    dance = await room(people.community)
    for text in ("10:00-12:00", "12:00-13:00", "09:00-10:00"):
        await book(people.bob, dance, span(text))
    assert len(await bookings.of_space(dance, NOW)) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("10:00-12:00", marks=pytest.mark.scenario("booking-3")),
        pytest.param("11:00-13:00", marks=pytest.mark.scenario("booking-4")),
        pytest.param("09:00-11:00", marks=pytest.mark.scenario("booking-5")),
        pytest.param("10:30-11:30", marks=pytest.mark.scenario("booking-6")),
        pytest.param("09:00-13:00", marks=pytest.mark.scenario("booking-7")),
        pytest.param("10:00-11:00", marks=pytest.mark.scenario("booking-12")),
    ],
)
async def test_what_overlaps_is_refused_and_nothing_is_stored(tx: None, people: People, text: str) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-12:00"))
    assert await refused(people.carol, dance, span(text)) == ["taken"]
    assert len(await bookings.of_space(dance, NOW)) == 1


@pytest.mark.scenario("booking-8")
async def test_another_room_is_another_matter(tx: None, people: People) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    await book(people.bob, dance, span("10:00-12:00"))
    await book(people.bob, study, span("10:00-12:00"))


@pytest.mark.scenario("booking-9")
async def test_a_cancelled_time_is_free_at_once(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    assert (await bookings.cancel(mine.id, people.bob.id, NOW)).state == "cancelled_by_user"
    await book(people.carol, dance, span("10:00-12:00"))


@pytest.mark.scenario("booking-11")
async def test_a_night_past_midnight_cannot_be_booked_twice(tx: None, people: People) -> None:
    dance = await room(people.community, hours=[Window(weekday, time(18), time(2)) for weekday in range(7)])
    await book(people.bob, dance, span("22:00-25:00"))
    assert await refused(people.carol, dance, span("24:30-25:30")) == ["taken"]


@pytest.mark.scenario("booking-43", "booking-44")
async def test_the_turnaround_stands_in_the_table_once(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30, grid=15)
    await book(people.bob, dance, span("10:00-11:00"))
    with pytest.raises(NotBookable) as caught:
        await book(people.carol, dance, span("11:15-12:15"))
    told = await wishes.with_alternatives(
        caught.value, people.carol.id, people.carol.household_id, Wish(dance, span("11:15-12:15")), NOW
    )
    assert span("11:30-12:30") in told.alternatives
    await book(people.carol, dance, span("11:30-12:30"))


@pytest.mark.scenario("booking-48")
async def test_a_turnaround_that_grows_leaves_what_was_booked_in_peace(tx: None, people: People) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-11:00"))
    await book(people.bob, dance, span("11:00-12:00"))
    rules = Rules(turnaround=60, longest=600)
    await spaces.edit(dance, name="舞蹈室", name_en="", about="", about_en="", seats=9, rules=rules, now=NOW)
    await book(people.carol, dance, span("12:00-13:00"))
    assert await refused(people.carol, dance, span("13:30-14:30")) == ["taken"]


@pytest.mark.scenario("booking-42")
async def test_the_rules_of_the_day_are_frozen_into_the_booking(tx: None, people: People) -> None:
    dance = await room(people.community, turnaround=30, notice=60)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    rules = Rules(turnaround=0, notice=0)
    await spaces.edit(dance, name="舞蹈室", name_en="", about="", about_en="", seats=9, rules=rules, now=NOW)
    kept = msgspec.json.decode(await sql.value("SELECT terms FROM booking WHERE id = $1", mine.id), type=Rules)
    assert (kept.turnaround, kept.notice) == (30, 60)
    assert (await occupancy.read([dance], span("10:00-11:00"), NOW))[0].busy_until == at("11:30")


async def test_an_expired_hold_gives_way_without_any_job(tx: None, people: People) -> None:
    dance = await room(people.community)
    held = await book(people.carol, dance, span("10:00-11:00"))
    hold = "UPDATE occupancy SET kind = 'hold', expires_at = $2 WHERE booking_id = $1"
    await sql.rows(hold, held.id, NOW + timedelta(minutes=5))
    assert await refused(people.bob, dance, span("10:00-11:00")) == ["taken"]
    await sql.rows(hold, held.id, NOW)
    await book(people.bob, dance, span("10:00-11:00"))


async def test_cancelling_twice_changes_nothing_and_a_begun_booking_stays(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    once = await bookings.cancel(mine.id, people.bob.id, NOW)
    assert await bookings.cancel(mine.id, people.bob.id, NOW + timedelta(minutes=1)) == once
    assert (once.sequence, once.changed_at) == (1, NOW)
    other = await book(people.bob, dance, span("14:00-15:00"))
    with pytest.raises(BookingBegun):
        await bookings.cancel(other.id, people.bob.id, at("14:00"))


async def test_giving_back_late_works_inside_the_notice_time(tx: None, people: People) -> None:
    """Defect 29 of booking.md."""
    dance = await room(people.community, notice=120)
    mine = await book(people.bob, dance, span("14:00-15:00"))
    assert (await bookings.cancel(mine.id, people.bob.id, at("13:59"))).is_cancelled


async def test_the_house_may_cancel_until_the_end_and_says_why(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    gone = await bookings.cancel(mine.id, people.erin.id, at("11:00"), house_reason="Water damage")
    assert (gone.state, gone.reason) == ("cancelled_by_house", "Water damage")


@pytest.mark.scenario("booking-32")
async def test_bookings_outside_new_hours_stay_and_are_listed(tx: None, people: People) -> None:
    dance = await room(people.community)
    late, early = await book(people.bob, dance, span("20:00-21:00")), await book(people.bob, dance, span("09:00-10:00"))
    await spaces.set_hours(dance, [Window(weekday, time(8), time(18)) for weekday in range(7)], now=NOW)
    windows = (await opening.read([dance]))[dance]
    coming = await bookings.of_space(dance, NOW)
    assert [booking.id for booking in coming] == [early.id, late.id]
    assert bookings.outside_hours(coming, windows) == [await bookings.one(late.id)]


async def test_a_retired_room_is_not_there_to_be_booked(tx: None, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    assert await spaces.set_state(dance, "retired", now=NOW)
    assert not await spaces.set_state(dance, "retired", now=NOW)
    with pytest.raises(NotFound):
        await book(people.bob, dance, span("12:00-13:00"))
    assert (await bookings.one(mine.id)).state == "confirmed"
    assert await spaces.in_use() == []


async def test_two_rooms_of_one_community_have_two_names(tx: None, people: People) -> None:
    await room(people.community)
    with pytest.raises(NameTaken):
        await room(people.community)
    await room(people.elsewhere)


async def test_why_not_is_answered_without_booking(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    wish = Wish(dance, span("10:00-11:00"))
    assert (await wishes.judge(people.bob.id, people.bob.household_id, wish, NOW)).broken == []
    await new_bookings.book(holder(people.bob), wish, NOW)
    verdict = await wishes.judge(people.bob.id, people.bob.household_id, wish, NOW)
    assert [broken.code for broken in verdict.broken] == ["taken", "quota"]
    assert [option.starts_at for option in verdict.alternatives] == [
        at("10:00", date(2026, 11, 30)) + timedelta(minutes=30 * n) for n in (-1, 0, 1)
    ]


async def test_hours_over_midnight_and_seasons_are_kept_as_written(tx: None, people: People) -> None:
    windows = [Window(0, time(18), time(2)), Window(5, time(8), time(0), date(2026, 6, 1), date(2026, 9, 30))]
    dance = await room(people.community, hours=windows)
    assert (await opening.read([dance]))[dance] == windows
    assert (await spaces.one(dance)).name == "舞蹈室"
