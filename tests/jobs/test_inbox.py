"""The member's messages on the page and over the API, and what they wish to be told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.jobs.notes import promise, states, told
from timebank.jobs import deliver
from timebank.settings import Settings
from timebank.web import clock

HTML = {"accept": "text/html"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def browser(client: httpx.AsyncClient, settings: Settings, now: datetime) -> httpx.AsyncClient:
    clock.put(now + timedelta(minutes=5))
    client.headers.update(HTML)
    return client


async def test_new_messages_stand_on_top_are_counted_in_the_head_and_read_once_seen(
    tx: None, browser: httpx.AsyncClient, people: People, settings: Settings, now: datetime
) -> None:
    for number in range(3):
        await promise(people.bob, now + number * SECOND, key=f"note-{number}", path="/me/hours")
    await promise(people.carol, now)
    await deliver.run(now + 5 * SECOND, settings)
    people.bob.sign_in(browser)
    board = (await browser.get("/")).text
    assert '<span class="unread">3<' in board
    page = (await browser.get("/me/messages")).text
    headings = re.findall(r'<span id="(m-[^"]+)">A note for Bob<', page)
    named = re.findall(r'aria-labelledby="o-\S+ ([^"]+)"', page)
    assert (len(headings), named) == (3, headings), "a link is read out with its heading, and shows no line for it"
    assert page.count('class="is-new"') == 3
    assert page.index("09:00") > 0
    assert 'href="/me/hours"' in page
    again = (await browser.get("/me/messages")).text
    assert 'class="is-new"' not in again
    assert 'class="unread"' not in again
    assert await sql.value("SELECT count(*) FROM message WHERE read_at IS NULL") == 1, "Carol's"


async def test_a_page_that_a_browser_fetches_ahead_reads_nothing(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    await promise(people.bob, now)
    people.bob.sign_in(browser)
    await browser.get("/me/messages", headers={"sec-purpose": "prefetch"})
    assert await sql.value("SELECT count(*) FROM message WHERE read_at IS NULL") == 1


async def test_what_is_not_due_was_taken_back_or_came_too_late_is_not_shown(
    tx: None, browser: httpx.AsyncClient, people: People, settings: Settings, now: datetime
) -> None:
    await promise(people.bob, now, key="later", due_at=now + timedelta(hours=1))
    await promise(people.bob, now, key="late", useful_until=now + SECOND)
    await promise(people.bob, now, key="gone", path="/me")
    await sql.rows("UPDATE message SET state = 'withdrawn' WHERE key LIKE 'gone%'")
    people.bob.sign_in(browser)
    page = (await browser.get("/me/messages")).text
    assert "No messages yet" in page
    assert "A note for Bob" not in page


async def test_older_ones_are_on_further_pages_and_a_stranger_s_message_is_no_way_in(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    for number in range(25):
        await promise(people.bob, now + number * SECOND, key=f"note-{number:02}")
    await promise(people.carol, now)
    people.bob.sign_in(browser)
    first = await browser.get("/api/v1/me/messages?limit=20")
    assert len(first.json()["messages"]) == 20
    page = (await browser.get(f"/me/messages?before={first.json()['before']}")).text
    assert page.count("<article") == 5
    assert "To the newest messages" in page
    other = (await told(people.carol.id))[0]["id"]
    assert (await browser.get(f"/api/v1/me/messages?before={other}")).json() == {"messages": [], "before": None}
    assert (await browser.get("/me/messages?before=x")).status_code == 400


async def test_the_api_gives_words_and_facts_and_marks_what_is_named(
    tx: None, client: httpx.AsyncClient, people: People, settings: Settings, now: datetime
) -> None:
    clock.put(now + timedelta(minutes=5))
    for number in range(2):
        await promise(people.bob, now + number * SECOND, key=f"note-{number}")
    await promise(people.carol, now)
    client.headers.update(people.bob.bearer)
    [second, first] = (await client.get("/api/v1/me/messages", headers={"accept-language": "en"})).json()["messages"]
    assert (first["title"], first["kind"], first["is_read"]) == ("A note for Bob", "test.note", False)
    assert first["facts"]["name"] == "Bob"
    carols = (await told(people.carol.id))[0]["id"]
    marked = await client.post("/api/v1/me/messages/read", json={"ids": [first["id"], str(carols)]})
    assert marked.json() == {"marked": 1}
    assert (await client.post("/api/v1/me/messages/read", json={})).json() == {"marked": 1}
    assert (await client.post("/api/v1/me/messages/read", json={"ids": ["x"]})).status_code == 400
    assert (await told(people.carol.id))[0]["read_at"] is None
    assert second["at"] > first["at"]


async def test_a_message_whose_words_are_gone_does_not_take_the_page_along(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    await promise(people.bob, now, kind="test.of_an_older_release", path="/me/hours")
    people.bob.sign_in(browser)
    page = await browser.get("/me/messages")
    assert page.status_code == 200
    assert "Its words cannot be shown any more" in page.text


@pytest.mark.scenario("schedule-73")
async def test_a_member_chooses_what_to_be_told_and_how(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(browser)
    assert (await browser.get("/api/v1/me/notices")).json() == {
        "told_by": "phone",
        "reminders": True,
        "summary_own": False,
        "summary_run": True,
        "clock_hours": 24,
    }
    saved = await browser.post("/me/settings/messages", data={"told_by": "here", "summary_own": "1", "clock_hours": "12"})
    assert saved.status_code == 303
    page = (await browser.get(saved.headers["location"])).text
    assert "Saved." in page
    assert 'name="summary_own" value="1" checked' in page
    assert 'name="reminders" value="1" checked' not in page
    wrong = await browser.post("/me/settings/messages", data={"told_by": "pigeon", "summary_own": "1", "clock_hours": "12"})
    assert wrong.status_code == 400
    assert 'name="summary_own" value="1" checked' in wrong.text, "what was ticked stays ticked"
    assert (await browser.put("/api/v1/me/notices", json={"told_by": "phone", "clock_hours": 13})).status_code == 400
    assert (await browser.put("/api/v1/me/notices", json={"told_by": "phone", "reminders": False})).status_code == 204
    assert (await browser.get("/api/v1/me/notices")).json()["reminders"] is False


async def test_staff_print_the_messages_of_who_has_no_phone_and_hand_them_over(
    tx: None, browser: httpx.AsyncClient, people: People, settings: Settings, now: datetime
) -> None:
    await sql.rows("UPDATE member SET phone = NULL, language = 'zh' WHERE id = $1", people.bob.id)
    await promise(people.bob, now)
    await deliver.run(now, settings)
    assert await states() == ["kept"]
    address = f"/office/members/{people.bob.id}/messages"
    people.alice.sign_in(browser)
    assert (await browser.get(address)).status_code == 403
    people.erin.sign_in(browser)
    sheet = (await browser.get(address)).text
    assert "A note for Bob" in sheet
    assert "11月26日 周四 09:00" in sheet, "in the member's own language"
    assert (await browser.post(f"{address}/read")).status_code == 303
    assert (await told(people.bob.id))[0]["read_at"] is not None
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'messages.handed_over'") == 1
