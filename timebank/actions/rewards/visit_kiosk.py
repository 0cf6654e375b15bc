"""A person comes to a kiosk: holds up the card or the phone, gives the PIN, leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.people import limits, pins
from timebank.people.callers import Caller, DeviceNeeded
from timebank.people.pins import PinLocked, PinNotSet
from timebank.rewards import cards, visits
from timebank.rewards.visits import Visit

CARDS, WINDOW = 60, timedelta(minutes=15)
"""Codes of no card at one kiosk: a child at the keys gets no further than this."""


class Kiosk(msgspec.Struct, frozen=True):
    """The kiosk that asks, and the place of its stock. `scope` is that of its keys, whoever is signed in beside it."""

    id: UUID
    place_id: UUID

    @property
    def scope(self) -> str:
        return f"device:{self.id}"


def kiosk_of(caller: Caller) -> Kiosk:
    """Raises DeviceNeeded."""
    if caller.device_kind != "kiosk" or caller.device_id is None or caller.place_id is None:
        raise DeviceNeeded(kind="kiosk")
    return Kiosk(caller.device_id, caller.place_id)


async def hold_up_card(caller: Caller, raw: str, now: datetime) -> str:
    """Begins a visit and answers its token; `raw` is what the scanner, the camera or the person gave.

    The visit before is over with it, refused or not. Raises DeviceNeeded, TooManyTries, CardUnknown, CardRevoked, CardNotValid,
    PhoneCodeOver, and what would refuse every PIN: PinLocked, PinNotSet. Neither these two nor a visit that begins cost a try.
    """
    kiosk = kiosk_of(caller)
    bucket = f"card:device:{kiosk.id}"
    await visits.end_before(kiosk.id, now)
    await limits.spend(bucket, CARDS, WINDOW, now)
    try:
        token = await _begin(kiosk, raw, now)
    except (PinLocked, PinNotSet):
        await limits.give_back(bucket, WINDOW, now)
        raise
    await limits.give_back(bucket, WINDOW, now)
    return token


@action
async def _begin(kiosk: Kiosk, raw: str, now: datetime) -> str:
    held = await cards.read(raw, now)
    await pins.require_open(held.member_id, kiosk.id, now)
    return await visits.begin(kiosk.id, held.pass_id, held.member_id, now, is_phone=held.is_phone)


async def give_pin(caller: Caller, token: str, pin: str, now: datetime) -> Visit:
    """The visit may spend from now on. The PIN is checked outside every transaction, in a thread.

    Raises DeviceNeeded, VisitOver, CardNotValid, WrongPin, PinNotSet, and TooManyTries by card and by kiosk, counted over all
    kiosks and processes (ledger-141).
    """
    kiosk = kiosk_of(caller)
    visit = await visits.touch(token, kiosk.id, now)
    await pins.check(visit.member_id, pin, kiosk.id, now)
    await _prove(token, kiosk, now)
    return msgspec.structs.replace(visit, is_proved=True)


@action
async def _prove(token: str, kiosk: Kiosk, now: datetime) -> None:
    await visits.prove(token, kiosk.id, now)


@action
async def stand_at_kiosk(caller: Caller, token: str, now: datetime) -> Visit:
    """Who stands there; the visit lasts on. Raises DeviceNeeded, VisitOver, CardNotValid, PinNeeded."""
    visit = await visits.touch(token, kiosk_of(caller).id, now)
    if not visit.is_proved:
        raise visits.PinNeeded()
    return visit


@action
async def leave_kiosk(caller: Caller, token: str, now: datetime) -> None:
    """Nobody stands there any more. Safe to repeat. Raises DeviceNeeded."""
    await visits.end(token, kiosk_of(caller).id, now)
