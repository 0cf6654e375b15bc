"""checkin.md 32 to 35: what is asked at the door, and the proof that a role needs."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from schedules import door_questions, needs, sql
from schedules.door_questions import Wanted
from schedules.needs import Needs, RoleNeeds
from tests.door.doors import Door, another, log, put, stays
from tests.door.test_pages import Browser, nonce_in, path_of
from tests.door.test_uploads import item, rows_of

SHIRT = Wanted(kind="choice", text="衣服几号", text_en="Shirt size", choices=("小", "大"), choices_en=("S", "L"))
ALLERGY = Wanted(kind="text", text="有什么过敏", text_en="Allergies", is_required=False)


async def brief(door: Door, text: str = "Keep off the ladder") -> str:
    """The activity has a briefing that Bob, who signed up before, has not read; the id under which it is asked."""
    await needs.keep(door.session.activity_id, Needs(briefing=text), door.people.alice.id, door.start)
    found = await needs.briefing(door.session.activity_id)
    assert found
    return f"briefing:{found.id}"


async def ask(door: Door, *wanted: Wanted) -> list[str]:
    """The activity asks these; their ids."""
    await door_questions.keep(door.session.activity_id, wanted, door.people.alice.id, door.start)
    return [each.id for each in await door_questions.of_activity(door.session.activity_id)]


async def need(door: Door, valid_until: date | None) -> UUID:
    """Singers need first aid; Bob's certificate holds until that day."""
    skill, people = uuid4(), door.people
    await sql.rows(
        "INSERT INTO skill (id, community_id, name, made_at) VALUES ($1, $2, '急救', $3)", skill, people.community, door.start
    )
    await sql.rows(
        "INSERT INTO held_skill (skill_id, person_id, state, valid_until, changed_at) VALUES ($1, $2, 'confirmed', $3, $4)",
        skill,
        people.bob.id,
        valid_until,
        door.start,
    )
    wanted = Needs(roles=(RoleNeeds(role="歌手", skill_ids=(skill,)),))
    await needs.keep(door.session.activity_id, wanted, people.alice.id, door.start)
    return skill


@pytest.mark.scenario("checkin-32", "checkin-78")
async def test_a_question_that_a_desk_asked_without_a_network_is_no_conflict(door: Door) -> None:
    """Defect guarded: everybody who was asked stood on the organiser's list as turned away, and had come in seconds later."""
    briefing = await brief(door)
    asked, came = item(door, 1, "n-1", reason="incomplete"), item(door, 1.2, "n-2", answers={briefing: True})
    first, second = await rows_of(door, asked, came)
    assert (first["code"], first["disputed"], second["code"]) == ("incomplete", False, "ok")
    assert await sql.value("SELECT count(*) FROM door_conflict") == 0
    (again,) = await rows_of(door, item(door, 2, "n-3", reason="incomplete"))
    assert again["disputed"] is True, "nothing was left to be asked"


@pytest.mark.scenario("checkin-32")
async def test_a_briefing_not_yet_read_is_asked_at_the_door_and_counts_as_read(door: Door) -> None:
    briefing = await brief(door)
    first = await door.scan(nonce="n-1")
    assert (first.status_code, first.json()["code"]) == (409, "incomplete")
    (asked,) = first.json()["questions"]
    assert (asked["id"], asked["kind"], asked["text"]) == (briefing, "acknowledge", "Keep off the ladder")
    assert first.json()["open"] == [briefing]
    again = await door.scan(nonce="n-1", answers={briefing: True})
    assert again.status_code == 201, again.text
    assert door.people.bob.id in await needs.acknowledged(door.session.activity_id)
    assert [row["reason"] for row in await log()] == ["incomplete", "ok"]
    await door.let_out(30)
    assert (await door.let_in(40))["questions_open"] is False, "nobody is asked twice"


@pytest.mark.scenario("checkin-32")
async def test_answers_are_kept_with_their_scan_and_the_sign_up(door: Door) -> None:
    shirt, allergy = await ask(door, SHIRT, ALLERGY)
    refused = (await door.scan()).json()
    assert (refused["open"], [each["id"] for each in refused["questions"]]) == ([shirt], [shirt, allergy])
    assert refused["questions"][0]["choices_en"] == ["S", "L"]
    assert (await door.scan(nonce="n-2", answers={shirt: "大", allergy: "nuts"})).status_code == 201
    assert (await door.scan(nonce="n-2", answers={shirt: "大", allergy: "nuts"})).status_code == 201
    kept = await sql.rows("SELECT question_id::text, answer, scanner_id, nonce FROM door_answer ORDER BY id")
    assert [tuple(row) for row in kept] == [
        (shirt, '"大"', door.desk.id, "n-2"),
        (allergy, '"nuts"', door.desk.id, "n-2"),
    ]
    assert {each.answer for each in await door_questions.answers_of(door.session.id)} == {"大", "nuts"}


@pytest.mark.scenario("checkin-34")
@pytest.mark.parametrize("wrong", ["XL", 3, True, None])
async def test_an_answer_that_does_not_fit_is_asked_for_again(door: Door, wrong: Any) -> None:
    (shirt,) = await ask(door, SHIRT)
    answer = await door.scan(answers={shirt: wrong})
    assert (answer.status_code, answer.json()["code"], answer.json()["open"]) == (409, "incomplete", [shirt])
    assert await stays(door.people.bob) == []
    assert await door_questions.answers_of(door.session.id) == []


async def test_an_answer_longer_than_a_page_is_a_broken_request(door: Door) -> None:
    (allergy,) = await ask(door, ALLERGY)
    assert (await door.scan(answers={allergy: "x" * 501})).status_code == 400
    assert (await door.scan(answers={allergy: ["x"]})).status_code == 400


@pytest.mark.scenario("checkin-33")
async def test_a_desk_that_cannot_ask_lets_in_and_the_answers_are_owed(door: Door) -> None:
    briefing, (shirt,) = await brief(door), await ask(door, SHIRT)
    answer = await door.scan(questions_supported=False)
    assert (answer.status_code, answer.json()["questions_open"]) == (201, True)
    (who,) = (await door_questions.owed(door.session.id)).values()
    assert who == (briefing, shirt)


async def test_a_question_that_is_worded_anew_is_asked_anew(door: Door) -> None:
    shirt, allergy = await ask(door, SHIRT, ALLERGY)
    assert (await door.scan(answers={shirt: "小"})).status_code == 201
    assert await ask(door, ALLERGY, SHIRT) == [allergy, shirt], "the same words keep their answers, in whatever order"
    assert await door_questions.owed(door.session.id) == {}
    (other,) = await ask(door, Wanted(kind="number", text="鞋码", text_en="Shoes"))
    assert list((await door_questions.owed(door.session.id)).values()) == [(other,)]
    await ask(door)
    assert await sql.value("SELECT asks_questions FROM activity WHERE id = $1", door.session.activity_id) is False


@pytest.mark.scenario("checkin-32", "checkin-74")
async def test_who_checks_in_alone_answers_on_the_page_of_the_venue_code(door: Door) -> None:
    briefing, (shirt, allergy) = await brief(door), await ask(door, SHIRT, ALLERGY)
    path, bob = path_of(door.venue(door.start)), Browser(door, door.people.bob)
    page = await bob.get(path)
    assert page.status_code == 200, "nothing was refused: there is something to answer"
    assert all(words in page.text for words in ("Keep off the ladder", "Shirt size", "Allergies"))
    assert "scan again" not in page.text
    await door.clock(1)
    answers = {f"answer-acknowledge-{briefing}": "1", f"answer-text-{allergy}": "<nuts>"}
    short = await bob.post(path, direction="in", nonce=nonce_in(page), **answers)
    assert short.status_code == 409
    assert "&lt;nuts&gt;" in short.text, "what was typed is there again"
    assert " checked" in short.text
    told = await bob.post(path, direction="in", nonce=nonce_in(short), **answers, **{f"answer-choice-{shirt}": "大"})
    assert told.headers["location"].startswith("/attendance/"), told.text
    assert {each.answer for each in await door_questions.answers_of(door.session.id)} == {"大", "<nuts>"}
    assert door.people.bob.id in await needs.acknowledged(door.session.activity_id)


@pytest.mark.scenario("checkin-32", "checkin-74")
async def test_who_chose_one_of_several_answers_for_that_one(door: Door) -> None:
    (shirt,) = await ask(door, SHIRT)
    late = await another(door, 9.5, 2)
    await sql.rows("UPDATE session SET activity_id = $2 WHERE id = $1", late.id, door.session.activity_id)
    await put(door.people.bob, late)
    path, bob = path_of(door.venue(door.start)), Browser(door, door.people.bob)
    page = await bob.get(path)
    page = await bob.post(path, direction="in", nonce=nonce_in(page), session=str(late.id))
    assert "Shirt size" in page.text
    assert f'name="session" value="{late.id}"' in page.text
    told = await bob.post(path, direction="in", nonce=nonce_in(page), session=str(late.id), **{f"answer-choice-{shirt}": "小"})
    assert told.status_code == 303, told.text
    assert [stay["session_id"] for stay in await stays(door.people.bob)] == [late.id]


@pytest.mark.scenario("checkin-32")
async def test_a_program_that_checks_in_for_its_owner_sends_answers_too(door: Door) -> None:
    (shirt,) = await ask(door, SHIRT)
    body = {"code": door.venue(door.start)}
    refused = await door.client.post("/api/v1/check-ins", json=body, headers=door.people.bob.bearer)
    assert (refused.status_code, refused.json()["open"]) == (409, [shirt])
    told = await door.client.post("/api/v1/check-ins", json=body | {"answers": {shirt: "小"}}, headers=door.people.bob.bearer)
    assert told.status_code == 201, told.text


@pytest.mark.scenario("checkin-35")
@pytest.mark.parametrize(
    "valid_until, code",
    [(date(2026, 11, 25), "qualification_missing"), (date(2026, 11, 26), "ok"), (None, "ok")],
)
async def test_a_certificate_has_to_hold_on_the_local_day(door: Door, valid_until: date | None, code: str) -> None:
    """The choir ends at 11 on 26 November in Shanghai."""
    await need(door, valid_until)
    answer = await door.scan()
    assert (answer.status_code, answer.json()["code"]) == ((201, code) if code == "ok" else (409, code))


@pytest.mark.scenario("checkin-35")
async def test_an_expired_certificate_is_passed_over_with_a_reason_only(door: Door) -> None:
    await need(door, date(2026, 11, 25))
    alice = door.people.alice.bearer
    assert (await door.scan(headers=alice)).json()["code"] == "qualification_missing"
    assert (await door.scan(headers=alice, override={"reason": " "})).status_code == 400
    passed = await door.scan(headers=alice, override={"reason": "renewed yesterday, seen on paper"})
    assert (passed.status_code, passed.json()["forced"]) == (201, True)
    assert (await log())[-1]["force_reason"] == "renewed yesterday, seen on paper"


async def test_a_role_that_needs_nothing_more_is_not_looked_into(door: Door) -> None:
    await need(door, date(2026, 11, 25))
    await needs.keep(door.session.activity_id, Needs(), door.people.alice.id, door.start)
    assert await sql.value("SELECT asks_skills FROM activity WHERE id = $1", door.session.activity_id) is False
    assert (await door.scan()).status_code == 201
