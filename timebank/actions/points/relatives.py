"""Two members say that they are relatives: one names the other, the other says yes. Either takes it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from timebank.actions.action import Answer, RequestKey, action
from timebank.actions.points.terms import RecipientNotAllowed
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, limits, members, relatives
from timebank.people.callers import Caller
from timebank.people.relatives import NamedAlready, Relative

PATH = "/me/gifts/relatives"
TRIES, WINDOW = 20, timedelta(days=1)
"""The answer says whether a number is somebody's."""


class Named(msgspec.Struct, frozen=True):
    """What the two have said of each other."""

    bond_id: UUID


class Naming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the member who is a relative."""

    number: Annotated[int, Meta(ge=1, le=2**53)]


async def see_relatives(caller: Caller) -> list[Relative]:
    """The household, those who were named, and who waits for a yes. Raises SignInNeeded."""
    return await relatives.of(caller.member())


async def name_relative(caller: Caller, naming: Naming, key: RequestKey | None, now: datetime) -> Answer[Named]:
    """The other has to say yes.

    Raises TooManyTries, NamedAlready, RecipientNotAllowed for oneself or a number that nobody has.
    """
    await limits.spend(f"relative:{caller.member()}", TRIES, WINDOW, now)
    return await _name.once(key, caller, naming, now)


@action
async def _name(caller: Caller, naming: Naming, now: datetime) -> Named:
    other = await members.by_number(naming.number)
    if other is None or other == caller.member():
        raise RecipientNotAllowed(gifts="anyone", field="number")
    if await relatives.are(caller.member(), other):
        raise NamedAlready(field="number")
    bond_id = await relatives.name(caller.member(), other, now)
    await audit.write(caller.id, "relative.named", f"member:{caller.member()}", now, relative_id=other)
    await _tell("relative_asked", bond_id, other, caller, now)
    return Named(bond_id)


@action
async def confirm_relative(caller: Caller, bond_id: UUID, now: datetime) -> Named:
    """By the one who was named. Safe to repeat. Raises NotFound."""
    who = await relatives.confirm(bond_id, caller.member(), now)
    await audit.write(caller.id, "relative.confirmed", f"member:{who}", now, relative_id=caller.member())
    await _tell("relative_confirmed", bond_id, who, caller, now)
    return Named(bond_id)


@action
async def end_relative(caller: Caller, bond_id: UUID, now: datetime) -> Named:
    """By either of the two, also as a no; what waits between them cannot be accepted then. Safe to repeat. Raises NotFound."""
    await relatives.end(bond_id, caller.member(), now)
    await messages.withdraw([f"relative_asked:{bond_id}"])
    await audit.write(caller.id, "relative.ended", f"member:{caller.member()}", now, bond_id=bond_id)
    return Named(bond_id)


async def _tell(kind: str, bond_id: UUID, to: UUID, caller: Caller, now: datetime) -> None:
    one = Message(key=f"{kind}:{bond_id}", person_id=to, kind=kind, facts={"name": caller.name}, path=PATH)
    await messages.promise([one], now)
