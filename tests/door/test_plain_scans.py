"""checkin.md A: plain scans."""

from __future__ import annotations

import base64

import pytest

from schedules import sql
from tests import given
from tests.door.doors import Door, another, log, stays


@pytest.mark.scenario("checkin-1")
async def test_a_confirmed_sign_up_is_let_in_by_name(door: Door) -> None:
    answer = await door.scan()
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["code"], told["name"], told["role_en"]) == ("ok", "Bob", "Singer")
    (stay,) = await stays(door.people.bob)
    assert stay["out_at"] is None
    assert stay["in_at"] == door.start
    assert [row["reason"] for row in await log()] == ["ok"]


@pytest.mark.scenario("checkin-2")
@pytest.mark.parametrize(
    "dress",
    [
        lambda text: f"\\000001{text}",
        lambda text: f"]Q1\\000026{text}\r\n",
        lambda text: f"\x02{text}\x03",
        lambda text: text.lower(),
        lambda text: f"{text[:40]}-{text[40:80]}+{text[80:]}",
        lambda text: f"{text[:3]}/{text[3:]}==",
        lambda text: "".join(chr(ord(character) + 0xFEE0) for character in text),
    ],
)
async def test_what_a_scanner_adds_is_taken_off(door: Door, dress: object) -> None:
    answer = await door.scan(dress(door.bobs.text))  # type: ignore[operator]
    assert answer.status_code == 201, answer.text


@pytest.mark.scenario("checkin-3")
async def test_arbitrary_text_is_an_unknown_pass_and_is_kept(door: Door) -> None:
    answer = await door.scan("https://example.org/menu?table=4")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pass")
    (row,) = await log()
    assert (row["reason"], row["raw_code"]) == ("unknown_pass", "https://example.org/menu?table=4")


@pytest.mark.scenario("checkin-4")
async def test_control_bytes_are_kept_as_base64(door: Door) -> None:
    answer = await door.scan("\x00\x01\x1f")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pass")
    (row,) = await log()
    assert row["raw_code"] == "binary:" + base64.b64encode(b"\x00\x01\x1f").decode()


@pytest.mark.scenario("checkin-5")
async def test_a_number_of_the_database_is_no_pass(door: Door) -> None:
    number = await sql.value("SELECT number FROM member WHERE id = $1", door.people.bob.id)
    for claim in (str(number), "23456789", str(door.people.bob.id)):
        assert (await door.scan(claim)).json()["code"] == "unknown_pass"
    assert await stays(door.people.bob) == []


@pytest.mark.scenario("checkin-6")
async def test_a_sign_up_elsewhere_is_named_to_staff_who_may_see_it(door: Door) -> None:
    here = await another(door)
    answer = await door.scan(activities=[str(here.activity_id)])
    assert (answer.status_code, answer.json()["code"]) == (409, "not_signed_up_here")
    assert [session["id"] for session in answer.json()["elsewhere"]] == [str(door.session.id)]
    assert await stays(door.people.bob) == []


@pytest.mark.scenario("checkin-6")
async def test_a_sign_up_of_another_community_is_not_named(door: Door) -> None:
    foreign = await another(door, 9, 2, community_id=door.people.elsewhere, by=door.people.erin)
    desk = await given.device("desk", "Far door", door.people.elsewhere, door.people.now)
    answer = await door.scan(activities=[str(foreign.activity_id)], headers=desk.bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_signed_up_here")
    assert answer.json()["elsewhere"] == []


@pytest.mark.scenario("checkin-7")
async def test_of_two_activities_the_one_signed_up_for_is_chosen_and_named(door: Door) -> None:
    other = await another(door)
    answer = await door.scan(activities=[str(other.activity_id), str(door.session.activity_id)])
    assert answer.json()["session"]["id"] == str(door.session.id)
    assert answer.json()["session"]["title_en"] == "Choir"


@pytest.mark.scenario("checkin-8")
async def test_two_sign_ups_that_nothing_prefers_are_a_choice(door: Door) -> None:
    other = await another(door, person=door.people.bob)
    both = [str(other.activity_id), str(door.session.activity_id)]
    answer = await door.scan(activities=both)
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous")
    assert {choice["id"] for choice in answer.json()["choices"]} == {str(door.session.id), str(other.id)}
    assert await stays(door.people.bob) == []
    chosen = await door.scan(activities=both, session=str(other.id))
    assert chosen.status_code == 201
    assert chosen.json()["session"]["id"] == str(other.id)


@pytest.mark.scenario("checkin-9")
@pytest.mark.parametrize(
    "change", [{"activities": []}, {"code": ""}, {"override": {"reason": " "}}, {"nonce": 5}, {"extra": 1}]
)
async def test_a_request_that_makes_no_sense_is_no_scan(door: Door, change: dict[str, object]) -> None:
    answer = await door.scan(**({"code": door.bobs.text} | change))  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert await log() == []


@pytest.mark.scenario("checkin-10")
async def test_somebody_without_a_name_is_shown_by_number(door: Door) -> None:
    await sql.rows("UPDATE member SET name = '' WHERE id = $1", door.people.bob.id)
    number = await sql.value("SELECT number FROM member WHERE id = $1", door.people.bob.id)
    assert (await door.scan()).json()["name"] == f"Volunteer No. {number}"


@pytest.mark.scenario("checkin-11")
async def test_notes_stand_in_one_order_the_persons_first(door: Door) -> None:
    await sql.rows("UPDATE member SET staff_note = 'hears badly' WHERE id = $1", door.people.bob.id)
    await sql.rows("UPDATE activity SET staff_note = 'badges in the box' WHERE id = $1", door.session.activity_id)
    assert (await door.scan()).json()["notes"] == ["hears badly", "badges in the box"]
    assert (await door.scan()).json()["notes"] == ["hears badly", "badges in the box"]
    assert (await door.scan(direction="out")).json()["notes"] == ["hears badly"], "the activity's is about coming in"


@pytest.mark.scenario("checkin-73")
@pytest.mark.parametrize("language, title", [("en", "you typed 4"), ("zh", "要八个字符，您输了 4 个。")])
async def test_a_code_that_ends_too_soon_is_told_how_long_it_is(door: Door, language: str, title: str) -> None:
    answer = await door.scan("12-34", headers=door.desk.bearer | {"accept-language": language})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pass")
    assert title in answer.json()["title"]
    assert "typed" not in (await door.scan("no code of ours at all")).json()


@pytest.mark.parametrize("code", ["M53F-ECP4", "12345678"])
async def test_eight_characters_that_are_nobodys_are_to_be_compared_with_the_card(door: Door, code: str) -> None:
    answer = (await door.scan(code, headers=door.desk.bearer | {"accept-language": "en"})).json()
    assert (answer["code"], answer["title"]) == ("unknown_pass", "There is no card with this code.")
    assert "look the person up by name" in answer["detail"]
