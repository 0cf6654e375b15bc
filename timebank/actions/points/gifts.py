"""A member gives points to another, who says yes or no; each gift ends once, and both are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules.errors import NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.points import terms
from timebank.communities.policies import Rules
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import departures, guardians, members, names, relatives
from timebank.people.callers import Caller
from timebank.people.relatives import Relative
from timebank.points import closing, gifts, wallets
from timebank.points.gifts import Gift
from timebank.points.refusals import HoldOver
from timebank.points.wallets import Balance

PATH = "/me/gifts"
MOST = 100_000_000
"""Units; more than any wallet holds."""


class GiverSuspended(Refusal):
    """Who is suspended gives nothing away. Facts: none."""


class GiftOver(HoldOver):
    """The gift was answered, taken back, or its time is over. Facts: state."""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to_number` is the number of the member who is to have `units` of 1/100 point; `word` is read by both."""

    to_number: Annotated[int, Meta(ge=1, le=2**53)]
    units: Annotated[int, Meta(ge=1, le=MOST)]
    word: Annotated[str, Meta(max_length=200)] = ""


class Giving(msgspec.Struct, frozen=True):
    """What a member may give, to whom, and by which rules."""

    balance: Balance
    rules: Rules
    relatives: list[Relative]
    time_zone: str


class Planned(msgspec.Struct, frozen=True):
    """A gift as it would be made. `receiver` is a whole name for relatives, else its first character."""

    wish: Wish
    receiver: str
    days: int
    left: int
    """Units that the giver can still spend."""


async def see_giving(caller: Caller, now: datetime) -> Giving:
    """Raises SignInNeeded, NoPolicy. Reads only."""
    node, rules = await terms.of_member(caller.member(), now)
    known = await relatives.of(caller.member())
    return Giving(await wallets.balance(caller.member()), rules, known, node.time_zone)


async def see_gifts(caller: Caller) -> list[Gift]:
    """Given and received, newest first; of people who are no relatives only the first character of the name."""
    own = {each.id for each in await relatives.of(caller.member()) if each.bond in ("household", "named")}
    return [_seen_by(caller.member(), gift, own) for gift in await gifts.of_member(caller.member())]


async def preview_gift(caller: Caller, wish: Wish, now: datetime) -> Planned:
    """Nothing is stored. Raises whatever giving would raise: see `give`."""
    _node, rules = await terms.of_member(caller.member(), now)
    receiver_id, cap = await _receiver(caller, wish, rules, now)
    await gifts.refuse_full(receiver_id, wish.units, cap)
    balance = await wallets.balance(caller.member())
    if balance.available < wish.units:
        raise terms.GiverShort(available=balance.available, held=balance.held, needed=wish.units)
    return Planned(wish, await _name_for(caller.member(), receiver_id), rules.gift_days, balance.available - wish.units)


@action
async def give(caller: Caller, wish: Wish, now: datetime) -> Gift:
    """The points are set aside until the receiver answers, `gift_days` at most (ledger-83).

    Locks both members against leaving, then the giver's wallet. Raises SignInNeeded, AlreadyLeft, ConsentMissing,
    GiverSuspended, RecipientNotAllowed, WalletFull, GiverShort, AccountClosed, BadAmount, NoPolicy.
    """
    _node, rules = await terms.of_member(caller.member(), now)
    receiver_id, cap = await _receiver(caller, wish, rules, now)
    await _require_here(caller.member(), receiver_id, rules)
    with terms.of_giver():
        made = await gifts.give(
            caller.member(), receiver_id, wish.units, wish.word.strip(), timedelta(days=rules.gift_days), cap
        )
    await messages.promise([await _letter(made, made.receiver_id, "gift_offered", now)], now)
    return _seen_by(caller.member(), made, {receiver_id} if await relatives.are(caller.member(), receiver_id) else set())


@action
async def accept_gift(caller: Caller, gift_id: UUID, now: datetime) -> Gift:
    """By the receiver: the points move, once. Safe to repeat. Whether they may is asked again (ledger-85).

    Locks the gift, its hold, both wallets. Raises NotFound, GiftOver, RecipientNotAllowed, WalletFull, AccountClosed.
    """
    gift = await _own(gift_id, caller.member(), is_giver=False)
    if gift.state != "accepted":
        _node, rules = await terms.of_member(gift.giver_id, now)
        await terms.require_receiver(gift.giver_id, gift.receiver_id, rules)
    cap = (await terms.of_member(gift.receiver_id, now))[1].wallet_cap_units
    try:
        await gifts.accept(gift_id, cap)
    except HoldOver as over:
        raise GiftOver(**over.facts) from over
    return await _told(gift, gift.giver_id, "gift_accepted", caller, now)


@action
async def decline_gift(caller: Caller, gift_id: UUID, now: datetime) -> Gift:
    """By the receiver: the points are the giver's again. Safe to repeat. Raises NotFound, GiftOver."""
    gift = await _own(gift_id, caller.member(), is_giver=False)
    await _end(gift_id, "declined")
    return await _told(gift, gift.giver_id, "gift_declined", caller, now)


@action
async def withdraw_gift(caller: Caller, gift_id: UUID, now: datetime) -> Gift:
    """By the giver, before it was answered. Safe to repeat. Raises NotFound, GiftOver."""
    gift = await _own(gift_id, caller.member(), is_giver=True)
    await _end(gift_id, "withdrawn")
    return await _told(gift, gift.receiver_id, "gift_withdrawn", caller, now)


@action
async def release_gift(gift_id: UUID, now: datetime) -> None:
    """One that nobody can accept any more: its time is over, or the receiver's account closed (ledger-86). Safe to repeat."""
    gift = await gifts.one(gift_id)
    is_closed = await closing.is_closed(gift.receiver_id)
    ended = await _end(gift_id, "closed" if is_closed else "timed_out")
    letters = [await _letter(gift, gift.giver_id, "gift_closed" if ended == "closed" else "gift_timed_out", now)]
    await messages.promise(letters, now)


async def _receiver(caller: Caller, wish: Wish, rules: Rules, now: datetime) -> tuple[UUID, int | None]:
    """Who is to have it, and the most that their wallet takes."""
    if caller.is_suspended:
        raise GiverSuspended()
    await guardians.require_kept(caller.member(), now)
    found = await members.by_number(wish.to_number)
    receiver_id = await terms.require_receiver(caller.member(), found, rules)
    return receiver_id, (await terms.of_member(receiver_id, now))[1].wallet_cap_units


async def _require_here(giver_id: UUID, receiver_id: UUID, rules: Rules) -> None:
    if not await departures.are_here(giver_id, receiver_id):
        await departures.require_here(giver_id)
        raise terms.RecipientNotAllowed(gifts=rules.gifts, field="to_number")


async def _own(gift_id: UUID, member_id: UUID, is_giver: bool) -> Gift:
    """Raises NotFound also for a gift between others."""
    gift = await gifts.one(gift_id)
    if member_id != (gift.giver_id if is_giver else gift.receiver_id):
        raise NotFound(what="gift")
    return gift


async def _end(gift_id: UUID, how: gifts.End) -> gifts.State:
    try:
        return await gifts.end(gift_id, how)
    except HoldOver as over:
        raise GiftOver(**over.facts) from over


async def _told(gift: Gift, to: UUID, kind: str, caller: Caller, now: datetime) -> Gift:
    """The other side reads how it ended, once; the offer is not delivered any more."""
    ended = await gifts.one(gift.id)
    if ended.state == "timed_out":
        to, kind = ended.giver_id, "gift_timed_out"
    await messages.withdraw([f"gift_offered:{gift.id}"])
    await messages.promise([await _letter(ended, to, kind, now)], now)
    are = await relatives.are(gift.giver_id, gift.receiver_id)
    return _seen_by(caller.member(), ended, {gift.giver_id, gift.receiver_id} if are else set())


async def _letter(gift: Gift, to: UUID, kind: str, now: datetime) -> Message:
    node, rules = await terms.of_member(to, now)
    other_id = gift.giver_id if to == gift.receiver_id else gift.receiver_id
    # Who gives says who they are; the receiver's name is for relatives.
    name = gift.giver if other_id == gift.giver_id else await _name_for(gift.giver_id, gift.receiver_id)
    facts = {
        "name": name,
        "units": gift.units,
        "unit": rules.unit_zh,
        "unit_en": rules.unit_en,
        "word": gift.word,
        "answer_by_at": gift.answer_by,
        "time_zone": node.time_zone,
    }
    until = gift.answer_by if kind == "gift_offered" else None
    return Message(key=f"{kind}:{gift.id}", person_id=to, kind=kind, facts=facts, path=PATH, useful_until=until)


async def _name_for(reader_id: UUID, member_id: UUID) -> str:
    name = (await members.one(member_id)).name
    return name if await relatives.are(reader_id, member_id) else names.masked(name)


def _seen_by(member_id: UUID, gift: Gift, known: set[UUID]) -> Gift:
    """The receiver's name is for relatives of the giver; the giver's own they have said by giving."""
    if gift.giver_id != member_id or gift.receiver_id in known:
        return gift
    return msgspec.structs.replace(gift, receiver=names.masked(gift.receiver))


async def end_for_leaver(gift_id: UUID, member_id: UUID, now: datetime) -> None:
    """A gift of or to a member who leaves is given back; the other side is told. Belongs into the leaving's transaction."""
    gift = await gifts.one(gift_id)
    is_giver = member_id == gift.giver_id
    ended = await _end(gift_id, "withdrawn" if is_giver else "closed")
    await messages.withdraw([f"gift_offered:{gift.id}"])
    if is_giver and ended != "timed_out":
        await messages.promise([await _letter(gift, gift.receiver_id, "gift_withdrawn", now)], now)
    elif not is_giver:
        kind = "gift_timed_out" if ended == "timed_out" else "gift_closed"
        await messages.promise([await _letter(gift, gift.giver_id, kind, now)], now)
