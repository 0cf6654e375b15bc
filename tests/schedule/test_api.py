"""Activities, sessions and sign-ups over HTTP: as a stranger, as the wrong person and as the right one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from schedules import sessions
from schedules.plans import Plan
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from timebank.api import activities, board, signups
from timebank.api import sessions as sessions_api
from timebank.web import clock

KEY = {"idempotency-key": "a-key-of-this-test"}


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def body(plan: Plan) -> Any:
    return msgspec.to_builtins(plan)


async def test_an_activity_is_planned_once_published_and_seen_by_everybody(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    wanted = body(given.plan(people, at(18), at(18, day=7)))
    first = await client.post("/api/v1/activities", json=wanted, headers=people.alice.bearer | KEY)
    again = await client.post("/api/v1/activities", json=wanted, headers=people.alice.bearer | KEY)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json() == again.json()
    address = f"/api/v1/activities/{first.json()['activity_id']}"
    assert (await client.get(address)).status_code == 404, "a draft is for who runs it"
    assert (await client.get(address, headers=people.bob.bearer)).status_code == 404
    assert (await client.get(address, headers=people.dan.bearer)).status_code == 200
    published = await client.post(f"{address}/publish", headers=people.alice.bearer)
    assert published.status_code == 200, published.text
    seen = (await client.get(address)).json()
    assert seen["short_path"] == f"/a/{published.json()['number']}"
    assert [session["local_start"] for session in seen["sessions"]] == ["2026-11-26T18:00+08:00", "2026-12-03T18:00+08:00"]
    assert seen["sessions"][0]["answer"] is None, "strangers get no answers"
    listed = (await client.get("/api/v1/activities")).json()
    assert [activity["id"] for activity in listed["activities"]] == [seen["activity"]["id"]]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("sessions", 0, "starts"), "2026-11-26T18:00:00+08:00"),
        (("sessions", 0, "starts"), "yesterday"),
        (("sessions", 0, "ends"), "2026-11-26T17:00:00"),
        (("roles", 0, "places"), -1),
        (("roles", 0, "places"), 1.5),
        (("title",), ""),
        (("title",), "nul \x00"),
        (("kind",), "revolution"),
        (("community_id",), "here"),
        (("opens_before",), 10**9),
        (("unknown",), 1),
    ],
)
async def test_nonsense_is_a_400_and_changes_nothing(
    tx: None, people: People, client: httpx.AsyncClient, path: tuple[Any, ...], wrong: object
) -> None:
    wanted = body(given.plan(people))
    part = wanted
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = wrong
    answer = await client.post("/api/v1/activities", json=wanted, headers=people.alice.bearer)
    assert answer.status_code == 400, answer.text
    assert (await client.get("/api/v1/activities", headers=people.alice.bearer)).json()["activities"] == []


async def test_saying_nothing_about_danger_is_not_possible(tx: None, people: People, client: httpx.AsyncClient) -> None:
    wanted = body(given.plan(people))
    del wanted["may_endanger"]
    assert (await client.post("/api/v1/activities", json=wanted, headers=people.alice.bearer)).status_code == 400


async def test_a_taken_room_is_told_with_its_alternatives(tx: None, people: People, client: httpx.AsyncClient) -> None:
    room = await given.room(people)
    await given.session(people, at(18, space_id=room))
    made = await given.draft(people, at(18, space_id=room))
    answer = await client.post(f"/api/v1/activities/{made}/publish", headers=people.alice.bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "space_taken"), answer.text
    assert answer.json()["by"] == "合唱"
    assert answer.json()["alternatives"]


async def test_a_stranger_and_the_wrong_person_are_turned_away(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    wanted, reason = body(given.plan(people)), {"reason": "x"}
    role = session.roles[0].id
    for method, path, sent in (
        ("POST", "/api/v1/activities", wanted),
        ("PUT", f"/api/v1/activities/{session.activity_id}", wanted),
        ("POST", f"/api/v1/activities/{session.activity_id}/publish", None),
        ("POST", f"/api/v1/activities/{session.activity_id}/call-off", reason),
        ("POST", f"/api/v1/sessions/{session.id}/call-off", reason),
        ("POST", f"/api/v1/sessions/{session.id}/roles/{role}/places", {"places": 1}),
        ("GET", f"/api/v1/sessions/{session.id}/sign-ups", None),
    ):
        stranger = await client.request(method, path, json=sent)
        assert stranger.status_code == 401, (path, stranger.text)
        wrong = await client.request(method, path, json=sent, headers=people.bob.bearer)
        assert wrong.status_code == 403, (path, wrong.text)
    assert (await client.post(f"/api/v1/sessions/{session.id}/sign-ups", json={})).status_code == 401
    for_another = {"member_id": str(people.carol.id), "reason": "x"}
    answer = await client.post(f"/api/v1/sessions/{session.id}/sign-ups", json=for_another, headers=people.bob.bearer)
    assert answer.status_code == 403


async def test_a_place_is_taken_seen_and_given_back(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, places=1)
    address = f"/api/v1/sessions/{session.id}"
    before = (await client.get(address, headers=people.bob.bearer)).json()
    assert (before["answer"]["name"], before["roles"][0]["left"]) == ("free", 1)
    first = await client.post(f"{address}/sign-ups", json={}, headers=people.bob.bearer | KEY)
    again = await client.post(f"{address}/sign-ups", json={}, headers=people.bob.bearer | KEY)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json() == again.json()
    refused = await client.post(f"{address}/sign-ups", json={}, headers=people.carol.bearer)
    assert (refused.status_code, refused.json()["code"]) == (409, "full")
    after = (await client.get(address, headers=people.bob.bearer)).json()
    assert (after["answer"]["name"], after["signup_id"]) == ("signed_up", first.json()["signup_id"])
    comers = (await client.get(f"{address}/sign-ups", headers=people.alice.bearer)).json()
    assert [(comer["name"], comer["state"], comer["door"]) for comer in comers] == [("Bob", "confirmed", "expected")]
    mine = (await client.get("/api/v1/sign-ups", headers=people.bob.bearer)).json()
    assert [signup["id"] for signup in mine["signups"]] == [first.json()["signup_id"]]
    own = f"/api/v1/sign-ups/{first.json()['signup_id']}"
    assert (await client.post(f"{own}/withdraw", json={}, headers=people.carol.bearer)).status_code == 404
    gone = await client.post(f"{own}/withdraw", json={"reason": "Ill"}, headers=people.bob.bearer)
    assert gone.status_code == 200, gone.text
    history = (await client.get(f"{own}/history", headers=people.bob.bearer)).json()
    assert [change["state"] for change in history] == ["confirmed", "withdrawn"]
    assert (await client.get(f"{own}/history", headers=people.carol.bearer)).status_code == 404


async def test_a_refused_sign_up_does_not_burn_its_key(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, places=0)
    address = f"/api/v1/sessions/{session.id}"
    assert (await client.post(f"{address}/sign-ups", json={}, headers=people.bob.bearer | KEY)).status_code == 409
    places = await client.post(f"{address}/roles/{session.roles[0].id}/places", json={"places": 1}, headers=people.alice.bearer)
    assert places.json()["excess"] == 0
    assert (await client.post(f"{address}/sign-ups", json={}, headers=people.bob.bearer | KEY)).status_code == 201
    other = await given.session(people, at(21))
    burnt = await client.post(f"/api/v1/sessions/{other.id}/sign-ups", json={}, headers=people.bob.bearer | KEY)
    assert (burnt.status_code, burnt.json()["code"]) == (409, "key_conflict")


async def test_a_clash_is_told_with_the_session_in_the_way(tx: None, people: People, client: httpx.AsyncClient) -> None:
    first, second = await given.session(people), await given.session(people)
    await given.sign_up(people.bob, first, people.now)
    answer = await client.post(
        f"/api/v1/sessions/{second.id}/sign-ups", json={}, headers=people.bob.bearer | {"accept-language": "en"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "collides")
    assert answer.json()["session_id"] == str(first.id)
    assert "合唱" in answer.json()["title"] or "合唱" in answer.json()["detail"]


async def test_an_organiser_signs_a_member_up_with_an_override(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, places=0)
    wanted = {"member_id": str(people.bob.id), "reason": "Plays the piano", "override": True}
    answer = await client.post(f"/api/v1/sessions/{session.id}/sign-ups", json=wanted, headers=people.alice.bearer)
    assert (answer.status_code, answer.json()["answer"]) == (201, "full"), answer.text
    comers = (await client.get(f"/api/v1/sessions/{session.id}/sign-ups", headers=people.alice.bearer)).json()
    assert comers[0]["override_reason"] == "Plays the piano"
    back = await client.post(
        f"/api/v1/sign-ups/{answer.json()['signup_id']}/take-back", json={"reason": "Ill"}, headers=people.alice.bearer
    )
    assert back.status_code == 200, back.text
    assert (await sessions.one(session.id)).taken == 0


async def test_sessions_come_in_pages_by_time(tx: None, people: People, client: httpx.AsyncClient) -> None:
    dated = await given.published(people, *(at(18, day=day) for day in range(5)))
    found: list[str] = []
    after = ""
    for _ in range(4):
        page = (await client.get(f"/api/v1/sessions?limit=2{after}")).json()
        found += [session["id"] for session in page["sessions"]]
        if page["after"] is None:
            break
        after = f"&after={page['after']}"
    assert found == [str(session.id) for session in dated]


@pytest.mark.scenario("schedule-39")
async def test_open_to_me_holds_exactly_what_i_may_take(tx: None, people: People, client: httpx.AsyncClient) -> None:
    free, full = await given.session(people), await given.session(people, places=0)
    tight, clashing = await given.session(people, at(19.5)), await given.session(people, at(21))
    own = await given.session(people, at(21))
    await given.sign_up(people.bob, own, people.now)
    everything = (await client.get("/api/v1/sessions", headers=people.bob.bearer)).json()["sessions"]
    assert {session["id"] for session in everything} == {str(one.id) for one in (free, full, tight, clashing, own)}
    mine = (await client.get("/api/v1/sessions?open_to_me=true", headers=people.bob.bearer)).json()["sessions"]
    assert {session["id"]: session["answer"]["name"] for session in mine} == {str(free.id): "free", str(tight.id): "tight"}


async def test_what_is_not_there_is_a_404_and_a_bare_time_a_400(tx: None, people: People, client: httpx.AsyncClient) -> None:
    for path in (f"/api/v1/sessions/{uuid4()}", f"/api/v1/activities/{uuid4()}", "/api/v1/sessions/1"):
        assert (await client.get(path)).status_code == 404, path
    assert (await client.get("/api/v1/sessions?since=2026-11-26T18:00:00")).status_code == 400
    assert (await client.get("/api/v1/sessions?limit=1000")).status_code == 400


async def test_staff_notes_and_covers_are_not_for_everybody(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, staff_note="Key is under the mat")
    address = f"/api/v1/activities/{session.activity_id}"
    assert "mat" not in (await client.get(address)).text
    assert "mat" not in (await client.get("/api/v1/activities")).text
    assert "mat" in (await client.get(address, headers=people.alice.bearer)).text


async def test_the_board_for_programs_is_the_board_for_people(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people)
    await given.session(people, at(18, day=8))
    seen = (await client.get(f"/api/v1/board?community_id={people.community}", headers=people.bob.bearer)).json()
    assert seen["today"] == "2026-11-26"
    assert [(found["id"], found["answer"]["name"]) for found in seen["sessions"]] == [(str(session.id), "free")]
    figures = ("minutes", "people", "issued", "redeemed", "expired", "donated", "pools", "room_minutes")
    assert seen["totals"] == dict.fromkeys(figures, 0)
    assert (await client.get(f"/api/v1/board?community_id={uuid4()}")).status_code == 404


async def test_the_openapi_text_says_what_every_call_does(tx: None, client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    assert paths["/api/v1/sessions/{session_id}/sign-ups"]["post"]["description"].startswith("Takes a place")
    for handler in (*activities.routes, *board.routes, *sessions_api.routes, *signups.routes):
        assert handler.fn.__doc__, handler
