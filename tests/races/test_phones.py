"""checkin.md C and H: one phone's code in many hands at once, and one phone that asks twice at once."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from schedules import sql
from tests import given
from tests.door import doors, phones
from tests.door.doors import Door, stays
from tests.given import People
from timebank.database import transaction
from timebank.people import phone_passes

pytestmark = pytest.mark.race


@pytest_asyncio.fixture(loop_scope="session")
async def door(committed: str, client: httpx.AsyncClient, people: People) -> AsyncIterator[Door]:
    opened = await doors.opened(people, client)
    await opened.clock()
    yield opened


@pytest.mark.scenario("checkin-20")
async def test_one_code_in_two_hands_and_the_card_beside_it_let_one_in(door: Door) -> None:
    """A photo taken in the queue, the phone itself and its owner's card, at two desks."""
    other = await given.device("desk", "Back door", door.people.community, door.people.now)
    async with transaction():
        phone = await phones.enrolled(door.people.bob, door.start)
    texts = (phone.shows(door.start), phone.shows(door.start), door.bobs.text) * 4
    answers = await asyncio.gather(
        *(door.scan(text, headers=desk.bearer) for text, desk in zip(texts, (door.desk, other) * 6, strict=True))
    )
    assert Counter(answer.json()["code"] for answer in answers) == {"ok": 1, "already_in": 11}
    assert len(await stays(door.people.bob)) == 1


async def test_a_phone_that_asks_many_times_at_once_is_one_pass(door: Door) -> None:
    async def enrol(public_key: bytes) -> httpx.Response:
        body = {"public_key": base64.b64encode(public_key).decode()}
        return await door.client.post("/api/v1/me/phones", json=body, headers=door.people.bob.bearer)

    one = phones.public_half(generate_private_key(SECP256R1()))
    answers = await asyncio.gather(*(enrol(one) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 7}
    assert len({answer.json()["phone"]["credential"] for answer in answers}) == 1
    many = await asyncio.gather(*(enrol(phones.public_half(generate_private_key(SECP256R1()))) for _ in range(8)))
    assert Counter(answer.status_code for answer in many) == {201: phone_passes.MOST - 1, 409: 8 - (phone_passes.MOST - 1)}
    assert await sql.value("SELECT count(*) FROM phone_pass WHERE revoked_at IS NULL") == phone_passes.MOST


async def test_a_phone_lost_while_it_renews_itself_stays_lost(door: Door) -> None:
    bob = door.people.bob
    for _ in range(5):
        async with transaction():
            phone = await phones.enrolled(bob, door.start)
        lost = door.client.delete(f"/api/v1/me/phones/{phone.id}", headers=bob.bearer)
        contact = door.client.post(f"/api/v1/me/phones/{phone.id}/contact", json={}, headers=bob.bearer)
        answers = await asyncio.gather(lost, contact)
        assert answers[0].status_code == 204
        assert answers[1].status_code in (200, 404)
        assert (await door.scan(phone.shows(door.start))).json()["code"] == "revoked"
