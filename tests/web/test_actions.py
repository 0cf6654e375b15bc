"""One action, one transaction, one answer a key."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import sql
from schedules.errors import Refusal
from tests.given import People
from timebank.actions.action import KeyConflict, RequestKey, action
from timebank.database import Nested


class Labelled(msgspec.Struct):
    household_id: UUID
    label: str


class NoLabel(Refusal):
    """For this test."""


@action
async def label_household(household_id: UUID, community_id: UUID, label: str) -> Labelled:
    await sql.rows("INSERT INTO household (id, community_id, label) VALUES ($1, $2, $3)", household_id, community_id, label)
    if not label:
        raise NoLabel()
    return Labelled(household_id, label)


def key(now: datetime, asked: bytes = b"one") -> RequestKey:
    return RequestKey("member:bob", "key-of-this-test", asked, now)


async def test_a_repeat_gets_the_kept_answer(tx: None, people: People, now: datetime) -> None:
    made = uuid4()
    first = await label_household.once(key(now), made, people.building, "3-201")
    again = await label_household.once(key(now), made, people.building, "3-201")
    assert (first.is_replay, again.is_replay) == (False, True)
    assert first.value == again.value == Labelled(made, "3-201")


async def test_the_same_key_with_another_request_is_a_conflict(tx: None, people: People, now: datetime) -> None:
    await label_household.once(key(now), uuid4(), people.building, "3-201")
    with pytest.raises(KeyConflict):
        await label_household.once(key(now, b"two"), uuid4(), people.building, "3-202")


@pytest.mark.scenario("ledger-25")
async def test_a_refusal_burns_no_key_and_leaves_nothing(tx: None, people: People, now: datetime) -> None:
    made = uuid4()
    with pytest.raises(NoLabel):
        await label_household.once(key(now), made, people.building, "")
    assert await sql.row("SELECT 1 FROM household WHERE id = $1", made) is None
    assert not (await label_household.once(key(now), made, people.building, "3-201")).is_replay


async def test_an_action_inside_an_action_is_refused(committed: str, people: People) -> None:
    """Guards P3."""

    @action
    async def outer() -> None:
        await label_household(uuid4(), people.building, "3-201")

    with pytest.raises(Nested):
        await outer()


@pytest.mark.race
async def test_one_key_fifty_times_at_once_acts_once(committed: str, people: People, now: datetime) -> None:
    made = uuid4()
    answers = await asyncio.gather(*(label_household.once(key(now), made, people.building, "3-201") for _ in range(50)))
    assert [answer.value.label for answer in answers] == ["3-201"] * 50
    assert sum(not answer.is_replay for answer in answers) == 1
