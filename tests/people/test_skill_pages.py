"""Skills over HTTP: a member says what they can do, staff confirm it, an organiser asks for it; pages and their API twins."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from schedules import needs
from schedules.needs import Needs, RoleNeeds
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.test_skills import TWO
from timebank.people import held_skills, skills
from timebank.people.skills import Wanted
from timebank.web import clock

EN = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


async def first_aid(people: People, **changes: Any) -> UUID:
    wanted = Wanted(**{"name": "急救", "name_en": "First aid", "way_en": "Show the certificate at the office", **changes})
    return await skills.add(people.community, wanted, people.erin.id, people.now)


@pytest.mark.scenario("schedule-28")
async def test_a_claim_is_made_confirmed_and_taken_back_on_pages(tx: None, people: People, client: httpx.AsyncClient) -> None:
    skill = await first_aid(people)
    people.bob.sign_in(client)
    assert (await client.post("/me/skills", data={"skill": str(skill), "note": "Red Cross"})).status_code == 303
    mine = (await client.get("/me/skills", headers=EN)).text
    assert "waits for a confirmation" in mine
    assert "Show the certificate at the office" in mine
    held = (await held_skills.of_member(people.bob.id))[0].id
    people.erin.sign_in(client)
    assert "Red Cross" in (await client.get("/office/skills")).text
    assert (await client.get(f"/office/held-skills/{held}")).status_code == 200
    wrong = await client.post(f"/office/held-skills/{held}/confirm", data={"valid_until": "soon"})
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (400, True)
    past = await client.post(f"/office/held-skills/{held}/confirm", data={"valid_until": "2026-11-25"}, headers=EN)
    assert (past.status_code, "This day is over" in past.text) == (409, True)
    assert (await client.post(f"/office/held-skills/{held}/confirm", data={"valid_until": "2027-05-31"})).status_code == 303
    people.bob.sign_in(client)
    assert "Mon 31 May 2027" in (await client.get("/me/skills", headers=EN)).text
    people.erin.sign_in(client)
    silent = await client.post(f"/office/held-skills/{held}/withdraw", data={"reason": " "})
    assert silent.status_code == 400
    assert (await client.post(f"/office/held-skills/{held}/withdraw", data={"reason": "borrowed"})).status_code == 303
    assert "borrowed" in (await client.get(f"/office/held-skills/{held}")).text


async def test_the_catalogue_is_kept_on_pages(tx: None, people: People, client: httpx.AsyncClient) -> None:
    people.erin.sign_in(client)
    form = {"community_id": str(people.community), "name": "电工", "needs_confirmation": "1", "months": "x", "key": uuid4().hex}
    refused = await client.post("/office/skills/new", data=form)
    assert (refused.status_code, 'value="电工"' in refused.text) == (400, True)
    made = await client.post("/office/skills/new", data={**form, "months": "12"})
    address = made.headers["location"]
    again = await client.post("/office/skills/new", data={**form, "months": "12", "key": uuid4().hex})
    assert again.status_code == 409
    changed = await client.post(address, data={"name": "电工", "name_en": "Electrician", "needs_confirmation": "1"})
    assert changed.status_code == 303
    assert "Electrician" in (await client.get(address, headers=EN)).text
    assert (await client.post(f"{address}/retire")).status_code == 303
    people.bob.sign_in(client)
    skill = UUID(address.rpartition("/")[2])
    assert (await client.post("/me/skills", data={"skill": str(skill)})).status_code == 404, "no longer offered"


async def test_what_an_activity_needs_is_set_on_its_page_and_seen_on_it(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    skill = await first_aid(people)
    session = await given.session(people, at(18), roles=TWO)
    people.erin.sign_in(client)
    group = {"community_id": str(people.community), "name": "Leaders", "hours": "24", "key": uuid4().hex}
    made_group = (await client.post("/office/groups", data=group)).headers["location"].rpartition("/")[2]
    partner = {"community_id": str(people.community), "name": "Clinic East", "kind": "clinic", "key": uuid4().hex}
    assert (await client.post("/office/partners", data=partner)).status_code == 303
    partner_id = (await client.get("/api/v1/partners", headers=people.erin.bearer)).json()[0]["id"]
    people.alice.sign_in(client)
    address = f"/organise/activities/{session.activity_id}/needs"
    sent = {
        "skills-0": str(skill),
        "lead-0": "1",
        "keeps-1": "1",
        "minimum": "3",
        "warn_hours": "1.5",
        "briefing": "Wear shoes",
        "groups": made_group,
        "partners": partner_id,
    }
    wrong = await client.post(address, data={**sent, "minimum": "some"})
    assert (wrong.status_code, "Wear shoes" in wrong.text) == (400, True), "what was typed stays"
    beyond = await client.post(address, data={**sent, "minimum": "99999"}, headers=EN)
    assert (beyond.status_code, "it can never have 99999 people" in beyond.text) == (400, True)
    assert (await client.post(address, data=sent)).status_code == 303
    kept = await needs.of_activity(session.activity_id)
    assert (kept.minimum, kept.warn_before, kept.briefing) == (3, 90, "Wear shoes")
    assert {each.role: (each.is_lead, each.keeps_experienced, each.skill_ids) for each in kept.roles} == {
        "急救员": (True, False, (skill,)),
        "歌手": (False, True, ()),
    }
    people.bob.sign_in(client)
    seen = (await client.get(f"/activities/{session.activity_id}", headers=EN)).text
    for words in ("Clinic East", "Wear shoes", "Needs “First aid”.", "Read the briefing first"):
        assert words in seen, words
    form = {"session": str(session.id), "role": str(session.roles[1].id)}
    assert (await client.post(f"/activities/{session.activity_id}/sign-up", data=form)).status_code == 409
    briefing = await needs.briefing(session.activity_id)
    assert briefing is not None
    await client.post(f"/activities/{session.activity_id}/briefing", data={"briefing": str(briefing.id), "read": "1"})
    assert (await client.post(f"/activities/{session.activity_id}/sign-up", data=form)).status_code == 303


async def test_the_organiser_sees_and_asks_on_the_page_of_people(tx: None, people: People, client: httpx.AsyncClient) -> None:
    session = await given.session(people, at(18))
    await needs.keep(session.activity_id, Needs(minimum=2), people.alice.id, people.now)
    people.alice.sign_in(client)
    assert "0 of at least 2 are signed up." in (await client.get(f"/organise/sessions/{session.id}", headers=EN)).text
    assert "0 of at least 2" in (await client.get("/organise/at-risk", headers=EN)).text
    address = f"/organise/sessions/{session.id}/people"
    assert "0 of at least 2 are signed up." in (await client.get(address, headers=EN)).text
    asked = await client.post(address, data={"role": str(session.roles[0].id)})
    assert asked.headers["location"].endswith("?asked=0")
    assert "Nobody else suits" in (await client.get(asked.headers["location"], headers=EN)).text


async def test_the_api_says_and_does_the_same(tx: None, people: People, client: httpx.AsyncClient) -> None:
    erin, bob, alice = people.erin.bearer, people.bob.bearer, people.alice.bearer
    body = {"community_id": str(people.community), "name": "急救", "name_en": "First aid", "months": 12}
    key = {"idempotency-key": "a-key-of-this-test"}
    made, again = [await client.post("/api/v1/skills", json=body, headers=erin | key) for _ in range(2)]
    assert (made.status_code, again.status_code, made.json() == again.json()) == (201, 200, True), made.text
    skill = made.json()["skill_id"]
    session = await given.session(people, at(18), roles=TWO)
    wanted = {"roles": [{"role": "急救员", "skill_ids": [skill]}], "minimum": 1}
    put = await client.put(f"/api/v1/activities/{session.activity_id}/needs", json=wanted, headers=alice)
    assert (put.status_code, put.json()["minimum"]) == (200, 1), put.text
    sign_up = {"role_id": str(session.roles[0].id)}
    missing = await client.post(f"/api/v1/sessions/{session.id}/sign-ups", json=sign_up, headers=bob)
    assert (missing.status_code, missing.json()["code"]) == (409, "role_missing")
    assert missing.json()["skills"][0]["standing"] == "missing"
    claimed = await client.post("/api/v1/me/skills", json={"skill_id": skill}, headers=bob)
    held = claimed.json()["held_id"]
    undated = await client.post(f"/api/v1/held-skills/{held}/confirm", json={}, headers=erin)
    assert (undated.status_code, undated.json()["field"]) == (400, "valid_until"), "a confirmation that runs out has a day"
    until = {"valid_until": "2026-11-26"}
    assert (await client.post(f"/api/v1/held-skills/{held}/confirm", json=until, headers=bob)).status_code == 403
    assert (await client.post(f"/api/v1/held-skills/{held}/confirm", json=until, headers=erin)).status_code == 200
    seen = (await client.get(f"/api/v1/sessions/{session.id}", headers=bob)).json()
    assert seen["roles"][0]["answer"]["name"] == "free"
    later = await given.session(people, at(18, day=1), roles=TWO)
    await needs.copy(session.activity_id, later.activity_id, people.now)
    expired = await client.post(
        f"/api/v1/sessions/{later.id}/sign-ups", json={"role_id": str(later.roles[0].id)}, headers=bob | EN
    )
    assert (expired.json()["code"], "First aid" in expired.json()["title"]) == ("qualification_missing", True)
    override = {"role_id": str(later.roles[0].id), "member_id": str(people.bob.id), "reason": "is a doctor", "override": True}
    assert (await client.post(f"/api/v1/sessions/{later.id}/sign-ups", json=override, headers=alice)).status_code == 201
    watch = (await client.get(f"/api/v1/sessions/{later.id}/watch", headers=alice)).json()
    assert [each["lack"]["standing"] for each in watch["lacks"]] == ["expired"]


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("PUT", "/api/v1/activities/{activity}/needs", {"minimum": -1}),
        ("PUT", "/api/v1/activities/{activity}/needs", {"warn_before": 0}),
        ("PUT", "/api/v1/activities/{activity}/needs", {"roles": [{"role": "nobody"}]}),
        ("PUT", "/api/v1/activities/{activity}/needs", {"roles": [{"role": "歌手", "skill_ids": [str(UUID(int=7))]}]}),
        ("PUT", "/api/v1/activities/{activity}/needs", {"partner_ids": [str(UUID(int=7))]}),
        ("POST", "/api/v1/skills", {"community_id": str(UUID(int=0)), "name": ""}),
        ("POST", "/api/v1/briefing-codes", {"skill_id": str(UUID(int=0)), "minutes": 100_000}),
        ("POST", "/api/v1/held-skills/99999999999999999999/confirm", {}),
        ("POST", "/api/v1/teams", {"community_id": str(UUID(int=0)), "name": "x", "aims": "nul \x00"}),
        ("POST", "/api/v1/groups", {"community_id": str(UUID(int=0)), "name": "x", "minutes_earlier": 0}),
        ("POST", "/api/v1/activities/{activity}/briefing", {"briefing_id": 0}),
    ],
)
async def test_nonsense_is_told_clearly(
    tx: None, people: People, client: httpx.AsyncClient, method: str, path: str, sent: Any
) -> None:
    session = await given.session(people)
    address = path.replace("{activity}", str(session.activity_id))
    answer = await client.request(method, address, json=sent, headers=people.erin.bearer)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["code"] in ("malformed", "not_found")


@pytest.mark.parametrize("path", ["/me/skills/99999999999999999999/give-up", "/organise/briefings"])
async def test_nonsense_in_forms_is_no_failure(tx: None, people: People, client: httpx.AsyncClient, path: str) -> None:
    people.erin.sign_in(client)
    answer = await client.post(path, data={"skill": "x", "minutes": "99999999999"})
    assert 400 <= answer.status_code < 500, answer.text


async def test_a_copy_asks_what_its_model_asks(tx: None, people: People, client: httpx.AsyncClient) -> None:
    skill = await first_aid(people)
    session = await given.session(people, at(18), roles=TWO)
    wanted = Needs(roles=(RoleNeeds(role="急救员", skill_ids=(skill,)),), minimum=2, briefing="Wear shoes")
    await needs.keep(session.activity_id, wanted, people.alice.id, people.now)
    body = msgspec.to_builtins(given.plan(people, roles=TWO[:1]))
    made = await client.post(
        "/api/v1/activities", params={"like": str(session.activity_id)}, json=body, headers=people.dan.bearer
    )
    assert await needs.of_activity(UUID(made.json()["activity_id"])) == wanted
    people.alice.sign_in(client)
    form = (await client.get("/organise/new", params={"copy": str(session.activity_id)})).text
    assert f'name="like" value="{session.activity_id}"' in form
