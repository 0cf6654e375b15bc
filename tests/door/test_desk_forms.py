"""The desk without JavaScript: questions, exceptions, names and walk-ins as forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest
import pytest_asyncio

from schedules import door_questions, needs, sql
from schedules.door_questions import Wanted
from schedules.needs import Needs
from tests.door.doors import Door, log, put, stays
from timebank.people import passes


@pytest_asyncio.fixture(loop_scope="session")
async def supervised(door: Door) -> AsyncIterator[Door]:
    """Alice is signed in at the desk."""
    door.people.alice.sign_in(door.client)
    door.desk.pair(door.client)
    yield door
    door.client.cookies.clear()


async def post(door: Door, path: str, **more: Any) -> httpx.Response:
    sent = {"sessions": str(door.session.id), "direction": "in"} | more
    return await door.client.post(path, data=sent, headers={"accept-language": "en"})


def form(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the last form with this action, outside of templates."""
    shown = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    found = [each for each in re.findall(r"<form.*?</form>", shown, re.DOTALL) if f'action="{action}"' in each]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found[0])}


@pytest.mark.scenario("checkin-32")
async def test_questions_are_asked_and_answered_on_the_page(supervised: Door) -> None:
    door = supervised
    await needs.keep(door.session.activity_id, Needs(briefing="Keep off the ladder"), door.people.alice.id, door.start)
    await door_questions.keep(
        door.session.activity_id,
        [
            Wanted(kind="choice", text="衣服", text_en="Shirt", choices=("小", "大")),
            Wanted(kind="number", text="鞋码", text_en="Shoe"),
        ],
        door.people.alice.id,
        door.start,
    )
    asked = await post(door, "/desk/scan", code=door.bobs.text)
    assert asked.status_code == 409
    assert "Keep off the ladder" in asked.text
    names = re.findall(r'name="(answer-[^"]+)"', asked.text)
    assert [name.split("-")[1] for name in names] == ["acknowledge", "choice", "number"]
    fields = form(asked.text, "/desk/scan")
    wrong = await post(door, "/desk/scan", **fields, **dict(zip(names, ("1", "大", "many"), strict=True)))
    assert wrong.status_code == 409
    right = await post(
        door, "/desk/scan", **form(wrong.text, "/desk/scan"), **dict(zip(names, ("1", "大", "42.5"), strict=True))
    )
    assert right.status_code == 201
    assert [each.answer for each in await door_questions.answers_of(door.session.id)] == ["大", 42.5]


@pytest.mark.scenario("checkin-35", "checkin-58")
async def test_an_exception_is_made_on_the_page_with_a_reason(supervised: Door) -> None:
    door = supervised
    await door.clock(-40)
    early = await post(door, "/desk/scan", code=door.bobs.text)
    assert 'name="reason"' in re.sub(r"<template.*?</template>", "", early.text, flags=re.DOTALL)
    fields = form(early.text, "/desk/scan")
    assert (await post(door, "/desk/scan", **fields, reason="carries the keys")).status_code == 201
    assert ((await log())[-1]["forced"], (await log())[-1]["force_reason"]) == (True, "carries the keys")


async def test_a_desk_alone_is_offered_no_exception_and_says_what_it_lacks(door: Door) -> None:
    door.desk.pair(door.client)
    await door.clock(-40)
    try:
        early = await post(door, "/desk/scan", code=door.bobs.text)
        names = await door.client.get("/desk/people", params={"sessions": str(door.session.id), "name": "Carol"})
        refused = await post(door, "/desk/by-name", signup=str(await put(door.people.carol, door.session)))
    finally:
        door.client.cookies.clear()
    assert 'name="reason"' not in re.sub(r"<template.*?</template>", "", early.text, flags=re.DOTALL)
    assert "To check somebody in by name, or to make an exception, somebody with the right to that signs in here." in early.text
    assert 'action="/desk/by-name"' not in names.text
    assert refused.status_code == 403


async def test_who_opens_a_desk_without_any_right_reads_what_is_lacking(door: Door) -> None:
    """Defect guarded: kiosk profile lacked rights, and nobody said so before the first scan."""
    nobody = await door.client.get("/desk", headers={"accept-language": "en"})
    assert (nobody.status_code, "Pair this screen" in nobody.text) == (403, True)
    program = await door.client.post("/api/v1/scans", json={})
    assert program.json()["code"] == "not_allowed"


@pytest.mark.scenario("checkin-92")
async def test_a_supervisor_looks_up_a_name_and_checks_in_by_it(supervised: Door) -> None:
    door = supervised
    found = await door.client.get("/desk/people", params={"sessions": str(door.session.id), "name": "bo"})
    fields = form(found.text, "/desk/by-name")
    answer = await post(door, "/desk/by-name", **fields)
    assert answer.status_code == 201
    assert "Bob" in answer.text
    assert len(await stays(door.people.bob)) == 1
    again = await post(door, "/desk/by-name", **fields | {"nonce": "another"})
    assert again.status_code == 409
    assert again.text.count('name="reason"') == 1, "the script's template alone: Bob is inside, there is nothing to overrule"
    await sql.rows("UPDATE activity SET allows_reentry = false WHERE id = $1", door.session.activity_id)
    assert (await post(door, "/desk/by-name", **fields | {"nonce": "out", "direction": "out"})).status_code == 201
    again = await post(door, "/desk/by-name", **fields | {"nonce": "back"})
    forced = await post(door, "/desk/by-name", **form(again.text, "/desk/by-name"), reason="came back in")
    assert forced.status_code == 201
    assert [row["source"] for row in await log()] == ["manual"] * 5


async def test_a_walk_in_is_offered_on_the_page_and_taken(supervised: Door) -> None:
    door = supervised
    carols = await passes.issue(door.people.carol.id, door.start)
    await sql.rows("UPDATE activity SET walk_ins = true WHERE id = $1", door.session.activity_id)
    refused = await post(door, "/desk/scan", code=carols.text)
    fields = form(refused.text, "/desk/walk-in")
    taken = await post(door, "/desk/walk-in", **fields, session=str(door.session.id))
    assert taken.status_code == 201, taken.text
    assert "Carol" in taken.text
    for broken in ({"session": "nonsense"}, {"code": ""}):
        assert (await post(door, "/desk/walk-in", **fields | {"session": str(door.session.id)} | broken)).status_code == 400


async def test_a_walk_in_that_was_undone_is_offered_a_place_again(supervised: Door) -> None:
    door = supervised
    await sql.rows("UPDATE activity SET walk_ins = true WHERE id = $1", door.session.activity_id)
    await sql.rows("UPDATE signup SET state = 'withdrawn' WHERE person_id = $1", door.people.bob.id)
    refused = await post(door, "/desk/scan", code=door.bobs.text)
    assert "This sign-up was withdrawn." in refused.text
    fields = form(refused.text, "/desk/walk-in")
    assert (await post(door, "/desk/walk-in", **fields, session=str(door.session.id))).status_code == 201


@pytest.mark.scenario("checkin-33")
async def test_the_organiser_sees_who_owes_answers_and_writes_them_down(supervised: Door) -> None:
    door = supervised
    await door_questions.keep(
        door.session.activity_id, [Wanted(kind="number", text="鞋码", text_en="Shoe")], door.people.alice.id, door.start
    )
    assert (await door.scan(questions_supported=False)).status_code == 201
    at = f"/organise/sessions/{door.session.id}"
    assert f'href="{at}/answers"' in (await door.client.get(f"{at}/door")).text
    page = await door.client.get(f"{at}/answers")
    fields, (name,) = form(page.text, f"{at}/answers"), re.findall(r'name="(answer-[^"]+)"', page.text)
    for typed, is_owed in (("many", True), ("42", False)):
        assert (await door.client.post(f"{at}/answers", data=fields | {name: typed})).status_code == 303
        assert bool(await door_questions.owed(door.session.id)) is is_owed
    assert "<strong>42" in (await door.client.get(f"{at}/answers")).text
    assert f'href="{at}/answers"' not in (await door.client.get(f"{at}/door")).text
    told = (await door.client.get(f"/api/v1/sessions/{door.session.id}/door-answers", headers=door.people.dan.bearer)).json()
    assert (told["owes"], told["gave"][0]["answers"][0]["answer"]) == ([], 42.0)
    again = {"answers": {name.split("-", 2)[2]: 43}}
    address = f"/api/v1/signups/{fields['signup']}/door-answers"
    assert (await door.client.post(address, json=again, headers=door.people.alice.bearer)).status_code == 404
    assert (await door.client.post(address, json=again, headers=door.people.carol.bearer)).status_code == 403


async def test_whom_the_door_cannot_place_is_signed_up_on_the_sessions_page_with_the_number_filled_in(supervised: Door) -> None:
    door = supervised
    carols = await passes.issue(door.people.carol.id, door.start)
    refused = await post(door, "/desk/scan", code=carols.text)
    number = await sql.value("SELECT number FROM member WHERE id = $1", door.people.carol.id)
    address = f"/organise/sessions/{door.session.id}?number={number}#add"
    assert f'href="{address}"' in re.sub(r"<template.*?</template>", "", refused.text, flags=re.DOTALL)
    page = await door.client.get(address, headers={"accept-language": "en"})
    assert f'name="member" type="text" value="{number}"' in page.text
    assert '<details id="add" open>' in page.text


async def test_a_desk_alone_says_who_can_sign_somebody_up_and_a_stranger_is_shown_the_way_to_pair(door: Door) -> None:
    carols = await passes.issue(door.people.carol.id, door.start)
    door.desk.pair(door.client)
    try:
        refused = await post(door, "/desk/scan", code=carols.text)
    finally:
        door.client.cookies.clear()
    shown = re.sub(r"<template.*?</template>", "", refused.text, flags=re.DOTALL)
    assert "Whoever runs the activity can sign this person up" in shown
    assert "/organise/sessions/" not in shown
    stranger = await door.client.get("/desk", headers={"accept-language": "en", "accept": "text/html"})
    assert stranger.status_code == 403
    assert 'href="/pair"' in stranger.text
    assert 'href="/sign-in?back=%2Fdesk"' in stranger.text
