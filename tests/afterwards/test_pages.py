"""The pages of what comes after a session, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from schedules import sql
from tests.afterwards import given
from tests.given import People

pytestmark = pytest.mark.usefixtures("tx")

ENGLISH = {"accept-language": "en", "accept": "text/html"}


async def at(client: httpx.AsyncClient, moment: datetime) -> None:
    assert (await client.put("/test/clock", json={"now": moment.isoformat()})).status_code == 200


async def look(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path, headers=ENGLISH)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


async def send(client: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await client.post(path, data=form, headers=ENGLISH)


@pytest.mark.scenario("schedule-78", "schedule-83", "schedule-87")
async def test_from_the_roll_over_the_close_of_the_day_to_the_second_person(people: People, client: httpx.AsyncClient) -> None:
    session = await given.choir(people, people.bob, people.carol)
    people.alice.sign_in(client)
    await at(client, given.over(session))
    base = f"/organise/sessions/{session.id}"
    page = await look(client, f"{base}/roll")
    assert page.count('name="present"') == 2
    told = await send(client, f"{base}/roll", present=str(await given.signup_of(people.bob, session)))
    assert "1 person was ticked." in told.text
    assert "1 is noted as missing and will be asked." in told.text
    desk = await look(client, "/organise")
    assert "Finished, to be closed (1)" in desk
    assert f'href="{base}/close"' in desk
    page = await look(client, f"{base}/close")
    assert "Confirm 1 line" in page
    stay = await sql.value("SELECT id FROM attendance")
    refused = await send(client, f"{base}/close", **{f"minutes-{stay}": "90", f"reason-{stay}": ""})
    assert refused.status_code == 400
    assert 'value="90"' in refused.text, "what was typed stays"
    assert "Nothing is written here." in refused.text
    assert f'<a href="#reason-{stay}">Bob</a>' in refused.text, "whose it is stands at the top, with the way there"
    assert f'id="reason-{stay}-wrong"' in refused.text, "and at the field"
    refused = await send(client, f"{base}/close", **{f"minutes-{stay}": "an hour", f"reason-{stay}": "left early"})
    assert f'<a href="#minutes-{stay}">Bob</a>' in refused.text
    assert f'aria-describedby="minutes-{stay}-wrong"' in refused.text
    gone = await send(client, f"{base}/close", **{f"minutes-{stay}": "90", f"reason-{stay}": "left early"})
    assert gone.headers["location"] == f"{base}/close?sent=1&confirmed=0"
    page = await look(client, f"{base}/close")
    assert "waits for a second person" in page
    assert re.search(r"Closed on [^<]* 2026 [0-9:]+ by Alice\.", page)
    page = await look(client, gone.headers["location"])
    assert page.count("A coordinator does that") == 1, "who confirms is said once"
    assert "to be closed" not in await look(client, "/organise")
    assert (await send(client, "/organise/hours", entry="x", do="approve")).status_code == 403
    people.erin.sign_in(client)
    assert "Hours to confirm (1)" in await look(client, "/organise")
    assert '<a href="/organise/hours">' in await look(client, f"{base}/close"), "the second person is a link away"
    page = await look(client, "/organise/hours")
    (entry,) = re.findall(r'name="entry" value="([^"]+)" checked', page)
    told = await send(client, "/organise/hours", entry=entry, do="approve")
    assert "1 line is on record. 1.5 points are on their way." in told.text
    people.alice.sign_in(client)
    assert "on record, class B" in await look(client, f"{base}/close")
    people.bob.sign_in(client)
    assert "<h2>Choir</h2>" in await look(client, "/me/hours"), "a record is kept in Chinese, and read in the reader's language"


@pytest.mark.scenario("schedule-76", "schedule-77")
async def test_a_member_objects_on_the_page_and_reads_what_became_of_it(people: People, client: httpx.AsyncClient) -> None:
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    people.bob.sign_in(client)
    await at(client, told_at)
    page = await look(client, f"/me/no-shows/{found}")
    assert "You may object until Sat 28 Nov" in page
    assert (await send(client, f"/me/no-shows/{found}", text=" ")).status_code == 400
    assert (await send(client, f"/me/no-shows/{found}", text="I sat at the back")).status_code == 303
    assert "Nothing is final until somebody has decided." in await look(client, f"/me/no-shows/{found}")
    people.dan.sign_in(client)
    assert "Bob" in await look(client, "/organise/no-shows")
    assert (await send(client, f"/organise/no-shows/{found}", stands="no", reason="seen by three")).status_code == 303
    people.bob.sign_in(client)
    page = await look(client, f"/me/no-shows/{found}")
    assert "seen by three" in page
    assert "taken back" in await look(client, "/me/no-shows")
    people.carol.sign_in(client)
    assert (await client.get(f"/me/no-shows/{found}", headers=ENGLISH)).status_code == 404


@pytest.mark.scenario("schedule-84")
async def test_a_forgotten_check_out_leads_to_a_page_that_asks_for_the_right_minutes(
    people: People, client: httpx.AsyncClient
) -> None:
    from timebank.jobs import close_sessions

    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0)
    await close_sessions.run(session.closes_at)
    people.bob.sign_in(client)
    await at(client, session.closes_at)
    assert "check-out set by itself" in await look(client, f"/me/stays/{stay}")
    wrong = await send(client, f"/me/stays/{stay}", minutes="500", reason="left at ten")
    assert (wrong.status_code, "120 at most" in wrong.text, "left at ten" in wrong.text) == (400, True, True)
    assert (await send(client, f"/me/stays/{stay}", minutes="60", reason="left at ten")).status_code == 303
    assert "You asked for 1 h." in await look(client, f"/me/stays/{stay}")
    people.alice.sign_in(client)
    assert "Asks for 1 h: left at ten" in await look(client, f"/organise/sessions/{session.id}/close")


@pytest.mark.scenario("schedule-85", "schedule-88")
async def test_hours_are_entered_rejected_and_sent_again_on_pages(people: People, client: httpx.AsyncClient) -> None:
    people.bob.sign_in(client)
    await at(client, people.now)
    form = {
        "activity_name": "Shopping",
        "served_on": "2026-11-25",
        "service_minutes": "many",
        "place": "Building 3",
        "service_content": "Carried rice",
        "organising_unit": "Committee",
        "person_in_charge": "Alice",
        "reason": "No session",
    }
    wrong = await send(client, "/me/hours/new", **form)
    assert (wrong.status_code, "Carried rice" in wrong.text, "These minutes are not possible." in wrong.text) == (
        400,
        True,
        True,
    )
    assert (await send(client, "/me/hours/new", **{**form, "service_minutes": "45"})).status_code == 303
    entry = await sql.value("SELECT id FROM hours_entry")
    people.erin.sign_in(client)
    assert (await send(client, "/organise/hours", entry=str(entry), do="reject", reason="")).status_code == 400
    assert "Nothing waits." in (await send(client, "/organise/hours", entry=str(entry), do="reject", reason="whose rice?")).text
    people.bob.sign_in(client)
    assert "whose rice?" in await look(client, f"/me/hours/entries/{entry}")
    again = {**form, "service_minutes": "45", "reason": "No session; Mrs Wang's"}
    assert (await send(client, f"/me/hours/entries/{entry}", **again)).status_code == 303
    page = await look(client, "/me/hours/entries")
    assert "was corrected and sent again" in page
    assert "waits for a second person" in page


@pytest.mark.scenario("checkin-54", "schedule-83")
async def test_all_sessions_of_a_day_are_closed_from_one_place(people: People, client: httpx.AsyncClient) -> None:
    first = await given.choir(people, people.bob, people.carol)
    second = await given.choir(people, people.bob, hour=13, title_en="Reading")
    await given.was_in(people.bob, first)
    await given.was_in(people.carol, first, 0, 120)
    people.alice.sign_in(client)
    await at(client, first.ends_at + timedelta(minutes=5))
    page = await look(client, "/organise/close")
    assert re.findall(r"(Choir|Reading)</strong>.*?(to be closed|not over yet)", page, re.DOTALL) == [
        ("Choir", "to be closed"),
        ("Reading", "not over yet"),
    ]
    assert "No session of yours begins on this day." in await look(client, "/organise/close?on=2026-11-25")
    assert "No session begins on this day." in await look(client, "/organise/close?on=2026-11-25&mine=0")
    people.erin.sign_in(client)
    assert '<a href="/organise/close">Close of the day</a>' in await look(client, "/office")
    page = await look(client, "/organise/close")
    assert ("Choir" in page, "Only mine" in page) == (True, True), "a coordinator starts with everybody's"
    assert "No session of yours" in await look(client, "/organise/close?mine=1")
    people.alice.sign_in(client)
    assert (await client.get("/organise/close?on=9999-12-31", headers=ENGLISH)).status_code == 200
    base = f"/organise/sessions/{first.id}/close"
    page = await look(client, base)
    assert f"/organise/sessions/{second.id}/close" in page, "the next one is a tap away"
    (inside,) = re.findall(r'name="gone" value="([^"]+)"', page)
    sent = await send(client, base, gone=inside)
    assert sent.headers["location"] == f"{base}?sent=2&confirmed=0"
    bob = await sql.one("SELECT * FROM attendance WHERE person_id = $1", people.bob.id)
    assert (bob["out_at"], bob["minutes"], bob["is_automatic"], bob["is_by_code"]) == (first.ends_at, 120, False, False)
    assert "to be closed" not in await look(client, "/organise/close")
    people.bob.sign_in(client)
    assert (await client.get("/organise/close", headers=ENGLISH)).status_code == 403


@pytest.mark.scenario("checkin-109", "checkin-110")
async def test_a_record_is_corrected_and_hours_are_entered_for_a_member_on_pages(
    people: People, client: httpx.AsyncClient
) -> None:
    people.alice.sign_in(client)
    await at(client, people.now)
    number = await sql.value("SELECT number FROM member WHERE id = $1", people.bob.id)
    form = {
        "activity_name": "Shopping",
        "served_on": "2026-11-25",
        "service_minutes": "45",
        "place": "Building 3",
        "service_content": "Carried rice",
        "organising_unit": "Committee",
        "person_in_charge": "Alice",
        "reason": "No session",
    }
    wrong = await send(client, "/organise/hours/new", **form, number="999999")
    assert (wrong.status_code, "Nobody here has this number." in wrong.text, "Carried rice" in wrong.text) == (400, True, True)
    assert (await send(client, "/organise/hours/new", **form, number=str(number))).status_code == 303
    people.erin.sign_in(client)
    entry = await sql.value("SELECT id FROM hours_entry")
    await send(client, "/organise/hours", entry=str(entry), do="approve")
    people.bob.sign_in(client)
    (path,) = re.findall(r"/me/hours/records/[0-9a-f-]{36}", await look(client, "/me/hours"))
    assert "Carried rice" in await look(client, path)
    assert (await send(client, path, **form)).status_code == 409, "nothing was changed"
    assert (await send(client, path, **form | {"service_minutes": "30", "reason": "half an hour"})).status_code == 303
    people.erin.sign_in(client)
    entry = await sql.value("SELECT id FROM hours_entry WHERE state = 'pending'")
    nobodys = "00000000-0000-0000-0000-000000000000"
    told = await client.post(
        "/organise/hours", data={"entry": [nobodys, str(entry)], "do": "reject", "reason": "who saw it?"}, headers=ENGLISH
    )
    assert "This is not here." in told.text
    assert await sql.value("SELECT state FROM hours_entry WHERE id = $1", entry) == "rejected", "one bad row stops no other"
    people.bob.sign_in(client)
    again = form | {"service_minutes": "30", "reason": "Mrs Wang saw it"}
    assert (await send(client, f"/me/hours/entries/{entry}", **again)).status_code == 303
