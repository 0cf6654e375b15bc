"""One-time things are used once, however many ask at once."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import pytest

from schedules import sql
from tests import given
from timebank.actions.community.devices import NewDevice, make_pairing_code, pair_device, register_device
from timebank.actions.community.roles import grant_role
from timebank.actions.people.members import Joining, create_member
from timebank.actions.people.sign_in import ask_for_code, sign_in_by_code
from timebank.database import transaction
from timebank.people import devices
from timebank.people.devices import WrongPairingCode
from timebank.people.members import PhoneTaken
from timebank.people.phone_codes import TRIES_OF_PHONE, WrongCode
from timebank.people.roles import RoleHeld

pytestmark = pytest.mark.race


async def test_one_code_used_by_many_at_once_signs_in_once(committed: str, now: datetime) -> None:
    bob = (await given.people(now)).bob
    sent = await ask_for_code(bob.phone, "10.0.0.1", now)
    used = (sign_in_by_code(bob.phone, sent.code, "", f"10.0.0.{number}", now) for number in range(TRIES_OF_PHONE))
    answers = await asyncio.gather(*used, return_exceptions=True)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} == {WrongCode}
    assert await sql.value("SELECT count(*) FROM sign_in WHERE member_id = $1", bob.id) == 2  # and the one of the fixture


async def test_one_pairing_code_makes_one_screen_the_device(committed: str, now: datetime) -> None:
    people = await given.people(now)
    device = await register_device(people.erin.caller, NewDevice("desk", "East gate", people.community), now)
    code = (await make_pairing_code(people.erin.caller, device, now)).code
    screens = (pair_device(code, f"10.0.0.{number}", now) for number in range(20))
    answers = await asyncio.gather(*screens, return_exceptions=True)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} == {WrongPairingCode}


async def test_a_code_used_while_its_device_is_withdrawn_deadlocks_with_nothing(committed: str, now: datetime) -> None:
    people = await given.people(now)
    for _ in range(5):
        device = await register_device(people.erin.caller, NewDevice("desk", "East gate", people.community), now)
        code = (await make_pairing_code(people.erin.caller, device, now)).code
        locked, go_on = asyncio.Event(), asyncio.Event()

        async def withdraw(device: UUID = device, locked: asyncio.Event = locked, go_on: asyncio.Event = go_on) -> None:
            async with transaction():
                await sql.rows("SELECT FROM device WHERE id = $1 FOR UPDATE", device)
                locked.set()
                await go_on.wait()
                await devices.revoke(device, now)

        withdrawing = asyncio.create_task(withdraw())
        await locked.wait()
        pairing = asyncio.create_task(pair_device(code, "10.0.0.1", now))
        await asyncio.sleep(0.05)
        go_on.set()
        answers = await asyncio.gather(withdrawing, pairing, return_exceptions=True)
        assert [type(answer) for answer in answers] == [type(None), WrongPairingCode]


async def test_one_number_makes_one_member(committed: str, now: datetime) -> None:
    people = await given.people(now)
    asked = [Joining(people.building, f"Twin {number}", phone="13800138000") for number in range(20)]
    made = await asyncio.gather(*(create_member(people.erin.caller, each, now) for each in asked), return_exceptions=True)
    assert sum(not isinstance(answer, BaseException) for answer in made) == 1
    assert {type(answer) for answer in made if isinstance(answer, BaseException)} == {PhoneTaken}
    assert await sql.value("SELECT count(*) FROM account WHERE kind = 'member'") == 6


async def test_one_role_is_given_once(committed: str, now: datetime) -> None:
    people = await given.people(now)
    grants = (grant_role(people.erin.caller, people.bob.id, "steward", people.grid, now) for _ in range(20))
    answers = await asyncio.gather(*grants, return_exceptions=True)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} == {RoleHeld}


async def test_a_door_opened_by_many_at_once_is_one_household(committed: str, now: datetime) -> None:
    people = await given.people(now)
    asked = [Joining(people.building, f"Sibling {number}", door="3-201") for number in range(10)]
    await asyncio.gather(*(create_member(people.erin.caller, each, now) for each in asked))
    assert await sql.value("SELECT count(*) FROM household WHERE label = '3-201'") == 1
