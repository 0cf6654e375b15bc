"""A phone becomes its owner's pass, is heard of again, and is taken back, by its owner or by staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.actions.people.members import require_power_over, see_member
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, members, passes, phone_passes, sign_in
from timebank.people.callers import Caller
from timebank.people.phone_passes import PhonePass


class Kept(msgspec.Struct, frozen=True):
    """What the phone keeps to be a pass without a network. `good_until` is the first instant at which it is good no more.

    `typed_code` is that of the printed card, for a camera that is broken; empty where there is none.
    """

    id: UUID
    credential: str
    good_until: datetime
    member_id: UUID
    name: str
    number: int
    typed_code: str
    is_new: bool = False


class Listed(msgspec.Struct, frozen=True):
    """A phone that is a pass of the member."""

    id: UUID
    label: str
    enrolled_at: datetime
    seen_at: datetime
    good_until: datetime


class Withdrawn(msgspec.Struct, frozen=True):
    """What was in force until now."""

    cards: int
    phones: int


@action
async def use_phone(caller: Caller, public_key: bytes, label: str, now: datetime) -> Kept:
    """The caller's phone with this key is a pass from now on; the member gets a message, so nobody else does it unseen.

    Safe to repeat: the same key is the same pass. Raises SignInNeeded, NotAPhoneKey, TooManyPhones,
    PhoneOfAnother.
    """
    held, is_new = await phone_passes.enrol(caller.member(), public_key, label, now)
    if is_new:
        subject = f"member:{held.member_id}"
        await audit.write(caller.id, "phone.enrolled", subject, now, phone=str(held.id), label=held.label)
        letter = Message(
            key=f"phone:{held.id}:enrolled",
            person_id=held.member_id,
            kind="phone_is_pass",
            facts={"label": held.label},
            path="/me/pass/phones",
        )
        await messages.promise([letter], now)
    return await _kept(held, is_new)


@action
async def greet_phone(caller: Caller, phone_id: UUID, now: datetime) -> Kept:
    """A contact of a phone that is the caller's pass: noted, and its credential renewed in the last third of its time.

    Safe to repeat. Raises SignInNeeded, and NotFound where it is a pass no more.
    """
    return await _kept(await phone_passes.touch(caller.member(), phone_id, now))


async def _kept(held: PhonePass, is_new: bool = False) -> Kept:
    member, card = await members.one(held.member_id), await passes.current(held.member_id)
    return Kept(
        id=held.id,
        credential=held.credential,
        good_until=held.good_until,
        member_id=member.id,
        name=member.name,
        number=member.number,
        typed_code=card.typed_shown if card else "",
        is_new=is_new,
    )


async def own_phones(caller: Caller, now: datetime) -> list[Listed]:
    """The phones that are the caller's pass. Raises SignInNeeded."""
    return await _listed(caller.member(), now)


async def phones_of(caller: Caller, member_id: UUID, now: datetime) -> list[Listed]:
    """Those of a member, for staff. Raises NotFound, NotAllowed."""
    await see_member(caller, member_id)
    return await _listed(member_id, now)


async def _listed(member_id: UUID, now: datetime) -> list[Listed]:
    return [
        Listed(held.id, held.label, held.enrolled_at, held.seen_at, held.good_until)
        for held in await phone_passes.of_members([member_id], now)
    ]


@action
async def lose_phone(caller: Caller, phone_id: UUID, now: datetime) -> None:
    """The caller's phone opens nothing any more; card and other phones stay. Safe to repeat. Raises SignInNeeded, NotFound."""
    for held in await phone_passes.revoke(caller.member(), phone_id, caller.id, now):
        await audit.write(caller.id, "phone.revoked", f"member:{held.member_id}", now, phone=str(held.id), label=held.label)


@action
async def withdraw_passes(caller: Caller, member_id: UUID, now: datetime) -> Withdrawn:
    """Card and phones of a member open nothing any more: everything was stolen, or somebody else uses it. The member is told.

    Ends every sign-in of the member as well: whoever holds the phone would make it the pass again with one tap.
    Safe to repeat. Raises NotAllowed, NotFound.
    """
    await require_power_over(caller, member_id)
    cards = await passes.revoke(member_id, now)
    phones = await phone_passes.revoke(member_id, None, caller.id, now)
    await sign_in.end_all(member_id, now)
    gone = Withdrawn(cards=len(cards), phones=len(phones))
    if cards or phones:
        await audit.write(
            caller.id,
            "passes.withdrawn",
            f"member:{member_id}",
            now,
            on_behalf_of=member_id,
            cards=gone.cards,
            phones=gone.phones,
        )
        key = f"passes:{(*cards, *(held.id for held in phones))[0]}:withdrawn"
        await messages.promise([Message(key=key, person_id=member_id, kind="passes_withdrawn", path="/me/pass")], now)
    return gone
