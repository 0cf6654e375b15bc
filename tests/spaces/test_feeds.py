"""Calendar addresses that phones subscribe to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import icalendar
import pytest

from schedules import bookings, calling_off, signups, sql
from tests.given import People
from tests.schedule.given import at, session
from tests.spaces.rooms import NOW, book, room, span
from timebank.people import feeds
from timebank.people.feeds import Feed, Kind
from timebank.web.envelope import told_path

pytestmark = pytest.mark.usefixtures("thursday")


async def feed_of(people: People, kind: Kind = "person", of: UUID | None = None) -> Feed:
    made = await feeds.subscribe(people.bob.id, kind, of, NOW)
    return next(feed for feed in await feeds.of_person(people.bob.id) if feed.id == made)


async def events(client: httpx.AsyncClient, feed: Feed) -> list[Any]:
    answer = await client.get(f"/calendars/{feed.token}.ics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.mark.scenario("schedule-92")
async def test_the_own_calendar_holds_the_own_sign_ups_and_rooms_only(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    mine, other = await session(people, title="Choir", title_en=""), await session(people, at(15), title="Patrol", title_en="")
    await signups.take(mine.id, None, people.bob.id, people.bob.id, NOW)
    await signups.take(other.id, None, people.carol.id, people.carol.id, NOW)
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-11:00"), purpose="Tango")
    await book(people.carol, dance, span("12:00-13:00"), purpose="Secret")
    found = await events(client, await feed_of(people))
    assert sorted(str(event["SUMMARY"]).partition(": ")[0] for event in found) == ["Choir", "Dance room"]
    assert "Secret" not in str(found)


@pytest.mark.scenario("schedule-92", "booking-119", "checkin-112")
async def test_a_wrong_and_a_renewed_address_lead_nowhere_at_once(tx: None, client: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(client)
    made = (await client.post("/api/v1/me/feeds", json={"kind": "person"})).json()
    assert (await client.post("/api/v1/me/feeds", json={"kind": "person"})).json() == made
    path = made["address"].removeprefix("http://testserver")
    assert (await client.get(path)).status_code == 200
    renewed = (await client.post(f"/api/v1/me/feeds/{made['id']}/renew")).json()
    assert renewed["address"] != made["address"]
    assert (await client.get(path)).status_code == 404
    assert (await client.get(renewed["address"].removeprefix("http://testserver"))).status_code == 200
    assert (await client.get("/calendars/aaaaaaaa.ics")).status_code == 404
    assert (await client.post(f"/api/v1/me/feeds/{made['id']}/renew")).status_code == 404
    assert (await client.delete(f"/api/v1/me/feeds/{renewed['id']}")).status_code == 204
    assert (await client.get(renewed["address"].removeprefix("http://testserver"))).status_code == 404


async def test_nobody_renews_or_ends_the_address_of_somebody_else(tx: None, client: httpx.AsyncClient, people: People) -> None:
    feed = await feed_of(people)
    people.carol.sign_in(client)
    for path in (f"/api/v1/me/feeds/{feed.id}/renew", f"/me/calendars/{feed.id}/end", f"/me/calendars/{feed.id}/renew"):
        assert (await client.post(path)).status_code == 404
    assert (await client.get(f"/calendars/{feed.token}.ics")).status_code == 200


@pytest.mark.scenario("schedule-97", "schedule-94")
async def test_what_is_not_certain_is_tentative_and_the_words_are_the_members(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    choir = await session(people)
    taken = await signups.take(choir.id, None, people.bob.id, people.bob.id, NOW)
    await sql.rows("UPDATE member SET language = 'zh' WHERE id = $1", people.bob.id)
    feed = await feed_of(people)
    (sure,) = await events(client, feed)
    assert (sure["STATUS"], sure["SUMMARY"]) == ("CONFIRMED", "合唱")
    (alarm,) = sure.walk("VALARM")
    assert str(alarm["DESCRIPTION"]).startswith("快到时间了：合唱")
    await sql.rows("UPDATE signup SET state = 'requested', sequence = sequence + 1 WHERE id = $1", taken.signup_id)
    (unsure,) = await events(client, feed)
    assert (unsure["STATUS"], unsure["DESCRIPTION"]) == ("TENTATIVE", "等待审核")
    assert not unsure.walk("VALARM")
    await sql.rows("UPDATE signup SET state = 'withdrawn', sequence = sequence + 1 WHERE id = $1", taken.signup_id)
    (gone,) = await events(client, feed)
    assert gone["STATUS"] == "CANCELLED"
    assert gone["SEQUENCE"] > unsure["SEQUENCE"] > sure["SEQUENCE"]
    assert gone["UID"] == sure["UID"]


@pytest.mark.scenario("booking-123")
async def test_a_room_s_calendar_says_busy_and_nothing_else(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    kept = await book(people.carol, dance, span("10:00-11:00"), purpose="Carol's divorce")
    given_back = await book(people.carol, dance, span("14:00-15:00"))
    feed = await feed_of(people, "space", dance)
    before = await events(client, feed)
    assert [(str(event["SUMMARY"]), event["STATUS"]) for event in before] == [("Busy", "CONFIRMED")] * 2
    await bookings.cancel(given_back.id, people.carol.id, NOW + timedelta(minutes=1))
    text = (await client.get(f"/calendars/{feed.token}.ics")).text
    after = await events(client, feed)
    assert [event["STATUS"] for event in after] == ["CONFIRMED", "CANCELLED"]
    assert after[1]["UID"] == before[1]["UID"]
    assert after[1]["SEQUENCE"] > before[1]["SEQUENCE"]
    for secret in ("divorce", "Carol", str(kept.id), str(people.carol.id)):
        assert secret not in text


@pytest.mark.scenario("booking-124", "booking-121")
async def test_unchanged_data_answers_304_and_reading_changes_nothing(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    feed = await feed_of(people)
    path = f"/calendars/{feed.token}.ics"
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await bookings.one(mine.id)).state == "confirmed"
    await bookings.cancel(mine.id, people.bob.id, NOW)
    changed = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_a_community_s_calendar_holds_what_is_public_and_what_was_called_off(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    kept, off = await session(people, title="Choir", title_en=""), await session(people, at(15), title="Patrol", title_en="")
    await calling_off.call_off([off.id], "Storm", NOW)
    found = await events(client, await feed_of(people, "community", people.sub_district))
    assert {(str(event["SUMMARY"]), str(event["STATUS"])) for event in found} == {
        (kept.title, "CONFIRMED"),
        (off.title, "CANCELLED"),
    }


async def test_the_page_makes_shows_renews_and_ends_addresses(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.bob.sign_in(client)
    assert "no calendar address yet" in (await client.get("/me/calendars")).text
    for what in ("person", f"space:{dance}", f"community:{people.community}"):
        assert (await client.post("/me/calendars", data={"what": what})).status_code == 303
    page = (await client.get("/me/calendars")).text
    assert page.count(".ics") == 6
    for wrong in ("moon", "space:x", "space:", "community", f"person:{dance}", f"space:{people.bob.id}"):
        assert (await client.post("/me/calendars", data={"what": wrong})).status_code in {400, 404}


def test_a_secret_address_is_not_in_the_log() -> None:
    assert told_path("/calendars/abc.ics") == "/calendars/..."
    assert told_path("/me/calendars") == "/me/calendars"
