"""Bookings as calendar files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest

from schedules import bookings, calendars, sql
from schedules.calendars import Entry
from tests.given import People
from tests.spaces.rooms import FRIDAY, NOW, at, book, room, span
from timebank.web import clock

pytestmark = pytest.mark.usefixtures("thursday")


def parsed(text: str | bytes) -> Any:
    return icalendar.Calendar.from_ical(text)


async def events(client: httpx.AsyncClient, path: str = "/me/bookings/calendar.ics") -> list[Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(parsed(answer.content).walk("VEVENT"))


@pytest.mark.scenario("booking-120")
async def test_a_cancelled_booking_stays_under_its_uid_with_a_higher_sequence(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"), purpose="Birthday")
    people.bob.sign_in(client)
    (before,) = await events(client)
    later = NOW + timedelta(minutes=5)
    await bookings.cancel(mine.id, people.bob.id, later)
    (after,) = await events(client)
    assert after["UID"] == before["UID"]
    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert (before["DTSTAMP"].dt, after["DTSTAMP"].dt) == (NOW, later)


@pytest.mark.scenario("booking-121")
async def test_fetching_the_file_changes_nothing(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Defect 41 of booking.md: fetching the calendar file cancelled the booking."""
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    people.bob.sign_in(client)
    rows = "SELECT (SELECT array_agg((b, b.xmin)::text ORDER BY b.id) FROM booking b), "
    rows += "(SELECT array_agg((o, o.xmin)::text ORDER BY o.id) FROM occupancy o), (SELECT count(*) FROM audit)"
    before = await sql.one(rows)
    for path in ("/me/bookings/calendar.ics", f"/me/bookings/{mine.id}/calendar.ics", "/api/v1/bookings/calendar"):
        await events(client, path)
    assert await sql.one(rows) == before


@pytest.mark.scenario("booking-122")
async def test_times_carry_their_zone_and_the_zone_is_in_the_file(tx: None, client: httpx.AsyncClient, people: People) -> None:
    hall = await room(people.community, zone="Europe/Berlin")
    use = span("18:00-19:30", FRIDAY, "Europe/Berlin")
    await book(people.bob, hall, use)
    people.bob.sign_in(client)
    text = (await client.get("/me/bookings/calendar.ics")).text
    assert "DTSTART;TZID=Europe/Berlin:20261127T180000" in text.replace("\r\n ", "")
    whole = parsed(text)
    assert [zone["TZID"] for zone in whole.walk("VTIMEZONE")] == ["Europe/Berlin"]
    (event,) = whole.walk("VEVENT")
    assert event["DTSTART"].dt.astimezone(UTC) == use.starts_at
    assert event["DTEND"].dt.astimezone(UTC) == use.ends_at


def test_the_zone_in_the_file_knows_both_changes_of_the_year() -> None:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [
        Entry(
            uid=f"{month}",
            summary="Choir",
            starts_at=datetime(2026, month, 15, 17, tzinfo=UTC),
            ends_at=datetime(2026, month, 15, 18, tzinfo=UTC),
            time_zone="Europe/Berlin",
            sequence=0,
            made_at=made,
            changed_at=made,
        )
        for month in (1, 7)
    ]
    whole = parsed(calendars.text("x", entries))
    (zone,) = whole.walk("VTIMEZONE")
    offsets = {part.name: part.TZOFFSETTO for part in zone.subcomponents}
    assert offsets == {"STANDARD": timedelta(hours=1), "DAYLIGHT": timedelta(hours=2)}


async def test_past_bookings_stay_a_while(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Defect 43 of booking.md."""
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-11:00"))
    people.bob.sign_in(client)
    clock.put(at("10:00") + timedelta(days=20))
    assert len(await events(client)) == 1


async def test_a_file_holds_ones_own_bookings_only_and_names_nobody(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-11:00"), purpose="Birthday")
    await book(people.carol, dance, span("12:00-13:00"), purpose="Carol's day")
    people.bob.sign_in(client)
    client.cookies.set("timebank_language", "en")
    (event,) = await events(client)
    assert event["SUMMARY"] == "Dance room: Birthday"
    assert str(people.bob.id) not in (await client.get("/me/bookings/calendar.ics")).text


async def test_a_member_without_bookings_gets_an_empty_file(tx: None, client: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(client)
    assert await events(client) == []
