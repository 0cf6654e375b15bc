"""checkin.md H, the phone pass: a server-signed credential and the phone's own proof of each half minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from schedules import codes, phone_codes, sql
from tests.door import phones
from tests.door.doors import Door, log, stays
from tests.given import People
from tests.rewards import shop as shops
from tests.sqllog import statements
from timebank.people import passes, phone_passes, signatures

STEP = phone_codes.STEP_SECONDS


async def refused(door: Door, text: str) -> tuple[int, str]:
    answer = await door.scan(text)
    return answer.status_code, answer.json()["code"]


@pytest.mark.scenario("checkin-1", "checkin-70")
async def test_a_phone_checks_its_owner_in_and_out(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(door.start)
    assert len(text) > 255
    answer = await door.scan(text)
    assert (answer.status_code, answer.json()["name"]) == (201, "Bob")
    later = await door.clock(60)
    assert (await door.scan(phone.shows(later), direction="out")).status_code == 201
    (stay,) = await stays(door.people.bob)
    assert stay["minutes"] == 60


async def test_the_hand_scanner_may_add_what_it_likes(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    answer = await door.scan("]Q1" + phone.shows(door.start).lower() + "\r\n")
    assert answer.status_code == 201


@pytest.mark.scenario("checkin-25")
async def test_a_phone_costs_no_more_statements_than_a_card(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    with statements() as seen:
        assert (await door.scan(phone.shows(door.start))).status_code == 201
    assert len(seen) == 3, seen


@pytest.mark.scenario("checkin-73")
@pytest.mark.parametrize("steps, is_taken", [(-2, False), (-1, True), (0, True), (1, True), (2, False), (2**34, False)])
async def test_a_clock_may_be_one_step_off(door: Door, steps: int, is_taken: bool) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(door.start, steps)
    assert await refused(door, text) == ((201, "ok") if is_taken else (409, "stale_code"))


@pytest.mark.scenario("checkin-73")
async def test_a_screenshot_older_than_a_minute_is_stale(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(await door.clock(0, STEP - 1))
    await door.clock(0, STEP - 1 + 61)
    assert await refused(door, text) == (409, "stale_code")
    assert await stays(door.people.bob) == []


@pytest.mark.scenario("checkin-20")
async def test_one_picture_at_two_desks_lets_one_in(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(door.start)
    assert (await door.scan(text)).status_code == 201
    assert await refused(door, text) == (409, "already_in")


@pytest.mark.scenario("checkin-13")
async def test_a_repeat_is_answered_when_the_proof_is_long_over(door: Door) -> None:
    """The answer was lost: the desk asks again with its nonce, minutes later."""
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(door.start)
    first = await door.scan(text, nonce="n-1")
    await door.clock(5)
    again = await door.scan(text, nonce="n-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())


@pytest.mark.scenario("checkin-67")
async def test_one_flipped_bit_is_a_bad_signature(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(door.start)
    signed = range(len(codes.VERSION) + codes.SERVER + codes.KEY, len(text))
    for place in Random(5).sample(signed, 16):
        flipped = text[:place] + codes.BASE32[codes.BASE32.index(text[place]) ^ 1] + text[place + 1 :]
        assert await refused(door, flipped) == (404, "bad_signature" if codes.read(flipped) else "unknown_pass")
    assert await stays(door.people.bob) == []
    assert {row["person_id"] for row in await log()} == {None}, "a claim is nobody's"


@pytest.mark.scenario("checkin-67")
async def test_a_proof_by_another_key_is_a_bad_signature(door: Door) -> None:
    """A stolen database, a copied credential: without the phone's key nothing opens."""
    phone = await phones.enrolled(door.people.bob, door.start)
    other = phones.Phone(generate_private_key(SECP256R1()), phone.held)
    assert await refused(door, other.shows(door.start)) == (404, "bad_signature")


@pytest.mark.scenario("checkin-67")
@pytest.mark.parametrize("field", ["member", "key", "last_day", "id"])
async def test_a_credential_made_up_is_a_bad_signature(door: Door, field: str) -> None:
    bobs, carols = [await phones.enrolled(person, door.start) for person in (door.people.bob, door.people.carol)]
    signature = carols.held.signature
    changes: dict[str, dict[str, Any]] = {
        "member": {"id": bobs.held.id},
        "key": {"public_key": phones.public_half(generate_private_key(SECP256R1()))},
        "last_day": {"last_day": carols.held.last_day + 365},
        "id": {"id": door.bobs.id},
    }
    forged = msgspec.structs.replace(carols.held, **changes[field])
    kept = phone_codes.credential(forged.signed, signature)
    proven = phone_codes.proof_text(kept, phone_codes.step_of(door.start))
    text = phone_codes.shown(proven, phones.proof(carols.key, proven))
    assert await refused(door, text) == (404, "bad_signature")


async def test_the_higher_s_is_another_spelling_and_refused(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    proven = phone_codes.proof_text(phone.held.credential, phone_codes.step_of(door.start))
    low = phones.proof(phone.key, proven)
    high = low[:32] + (signatures.ORDER - int.from_bytes(low[32:])).to_bytes(32)
    assert await refused(door, phone_codes.shown(proven, high)) == (404, "bad_signature")
    for nonsense in (bytes(64), b"\xff" * 64, low[:32] + bytes(32)):
        assert await refused(door, phone_codes.shown(proven, nonsense)) == (404, "bad_signature")


async def test_a_phone_of_another_installation_is_told_apart(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    text = phone.shows(door.start)
    assert await refused(door, text[:3] + "OTHERONE" + text[11:]) == (404, "foreign_pass")


async def test_a_code_cut_short_or_doubled_is_unknown(door: Door) -> None:
    text = (await phones.enrolled(door.people.bob, door.start)).shows(door.start)
    for broken in (text[:-1], text[: phone_codes.CREDENTIAL], text * 2, "TB1" + text[3:], text + "A"):
        assert await refused(door, broken) == (404, "unknown_pass")


@pytest.mark.scenario("checkin-68")
async def test_a_lost_phone_is_revoked_and_the_card_stays_good(door: Door) -> None:
    bob = door.people.bob
    phone = await phones.enrolled(bob, door.start)
    await phone_passes.revoke(bob.id, phone.held.id, bob.id, door.start)
    assert await refused(door, phone.shows(door.start)) == (409, "revoked")
    assert (await door.scan()).status_code == 201


@pytest.mark.scenario("checkin-60")
async def test_a_revoked_phone_may_be_overruled_and_is_flagged(door: Door) -> None:
    bob = door.people.bob
    phone = await phones.enrolled(bob, door.start)
    await phone_passes.revoke(bob.id, None, bob.id, door.start)
    answer = await door.scan(phone.shows(door.start), headers=door.people.alice.bearer, override={"reason": "known to me"})
    assert (answer.status_code, answer.json()["forced"]) == (201, True)


@pytest.mark.scenario("checkin-66")
async def test_a_phone_of_an_older_key_is_good_until_the_key_is_removed(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    await passes.add_key(door.start)
    assert (await door.scan(phone.shows(door.start))).status_code == 201
    await passes.remove_key(phone.held.key_id, door.start)
    later = await door.clock(10)
    assert await refused(door, phone.shows(later)) == (404, "unknown_pass")
    phone.held = await phone_passes.touch(door.people.bob.id, phone.held.id, later)
    assert (await door.scan(phone.shows(later), direction="out")).status_code == 201, "a contact brings a new credential"


@pytest.mark.scenario("checkin-72")
async def test_a_new_name_leaves_the_phone_good(door: Door) -> None:
    phone = await phones.enrolled(door.people.bob, door.start)
    await sql.rows("UPDATE member SET name = 'Robert' WHERE id = $1", door.people.bob.id)
    assert (await door.scan(phone.shows(door.start))).json()["name"] == "Robert"


async def test_after_its_last_day_it_is_stale(door: Door) -> None:
    past = door.start - timedelta(days=phone_passes.DAYS + 1)
    phone = await phones.enrolled(door.people.bob, past)
    assert await refused(door, phone.shows(door.start)) == (409, "stale_code")
    phone = await phones.enrolled(door.people.bob, past + timedelta(days=1))
    assert (await door.scan(phone.shows(door.start))).status_code == 201, "the last day is whole"


async def test_a_kiosk_knows_its_owner_by_the_phone_and_spends_with_the_pin(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await shops.earn(people.bob, 10 * shops.POINT, now)
    await shops.card_of(people.bob, now)
    phone = await phones.enrolled(people.bob, now)

    async def hold_up(text: str, pin: str = shops.PIN) -> httpx.Response:
        return await client.post("/api/v1/kiosk/visits", json={"code": text, "pin": pin}, headers=shop.k1.bearer)

    await client.put("/test/clock", json={"now": now.isoformat()})
    assert (await hold_up(phone.shows(now), "000001")).json()["code"] == "wrong_pin"
    opened = await hold_up(phone.shows(now))
    assert (opened.status_code, opened.json()["name"]) == (201, "Bob")
    assert (await hold_up(phone.shows(now, -2))).json()["code"] == "phone_code_over"
    other = phones.Phone(generate_private_key(SECP256R1()), phone.held)
    assert (await hold_up(other.shows(now))).json()["code"] == "card_unknown"
    token = (await hold_up(phone.shows(now))).json()["visit"]
    await phone_passes.revoke(people.bob.id, phone.held.id, people.bob.id, now)
    assert (await shops.redeem(client, shop.k1, token, shop.rice)).json()["code"] == "card_not_valid"
    assert (await hold_up(phone.shows(now))).json()["code"] == "card_revoked"
