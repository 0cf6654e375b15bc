"""What a household may book in a week."""

from __future__ import annotations

from datetime import date

import pytest

from schedules import bookings, occupancy, sql
from tests.given import People
from tests.spaces.rooms import ALWAYS, NOW, at, book, refused, room, session_in, span


@pytest.mark.scenario("booking-49", "booking-50")
async def test_the_quota_of_a_week_ends_on_sunday_night(tx: None, people: People) -> None:
    dance = await room(people.community, hours=ALWAYS, week_quota=2, horizon=30)
    await book(people.bob, dance, span("10:00-11:00"))
    await book(people.bob, dance, span("23:00-24:00", date(2026, 11, 29)))
    assert await refused(people.bob, dance, span("10:00-11:00", date(2026, 11, 28))) == ["quota"]
    await book(people.bob, dance, span("00:00-01:00", date(2026, 11, 30)))


@pytest.mark.scenario("booking-53")
async def test_the_quota_of_one_room_leaves_another_alone(tx: None, people: People) -> None:
    dance, study = await room(people.community, week_quota=1), await room(people.community, "书画室", week_quota=1)
    await book(people.bob, dance, span("10:00-11:00"))
    await book(people.bob, study, span("10:00-11:00"))


async def test_rooms_of_one_group_share_their_quota(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1, quota_group="halls")
    hall = await room(people.community, "多功能厅", week_quota=1, quota_group="halls")
    await book(people.bob, dance, span("10:00-11:00"))
    assert await refused(people.bob, hall, span("12:00-13:00")) == ["quota"]
    far = await room(people.elsewhere, week_quota=1, quota_group="halls")
    await book(people.bob, far, span("12:00-13:00"))


@pytest.mark.scenario("booking-57")
async def test_cancelling_before_the_start_gives_the_quota_back(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    assert await refused(people.bob, dance, span("14:00-15:00")) == ["quota"]
    await bookings.cancel(mine.id, people.bob.id, NOW)
    await book(people.bob, dance, span("14:00-15:00"))


@pytest.mark.scenario("booking-60")
async def test_a_household_of_four_shares_one_quota(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.carol.id, people.bob.household_id)
    people.carol.household_id = people.bob.household_id
    await book(people.bob, dance, span("10:00-11:00"))
    assert await refused(people.carol, dance, span("12:00-13:00")) == ["quota"]
    await book(people.dan, dance, span("12:00-13:00"))


@pytest.mark.scenario("booking-62")
async def test_a_session_in_a_room_takes_nobodys_quota(tx: None, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    session = await session_in(people, span("10:00-12:00"))
    await occupancy.take_session(dance, session, at("10:00"), at("12:00"), NOW)
    await book(people.alice, dance, span("14:00-15:00"))
    house = await book(people.alice, dance, span("16:00-17:00"), counts=False)
    assert not house.counts
    assert await refused(people.alice, dance, span("18:00-19:00")) == ["quota"]
