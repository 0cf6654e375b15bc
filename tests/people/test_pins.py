"""The PIN of a card, and the limit on guessing it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests import given
from tests.given import People
from timebank.actions.people.members import set_pin
from timebank.people import passwords, pins
from timebank.people.limits import TooManyTries
from timebank.people.pins import PinNotFit, PinNotSet, WrongPin
from timebank.web.refusals import problem

PIN = "274913"


@pytest.mark.parametrize(
    "pin", ["1234", "12345", "1234567", "abcdef", "111111", "123456", "654321", "27491٣", "", "27\x004913"]
)
async def test_a_pin_is_six_digits_that_nobody_guesses_first(pin: str) -> None:
    with pytest.raises(PinNotFit):
        await pins.prepare(pin)


async def test_a_right_pin_costs_no_try(tx: None, people: People, now: datetime) -> None:
    await set_pin(people.bob.caller, people.bob.id, PIN, now)
    for _ in range(pins.TRIES + 1):
        await pins.check(people.bob.id, "２７４９１３", uuid4(), now)


async def test_after_too_many_wrong_pins_the_right_one_is_refused_too(tx: None, people: People, now: datetime) -> None:
    await set_pin(people.bob.caller, people.bob.id, PIN, now)
    for _ in range(pins.TRIES):
        with pytest.raises(WrongPin):
            await pins.check(people.bob.id, "000000", uuid4(), now)
    with pytest.raises(TooManyTries):
        await pins.check(people.bob.id, PIN, uuid4(), now)
    await pins.check(people.bob.id, PIN, uuid4(), now + pins.WINDOW)


async def test_each_wrong_pin_says_how_many_tries_are_left(tx: None, people: People, now: datetime) -> None:
    """Of the quarter of an hour or of the day, whichever is nearer."""
    await set_pin(people.bob.caller, people.bob.id, PIN, now)
    left = []
    for attempt in range(pins.TRIES_OF_DAY - 1):
        with pytest.raises(WrongPin) as refused:
            await pins.check(people.bob.id, "000000", uuid4(), now + attempt * timedelta(minutes=5))
        left.append(refused.value.facts["tries_left"])
    assert left == [4, 3, 2, 2, 2, 2, 2, 2, 1]
    with pytest.raises(WrongPin) as last:
        await pins.check(people.bob.id, "000000", uuid4(), now + timedelta(hours=12))
    assert last.value.facts["tries_left"] == 0
    assert 10 * 60 < last.value.facts["minutes"] <= 12 * 60
    assert "Wait 11 hours" in problem(last.value, "en")["detail"]
    with pytest.raises(TooManyTries) as later:
        await pins.check(people.bob.id, PIN, uuid4(), now + timedelta(hours=13))
    assert "10 小时" in problem(later.value, "zh")["detail"]


async def test_ten_wrong_pins_a_day_close_the_card_until_a_new_one_is_set(tx: None, people: People, now: datetime) -> None:
    await set_pin(people.bob.caller, people.bob.id, PIN, now)
    for attempt in range(pins.TRIES_OF_DAY):
        with pytest.raises(WrongPin):
            await pins.check(people.bob.id, "000000", uuid4(), now + (attempt // 5) * pins.WINDOW)
    with pytest.raises(TooManyTries):
        await pins.check(people.bob.id, PIN, uuid4(), now + timedelta(hours=1))
    await set_pin(people.erin.caller, people.bob.id, "735028", now + timedelta(hours=1))
    await pins.check(people.bob.id, "735028", uuid4(), now + timedelta(hours=1))


async def test_one_device_cannot_try_many_cards(tx: None, people: People, now: datetime) -> None:
    kiosk, kept = uuid4(), await pins.prepare(PIN)
    cards = [(await given.member("Frank", f"1990000010{number}", people.building, now)).id for number in range(8)]
    for card in cards:
        await passwords.keep(card, "pin", kept, now)
    for attempt in range(pins.TRIES_OF_DEVICE):
        with pytest.raises(WrongPin) as last:
            await pins.check(cards[attempt % 8], "000000", kiosk, now)
    told = problem(last.value, "en")["detail"]
    assert ("screen" in told, "new PIN" in told) == (True, False), "the card is not at fault"
    with pytest.raises(TooManyTries):
        await pins.check(people.bob.id, PIN, kiosk, now)


async def test_a_card_without_a_pin_says_so(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(PinNotSet):
        await pins.check(people.bob.id, PIN, uuid4(), now)
