"""The calendar of those who keep rooms: what it shows to whom, as data and as a page without scripts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import closures, occupancy, parts, spaces, sql
from schedules.bookings import Booking
from schedules.errors import Malformed
from tests import given, sqllog
from tests.given import People
from tests.spaces.rooms import DAYTIME, FRIDAY, NOW, at, book, room, session_in, span
from tests.spaces.test_rule_pages import plain, read
from timebank.actions.rooms.see_calendar import Bar, RoomRow, see_calendar
from timebank.people.callers import NotAllowed

pytestmark = pytest.mark.usefixtures("thursday")


async def row(people: People, space_id: UUID, days: int = 1, first: date = FRIDAY) -> RoomRow:
    calendar = await see_calendar(people.erin.caller, first, days, NOW)
    return next(found for found in calendar.rooms if found.space_id == space_id)


async def full(people: People) -> tuple[UUID, Booking]:
    """A room with everything that can stand in one."""
    dance = await room(people.community, hours=DAYTIME, turnaround=30)
    session = await session_in(people, span("14:00-16:00"), "Choir")
    await occupancy.take_session(dance, session, at("14:00"), at("16:00"), NOW)
    await closures.close(dance, span("08:00-09:00"), "Fire drill", people.erin.id, NOW)
    booked = await book(people.carol, dance, span("18:00-19:00"), purpose="Birthday", people=12)
    return dance, booked


def told(bar: Bar) -> tuple[str, str, str, str]:
    return bar.kind, f"{bar.starts:%H:%M}", f"{bar.ends:%H:%M}", bar.name or bar.title


async def test_all_that_stands_in_a_room_is_shown_on_its_own_clock(tx: None, people: People) -> None:
    dance, booked = await full(people)
    found = await row(people, dance)
    assert [told(bar) for bar in found.bars] == [
        ("closure", "08:00", "09:00", "Fire drill"),
        ("session", "14:00", "16:00", "Choir"),
        ("booking", "18:00", "19:00", "Carol"),
    ]
    assert [bar.may_move for bar in found.bars] == [False, False, True]
    assert (found.bars[2].booking_id, found.bars[2].purpose, found.bars[2].people) == (booked.id, "Birthday", 12)
    assert [(f"{part.starts:%d %H:%M}", f"{part.ends:%d %H:%M}") for part in found.open] == [("27 08:00", "27 22:00")]
    assert not (await row(people, dance, first=FRIDAY + timedelta(days=1))).bars
    assert len((await row(people, dance, 7, FRIDAY - timedelta(days=4))).bars) == 3


async def test_a_request_is_shown_whether_it_holds_its_time_or_competes(tx: None, people: People) -> None:
    holding = await room(people.community)
    competing = await room(people.community, "书画室")
    await spaces.set_approval(holding, "holds", 2880, True, now=NOW)
    await spaces.set_approval(competing, "competing", 2880, True, now=NOW)
    for space_id in (holding, competing):
        await book(people.bob, space_id, span("10:00-11:00"))
    await book(people.carol, competing, span("10:00-11:00"))
    assert [told(bar) for bar in (await row(people, holding)).bars] == [("request", "10:00", "11:00", "Bob")]
    rivals = (await row(people, competing)).bars
    assert sorted(told(bar)[3] for bar in rivals) == ["Bob", "Carol"]
    assert all(bar.kind == "request" and bar.may_move for bar in rivals)
    # Three days later nobody can have decided any more.
    later = await see_calendar(people.erin.caller, FRIDAY, 1, NOW + timedelta(days=3))
    assert not [bar for found in later.rooms for bar in found.bars]


async def test_a_part_shows_what_is_booked_in_the_whole_and_does_not_move_it(tx: None, people: People) -> None:
    hall, half = await room(people.community), await room(people.community, "东半厅")
    other = await room(people.community, "西半厅")
    await parts.divide(hall, [half, other], NOW)
    await book(people.bob, hall, span("10:00-11:00"))
    (shared,) = (await row(people, half)).bars
    (own,) = (await row(people, hall)).bars
    assert (shared.name, shared.is_shared, shared.may_move) == ("Bob", True, False)
    assert (own.is_shared, own.may_move) == (False, True)


async def test_what_is_over_or_given_back_cannot_be_moved(tx: None, people: People) -> None:
    dance, booked = await full(people)
    after = await see_calendar(people.erin.caller, FRIDAY, 1, at("19:00"))
    assert [bar.may_move for found in after.rooms for bar in found.bars if bar.booking_id] == [False]
    await sql.rows("SELECT cancel_booking($1, 'cancelled_by_user', $2, $3, '')", booked.id, NOW, people.carol.id)
    assert "booking" not in [bar.kind for bar in (await row(people, dance)).bars]


async def test_a_keeper_elsewhere_sees_nothing_of_it(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance, _ = await full(people)
    frank = await given.member("Frank", "19900000009", people.elsewhere, NOW, "coordinator", people.elsewhere)
    assert (await see_calendar(frank.caller, FRIDAY, 1, NOW)).rooms == []
    asked = {"first": str(FRIDAY), "community": str(people.community)}
    answer = await client.get("/api/v1/spaces/calendar", params=asked, headers=frank.bearer)
    assert (answer.status_code, answer.json()["rooms"]) == (200, [])
    frank.sign_in(client)
    assert "Carol" not in (shown := await read(client, f"/office/rooms/calendar?day={FRIDAY}"))
    assert "There is no room here." in shown
    with pytest.raises(NotAllowed):
        await see_calendar(people.alice.caller, FRIDAY, 1, NOW)
    for who, status in ((people.bob.bearer, 403), (people.alice.bearer, 403), ({}, 401)):
        client.cookies.clear()
        assert (await client.get("/api/v1/spaces/calendar", params=asked, headers=who)).status_code == status
    seen = (await client.get("/api/v1/spaces/calendar", params=asked, headers=people.erin.bearer)).json()
    assert [found["space_id"] for found in seen["rooms"]] == [str(dance)]
    assert seen["rooms"][0]["bars"][2]["starts"] == "2026-11-27T18:00:00"


async def test_one_community_at_a_time(tx: None, people: People) -> None:
    dance, _ = await full(people)
    study = await room(people.elsewhere, "书画室")
    erin = people.erin.caller
    assert {found.space_id for found in (await see_calendar(erin, FRIDAY, 1, NOW)).rooms} == {dance, study}
    assert [found.space_id for found in (await see_calendar(erin, FRIDAY, 1, NOW, people.elsewhere)).rooms] == [study]


async def test_a_retired_room_is_shown_while_something_stands_in_it(tx: None, people: People) -> None:
    dance, _ = await full(people)
    study = await room(people.community, "书画室")
    for space_id in (dance, study):
        await spaces.set_state(space_id, "retired", now=NOW)
    calendar = await see_calendar(people.erin.caller, FRIDAY, 1, NOW)
    assert [(found.space_id, found.is_retired) for found in calendar.rooms] == [(dance, True)]


@pytest.mark.parametrize("asked", [{"first": "0001-01-01"}, {"first": "9999-12-31"}, {"days": 0}, {"days": 32}, {"first": "x"}])
async def test_days_that_nobody_means_are_refused(
    tx: None, client: httpx.AsyncClient, people: People, asked: dict[str, Any]
) -> None:
    params: dict[str, Any] = {"first": str(FRIDAY), "days": 1} | asked
    answer = await client.get("/api/v1/spaces/calendar", params=params, headers=people.erin.bearer)
    assert answer.status_code in (400, 422)
    with pytest.raises((Malformed, ValueError)):
        await see_calendar(people.erin.caller, date.fromisoformat(str(params["first"])), int(str(params["days"])), NOW)


async def test_many_rooms_and_bookings_cost_no_more_statements(tx: None, people: People) -> None:
    await full(people)

    async def statements() -> int:
        with sqllog.statements() as log:
            await see_calendar(people.erin.caller, FRIDAY, 7, NOW)
        return len(log)

    few = await statements()
    for number in range(5):
        made = await room(people.community, f"Room {number}")
        await book(people.bob, made, span(f"{8 + number}:00-{9 + number}:00"))
    assert await statements() == few


async def test_without_scripts_the_page_is_a_list_with_every_way(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance, booked = await full(people)
    people.erin.sign_in(client)
    path = "/office/rooms/calendar"
    assert f'href="{path}"' in (await client.get("/office/rooms")).text
    page = (await client.get(path, params={"day": str(FRIDAY)})).text
    text = plain(page)
    assert all(words in text for words in ("Calendar of the rooms", "Fri 27 Nov 2026", "Open 08:00–22:00"))
    for line in (
        "08:00–09:00 ✕ Closure Fire drill",
        "14:00–16:00 ◆ Activity Choir",
        "18:00–19:00 ● Booking Carol Birthday · 12 people",
    ):
        assert line in text
    ways = (
        f"/me/bookings/{booked.id}/change",
        f"/office/bookings/{booked.id}/cancel",
        f"/office/rooms/{dance}#close",
        f"/spaces/{dance}?day={FRIDAY}",
        f"{path}?day=2026-11-26&amp;view=day",
        f"{path}?day=2026-11-28&amp;view=day",
        f"{path}?day=2026-11-27&amp;view=week",
    )
    for way in ways:
        assert f'href="{way}"' in page, way
        if way.startswith(("/me", "/office/b", "/office/rooms/", "/spaces")):
            assert (await client.get(way.replace("&amp;", "&"))).status_code == 200, way
    week = await read(client, f"{path}?day={FRIDAY}&view=week")
    assert "Mon 23 Nov 2026 to Sun 29 Nov 2026" in week
    assert "Fri 27 Nov, 18:00–19:00 ● Booking Carol" in week


@pytest.mark.parametrize("query", ["day=x", "day=0001-01-01", "day=9999-12-31&view=week", "view=year", "community=x"])
async def test_the_page_refuses_what_nobody_means(tx: None, client: httpx.AsyncClient, people: People, query: str) -> None:
    people.erin.sign_in(client)
    assert (await client.get(f"/office/rooms/calendar?{query}")).status_code in (400, 422)
