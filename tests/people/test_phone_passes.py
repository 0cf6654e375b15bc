"""A member's phones as a pass: enrolled, renewed by a contact, taken back; and what staff may do about them."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from schedules import codes, sql
from schedules.codes import Phone
from tests.door import phones
from tests.given import People, Person
from timebank.people import audit, passes, phone_passes, rosters

DAY = timedelta(days=1)


def key() -> str:
    """A public key as the browser sends it."""
    return base64.b64encode(phones.public_half(generate_private_key(SECP256R1()))).decode()


async def at(client: httpx.AsyncClient, moment: datetime) -> None:
    await client.put("/test/clock", json={"now": moment.isoformat()})


async def enrol(client: httpx.AsyncClient, person: Person, public_key: str = "", **more: str) -> httpx.Response:
    body = {"public_key": public_key or key(), "label": "Android · Chrome"}
    return await client.post("/api/v1/me/phones", json=body, headers=person.bearer | more)


async def contact(client: httpx.AsyncClient, person: Person, phone: Any) -> httpx.Response:
    return await client.post(f"/api/v1/me/phones/{phone['id']}/contact", json={}, headers=person.bearer)


async def listed(client: httpx.AsyncClient, person: Person) -> list[str]:
    return [each["id"] for each in (await client.get("/api/v1/me/phones", headers=person.bearer)).json()]


@pytest.mark.scenario("checkin-69")
async def test_the_same_key_is_the_same_pass(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """The answer was lost, with a key of the request or without."""
    await at(client, people.now)
    public_key = key()
    answers = [await enrol(client, people.bob, public_key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["phone"]["credential"] == answers[1].json()["phone"]["credential"]
    again = [await enrol(client, people.bob, public_key, **{"idempotency-key": "a-key-of-bobs"}) for _ in range(2)]
    assert [answer.status_code for answer in again] == [200, 200]
    assert len(await sql.rows("SELECT FROM message WHERE kind = 'phone_is_pass'")) == 1


async def test_nobody_is_two_members_with_one_key(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """One phone would be two passes at one door; taken back, or run out, it may be another member's."""
    await at(client, people.now)
    public_key = key()
    bobs = (await enrol(client, people.bob, public_key)).json()["phone"]
    refused = await enrol(client, people.carol, public_key)
    assert (refused.status_code, refused.json()["code"]) == (409, "phone_of_another")
    await client.delete(f"/api/v1/me/phones/{bobs['id']}", headers=people.bob.bearer)
    assert (await enrol(client, people.carol, public_key)).status_code == 201
    await at(client, people.now + 181 * DAY)
    assert (await enrol(client, people.bob, public_key)).status_code == 201


async def test_the_answer_tells_the_servers_time_and_what_stands_under_the_code(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    await at(client, people.now)
    card = await passes.issue(people.bob.id, people.now)
    answer = (await enrol(client, people.bob)).json()
    assert datetime.fromisoformat(answer["now"]) == people.now
    phone = answer["phone"]
    assert (phone["name"], phone["typed_code"], phone["member_id"]) == ("Bob", card.typed_shown, str(people.bob.id))
    until = datetime.fromisoformat(phone["good_until"])
    assert timedelta(days=phone_passes.DAYS) < until - people.now <= timedelta(days=phone_passes.DAYS + 1)
    read = codes.read(phone["credential"] + "A" * 7 + "A" * 103)
    assert isinstance(read, Phone)
    assert str(read.pass_id) == phone["id"]


@pytest.mark.parametrize("days, is_renewed", [(0, False), (120, False), (121, True), (180, True)])
async def test_a_contact_renews_in_the_last_third(
    tx: None, client: httpx.AsyncClient, people: People, days: int, is_renewed: bool
) -> None:
    await at(client, people.now)
    first = (await enrol(client, people.bob)).json()["phone"]
    await at(client, people.now + days * DAY)
    again = (await contact(client, people.bob, first)).json()["phone"]
    assert again["id"] == first["id"]
    assert (again["credential"] != first["credential"]) == is_renewed
    assert (again["good_until"] > first["good_until"]) == is_renewed


async def test_a_desk_without_a_network_knows_the_credential_of_tomorrow(tx: None, people: People) -> None:
    """The pack is made, the phone renews itself, and only then is it shown."""
    phone = await phones.enrolled(people.bob, people.now)
    key_id = phone.held.key_id
    assert phone_passes.soon(phone.held, key_id, people.now) == [phone.held]
    made = people.now + 121 * DAY
    known = {held.signature for held in phone_passes.soon(phone.held, key_id, made)}
    for shown in (made, made + DAY):
        assert (await phone_passes.touch(people.bob.id, phone.held.id, shown)).signature in known


@pytest.mark.scenario("checkin-66")
async def test_a_desk_without_a_network_knows_a_phone_that_takes_the_next_key(tx: None, people: People) -> None:
    phone = await phones.enrolled(people.bob, people.now)
    later = people.now + DAY
    await passes.add_key(later)
    known = {secret.signature for secret in await rosters.secrets_of([people.bob.id], later)}
    assert {phone.held.signature, (await phone_passes.touch(people.bob.id, phone.held.id, later)).signature} <= known
    await passes.remove_key(phone.held.key_id, later)
    known = {secret.signature for secret in await rosters.secrets_of([people.bob.id], later)}
    assert phone.held.signature not in known


async def test_a_phone_that_ran_out_or_was_taken_back_is_one_no_more(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    await at(client, people.now)
    lost, old = [(await enrol(client, people.bob)).json()["phone"] for _ in range(2)]
    for _ in range(2):
        answer = await client.delete(f"/api/v1/me/phones/{lost['id']}", headers=people.bob.bearer)
        assert answer.status_code == 204, "safe to repeat"
    assert (await contact(client, people.bob, lost)).status_code == 404
    assert await listed(client, people.bob) == [old["id"]]
    await at(client, people.now + 181 * DAY)
    assert (await contact(client, people.bob, old)).status_code == 404
    assert await listed(client, people.bob) == []


async def test_a_phone_is_its_owners_alone(tx: None, client: httpx.AsyncClient, people: People) -> None:
    await at(client, people.now)
    bobs = (await enrol(client, people.bob)).json()["phone"]
    assert (await contact(client, people.carol, bobs)).status_code == 404
    answer = await client.delete(f"/api/v1/me/phones/{bobs['id']}", headers=people.carol.bearer)
    assert answer.status_code == 404
    assert (await client.get(f"/api/v1/members/{people.bob.id}/phones", headers=people.carol.bearer)).status_code == 403
    assert await listed(client, people.bob) == [bobs["id"]]


@pytest.mark.parametrize(
    "wrong", ["", "x", "é", "AAAA", base64.b64encode(b"\x02" + b"\xff" * 32).decode(), base64.b64encode(bytes(33)).decode()]
)
async def test_what_is_no_key_is_refused(tx: None, client: httpx.AsyncClient, people: People, wrong: str) -> None:
    body = {"public_key": wrong, "label": ""}
    answer = await client.post("/api/v1/me/phones", json=body, headers=people.bob.bearer)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_a_phone_key")


async def test_five_phones_are_enough_and_one_taken_back_makes_room(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    await at(client, people.now)
    made = [await enrol(client, people.bob) for _ in range(phone_passes.MOST + 1)]
    assert [answer.status_code for answer in made] == [201] * phone_passes.MOST + [409]
    assert made[-1].json()["code"] == "too_many_phones"
    people.bob.sign_in(client)
    page = await client.get("/me/pass/phones")
    assert page.text.count("I lost this phone") == phone_passes.MOST
    answer = await client.post(f"/me/pass/phones/{made[0].json()['phone']['id']}/lost")
    assert answer.status_code == 303
    assert (await enrol(client, people.bob)).status_code == 201


async def test_staff_withdraw_card_and_phones_at_once(tx: None, client: httpx.AsyncClient, people: People) -> None:
    await at(client, people.now)
    await passes.issue(people.bob.id, people.now)
    for _ in range(2):
        await enrol(client, people.bob)
    path = f"/api/v1/members/{people.bob.id}/passes/withdraw"
    assert (await client.post(path, json={}, headers=people.alice.bearer)).status_code == 403, "an organiser may not"
    seen = await client.get(f"/api/v1/members/{people.bob.id}/phones", headers=people.erin.bearer)
    assert [each["label"] for each in seen.json()] == ["Android · Chrome"] * 2
    assert (await client.post(path, headers=people.erin.bearer)).json() == {"cards": 1, "phones": 2}
    assert (await client.post(path, headers=people.erin.bearer)).json() == {"cards": 0, "phones": 0}, "safe to repeat"
    assert await passes.current(people.bob.id) is None
    assert await phone_passes.of_members([people.bob.id], people.now) == []
    assert (await enrol(client, people.bob)).status_code == 401, "whoever holds the phone does not make it the pass again"
    (entry,) = [each for each in await audit.about(f"member:{people.bob.id}") if each.did == "passes.withdrawn"]
    assert (entry.actor_id, entry.on_behalf_of, entry.detail) == (people.erin.id, people.bob.id, {"cards": 1, "phones": 2})
    assert len(await sql.rows("SELECT FROM message WHERE kind = 'passes_withdrawn' AND person_id = $1", people.bob.id)) == 1
    nobody = await client.post(f"/api/v1/members/{uuid4()}/passes/withdraw", headers=people.erin.bearer)
    assert nobody.status_code == 404


async def test_a_card_whose_key_was_removed_is_withdrawn_with_a_word_to_the_member(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    await at(client, people.now)
    card = await passes.issue(people.bob.id, people.now)
    await passes.remove_key(card.key_id, people.now)
    path = f"/api/v1/members/{people.bob.id}/passes/withdraw"
    for cards in (1, 0):
        assert (await client.post(path, headers=people.erin.bearer)).json() == {"cards": cards, "phones": 0}
    assert len([each for each in await audit.about(f"member:{people.bob.id}") if each.did == "passes.withdrawn"]) == 1
    assert len(await sql.rows("SELECT FROM message WHERE kind = 'passes_withdrawn' AND person_id = $1", people.bob.id)) == 1


async def test_the_office_does_it_from_the_members_page(tx: None, client: httpx.AsyncClient, people: People) -> None:
    await at(client, people.now)
    await enrol(client, people.bob)
    people.erin.sign_in(client)
    assert "Android · Chrome" in (await client.get(f"/office/members/{people.bob.id}")).text
    answer = await client.post(f"/office/members/{people.bob.id}/passes/withdraw")
    assert answer.headers["location"] == f"/office/members/{people.bob.id}"
    assert await phone_passes.of_members([people.bob.id], people.now) == []


async def test_only_public_halves_are_kept(tx: None, people: People) -> None:
    phone = await phones.enrolled(people.bob, people.now)
    row = await sql.one("SELECT * FROM phone_pass")
    assert row["public_key"] == phones.public_half(phone.key)
    assert phone.held.signature not in [value for value in dict(row).values() if isinstance(value, bytes)]


async def test_signing_out_takes_the_pass_off_the_phone(tx: None, client: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(client)
    answer = await client.post("/sign-out")
    assert "timebank_left=1" in answer.headers["set-cookie"]


@pytest.mark.parametrize("language, name", [("zh", "我的志愿者码"), ("en", "My pass")])
async def test_the_page_can_be_put_on_the_home_screen(tx: None, client: httpx.AsyncClient, language: str, name: str) -> None:
    """A stranger may read both: no person is in them."""
    manifest = await client.get(f"/me/pass/{language}.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    assert (manifest.json()["short_name"], manifest.json()["scope"]) == (name, "/me/pass")
