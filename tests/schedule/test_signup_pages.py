"""Waiting list, offers and requests as a browser without JavaScript and as a program see them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schedules import sessions
from schedules.sessions import Session
from tests.given import People, Person
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.test_pages import sent, shown
from tests.schedule.waiting import full, join, states
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw
from timebank.web import clock, post

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def buttons(html: str, session: Session) -> list[str]:
    """What may be tapped at a session."""
    card = html[html.index(f'id="session-{session.id}"') :]
    return re.findall(r"<button[^>]*>([^<]+)</button>", card[: card.index("</section>")])


async def own(session: Session, person: Person) -> str:
    found = (await sessions.one(session.id, person.id)).own
    assert found is not None
    return str(found.id)


@pytest.mark.scenario("schedule-60")
async def test_a_member_joins_the_line_sees_their_place_and_nobodys_name(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session, _ = await full(people)
    await join(session, people.now, people.dan)
    address = f"/activities/{session.activity_id}"
    html = await shown(client, address, people.carol)
    assert "1 person is waiting" in html
    assert buttons(html, session) == ["Join the waiting list"]
    tap = {"session": str(session.id), "role": str(session.roles[0].id), "wait": "1", "key": "key-of-this-form"}
    await sent(client, f"{address}/sign-up", tap, people.carol)
    await sent(client, f"{address}/sign-up", tap, people.carol)
    html = await shown(client, address, people.carol)
    assert "You are number 2 on the waiting list for Singer." in html
    assert "Dan" not in html
    assert "you are on the waiting list" in await shown(client, "/", people.carol)
    assert "On the waiting list (2)" in await shown(client, "/me", people.carol)
    await sent(client, f"{address}/withdraw", {"signup": await own(session, people.carol)}, people.carol)
    html = await shown(client, address, people.carol)
    assert buttons(html, session) == ["Join the waiting list"]
    assert html.index("You have withdrawn") < html.index("Join the waiting list")


async def test_an_offer_stands_first_on_my_page_with_its_deadline_and_is_one_tap(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session, bob = await full(people, at(18, day=7))
    (carol,) = await join(session, people.now, people.carol)
    await withdraw(people.bob.caller, bob, people.now)
    html = await shown(client, "/me", people.carol)
    assert html.index("A place is held for you") < html.index("<h2>Next</h2>")
    assert "Until Thu 26 Nov 21:00; then it goes to the next in line." in html
    address = f"/activities/{session.activity_id}"
    html = await shown(client, address, people.carol)
    assert "A place as Singer is held for you until Thu 26 Nov 21:00." in html
    assert buttons(html, session) == ["Accept the place", "Let it go to the next"]
    await sent(client, f"{address}/accept", {"signup": str(carol), "key": "one-key-for-it"}, people.carol)
    assert "You are signed up as Singer." in await shown(client, address, people.carol)
    refused = await sent(client, f"{address}/decline", {"signup": str(carol)}, people.carol, status=409)
    assert "No place is held for you at present." in refused.text


@pytest.mark.scenario("schedule-67")
async def test_all_from_here_on_lists_what_stays(tx: None, people: People, client: httpx.AsyncClient) -> None:
    dated = await given.published(people, at(18), at(18, day=1), at(18, day=7), withdraw_before=36 * 60)
    for session in dated:
        await sign_up(people.bob.caller, session.id, people.now)
    address = f"/activities/{dated[0].activity_id}"
    html = await shown(client, address, people.bob)
    assert [buttons(html, one) for one in dated] == [["Withdraw from the later sessions"]] * 2 + [["Withdraw"]]
    data = {"signup": await own(dated[1], people.bob), "from_here": "1", "key": "one-key-for-it"}
    answer = await sent(client, f"{address}/withdraw", data, people.bob, status=200)
    assert "You gave 1 place back." in answer.text
    assert "Fri 27 Nov 18:00: withdrawing was possible until Thu 26 Nov 06:00" in answer.text


async def test_a_request_is_asked_for_ticked_and_approved_or_rejected_with_a_reason(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session = await given.session(people, needs_approval=True, places=1)
    address, desk = f"/activities/{session.activity_id}", f"/organise/sessions/{session.id}"
    html = await shown(client, address, people.bob)
    assert buttons(html, session) == ["Ask for a place"]
    for person in (people.bob, people.carol):
        tap = {"session": str(session.id), "role": str(session.roles[0].id)}
        await sent(client, f"{address}/sign-up", tap, person)
    assert "The organiser decides and you get a message" in await shown(client, address, people.bob)
    assert "2 people ask for a place" in await shown(client, desk, people.alice)
    assert f'href="{desk}#requests">! 2 ask for a place' in await shown(client, "/organise", people.alice)
    bob, carol = await own(session, people.bob), await own(session, people.carol)
    nobody = await sent(client, f"{desk}/decide", {"do": "approve"}, people.alice, status=409)
    assert "Nobody is ticked." in nobody.text
    both = await client.post(
        f"{desk}/decide",
        data={"signup": [bob, carol], "do": "approve"},
        headers={"accept": "text/html", "accept-language": "en"} | people.alice.bearer,
    )
    assert both.status_code == 200
    assert "All places are taken." in both.text
    assert "full: give the role more places, or reject" in await shown(client, desk, people.alice)
    await sent(client, f"{desk}/decide", {"signup": carol, "do": "reject", "reason": "Too heavy"}, people.alice)
    assert "Too heavy" in await shown(client, address, people.carol)
    assert (await shown(client, desk, people.alice)).count("ask for a place") == 0
    await sent(client, f"{desk}/decide", {"signup": "x", "do": "reject"}, people.alice, status=400)


async def test_the_organiser_sees_the_line_in_its_order_and_raises_the_places(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    session, _ = await full(people, at(18, day=7))
    line = await join(session, people.now, people.carol, people.dan)
    desk = f"/organise/sessions/{session.id}"
    html = await shown(client, desk, people.alice)
    waiting = html[html.index('id="line"') :]
    assert waiting.index("Carol") < waiting.index("Dan")
    role = str(session.roles[0].id)
    await sent(client, f"{desk}/places", {"role": role, "places": "2"}, people.alice)
    assert await states(*line) == ["offered", "waiting"]
    assert "a place is held until Thu 26 Nov 21:00" in await shown(client, desk, people.alice)
    await sent(client, f"{desk}/take-back", {"signup": str(line[0]), "reason": "Rang"}, people.alice)
    assert await states(*line) == ["cancelled", "offered"]


async def test_the_form_of_an_activity_keeps_what_was_chosen_about_line_and_approval(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    draft = await given.draft(people, needs_approval=True, asks_again=True, offer_minutes=90)
    html = await shown(client, f"/organise/activities/{draft}/edit", people.alice)
    assert 'name="needs_approval" value="1" checked' in html
    assert 'name="has_waiting_list" value="1">' in html
    assert 'id="offer_minutes" name="offer_minutes" type="text" value="1.5"' in html
    assert 'name="has_waiting_list" value="1" checked' in await shown(client, "/organise/new", people.alice)


async def test_the_rules_of_a_public_activity_change_from_now_on(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, places=1)
    await sign_up(people.bob.caller, session.id, people.now)
    address = f"/organise/activities/{session.activity_id}/line-rules"
    assert address in await shown(client, f"/organise/activities/{session.activity_id}", people.alice)
    assert 'value="12"' in await shown(client, address, people.alice)
    wrong = await sent(client, address, {"has_waiting_list": "1", "offer_minutes": "soon"}, people.alice, status=400)
    assert "Type a number of hours" in wrong.text
    assert 'value="soon"' in wrong.text
    await sent(client, address, {"has_waiting_list": "1", "offer_minutes": "1.5"}, people.alice)
    assert (await sign_up(people.carol.caller, session.id, people.now, waits=True)).state == "waiting"
    rules = {"has_waiting_list": False, "needs_approval": True}
    path = f"/api/v1/activities/{session.activity_id}/line-rules"
    assert (await client.put(path, json=rules, headers=people.alice.bearer)).json()["offer_minutes"] == 720
    assert (await client.put(path, json=rules, headers=people.bob.bearer)).status_code == 403
    assert (await client.put(path, json=rules | {"offer_minutes": 0}, headers=people.alice.bearer)).status_code == 400
    seen = await sessions.one(session.id, people.carol.id)
    assert (seen.needs_approval, seen.own and seen.own.state) == (True, "waiting")


async def called(client: httpx.AsyncClient, path: str, person: Person, status: int = 200, **body: Any) -> Any:
    answer = await client.post(f"/api/v1{path}", json=body, headers={"idempotency-key": uuid4().hex} | person.bearer)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_api_joins_offers_accepts_and_declines(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session, bob = await full(people)
    path = f"/sessions/{session.id}/sign-ups"
    assert (await called(client, path, people.carol, 409))["code"] == "waitlist_open"
    carol = await called(client, path, people.carol, 201, wait=True)
    assert (carol["state"], carol["position"]) == ("waiting", 1)
    await called(client, path, people.dan, 201, wait=True)
    assert (await called(client, f"/sign-ups/{carol['signup_id']}/accept", people.carol, 409))["code"] == "not_offered"
    await called(client, f"/sign-ups/{bob}/withdraw", people.bob)
    view = (await client.get(f"/api/v1/sessions/{session.id}", headers=people.carol.bearer)).json()
    assert (view["answer"]["name"], view["roles"][0]["waiting"]) == ("offered", 1)
    assert view["offered_until"]
    await called(client, f"/sign-ups/{carol['signup_id']}/decline", people.carol, reason="Ill")
    dan = await own(session, people.dan)
    assert (await called(client, f"/sign-ups/{dan}/accept", people.dan))["state"] == "confirmed"
    lines = (await client.get(f"/api/v1{path}", headers=people.alice.bearer)).json()
    assert sorted(line["state"] for line in lines) == ["confirmed", "withdrawn", "withdrawn"]


async def test_the_api_decides_requests_one_by_one_and_together(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, needs_approval=True, places=1)
    made = [
        (await called(client, f"/sessions/{session.id}/sign-ups", person, 201))["signup_id"]
        for person in (people.bob, people.carol, people.erin)
    ]
    assert (await called(client, f"/sign-ups/{made[0]}/reject", people.alice, 400))["code"] == "malformed"
    assert (await called(client, f"/sign-ups/{made[0]}/reject", people.alice, reason="No"))["state"] == "rejected"
    rows = await called(client, "/sign-ups/decisions", people.alice, signup_ids=made, decision="approve")
    assert [(row["state"], row["refusal"] and row["refusal"]["code"]) for row in rows] == [
        (None, "not_requested"),
        ("confirmed", None),
        (None, "full"),
    ]
    approved = await called(client, f"/sign-ups/{made[2]}/approve", people.alice, reason="Brings a chair", override=True)
    assert approved["state"] == "confirmed"
    left = await called(client, f"/sign-ups/{made[1]}/withdraw-from-here", people.carol)
    assert [one["signup_id"] for one in left["freed"]] == [made[1]]
    await called(client, f"/sign-ups/{made[2]}/approve", people.bob, 403)


FACTS = {
    "title": "合唱", "title_en": "Choir", "place": "院子", "place_en": "Yard", "role": "歌手", "role_en": "Singer",
    "starts_at": "2026-11-26T10:00:00+00:00", "ends_at": "2026-11-26T11:30:00+00:00", "time_zone": "Asia/Shanghai",
    "until_at": "2026-11-26T09:00:00+00:00", "reason": "Storm", "name": "Bob",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "kind",
    [
        "place_offered",
        "offer_ran_out",
        "request_made",
        "request_approved",
        "request_rejected",
        "request_lapsed",
        "place_taken_back",
        "session_called_off",
    ],
)
def test_every_letter_says_what_and_when_in_the_readers_language(kind: str, language: Any) -> None:
    found = post.read(kind, FACTS, language)
    assert ("Choir" if language == "en" else "合唱") in found.title
    assert "18:00–19:30" in found.text
    assert "%(" not in found.title + found.text
