"""checkin.md H: passes, venue codes and typed codes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from schedules import codes, sql
from tests import given, sqllog
from tests.door.doors import Door, another, log, put, stays
from timebank.actions.door import venue
from timebank.people import keys, passes


@pytest.mark.scenario("checkin-66")
async def test_a_pass_of_an_older_key_is_good_until_the_key_is_removed(door: Door) -> None:
    await passes.add_key(door.start)
    assert (await door.scan()).status_code == 201
    await passes.remove_key(door.bobs.key_id, door.start)
    answer = await door.scan()
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pass")


@pytest.mark.scenario("checkin-67")
async def test_one_flipped_bit_is_a_bad_signature(door: Door) -> None:
    text = door.bobs.text
    signed = range(len(codes.VERSION) + codes.SERVER + codes.KEY, len(text) - 1)
    for place in random.Random(4).sample(signed, 12):
        flipped = codes.BASE32[codes.BASE32.index(text[place]) ^ 1]
        answer = await door.scan(text[:place] + flipped + text[place + 1 :])
        assert answer.status_code == 404
        assert answer.json()["code"] == "bad_signature" or codes.read(text[:place] + flipped + text[place + 1 :]) is None
    assert await stays(door.people.bob) == []
    assert {row["person_id"] for row in await log()} == {None}, "a claim is nobody's"


@pytest.mark.scenario("checkin-67")
async def test_a_pass_signed_by_somebody_else_is_a_bad_signature(door: Door) -> None:
    forged = codes.card_text(keys.server_id(), door.bobs.key_id, door.bobs.id, 1)
    answer = await door.scan(codes.signed_card(forged, bytes(64)))
    assert answer.json()["code"] == "bad_signature"


async def test_a_pass_of_another_installation_is_told_apart(door: Door) -> None:
    text = codes.card_text("OTHERONE", "AAAA", uuid4(), 1)
    answer = await door.scan(codes.signed_card(text, bytes(64)))
    assert (answer.status_code, answer.json()["code"]) == (404, "foreign_pass")


@pytest.mark.scenario("checkin-68")
async def test_the_old_pass_is_revoked_by_the_new_one(door: Door) -> None:
    new = await passes.reissue(door.people.bob.id, door.start)
    for old in (door.bobs.text, door.bobs.typed_shown):
        answer = await door.scan(old)
        assert (answer.status_code, answer.json()["code"]) == (409, "revoked")
    assert (await door.scan(new)).status_code == 201


@pytest.mark.scenario("checkin-69")
async def test_a_pass_stays_until_a_new_one_is_forced(door: Door) -> None:
    again = await passes.issue(door.people.bob.id, door.start)
    assert again == door.bobs
    assert again.text == door.bobs.text
    forced = await passes.reissue(door.people.bob.id, door.start)
    assert forced.text != door.bobs.text
    assert forced.typed_code != door.bobs.typed_code
    assert forced.serial == 2


@pytest.mark.scenario("checkin-72")
async def test_a_new_name_leaves_the_pass_good(door: Door) -> None:
    await sql.rows("UPDATE member SET name = 'Robert' WHERE id = $1", door.people.bob.id)
    assert (await door.scan()).json()["name"] == "Robert"


async def test_no_private_half_is_in_the_database(door: Door) -> None:
    rows = await sql.rows("SELECT * FROM pass_key")
    private = keys.pass_key(door.bobs.key_id).private_bytes_raw()
    assert [row["public_key"] for row in rows] == [keys.public_half(door.bobs.key_id)]
    assert private not in [value for row in rows for value in row.values()]


async def test_many_passes_are_issued_at_once_with_codes_of_their_own(door: Door) -> None:
    members = [door.people.alice.id, door.people.carol.id, door.people.dan.id, door.people.erin.id]
    await passes.issue_many(members, door.start)
    made = [await passes.current(member) for member in members]
    assert len({held.typed_code for held in made if held}) == 4


@pytest.mark.parametrize("shown", [lambda code: code, lambda code: f"{code[:4]}-{code[4:]}", lambda code: f" {code.lower()} "])
async def test_the_typed_code_does_what_the_pass_does(door: Door, shown: object) -> None:
    answer = await door.scan(shown(door.bobs.typed_code))  # type: ignore[operator]
    assert answer.status_code == 201, answer.text


def test_a_typed_code_shows_every_slip_and_every_swap() -> None:
    some = random.Random(7)
    for _ in range(300):
        code = codes.first_typed(some.getrandbits(64))
        assert codes.is_typed(code)
        assert len(code) == 8
        for place in range(8):
            for other in codes.TYPED_ALPHABET:
                changed = code[:place] + other + code[place + 1 :]
                assert changed == code or not codes.is_typed(changed)
        for place in range(7):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or not codes.is_typed(swapped)


def test_a_typed_code_has_no_look_alikes() -> None:
    for pair in ("0O", "1I", "1L", "5S", "2Z", "8B", "UV", "0D", "0Q", "6G"):
        assert not set(pair) <= set(codes.TYPED_ALPHABET), pair


# The venue code


async def self_check_in(door: Door, code: str, **more: object) -> httpx.Response:
    headers = door.people.bob.bearer | {"accept-language": "en"}
    return await door.client.post("/api/v1/check-ins", json={"code": code} | more, headers=headers)


@pytest.mark.scenario("checkin-74")
async def test_a_member_checks_in_and_out_with_the_venue_code(door: Door) -> None:
    answer = await self_check_in(door, door.venue(door.start))
    assert answer.status_code == 201, answer.text
    (stay,) = await stays(door.people.bob)
    assert stay["is_self"]
    moment = await door.clock(90)
    out = await self_check_in(door, door.venue(moment), direction="out")
    assert (out.json()["minutes"], out.json()["points"]) == (90, 150)


@pytest.mark.scenario("checkin-73")
@pytest.mark.parametrize("age, code", [(0, None), (30, None), (-15, None), (61, "stale_code"), (600, "stale_code")])
async def test_a_venue_code_holds_for_a_minute_at_most(door: Door, age: int, code: str | None) -> None:
    """Of a screen one step ahead as well."""
    answer = await self_check_in(door, door.venue(door.start - timedelta(seconds=age)))
    assert (answer.json()["code"] == "ok") is (code is None)
    assert code is None or (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.scenario("checkin-73")
@pytest.mark.parametrize("second", range(0, 15, 2))
def test_never_more_than_sixty_seconds_whatever_the_second(now: datetime, second: int) -> None:
    shown = now + timedelta(seconds=second)
    step = codes.step_of(shown)
    assert all(codes.is_fresh(step, shown + timedelta(seconds=later)) for later in range(30))
    assert not any(codes.is_fresh(step, shown + timedelta(seconds=later)) for later in range(60, 300))
    assert codes.is_fresh(codes.step_of(shown + timedelta(seconds=15)), shown), "the other clock is one step ahead"


async def test_a_venue_code_made_up_is_refused_and_kept(door: Door) -> None:
    genuine = door.venue(door.start)
    forged = genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    answer = await self_check_in(door, forged)
    assert (answer.status_code, answer.json()["code"]) in ((404, "bad_signature"), (404, "unknown_pass"))
    nowhere = await self_check_in(door, door.venue(door.start, uuid4()))
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "unknown_pass")
    assert len(await log()) == 2
    assert await stays(door.people.bob) == []


async def test_a_pass_is_no_venue_code_and_a_venue_code_no_pass(door: Door) -> None:
    assert (await self_check_in(door, door.bobs.text)).json()["code"] == "unknown_pass"
    assert (await door.scan(door.venue(door.start))).json()["code"] == "unknown_pass"


async def test_the_typed_code_under_the_venues_qr_does_the_same(door: Door) -> None:
    typed = codes.venue_typed(keys.derive("venue codes"), door.session.id, codes.step_of(door.start))
    answer = await self_check_in(door, codes.spaced(typed))
    assert answer.status_code == 201, answer.text
    await door.clock(10)
    assert (await self_check_in(door, typed)).json()["code"] == "unknown_pass"


async def test_a_typed_venue_code_is_looked_for_where_the_member_may_stand(door: Door) -> None:
    """At sessions of the member's sign-ups, then in their own part of the tree: of another one's doors none is read."""
    there = await given.member("Frank", "19900000009", door.people.elsewhere, door.people.now)
    typed = codes.venue_typed(keys.derive("venue codes"), door.session.id, codes.step_of(door.start))
    with sqllog.statements() as asked:
        assert await venue.find_typed(door.people.bob.id, typed, door.start)
    assert sum("FROM signup u" in each for each in asked) == 1
    assert not any("ancestor_ids" in each for each in asked)
    assert await venue.find_typed(door.people.carol.id, typed, door.start), "not signed up, and told so at the door"
    assert await venue.find_typed(there.id, typed, door.start) is None


async def test_typed_venue_codes_cannot_be_guessed_at_length(door: Door) -> None:
    for number in range(20):
        assert (await self_check_in(door, codes.first_typed(number))).status_code == 404
    assert (await self_check_in(door, codes.first_typed(99))).status_code == 429


@pytest.mark.scenario("checkin-74")
async def test_two_sign_ups_there_are_a_choice_and_none_is_said(door: Door) -> None:
    late = await another(door, 9.5, 2)
    await sql.rows("UPDATE session SET activity_id = $2 WHERE id = $1", late.id, door.session.activity_id)
    await put(door.people.bob, late)
    answer = await self_check_in(door, door.venue(door.start))
    assert answer.json()["code"] == "ambiguous"
    chosen = await self_check_in(door, door.venue(door.start), session=str(late.id))
    assert chosen.json()["session"]["id"] == str(late.id)
    await put(door.people.bob, late, "withdrawn")
    carol = await door.client.post("/api/v1/check-ins", json={"code": door.venue(door.start)}, headers=door.people.carol.bearer)
    assert carol.json()["code"] == "not_signed_up_here"
