"""The holder of a booking names who else may check in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import room_parties, sql
from timebank.actions.action import action
from timebank.actions.rooms.room_door import own
from timebank.people import limits, phones
from timebank.people.callers import Caller

TRIES, WINDOW = 30, timedelta(hours=1)
"""Phone numbers that one member may try: nobody finds out by this who lives here."""


class Guest(msgspec.Struct, frozen=True):
    id: UUID
    name: str


async def name_guest(caller: Caller, booking_id: UUID, phone: str, now: datetime) -> Guest:
    """Somebody with this phone number may check in. Safe to repeat.

    Raises NotFound for a booking of another household, NobodyOfThatPhone, NotAPhoneNumber, PartyFull, TooManyTries.
    """
    await limits.spend(f"party:{caller.member()}", TRIES, WINDOW, now)
    return await _name(caller, booking_id, phones.normal(phone), now)


@action
async def _name(caller: Caller, booking_id: UUID, phone: str, now: datetime) -> Guest:
    await own(caller, booking_id, is_guest_enough=False)
    found = await sql.row("SELECT id, name FROM member WHERE phone = $1 AND state <> 'left'", phone)
    if found is None:
        raise room_parties.NobodyOfThatPhone()
    await room_parties.add(booking_id, found["id"], caller.member(), now)
    return Guest(found["id"], found["name"])


@action
async def remove_guest(caller: Caller, booking_id: UUID, person_id: UUID) -> None:
    """Safe to repeat. Raises NotFound for a booking of another household."""
    await own(caller, booking_id, is_guest_enough=False)
    await room_parties.remove(booking_id, person_id)


async def guests(caller: Caller, booking_id: UUID) -> Sequence[Guest]:
    """Raises NotFound for a booking of another household."""
    await own(caller, booking_id, is_guest_enough=False)
    named = await room_parties.of(booking_id)
    rows = await sql.rows("SELECT id, name FROM member WHERE id = ANY ($1)", [one.person_id for one in named])
    names = {row["id"]: row["name"] for row in rows}
    return [Guest(one.person_id, names.get(one.person_id, "")) for one in named]
