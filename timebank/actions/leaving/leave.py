"""A member leaves, by themself or by staff: first a look at what becomes of everything, then it is done.

The person goes in one transaction; the wallet is closed in another, which a job repeats until it is done (ledger-92).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import structlog
from msgspec import Meta

from schedules import changes, walltimes
from schedules.errors import Malformed, Refusal
from timebank.actions.action import RequestKey, action, past_deadlocks
from timebank.actions.guardians import consents
from timebank.actions.leaving import ends
from timebank.actions.leaving.ends import Ahead
from timebank.actions.people.members import ReasonNeeded, require_power_over
from timebank.actions.points import terms
from timebank.communities import policies, tree
from timebank.communities.policies import Policy
from timebank.hours import summaries
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, departures, members, roles
from timebank.people.callers import Caller
from timebank.people.departures import AlreadyLeft, Departure, Kind, Step
from timebank.people.members import Member
from timebank.points import closing, pools, wallets
from timebank.points.wallets import Balance

log = structlog.get_logger("leaving")


class StillInside(Refusal):
    """Who is checked in somewhere checks out first. Facts: none."""


class HelpAgreed(Refusal):
    """Points are set aside for help between neighbours; the two, or a mediator, settle it first. Facts: none."""


class HoldsRoles(Refusal):
    """Who has tasks for others hands them over first: somebody else takes the roles. Facts: none."""


class HeirNotAllowed(Malformed):
    """The rules let points go to nobody, or not to this member. Facts: field, reason."""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`heir_number`: the relative who is to have the points, where the rules let them go so. `erases`: the data go too."""

    heir_number: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    erases: bool = False


class ByStaff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason` is for staff; with `died` nothing stops it, and the points wait for a claim that two of staff approve."""

    reason: Annotated[str, Meta(max_length=500)]
    died: bool = False
    heir_number: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    erases: bool = False


class Foreseen(msgspec.Struct, frozen=True):
    """What becomes of everything: `shares` as far as it can be told now, in the order of the rules, units of 1/100 point.

    `may_name`: an heir can be named. `stops` says what has to be settled before: "inside", "help", "roles".
    """

    member: Member
    balance: Balance
    minutes: int
    ahead: Ahead
    order: list[Step]
    shares: list[tuple[Step, int]]
    may_name: bool
    heir: str
    pool: str
    pool_en: str
    unit_zh: str
    unit_en: str
    time_zone: str
    erasure_days: int
    stops: list[str]


class Left(msgspec.Struct, frozen=True):
    """`is_settled`: the wallet is closed; else a job follows, or a claim."""

    member_id: UUID
    is_settled: bool


async def foresee(caller: Caller, wish: Wish, now: datetime) -> Foreseen:
    """For the member. Nothing is stored. Raises SignInNeeded, HeirNotAllowed, NoPolicy."""
    return await _foreseen(caller.member(), wish.heir_number, now, is_own=True)


async def foresee_for(caller: Caller, member_id: UUID, wanted: ByStaff, now: datetime) -> Foreseen:
    """For staff. Nothing is stored. Raises NotAllowed, NotFound, AlreadyLeft, HeirNotAllowed, NoPolicy."""
    await require_power_over(caller, member_id)
    if (await members.one(member_id)).state == "left":
        raise AlreadyLeft()
    heir = None if wanted.died else wanted.heir_number
    return await _foreseen(member_id, heir, now, is_own=False, has_died=wanted.died)


async def leave(caller: Caller, wish: Wish, now: datetime, key: RequestKey | None = None) -> Left:
    """The caller leaves, for good; the sign-in is gone with it. Safe to repeat.

    Raises SignInNeeded, StillInside, HelpAgreed, HoldsRoles, HeirNotAllowed, AlreadyLeft, NoPolicy. See `_go` for locks.
    """
    heir, erases = wish.heir_number, wish.erases
    await past_deadlocks(lambda: _go.once(key, caller, caller.member(), "left", "", heir, erases, now))
    return Left(caller.member(), await _tried(caller.member(), now))


async def let_leave(caller: Caller, member_id: UUID, wanted: ByStaff, now: datetime, key: RequestKey | None = None) -> Left:
    """By staff, with a reason: the member has asked for it, has moved away, or has died. Roles end with it.

    Raises NotAllowed, NotFound, ReasonNeeded, and as `leave`.
    """
    await require_power_over(caller, member_id)
    if not wanted.reason.strip():
        raise ReasonNeeded(field="reason", reason="empty")
    if member_id == caller.member():
        raise HoldsRoles()
    kind: Kind = "died" if wanted.died else "left"
    heir = None if wanted.died else wanted.heir_number
    reason, erases = wanted.reason.strip(), wanted.erases
    await past_deadlocks(lambda: _go.once(key, caller, member_id, kind, reason, heir, erases, now))
    return Left(member_id, await _tried(member_id, now))


@action
async def _go(
    caller: Caller, member_id: UUID, kind: Kind, reason: str, heir_number: int | None, erases: bool, now: datetime
) -> None:
    """Everything of the member that is to come ends. Locks the member, whom the dead agreed for, then as `ends.end_all`."""
    await departures.lock(member_id)
    await changes.lock_person(member_id)
    policy = await _policy(member_id, now)
    heir = await _heir(member_id, heir_number, policy)
    found = await _stops(member_id, is_own=caller.member() == member_id) if kind == "left" else []
    for stop, refusal in (("inside", StillInside), ("help", HelpAgreed), ("roles", HoldsRoles)):
        if stop in found:
            raise refusal()
    if kind == "died":
        await consents.end_for_dead(caller, member_id, now)
    await ends.end_all(member_id, caller.member(), reason or "left", now)
    erase_at = now + timedelta(days=policy.rules.erasure_days) if erases else None
    order: tuple[Step, ...] = policy.rules.leaving if kind == "left" else ()
    order = order or (("expire",) if kind == "left" else ())
    await departures.go(member_id, kind, caller.member(), reason, heir, order, policy.id, erase_at, now)
    did = "member.died" if kind == "died" else "member.left"
    facts = {"erases": erases, "has_heir": heir is not None}
    await audit.write(caller.id, did, f"member:{member_id}", now, on_behalf_of=member_id, **facts)
    if kind == "left":
        told = Message(key=f"member:{member_id}:left", person_id=member_id, kind="member_left", facts={"erases": erases})
        await messages.promise([told], now)


async def _tried(member_id: UUID, now: datetime) -> bool:
    """The wallet is closed at once where nothing is in the way; else the job does it, and notes why it cannot.

    Whatever goes wrong here, the member has left: nobody is told to send it again with a sign-in that is gone.
    """
    try:
        return await settle_leaver(member_id, now)
    except Exception as error:
        log.warning("the wallet of a leaver stays open", member_id=str(member_id), error=f"{type(error).__name__}: {error}")
        return False


@action
async def settle_leaver(member_id: UUID, now: datetime) -> bool:
    """Closes the wallet by the order of the day of leaving; whether it is closed. Once; safe to repeat. Raises PromiseStuck.

    That of somebody who has died stays as it is while a mediator has to say how long they helped, or were helped.
    Locks as `closing.close`.
    """
    gone = await departures.one(member_id)
    if gone.settled_at:
        return True
    if gone.kind == "died" and await ends.helps(member_id):
        return False
    cap = (await terms.of_member(gone.heir_id, now))[1].wallet_cap_units if gone.heir_id else None
    pool = await pools.of_node(gone.community_id)
    reason = "died" if gone.kind == "died" else "left"
    shares = await closing.close(
        f"leave:{member_id}", member_id, gone.points_order, pool, gone.left_by_id, reason, gone.heir_id, cap
    )
    for share in shares:
        if share.went == "beneficiary" and gone.heir_id:
            await messages.promise([await inherited(gone, gone.heir_id, share.units, now)], now)
    if not await closing.is_closed(member_id):
        return False
    await departures.settled(member_id, now)
    went = {each.went: each.units for each in shares}
    await audit.write(gone.left_by_id, "wallet.closed", f"member:{member_id}", now, units=went)
    return True


async def inherited(gone: Departure, heir_id: UUID, units: int, now: datetime) -> Message:
    """Told to whoever has the points now."""
    rules = (await terms.of_member(heir_id, now))[1]
    facts = {"units": units, "unit": rules.unit_zh, "unit_en": rules.unit_en, "name": gone.name}
    key = f"member:{gone.member_id}:points:{heir_id}"
    return Message(key=key, person_id=heir_id, kind=f"points_of_{gone.kind}", facts=facts, path="/me/points")


async def _policy(member_id: UUID, now: datetime) -> Policy:
    node = await tree.of_member(member_id)
    return await policies.in_force(node.id, walltimes.day_of(now, node.time_zone))


async def _heir(member_id: UUID, number: int | None, policy: Policy) -> UUID | None:
    if number is None:
        return None
    if "beneficiary" not in policy.rules.leaving:
        raise HeirNotAllowed(field="heir_number", reason="the rules name no relatives")
    found = await members.by_number(number)
    try:
        return await terms.require_receiver(member_id, None if found == member_id else found, policy.rules)
    except terms.RecipientNotAllowed as refusal:
        raise HeirNotAllowed(field="heir_number", reason="gifts may not go to this member") from refusal


async def _stops(member_id: UUID, *, is_own: bool) -> list[str]:
    found = []
    if await ends.is_inside(member_id):
        found.append("inside")
    if await ends.helps(member_id):
        found.append("help")
    if is_own and await roles.of_member(member_id):
        found.append("roles")
    return found


async def _foreseen(
    member_id: UUID, heir_number: int | None, now: datetime, *, is_own: bool, has_died: bool = False
) -> Foreseen:
    node, policy = await tree.of_member(member_id), await _policy(member_id, now)
    heir = await _heir(member_id, heir_number, policy)
    cap = (await terms.of_member(heir, now))[1].wallet_cap_units if heir else None
    room = max(0, cap - (await wallets.balance(heir)).posted) if heir and cap is not None else None
    balance, rules = await wallets.balance(member_id), policy.rules
    pool = await pools.one(await pools.of_node(node.id))
    # What is held is free again, what is on the way arrives, and what is owed is paid first.
    left = max(0, balance.posted + balance.on_the_way - balance.owed)
    return Foreseen(
        member=await members.one(member_id),
        balance=balance,
        minutes=(await summaries.sums(member_id)).total,
        ahead=await ends.ahead(member_id, now),
        order=list(rules.leaving),
        shares=_shares(rules.leaving, left, heir is not None, room),
        may_name="beneficiary" in rules.leaving and rules.gifts != "off",
        heir=(await members.one(heir)).name if heir else "",
        pool=pool.name,
        pool_en=pool.name_en,
        unit_zh=rules.unit_zh,
        unit_en=rules.unit_en,
        time_zone=node.time_zone,
        erasure_days=rules.erasure_days,
        stops=[] if has_died else await _stops(member_id, is_own=is_own),
    )


def _shares(order: tuple[Step, ...], left: int, has_heir: bool, room: int | None) -> list[tuple[Step, int]]:
    """As ledger.close_wallet shares it out."""
    found: list[tuple[Step, int]] = []
    for step in (*order, "expire"):
        takes = left if step != "beneficiary" else (min(left, left if room is None else room) if has_heir else 0)
        if takes:
            found.append((step, takes))
            left -= takes
    return found
