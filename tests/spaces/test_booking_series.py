"""Bookings that come again. Tests play on Thursday 26 November 2026; the series is on Tuesdays, 18:00 to 19:00."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from schedules import booking_patterns, booking_series, booking_skips, bookings, closures, sql, walltimes
from schedules.booking_patterns import Pattern
from schedules.booking_series import NewSeries, SeriesNotBookable
from schedules.errors import Malformed, NotFound
from schedules.intervals import Interval
from tests.given import People, Person
from tests.spaces.rooms import NOW, at, book, room, span
from tests.sqllog import statements
from timebank.actions.rooms.book_series import Made, book_series, see_series, take_date
from timebank.actions.rooms.book_space import MemberSuspended
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.actions.rooms.change_series import NewTimes, accept_series, cancel_dates, change_dates, extend_series
from timebank.jobs import keep_wall_times, watch_series
from timebank.people.callers import NotAllowed
from timebank.web import post

pytestmark = pytest.mark.usefixtures("thursday")

TUESDAY = date(2026, 12, 1)
WEEK = timedelta(days=7)
SIX = "FREQ=WEEKLY;BYDAY=TU;COUNT=6"


def tuesday(number: int) -> date:
    """The first is 1."""
    return TUESDAY + (number - 1) * WEEK


def asked(space_id: UUID, rule: str = SIX, **other: Any) -> NewSeries:
    pattern = Pattern(rule=rule, first_on=TUESDAY, starts=time(18), ends=time(19))
    return NewSeries(space_id=space_id, pattern=pattern, **other)


async def series(person: Person, space_id: UUID, rule: str = SIX, mode: Any = "all", **other: Any) -> Made:
    return (await book_series(person.caller, asked(space_id, rule, **other), mode, NOW)).value


async def dance_room(people: People, **rules: Any) -> UUID:
    return await room(people.community, **({"horizon": 365} | rules))


async def standing(made: Made) -> list[date | None]:
    """Dates of the series that are booked."""
    return [one.series_on for one in await booking_series.bookings_of(made.series_id) if not one.is_cancelled]


def missed(refused: SeriesNotBookable) -> dict[date, list[str]]:
    return {one.on: [broken.code for broken in one.broken] for one in refused.dates}


async def week_three_taken(people: People, space_id: UUID) -> bookings.Booking:
    return await book(people.carol, space_id, span("18:00-19:00", tuesday(3)))


@pytest.mark.scenario("booking-63")
async def test_all_or_nothing_is_refused_with_the_taken_date_named(tx: None, people: People) -> None:
    dance = await dance_room(people)
    await week_three_taken(people, dance)
    with pytest.raises(SeriesNotBookable) as caught:
        await series(people.bob, dance)
    assert missed(caught.value) == {tuesday(3): ["taken"]}
    assert caught.value.free == 5
    assert await bookings.of_person(people.bob.id, NOW) == []
    assert await sql.value("SELECT count(*) FROM booking_series") == 0


@pytest.mark.scenario("booking-64")
async def test_take_what_is_free_books_five_and_keeps_the_third_with_its_reason(tx: None, people: People) -> None:
    dance = await dance_room(people)
    await week_three_taken(people, dance)
    made = await series(people.bob, dance, mode="free")
    assert await standing(made) == [tuesday(n) for n in (1, 2, 4, 5, 6)]
    (skip,) = (await see_series(people.bob.caller, made.series_id)).skips
    assert (skip.day, skip.state, skip.broken[0].code) == (tuesday(3), "watched", "taken")


@pytest.mark.scenario("booking-65")
async def test_a_date_that_becomes_free_is_told_once_and_can_be_taken(tx: None, people: People) -> None:
    dance = await dance_room(people)
    other = await week_three_taken(people, dance)
    made = await series(people.bob, dance, mode="free")
    await watch_series.run(NOW)
    told = "SELECT kind, facts FROM message WHERE person_id = $1"
    assert await sql.rows(told, people.bob.id) == []
    await cancel_booking(people.carol.caller, other.id, NOW)
    for _ in range(2):
        await watch_series.run(NOW)
    (message,) = await sql.rows(told, people.bob.id)
    assert message["kind"] == "series_booking.free"
    with pytest.raises(NotFound):
        await take_date(people.carol.caller, made.series_id, tuesday(3), NOW)
    await take_date(people.bob.caller, made.series_id, tuesday(3), NOW)
    assert tuesday(3) in await standing(made)
    with pytest.raises(NotFound):
        await take_date(people.bob.caller, made.series_id, tuesday(3), NOW)


@pytest.mark.scenario("booking-66")
async def test_when_every_date_is_taken_nothing_is_stored(tx: None, people: People) -> None:
    dance = await dance_room(people)
    for n in (1, 2):
        await book(people.carol, dance, span("18:30-19:30", tuesday(n)))
    with pytest.raises(SeriesNotBookable) as caught:
        await series(people.bob, dance, "FREQ=WEEKLY;COUNT=2", "free")
    assert (caught.value.free, len(caught.value.dates)) == (0, 2)
    assert await sql.value("SELECT count(*) FROM booking_series") == 0


@pytest.mark.scenario("booking-35")
async def test_a_date_inside_the_notice_is_named(tx: None, people: People) -> None:
    dance = await dance_room(people, notice=6 * 1440)
    with pytest.raises(SeriesNotBookable) as caught:
        await series(people.bob, dance)
    assert missed(caught.value) == {tuesday(1): ["notice"]}


@pytest.mark.scenario("booking-56")
async def test_a_quota_that_the_series_itself_uses_up_is_named_and_the_rest_can_be_booked(tx: None, people: People) -> None:
    """Twice a week for five weeks where one a week is allowed: every Thursday breaks the quota that its Tuesday used."""
    dance = await dance_room(people, week_quota=1)
    rule = "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10"
    with pytest.raises(SeriesNotBookable) as caught:
        await series(people.bob, dance, rule)
    assert missed(caught.value) == {tuesday(n) + timedelta(days=2): ["quota"] for n in range(1, 6)}
    made = await series(people.bob, dance, rule, "free")
    assert await standing(made) == [tuesday(n) for n in range(1, 6)]


@pytest.mark.scenario("booking-56")
async def test_week_three_alone_is_named_where_something_of_the_household_is_in_it(tx: None, people: People) -> None:
    dance = await dance_room(people, week_quota=1)
    await book(people.bob, dance, span("10:00-11:00", tuesday(3) + timedelta(days=1)))
    made = await series(people.bob, dance, "FREQ=WEEKLY;COUNT=10", "free")
    (skip,) = (await see_series(people.bob.caller, made.series_id)).skips
    assert (skip.day, skip.broken[0].code) == (tuesday(3), "quota")
    assert len(await standing(made)) == 9


@pytest.mark.scenario("booking-55")
async def test_dates_given_back_do_not_count_for_those_that_are_added(tx: None, people: People) -> None:
    dance = await dance_room(people, week_quota=1)
    made = await series(people.bob, dance)
    await cancel_dates(people.bob.caller, made.series_id, tuesday(2), tuesday(2), NOW)
    await book(people.bob, dance, span("10:00-11:00", tuesday(2) + timedelta(days=1)))


@pytest.mark.scenario("booking-76")
async def test_closed_dates_are_skipped_like_taken_ones_through_the_api_too(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await dance_room(people)
    await closures.close(
        dance,
        Interval(at("00:00", tuesday(2)), at("00:00", tuesday(2) + WEEK - timedelta(days=1))),
        "Floor",
        people.erin.id,
        NOW,
    )
    people.bob.sign_in(client)
    body = {
        "space_id": str(dance),
        "rule": SIX,
        "first_on": str(TUESDAY),
        "starts": "18:00:00",
        "ends": "19:00:00",
        "mode": "free",
    }
    first = await client.post("/api/v1/bookings/series", params={"preview": "true"}, json=body)
    assert first.status_code == 200, first.text
    assert [one["state"] for one in first.json()["dates"]].count("skipped") == 1
    assert await bookings.of_person(people.bob.id, NOW) == []
    done = await client.post("/api/v1/bookings/series", json=body, headers={"idempotency-key": "a-series-of-bob"})
    again = await client.post("/api/v1/bookings/series", json=body, headers={"idempotency-key": "a-series-of-bob"})
    assert (done.status_code, again.status_code) == (201, 200), done.text
    assert again.json() == done.json()
    skipped = [one for one in done.json()["dates"] if one["state"] == "skipped"]
    assert [one["on"] for one in skipped] == [str(tuesday(2))]
    refused = await client.post("/api/v1/bookings/series", json=body | {"mode": "all"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "series_not_bookable"


@pytest.mark.scenario("booking-68", "booking-69")
async def test_this_and_following_splits_and_the_past_and_other_people_stay(tx: None, people: People) -> None:
    dance = await dance_room(people)
    made = await series(people.bob, dance)
    other = await book(people.carol, dance, span("20:00-21:00", tuesday(1)))
    later = at("12:00", tuesday(2) + timedelta(days=1))
    times = NewTimes(since=tuesday(1), starts=time(19), ends=time(20), purpose="Tango", people=2)
    changed = await change_dates(people.bob.caller, made.series_id, times, later)
    past = await see_series(people.bob.caller, made.series_id)
    future = await see_series(people.bob.caller, changed.series_id)
    assert [one.series_on for one in past.bookings] == [tuesday(1), tuesday(2)]
    assert {one.use for one in past.bookings} == {span("18:00-19:00", tuesday(1)), span("18:00-19:00", tuesday(2))}
    assert [one.use for one in future.bookings] == [span("19:00-20:00", tuesday(n)) for n in (3, 4, 5, 6)]
    assert (past.series.rule, future.series.follows_id) == ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20261214", made.series_id)
    assert await bookings.one(other.id) == other


@pytest.mark.scenario("booking-68")
async def test_a_date_that_cannot_be_moved_is_named_and_nothing_moves(tx: None, people: People) -> None:
    dance = await dance_room(people)
    made = await series(people.bob, dance)
    await book(people.carol, dance, span("19:00-20:00", tuesday(4)))
    times = NewTimes(since=tuesday(2), starts=time(19), ends=time(20), purpose="", people=1)
    with pytest.raises(SeriesNotBookable) as caught:
        await change_dates(people.bob.caller, made.series_id, times, NOW)
    assert missed(caught.value) == {tuesday(4): ["taken"]}
    found = await booking_series.bookings_of(made.series_id)
    assert [one.use for one in found] == [span("18:00-19:00", tuesday(n)) for n in range(1, 7)]


@pytest.mark.scenario("booking-70")
async def test_a_cancelled_date_stays_cancelled_when_the_series_is_extended(tx: None, people: People) -> None:
    dance = await dance_room(people)
    made = await series(people.bob, dance)
    await cancel_dates(people.bob.caller, made.series_id, tuesday(2), tuesday(2), NOW)
    longer = await extend_series(people.bob.caller, made.series_id, "FREQ=WEEKLY;BYDAY=TU;COUNT=8", "all", NOW)
    assert [one.on for one in longer.dates] == [tuesday(7), tuesday(8)]
    assert await standing(made) == [tuesday(n) for n in (1, 3, 4, 5, 6, 7, 8)]


@pytest.mark.scenario("booking-70")
async def test_a_date_that_was_given_up_stays_so_where_the_series_is_split_and_then_extended(tx: None, people: People) -> None:
    """Of two dates that could not be had one was given up: the other alone is watched in the new series, and told."""
    dance = await dance_room(people)
    taken = [await book(people.carol, dance, span("18:00-20:00", tuesday(n))) for n in (4, 5)]
    made = await series(people.bob, dance, mode="free")
    await cancel_dates(people.bob.caller, made.series_id, tuesday(4), tuesday(4), NOW)
    times = NewTimes(since=tuesday(3), starts=time(18, 30), ends=time(19, 30), purpose="", people=1)
    after = (await change_dates(people.bob.caller, made.series_id, times, NOW)).series_id
    states = {skip.day: skip.state for skip in await booking_skips.of_series(after)}
    assert states == {tuesday(4): "dropped", tuesday(5): "watched"}
    assert {skip.state for skip in await booking_skips.of_series(made.series_id)} == {"dropped"}
    for one in taken:
        await cancel_booking(people.carol.caller, one.id, NOW)
    await watch_series.run(NOW)
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'series_booking.free'") == 1
    longer = await extend_series(people.bob.caller, after, "FREQ=WEEKLY;BYDAY=TU;COUNT=5", "all", NOW)
    assert [one.on for one in longer.dates] == [tuesday(7)]


@pytest.mark.parametrize(("clock", "is_listed"), [("23:59", True), ("00:01", False)])
async def test_a_series_is_listed_until_its_last_hoped_for_day_is_over_where_the_room_is(
    clock: str, is_listed: bool, tx: None, people: People
) -> None:
    """One minute after midnight in Shanghai it is 16:01 of the day before in UTC."""
    dance = await dance_room(people)
    await book(people.carol, dance, span("18:00-19:00", tuesday(2)))
    made = await series(people.bob, dance, "FREQ=WEEKLY;COUNT=2", "free")
    later = at(clock, tuesday(2) if is_listed else tuesday(2) + timedelta(days=1))
    assert [one.id for one in await booking_series.of_person(people.bob.id, later)] == [made.series_id] * is_listed


@pytest.mark.scenario("booking-77")
async def test_a_range_of_dates_is_given_back_and_only_these(tx: None, people: People) -> None:
    dance = await dance_room(people)
    made = await series(people.bob, dance)
    gone = await cancel_dates(people.bob.caller, made.series_id, tuesday(2), tuesday(3) + timedelta(days=3), NOW)
    assert [one.series_on for one in gone] == [tuesday(2), tuesday(3)]
    assert await standing(made) == [tuesday(n) for n in (1, 4, 5, 6)]
    assert await cancel_dates(people.bob.caller, made.series_id, tuesday(2), tuesday(3), NOW) == []
    await book(people.carol, dance, span("18:00-19:00", tuesday(2)))
    with pytest.raises(NotFound):
        await cancel_dates(people.carol.caller, made.series_id, tuesday(1), tuesday(6), NOW)


@pytest.mark.scenario("booking-75")
async def test_ten_skipped_dates_are_kept_and_given_up_with_as_many_statements_as_three(tx: None, people: People) -> None:
    sent = []
    for number in (3, 10):
        dance = await room(people.community, f"{number}", horizon=365)
        await closures.close(
            dance, Interval(at("00:00", tuesday(1)), at("24:00", tuesday(number))), "Paint", people.erin.id, NOW
        )
        with statements() as seen:
            made = await series(people.bob, dance, f"FREQ=WEEKLY;BYDAY=TU;COUNT={number + 1}", "free")
        assert sum("INSERT INTO booking_skip" in one for one in seen) == 1
        assert [one.state for one in await booking_skips.of_series(made.series_id)] == ["watched"] * number
        with statements() as seen:
            assert not await cancel_dates(people.bob.caller, made.series_id, tuesday(1), tuesday(number), NOW)
        sent.append(len(seen))
        assert [one.state for one in await booking_skips.of_series(made.series_id)] == ["dropped"] * number
        await cancel_dates(people.bob.caller, made.series_id, tuesday(number + 1), tuesday(number + 1), NOW)
    assert sent[0] == sent[1]


async def test_an_approved_series_tells_real_dates_only(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await dance_room(people)
    await sql.rows("UPDATE space SET approval = 'holds' WHERE id = $1", dance)
    await sql.rows("UPDATE member SET language = 'en' WHERE id = $1", people.bob.id)
    await week_three_taken(people, dance)
    made = await series(people.bob, dance, mode="free")
    asked_of_staff = await sql.rows("SELECT facts FROM message WHERE kind = 'series_booking.requested'")
    assert asked_of_staff
    assert str(tuesday(3)) not in asked_of_staff[0]["facts"]
    accepted = await accept_series(people.erin.caller, made.series_id, NOW)
    assert [one.series_on for one in accepted] == [tuesday(n) for n in (1, 2, 4, 5, 6)]
    found = await sql.one(
        "SELECT facts::text FROM message WHERE kind = 'series_booking.accepted' AND person_id = $1", people.bob.id
    )

    letter = post.read("series_booking.accepted", json.loads(found["facts"]), "en")
    assert "Tue 8 Dec" in letter.text
    assert "Tue 15 Dec" not in letter.text
    people.bob.sign_in(client)
    feed = (await client.get("/me/bookings/calendar.ics")).text
    assert feed.count("BEGIN:VEVENT") == 5
    assert "20261215T180000" not in feed


async def test_of_competing_requests_those_that_nobody_has_taken_are_accepted(tx: None, people: People) -> None:
    dance = await dance_room(people)
    await sql.rows("UPDATE space SET approval = 'competing' WHERE id = $1", dance)
    made = await series(people.bob, dance)
    rival = await book(people.carol, dance, span("18:00-19:00", tuesday(2)))
    await sql.rows("UPDATE space SET approval = 'none' WHERE id = $1", dance)
    await book(people.dan, dance, span("18:00-19:00", tuesday(4)))
    accepted = await accept_series(people.erin.caller, made.series_id, NOW)
    assert [one.series_on for one in accepted] == [tuesday(n) for n in (1, 3, 5, 6)]
    assert (await bookings.one(rival.id)).state == "pending"


async def test_who_is_suspended_gives_dates_back_and_gets_no_more(tx: None, people: People) -> None:
    dance = await dance_room(people)
    await week_three_taken(people, dance)
    made = await series(people.bob, dance, mode="free")
    suspended = msgspec.structs.replace(people.bob.caller, is_suspended=True)
    times = NewTimes(since=tuesday(1), starts=time(19), ends=time(20), purpose="", people=1)
    for wanted in (
        take_date(suspended, made.series_id, tuesday(3), NOW),
        extend_series(suspended, made.series_id, "FREQ=WEEKLY;COUNT=9", "all", NOW),
        change_dates(suspended, made.series_id, times, NOW),
        book_series(suspended, asked(dance), "all", NOW),
    ):
        with pytest.raises(MemberSuspended):
            await wanted
    assert len(await cancel_dates(suspended, made.series_id, tuesday(1), tuesday(6), NOW)) == 5


async def test_a_series_for_the_house_grows_by_staff_of_today_only(tx: None, people: People) -> None:
    dance = await dance_room(people)
    made = await series(people.erin, dance, counts=False)
    before = msgspec.structs.replace(people.erin.caller, grants=())
    with pytest.raises(NotAllowed):
        await extend_series(before, made.series_id, "FREQ=WEEKLY;COUNT=9", "all", NOW)
    longer = await extend_series(people.erin.caller, made.series_id, "FREQ=WEEKLY;COUNT=7", "all", NOW)
    assert [one.on for one in longer.dates] == [tuesday(7)]


@pytest.mark.scenario("booking-73", "booking-74", "booking-78")
def test_the_last_day_is_included_and_a_rule_without_end_or_days_is_refused() -> None:
    pattern = asked(UUID(int=1)).pattern

    def days(rule: str) -> list[date]:
        return booking_patterns.days_of(Pattern(rule=rule, first_on=pattern.first_on, starts=pattern.starts, ends=pattern.ends))

    assert days("FREQ=WEEKLY;UNTIL=20261215") == [tuesday(1), tuesday(2), tuesday(3)]
    assert len(days("FREQ=DAILY;COUNT=60")) == booking_patterns.MOST
    for wrong in ("FREQ=WEEKLY", "FREQ=DAILY;COUNT=61", "FREQ=WEEKLY;BYDAY=SU;UNTIL=20261202", "FREQ=SECONDLY;COUNT=3"):
        with pytest.raises(Malformed):
            days(wrong)
    over_night = Pattern(rule=SIX, first_on=TUESDAY, starts=time(22), ends=time(1))
    assert booking_patterns.times_on(over_night, TUESDAY).ends.date() == tuesday(1) + timedelta(days=1)
    summer = Pattern(rule="FREQ=WEEKLY;COUNT=2", first_on=date(2027, 3, 23), starts=time(18), ends=time(19))
    first, second = (
        walltimes.resolve(booking_patterns.times_on(summer, day), "Europe/Berlin").starts_at
        for day in booking_patterns.days_of(summer)
    )
    assert second - first == WEEK - timedelta(hours=1)


@pytest.mark.scenario("booking-84")
async def test_after_new_rules_of_the_zone_bookings_stand_where_they_stood_on_the_wall(tx: None, people: People) -> None:
    """As though Shanghai had moved its clocks by an hour: what stood at 18:00 stands at 18:00."""
    dance = await dance_room(people)
    kept, stuck = [await book(people.bob, dance, span("18:00-19:00", tuesday(n))) for n in (1, 2)]
    await book(people.carol, dance, span("19:00-20:00", tuesday(2)))
    await sql.rows(
        "UPDATE booking SET wall_starts = wall_starts + interval '1 hour', wall_ends = wall_ends + interval '1 hour' "
        "WHERE id = ANY ($1)",
        [kept.id, stuck.id],
    )
    await keep_wall_times.run(NOW)
    assert (await bookings.one(kept.id)).use == span("19:00-20:00", tuesday(1))
    assert (await bookings.one(stuck.id)).use == span("18:00-19:00", tuesday(2))
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'series_booking.wall_clash'") == 1
    await keep_wall_times.run(NOW)
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'series_booking.wall_clash'") == 1
    assert await sql.value("SELECT count(*) FROM occupancy WHERE active AND booking_id = ANY ($1)", [kept.id, stuck.id]) == 2
