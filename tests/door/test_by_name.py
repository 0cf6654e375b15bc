"""checkin.md 64, 88, 92: names at the door, and who may do what with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from tests import given
from tests.door.doors import Door, another, log, put, stays
from tests.given import Person

STEWARD, SUPERVISOR = "steward", "supervisor"


async def staff(door: Door, role: str) -> Person:
    phone = {STEWARD: "19900000071", SUPERVISOR: "19900000072"}[role]
    return await given.member("Sun", phone, door.people.community, door.people.now, role, door.people.community)


async def search(door: Door, name: str, headers: dict[str, str] | None = None) -> httpx.Response:
    asked = {"sessions": str(door.session.id), "name": name}
    return await door.client.get("/api/v1/desk/people", params=asked, headers=headers or door.desk.bearer)


async def signup(door: Door) -> UUID:
    found = await sql.value("SELECT id FROM signup WHERE person_id = $1", door.people.bob.id)
    return UUID(str(found))


async def by_name(door: Door, headers: dict[str, str], **more: Any) -> httpx.Response:
    body = {"signup_id": str(await signup(door))} | more
    return await door.client.post("/api/v1/check-ins/by-name", json=body, headers={"accept-language": "en"} | headers)


@pytest.mark.scenario("checkin-88")
@pytest.mark.parametrize(
    "name, typed, is_found",
    [
        ("Roberta", "ob", False),
        ("Roberta", "rob", False),
        ("Roberta", "rob 1", False),
        ("Roberta", "r%ta", False),
        ("Roberta", "____", False),
        ("Roberta", "robe", True),
        ("Roberta", "OBER", True),
        ("王秀英", "王", False),
        ("王秀英", "秀英", True),
        ("王秀英", "秀 英", False),
    ],
)
async def test_a_desk_finds_names_by_four_letters_or_two_characters(door: Door, name: str, typed: str, is_found: bool) -> None:
    await sql.rows("UPDATE member SET name = $2 WHERE id = $1", door.people.bob.id, name)
    answer = await search(door, typed)
    if is_found:
        assert [each["name"] for each in answer.json()] == [name]
    else:
        assert (answer.status_code, answer.json()) == (200, []) or answer.json()["code"] == "name_too_short"


@pytest.mark.scenario("checkin-88")
async def test_what_is_found_has_no_contact_data(door: Door) -> None:
    await sql.rows("UPDATE member SET name = 'Roberta', staff_note = 'hears badly' WHERE id = $1", door.people.bob.id)
    for headers in (door.desk.bearer, door.people.alice.bearer):
        (found,) = (await search(door, "Robe", headers)).json()
        assert set(found) == {"signup_id", "name", "number", "role", "role_en", "session", "state"}
        assert (found["state"], found["role_en"]) == ("expected", "Singer")
    await door.let_in()
    assert (await search(door, "Robe")).json()[0]["state"] == "here"
    await put(door.people.carol, door.session, "waiting")
    assert (await search(door, "Carol")).json()[0]["state"] == "waiting"
    assert (await search(door, "Erin")).json() == [], "only those signed up there"


async def test_a_desk_alone_does_not_read_the_neighbourhood_from_it(door: Door) -> None:
    for _ in range(100):
        assert (await search(door, "Carol")).status_code == 200
    assert (await search(door, "Carol")).status_code == 429
    assert (await search(door, "Carol", door.people.alice.bearer)).status_code == 200


@pytest.mark.scenario("checkin-92", "checkin-64")
async def test_only_a_supervisor_checks_in_by_name(door: Door) -> None:
    steward, supervisor = await staff(door, STEWARD), await staff(door, SUPERVISOR)
    for headers in (door.desk.bearer, steward.bearer, door.people.carol.bearer):
        answer = await by_name(door, headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert await log() == []
    answer = await by_name(door, supervisor.bearer, nonce="n-1")
    assert (answer.status_code, answer.json()["code"], answer.json()["name"]) == (201, "ok", "Bob")
    assert (await by_name(door, supervisor.bearer, nonce="n-1")).json() == answer.json()
    (row,) = await log()
    assert (row["source"], row["scanner_id"], row["operator_id"]) == ("manual", supervisor.id, supervisor.id)
    (stay,) = await stays(door.people.bob)
    assert stay["is_by_code"] is False, "hours by hand wait for a second person"


async def test_too_few_letters_say_so_and_deny_nobody(door: Door) -> None:
    """Defect guarded: "nobody of that name is signed up here", said of somebody who stands at the door."""
    answer = await search(door, "B")
    assert (answer.status_code, answer.json()["code"]) == (400, "name_too_short")
    door.desk.pair(door.client)
    shown = await door.client.get(
        "/desk/people", params={"sessions": str(door.session.id), "name": "B"}, headers={"accept-language": "en"}
    )
    assert "Type two Chinese characters, or four letters of the name." in shown.text
    assert "Nobody of that name" not in shown.text


@pytest.mark.scenario("checkin-64")
async def test_by_name_the_rules_are_those_of_a_scan(door: Door) -> None:
    supervisor = await staff(door, SUPERVISOR)
    await door.clock(-31)
    early = await by_name(door, supervisor.bearer)
    assert (early.status_code, early.json()["code"]) == (409, "too_early")
    assert (await by_name(door, supervisor.bearer, override={"reason": "rain"})).json()["forced"] is True
    await door.clock(5)
    again = await by_name(door, supervisor.bearer)
    assert (again.status_code, again.json()["code"]) == (409, "already_in")
    assert (await by_name(door, supervisor.bearer, direction="out")).status_code == 201
    assert [(row["source"], row["reason"]) for row in await log()] == [
        ("manual", reason) for reason in ("too_early", "ok", "already_in", "ok")
    ]
    await put(door.people.bob, door.session, "rejected")
    assert (await by_name(door, supervisor.bearer)).json()["code"] == "rejected"


@pytest.mark.scenario("checkin-89", "checkin-92")
async def test_the_right_is_needed_at_the_session_itself(door: Door) -> None:
    far = await another(door, community_id=door.people.elsewhere, by=door.people.erin)
    there = await put(door.people.carol, far)
    supervisor = await staff(door, SUPERVISOR)
    answer = await by_name(door, supervisor.bearer, signup_id=str(there))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    asked = {"sessions": str(far.id), "name": "Carol"}
    answer = await door.client.get("/api/v1/desk/people", params=asked, headers=supervisor.bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await by_name(door, supervisor.bearer, signup_id=str(uuid4()))).status_code == 404


async def test_at_a_desk_the_desk_is_the_scanner_and_the_supervisor_the_operator(door: Door) -> None:
    supervisor = await staff(door, SUPERVISOR)
    supervisor.sign_in(door.client)
    door.desk.pair(door.client)
    try:
        answer = await by_name(door, {})
    finally:
        door.client.cookies.clear()
    assert answer.status_code == 201, answer.text
    (row,) = await log()
    assert (row["scanner_id"], row["operator_id"]) == (door.desk.id, supervisor.id)
