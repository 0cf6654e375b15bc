"""A school's calendar shuts a room of ours."""

from __future__ import annotations

import httpx
import pytest

from schedules import closures
from schedules.errors import Malformed
from tests.given import People
from tests.schedule.test_foreign import file
from tests.spaces.rooms import NOW, book, room, span
from timebank.actions.rooms.borrowed_rooms import read_calendar, take_out
from timebank.people.callers import NotAllowed

pytestmark = pytest.mark.usefixtures("thursday")

WEEKLY = "DTSTART;TZID=Asia/Shanghai:20261127T100000\nDTEND;TZID=Asia/Shanghai:20261127T120000\nRRULE:FREQ=WEEKLY;COUNT=3"
SECRET = WEEKLY + "\nSUMMARY:Exam of class 3B"


async def test_busy_times_shut_the_room_and_a_second_reading_brings_them_up_to_date(tx: None, people: People) -> None:
    dance = await room(people.community)
    first = await read_calendar(people.erin.caller, dance, "School", file(SECRET), NOW)
    assert (len(first.shut), first.same, first.standing) == (3, 0, [])
    assert {closure.reason for closure in await closures.coming(dance, NOW)} == {"School"}
    again = await read_calendar(people.erin.caller, dance, "School", file(SECRET), NOW)
    assert (len(again.shut), again.same, len(again.opened)) == (0, 3, 0)
    shorter = await read_calendar(people.erin.caller, dance, "School", file(WEEKLY.replace("COUNT=3", "COUNT=2")), NOW)
    assert (shorter.same, len(shorter.opened)) == (2, 1)
    await take_out(people.erin.caller, first.calendar_id, NOW)
    assert await closures.coming(dance, NOW) == []
    await book(people.bob, dance, span("10:00-12:00"))


async def test_what_stands_in_the_room_stays_and_is_named(tx: None, people: People) -> None:
    dance, hall = await room(people.community), await room(people.community, "大厅")
    for space, use in ((dance, span("10:30-11:00")), (hall, span("10:00-12:00"))):
        mine = await book(people.bob, space, use)
        read = await read_calendar(people.erin.caller, space, "School", file(WEEKLY), NOW)
        assert read.standing == [span("10:00-12:00")]
        assert mine.use == use
    parts = (await closures.coming(dance, NOW))[0].parts
    assert parts == [span("10:00-10:30"), span("11:00-12:00")]


async def test_only_who_keeps_the_room_reads_a_calendar_and_it_needs_a_name(tx: None, people: People) -> None:
    dance = await room(people.community)
    with pytest.raises(NotAllowed):
        await read_calendar(people.bob.caller, dance, "School", file(WEEKLY), NOW)
    with pytest.raises(Malformed):
        await read_calendar(people.erin.caller, dance, " ", file(WEEKLY), NOW)


async def test_the_page_takes_a_file_and_tells_what_is_none(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    path = f"/office/rooms/{dance}/calendars"
    done = await client.post(path, data={"name": "School"}, files={"file": ("a.ics", file(SECRET), "text/calendar")})
    assert done.status_code == 200, done.text
    assert "3 times are shut now" in done.text
    assert "Exam" not in done.text
    for content in (b"hello", b""):
        wrong = await client.post(path, data={"name": "School"}, files={"file": ("a.ics", content, "text/calendar")})
        assert wrong.status_code == 400
        assert "no calendar file" in wrong.text
        assert 'value="School"' in wrong.text
    assert (await client.post(path, data={"name": "School"})).status_code in {400, 415}
    large = await client.post(path, data={"name": "School"}, files={"file": ("a.ics", b"x" * 1_100_000, "text/calendar")})
    assert large.status_code == 413


async def test_the_api_does_the_same(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    body = {"name": "School", "file": file(WEEKLY).decode()}
    answer = await client.post(f"/api/v1/spaces/{dance}/calendars", json=body)
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["shut"]) == 3
    (listed,) = (await client.get(f"/api/v1/spaces/{dance}/calendars")).json()
    assert listed["times"] == 3
    assert (await client.delete(f"/api/v1/spaces/calendars/{listed['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/spaces/{dance}/calendars")).json()[0]["times"] == 0
    people.bob.sign_in(client)
    assert (await client.post(f"/api/v1/spaces/{dance}/calendars", json=body)).status_code == 403
