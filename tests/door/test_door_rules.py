"""The organiser sets what is asked at the door and who may walk in; both by page and by program."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from schedules import door_questions, sql
from schedules.activities import find
from tests.door.doors import Door
from tests.schedule import given
from timebank.actions.activities.plan_activity import plan_activity

SHIRT = {"kind": "choice", "text": "衣服几号", "text_en": "Shirt size", "choices": ["小", "大"], "choices_en": ["S", "L"]}


async def put(door: Door, body: dict[str, Any]) -> httpx.Response:
    address = f"/api/v1/activities/{door.session.activity_id}/door-rules"
    return await door.client.put(address, json=body, headers=door.people.alice.bearer)


async def test_a_program_sets_the_door_and_a_desk_asks(door: Door) -> None:
    kept = await put(door, {"walk_ins": True, "questions": [SHIRT]})
    assert kept.status_code == 200, kept.text
    (question,) = kept.json()["questions"]
    assert (await find(door.session.activity_id)).walk_ins is True
    assert (await door.scan()).json()["open"] == [question["id"]]
    assert (await put(door, {"walk_ins": True, "questions": [SHIRT]})).json() == kept.json(), "safe to repeat"
    other = await door.client.get(f"/api/v1/activities/{door.session.activity_id}/door-rules", headers=door.people.carol.bearer)
    assert other.status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "choice", "text": "?", "choices": ["one"]},
        {"kind": "choice", "text": "?", "choices": ["one", "one"]},
        {"kind": "choice", "text": "?", "choices": ["one", "two"], "choices_en": ["1"]},
        {"kind": "text", "text": "?", "choices": ["one", "two"]},
        {"kind": "text", "text": "  "},
        {"kind": "song", "text": "?"},
    ],
)
async def test_a_question_that_nobody_can_answer_is_refused(door: Door, wrong: dict[str, Any]) -> None:
    assert (await put(door, {"questions": [wrong]})).status_code == 400
    assert (await put(door, {"questions": [SHIRT] * 2})).status_code == 400
    assert await door_questions.of_activity(door.session.activity_id) == []


async def test_the_page_sets_the_same_and_keeps_what_was_typed(door: Door) -> None:
    door.people.alice.sign_in(door.client)
    address = f"/organise/activities/{door.session.activity_id}/door"
    typed = {"walk_ins": "1", "question-0-text": "衣服几号", "question-0-kind": "choice", "question-0-required": "1"}
    try:
        wrong = await door.client.post(address, data=typed | {"question-0-choices": "小"})
        assert wrong.status_code == 400
        assert "衣服几号" in wrong.text
        assert (await door.client.post(address, data=typed | {"question-0-choices": "小\n大"})).status_code == 303
        page = (await door.client.get(f"{address}?saved=1")).text
        await sql.rows("UPDATE activity SET confirms_self = true, late_after = 1, allows_reentry = false")
        listed = (await door.client.get(address.removesuffix("/door"))).text
    finally:
        door.client.cookies.clear()
    assert "小\n大" in page
    for rule in (
        "points once you have confirmed",
        "more than 1 minute after",
        "Who has left is not taken in again.",
        "stand as they were",
    ):
        assert rule in listed
    assert "stand as they were published" in page, "what cannot be set here is said here"
    (question,) = await door_questions.of_activity(door.session.activity_id)
    assert (question.choices, question.is_required) == (("小", "大"), True)


async def test_a_copy_asks_and_welcomes_as_its_original(door: Door) -> None:
    await put(door, {"walk_ins": True, "questions": [SHIRT]})
    plan = given.plan(door.people, walk_ins=True)
    made = await plan_activity(door.people.alice.caller, plan, door.start, door.session.activity_id)
    assert [each.text for each in await door_questions.of_activity(made.activity_id)] == ["衣服几号"]
    assert await sql.value("SELECT walk_ins AND asks_questions FROM activity WHERE id = $1", made.activity_id) is True
