"""Signing in by code and by password."""

from __future__ import annotations

from datetime import datetime, timedelta
from http.cookies import SimpleCookie

import httpx
import pytest

from schedules import sql
from tests.given import People
from timebank.actions.people.sign_in import WrongPassword, ask_for_code, sign_in_by_code, sign_in_by_password
from timebank.people import callers, passwords, phone_codes, phones, sign_in
from timebank.people.limits import TooManyTries
from timebank.people.phone_codes import WrongCode


async def test_a_code_signs_in_once(tx: None, people: People, now: datetime) -> None:
    sent = await ask_for_code("199 0000-0002", "10.0.0.1", now)
    signed_in = await sign_in_by_code(people.bob.phone, sent.code, "", "10.0.0.1", now)
    assert (await callers.identify(signed_in.token, None, now)).member_id == people.bob.id
    with pytest.raises(WrongCode):
        await sign_in_by_code(people.bob.phone, sent.code, "", "10.0.0.1", now)


async def test_a_code_dies_after_ten_minutes(tx: None, people: People, now: datetime) -> None:
    sent = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    with pytest.raises(WrongCode):
        await sign_in_by_code(people.bob.phone, sent.code, "", "10.0.0.1", now + timedelta(minutes=10))


async def test_two_codes_under_way_are_both_good_until_one_is_used(tx: None, people: People, now: datetime) -> None:
    first = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    second = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    await sign_in_by_code(people.bob.phone, first.code, "", "10.0.0.1", now)
    with pytest.raises(WrongCode):
        await sign_in_by_code(people.bob.phone, second.code, "", "10.0.0.1", now)


async def test_a_code_of_one_phone_is_wrong_for_another(tx: None, people: People, now: datetime) -> None:
    sent = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    with pytest.raises(WrongCode):
        await sign_in_by_code(people.carol.phone, sent.code, "", "10.0.0.1", now)


async def test_the_right_code_for_a_number_that_nobody_has_signs_nobody_in(tx: None, people: People, now: datetime) -> None:
    sent = await ask_for_code("13900000000", "10.0.0.1", now)
    assert sent.member_id is None
    with pytest.raises(WrongCode):
        await sign_in_by_code("13900000000", sent.code, "", "10.0.0.1", now)


async def test_codes_and_tokens_are_kept_as_fingerprints_only(tx: None, people: People, now: datetime) -> None:
    sent = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    signed_in = await sign_in_by_code(people.bob.phone, sent.code, "", "10.0.0.1", now)
    kept = str(await sql.rows("SELECT * FROM one_time_code")) + str(
        await sql.rows("SELECT * FROM sign_in WHERE member_id = $1", people.bob.id)
    )
    assert sent.code not in kept.replace(people.bob.phone, "")
    assert signed_in.token not in kept


async def test_codes_are_limited_by_phone(tx: None, people: People, now: datetime) -> None:
    for _ in range(phone_codes.SENT_TO_PHONE):
        await ask_for_code(people.bob.phone, "10.0.0.1", now)
    with pytest.raises(TooManyTries) as refused:
        await ask_for_code(people.bob.phone, "10.0.0.2", now)
    assert (refused.value.again_at, refused.value.minutes) == (now + timedelta(minutes=10), 10)
    await ask_for_code(people.bob.phone, "10.0.0.2", now + timedelta(minutes=10))


async def test_codes_are_limited_by_address(tx: None, people: People, now: datetime) -> None:
    for number in range(phone_codes.SENT_FROM_ADDRESS):
        await ask_for_code(f"1391111{number:04}", "10.0.0.1", now)
    with pytest.raises(TooManyTries):
        await ask_for_code(people.bob.phone, "10.0.0.1", now)


async def test_guesses_are_limited_and_the_right_code_after_too_many_is_refused_too(
    tx: None, people: People, now: datetime
) -> None:
    sent = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    wrong = "000000" if sent.code != "000000" else "111111"
    for guess in range(phone_codes.TRIES_OF_PHONE):
        with pytest.raises(WrongCode):
            await sign_in_by_code(people.bob.phone, wrong, "", f"10.0.0.{guess}", now)
    with pytest.raises(TooManyTries):
        await sign_in_by_code(people.bob.phone, sent.code, "", "10.0.0.99", now)


async def test_phone_and_password_sign_in(tx: None, people: People, now: datetime) -> None:
    await passwords.keep(people.bob.id, "password", await passwords.prepare("a quiet river"), now)
    signed_in = await sign_in_by_password("+86 19900000002", "a quiet river", "", "10.0.0.1", now)
    assert signed_in.member_id == people.bob.id
    for phone, password in (
        (people.bob.phone, "a quiet rivers"),
        (people.carol.phone, "a quiet river"),
        ("13900000000", "a quiet river"),
    ):
        with pytest.raises(WrongPassword):
            await sign_in_by_password(phone, password, "", "10.0.0.1", now)


async def test_right_passwords_cost_no_tries(tx: None, people: People, now: datetime) -> None:
    await passwords.keep(people.bob.id, "password", await passwords.prepare("a quiet river"), now)
    for _ in range(passwords.TRIES + 2):
        await sign_in_by_password(people.bob.phone, "a quiet river", "", "10.0.0.1", now)


async def test_guessing_a_password_is_limited(tx: None, people: People, now: datetime) -> None:
    for _ in range(passwords.TRIES):
        with pytest.raises(WrongPassword):
            await sign_in_by_password(people.bob.phone, "a guess in the dark", "", "10.0.0.1", now)
    with pytest.raises(TooManyTries):
        await sign_in_by_password(people.bob.phone, "a guess in the dark", "", "10.0.0.2", now)


async def test_somebody_who_left_is_nobody(tx: None, people: People, now: datetime) -> None:
    await passwords.keep(people.bob.id, "password", await passwords.prepare("a quiet river"), now)
    await sql.rows("UPDATE member SET state = 'left' WHERE id = $1", people.bob.id)
    assert await callers.identify(people.bob.token, None, now) == callers.NOBODY
    with pytest.raises(WrongPassword):
        await sign_in_by_password(people.bob.phone, "a quiet river", "", "10.0.0.1", now)


async def test_a_suspended_coordinator_can_read_but_has_no_role(tx: None, people: People, now: datetime) -> None:
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", people.erin.id)
    caller = await callers.identify(people.erin.token, None, now)
    assert (caller.member_id, caller.grants) == (people.erin.id, ())


async def test_run_out_sign_ins_are_nobody_and_are_cleaned_away(tx: None, people: People, now: datetime) -> None:
    """Guards L9."""
    signed_in = await sign_in.open_for(people.bob.id, "", now)
    later = signed_in.expires_at
    assert (await callers.identify(signed_in.token, None, later - timedelta(seconds=1))).member_id == people.bob.id
    assert await callers.identify(signed_in.token, None, later) == callers.NOBODY
    await sign_in.clean(later + timedelta(seconds=1))
    assert not await sql.rows("SELECT 1 FROM sign_in WHERE token_hash = $1", callers.token_hash(signed_in.token))


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("138 0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+44 20 7946 0000", "+442079460000"),
    ],
)
def test_a_number_is_kept_the_same_however_it_is_typed(typed: str, kept: str) -> None:
    assert phones.normal(typed) == kept


@pytest.mark.parametrize("typed", ["", "abc", "1234", "1" * 16, "138001380o0", "١٢٣٤٥٦٧٨", "1380\x00138000"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(phones.NotAPhoneNumber):
        phones.normal(typed)


async def test_the_api_answers_known_and_unknown_numbers_alike(
    tx: None, client: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timebank.web.code_messages.shown", lambda sent, settings: "")
    monkeypatch.setattr("timebank.api.sign_in.shown", lambda sent, settings: "")
    answers = [await client.post("/api/v1/sign-in/codes", json={"phone": phone}) for phone in (people.bob.phone, "13900000000")]
    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].json().keys() == answers[1].json().keys()
    wrong = [
        await client.post("/api/v1/sign-in", json={"phone": phone, "code": "abc"})
        for phone in (people.bob.phone, "13900000000")
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in wrong} == {(409, "wrong_code")}


async def test_the_api_signs_in_and_out(tx: None, client: httpx.AsyncClient, people: People) -> None:
    sent = await client.post("/api/v1/sign-in/codes", json={"phone": people.bob.phone})
    made = await client.post("/api/v1/sign-in", json={"phone": people.bob.phone, "code": sent.json()["demo_code"]})
    assert made.status_code == 201, made.text
    assert made.json()["token"].startswith("m")
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    assert (await client.post("/api/v1/sign-out", headers=bearer)).status_code == 204
    assert (await client.post("/api/v1/sign-out", headers=bearer)).status_code == 401


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return found


async def test_codes_cannot_be_guessed_at_all_day_long(tx: None, people: People, now: datetime) -> None:
    sent = await ask_for_code(people.bob.phone, "10.0.0.1", now)
    later = now
    for tried in range(phone_codes.TRIES_OF_DAY):
        later = now + (tried // phone_codes.TRIES_OF_PHONE) * phone_codes.WINDOW
        with pytest.raises(WrongCode):
            await phone_codes.find(people.bob.phone, "no", f"10.0.1.{tried}", later)
    later += phone_codes.WINDOW
    for moment in (later, later + timedelta(hours=2)):
        with pytest.raises(TooManyTries):
            await phone_codes.find(people.bob.phone, sent.code, "10.0.2.1", moment)
    fresh = await ask_for_code(people.bob.phone, "10.0.0.1", now + timedelta(days=1))
    await sign_in_by_code(people.bob.phone, fresh.code, "", "10.0.0.1", now + timedelta(days=1))
