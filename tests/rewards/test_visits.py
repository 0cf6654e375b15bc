"""A person before a kiosk: whose card, which PIN, for how long."""

from __future__ import annotations

import asyncio
from contextvars import Context
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger.test_supports import supported
from tests.rewards import shop as shops
from tests.rewards.shop import PIN, POINT, card_of, earn, process, redeem, visit
from timebank.actions.rewards.visit_kiosk import CARDS, WINDOW
from timebank.database import transaction
from timebank.people import limits, passes, pins
from timebank.rewards import visits
from timebank.rewards.visits import CardNotValid, PinNeeded, VisitOver
from timebank.settings import Settings


async def opened(client: httpx.AsyncClient, shop: shops.Shop, code: str, pin: str = PIN) -> httpx.Response:
    return await client.post("/api/v1/kiosk/visits", json={"code": code, "pin": pin}, headers=shop.k1.bearer)


async def test_the_program_reads_one_figure_with_what_the_pool_would_pay_as_the_screen_shows_it(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await supported(people, points=20)
    await client.put("/test/clock", json={"now": now.isoformat()})
    await earn(people.carol, 7 * POINT, now)
    answer = await opened(client, shop, (await card_of(people.carol, now)).text)
    assert (answer.status_code, answer.json()["available"]) == (201, 27 * POINT)


@pytest.mark.parametrize("spelling", ["qr", "typed", "lower", "spaced", "scanner"])
async def test_a_card_is_read_however_it_comes(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, spelling: str
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 7 * POINT, now)
    card = await card_of(people.bob, now)
    typed = card.typed_code
    codes = {
        "qr": card.text,
        "typed": typed,
        "lower": typed.lower(),
        "spaced": card.typed_shown,
        "scanner": f"]Q1{card.text}\r\n",
    }
    answer = await opened(client, shop, codes[spelling])
    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["available"]) == ("Bob", 700)


async def test_a_forged_card_opens_nothing(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    text = (await card_of(people.bob, now)).text
    forged = text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:]
    for code in (forged, text[:-1], "23456789", "hello", "http://example.org/v/x", "\x00"):
        answer = await opened(client, shop, code)
        assert (answer.status_code, answer.json()["code"]) == (404, "card_unknown"), code


async def test_a_replaced_card_says_so(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    old = await card_of(people.bob, now)
    await passes.reissue(people.bob.id, now)
    for code in (old.text, old.typed_code):
        answer = await opened(client, shop, code)
        assert (answer.status_code, answer.json()["code"]) == (409, "card_revoked")


async def test_a_suspended_member_is_sent_to_the_counter(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", people.bob.id)
    answer = await opened(client, shop, card.text)
    assert (answer.status_code, answer.json()["code"]) == (409, "card_not_valid")


async def test_a_card_without_a_pin_says_so(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    answer = await opened(client, shop, (await passes.issue(people.bob.id, now)).text)
    assert (answer.status_code, answer.json()["code"]) == (409, "pin_not_set")


@pytest.mark.scenario("ledger-141")
async def test_wrong_pins_are_counted_over_kiosks_and_processes(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, settings: Settings
) -> None:
    """Nothing in the limit asks Redis; the second process could not reach one."""
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    alone = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    async with process(alone) as other:
        codes = []
        for turn in range(10):
            asked, kiosk = (client, shop.k1) if turn % 2 else (other, shop.k2)
            answer = await asked.post("/api/v1/kiosk/visits", json={"code": card.text, "pin": "000001"}, headers=kiosk.bearer)
            codes.append(answer.json()["code"])
    assert codes == ["wrong_pin"] * pins.TRIES + ["too_many_tries"] * (10 - pins.TRIES)
    right = await opened(client, shop, card.text)
    assert (right.status_code, right.json()["code"]) == (429, "too_many_tries")


async def test_a_kiosk_at_which_many_cards_are_tried_is_stopped(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    answers = [(await opened(client, shop, "nobody's card")).status_code for _ in range(61)]
    assert answers == [404] * 60 + [429]


async def test_nothing_is_bought_before_the_pin(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    token = await visits.begin(shop.k1.id, card.id, people.bob.id, datetime.now(now.tzinfo))
    answer = await redeem(client, shop.k1, token, shop.rice)
    assert (answer.status_code, answer.json()["code"]) == (409, "pin_needed")


async def test_a_visit_belongs_to_its_kiosk(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    answer = await redeem(client, shop.k2, token, shop.rice)
    assert (answer.status_code, answer.json()["code"]) == (409, "visit_over")


async def test_the_next_person_ends_the_visit_of_the_one_before(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    bobs = await visit(client, shop.k1, await card_of(people.bob, now))
    await visit(client, shop.k1, await card_of(people.carol, now))
    assert (await redeem(client, shop.k1, bobs, shop.rice)).json()["code"] == "visit_over"


WHY = {
    "none": "card_unknown",
    "revoked": "card_revoked",
    "no pin": "pin_not_set",
    "locked": "too_many_tries",
    "many": "too_many_tries",
}
"""Why the card of the next person begins no visit, and what the kiosk is told."""


async def refused_card(why: str, shop: shops.Shop, person: Person, now: datetime) -> str:
    """The text of a card of theirs with which no visit begins at K1."""
    if why == "no pin":
        return (await passes.issue(person.id, now)).text
    text = (await card_of(person, now)).text
    if why == "revoked":
        await passes.revoke(person.id, now)
    if why == "locked":
        for _ in range(pins.TRIES):
            await limits.spend(f"pin:member:{person.id}", pins.TRIES, pins.WINDOW, now)
    if why == "many":
        for _ in range(CARDS):
            await limits.spend(f"card:device:{shop.k1.id}", CARDS, WINDOW, now)
    return "nobody's card" if why == "none" else text


@pytest.mark.parametrize("why", WHY)
async def test_the_next_person_ends_the_visit_of_the_one_before_though_their_card_is_refused(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, why: str
) -> None:
    shop = await shops.opened(people, now)
    await client.put("/test/clock", json={"now": now.isoformat()})
    await earn(people.bob, 10 * POINT, now)
    bobs = await visit(client, shop.k1, await card_of(people.bob, now))
    elsewhere = await visit(client, shop.k2, await card_of(people.bob, now))
    answer = await opened(client, shop, await refused_card(why, shop, people.carol, now))
    assert answer.json()["code"] == WHY[why]
    assert (await redeem(client, shop.k1, bobs, shop.rice)).json()["code"] == "visit_over"
    assert await visits.buyer(elsewhere, shop.k2.id, now) == people.bob.id, "nobody came to the other kiosk"


@pytest.mark.parametrize("why", ["no pin", "locked"])
async def test_a_genuine_card_that_cannot_pay_now_shuts_the_kiosk_to_nobody(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, why: str
) -> None:
    shop = await shops.opened(people, now)
    await client.put("/test/clock", json={"now": now.isoformat()})
    card = await refused_card(why, shop, people.carol, now)
    await opened(client, shop, "nobody's card")
    answers = {(await opened(client, shop, card)).json()["code"] for _ in range(3)}
    assert answers == {WHY[why]}
    assert await limits.left(f"card:device:{shop.k1.id}", CARDS, WINDOW, now) == CARDS - 1, "the guess before them is counted"
    assert (await opened(client, shop, (await card_of(people.bob, now)).text)).status_code == 201


async def test_a_visit_ends_by_itself(tx: None, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    token = await visits.begin(shop.k1.id, card.id, people.bob.id, now)
    with pytest.raises(PinNeeded):
        await visits.buyer(token, shop.k1.id, now)
    await visits.prove(token, shop.k1.id, now)
    last = now + visits.IDLE - timedelta(microseconds=1)
    assert await visits.buyer(token, shop.k1.id, last) == people.bob.id
    with pytest.raises(VisitOver):
        await visits.buyer(token, shop.k1.id, now + visits.IDLE)


async def test_a_pin_that_comes_after_the_visit_proves_nothing(tx: None, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    token = await visits.begin(shop.k1.id, (await card_of(people.bob, now)).id, people.bob.id, now)
    await visits.begin(shop.k1.id, (await card_of(people.carol, now)).id, people.carol.id, now)
    with pytest.raises(VisitOver):
        await visits.prove(token, shop.k1.id, now)


@pytest.mark.race
async def test_of_two_cards_at_once_one_stands_before_the_kiosk(committed: str, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    cards = [await card_of(person, now) for person in (people.bob, people.carol)]

    async def begin(person: Person, card_id: UUID) -> None:
        async with transaction():
            await visits.begin(shop.k1.id, card_id, person.id, now)
            await asyncio.sleep(0.05)

    for _ in range(5):
        await asyncio.gather(begin(people.bob, cards[0].id), begin(people.carol, cards[1].id))
        assert await sql.value("SELECT count(*) FROM kiosk_visit WHERE ended_at IS NULL") == 1


@pytest.mark.race
async def test_a_visit_does_not_end_while_it_pays(committed: str, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    token = await visits.begin(shop.k1.id, (await card_of(people.bob, now)).id, people.bob.id, now)
    await visits.prove(token, shop.k1.id, now)
    async with transaction():
        await visits.buyer(token, shop.k1.id, now)
        ending = asyncio.create_task(visits.end(token, shop.k1.id, now), context=Context())
        assert not (await asyncio.wait([ending], timeout=0.1))[0]
    await ending


async def test_pages_make_a_visit_last_but_not_for_ever(tx: None, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    token = await visits.begin(shop.k1.id, card.id, people.bob.id, now)
    moment = now
    while moment + timedelta(seconds=60) < now + visits.LONGEST:
        moment += timedelta(seconds=60)
        await visits.touch(token, shop.k1.id, moment)
    with pytest.raises(VisitOver):
        await visits.touch(token, shop.k1.id, now + visits.LONGEST)


async def test_a_revoked_card_ends_the_visit_with_its_reason(tx: None, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    token = await visits.begin(shop.k1.id, card.id, people.bob.id, now)
    await passes.revoke(people.bob.id, now)
    with pytest.raises(CardNotValid):
        await visits.touch(token, shop.k1.id, now)


async def test_visits_long_over_are_cleaned_away(tx: None, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    card = await card_of(people.bob, now)
    await visits.begin(shop.k1.id, card.id, people.bob.id, now)
    assert (await visits.clean(now + timedelta(hours=1)), await visits.clean(now + timedelta(days=2))) == (0, 1)


@pytest.mark.parametrize("path", ["/api/v1/kiosk/rewards", "/kiosk", "/kiosk/rewards", "/kiosk/pin"])
async def test_only_a_kiosk_gets_in(tx: None, client: httpx.AsyncClient, people: People, now: datetime, path: str) -> None:
    for headers in ({}, people.erin.bearer):
        assert (await client.get(path, headers=headers)).status_code == 403


async def test_a_visit_is_not_a_sign_in(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    answer = await client.post("/api/v1/sign-out", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
