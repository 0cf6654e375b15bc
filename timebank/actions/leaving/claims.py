"""Staff settle the points of a member who has died: one enters a claim, two who gain nothing by it approve it (ledger-93)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import Malformed, Refusal
from timebank.actions.action import action
from timebank.actions.leaving import ends
from timebank.actions.leaving.erase import see_leaver
from timebank.actions.leaving.leave import HelpAgreed, inherited
from timebank.actions.people.members import ReasonNeeded
from timebank.actions.points import terms
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, departures, members, relatives, seconds
from timebank.people.callers import Caller, Right
from timebank.people.departures import Departure, Step
from timebank.points import closing, estates, pools, wallets
from timebank.points.closing import Gone
from timebank.points.estates import Claim, ClaimOver
from timebank.points.refusals import FourEyes

ACTIVE = "SELECT true FROM member WHERE id = $1 AND state = 'active' FOR SHARE"


class NothingToClaim(Refusal):
    """The member has not died, or the wallet is closed. Facts: none."""


class NoHeir(Malformed):
    """No active member has this number, or it is the one who has died. Facts: field, reason."""


class HeirGone(Refusal):
    """The heir is no active member any more: the points wait for another claim. Facts: none."""


class Claiming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`heir_number` absent: for the pool. `evidence`: who asked and what was shown; read by staff."""

    evidence: Annotated[str, Meta(max_length=500)]
    heir_number: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class Refusing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    why: Annotated[str, Meta(max_length=500)]


class Kept(msgspec.Struct, frozen=True):
    """The claim, as it now stands."""

    claim_id: UUID
    state: estates.State


class Leaver(msgspec.Struct, frozen=True):
    """One who left or has died; `units` of 1/100 point that wait, `shares` what went where, `may_approve` by claim.

    `waived`: units that were taken back, or owed, and that nobody asks for any more.
    """

    departure: Departure
    units: int
    waived: int
    shares: list[Gone]
    claims: list[Claim]
    may_approve: bool
    time_zone: str
    unit_zh: str
    unit_en: str


async def see_estate(caller: Caller, member_id: UUID, now: datetime) -> Leaver:
    """For staff. Raises SignInNeeded, NotAllowed, NotFound, NoPolicy."""
    gone = await see_leaver(caller, member_id)
    node, rules = await terms.of_member(member_id, now)
    claims = await estates.of(member_id)
    is_open = bool(claims) and claims[0].state == "open"
    return Leaver(
        departure=gone,
        units=(await wallets.balance(member_id)).posted,
        waived=await closing.waived_of(member_id),
        shares=await closing.shares_of(member_id),
        claims=claims,
        may_approve=is_open and claims[0].first_by_id != caller.member() and not await _gains(caller, claims[0]),
        time_zone=node.time_zone,
        unit_zh=rules.unit_zh,
        unit_en=rules.unit_en,
    )


@action
async def claim_points(caller: Caller, member_id: UUID, wanted: Claiming, now: datetime) -> Kept:
    """Nothing moves until two others than the heir have approved it; whoever enters it may be one of the two.

    Raises NotAllowed, NotFound, NothingToClaim, NoHeir, ReasonNeeded, ClaimedAlready.
    """
    gone = await see_leaver(caller, member_id)
    if gone.kind != "died" or gone.settled_at:
        raise NothingToClaim()
    if not wanted.evidence.strip():
        raise ReasonNeeded(field="evidence", reason="empty")
    heir = None
    if wanted.heir_number is not None:
        heir = await members.by_number(wanted.heir_number)
        if heir is None:
            raise NoHeir(field="heir_number", reason="no active member")
    made = await estates.claim(member_id, heir, wanted.evidence.strip(), caller.member(), now)
    await audit.write(caller.id, "estate.claimed", f"member:{member_id}", now, claim_id=made, heir_id=heir)
    await messages.promise(await _waits(caller, gone, made, heir), now)
    return Kept(made, "open")


@action
async def approve_claim(caller: Caller, claim_id: UUID, now: datetime) -> Kept:
    """The first or the second yes; with the second the points go and the wallet closes. Safe to repeat.

    Never by the heir or their relatives, nor both by one person. Locks the claim, the heir against leaving, then as
    `closing.close`. Raises NotAllowed, NotFound, FourEyes, ClaimOver, HeirGone, HelpAgreed, PromiseStuck.
    """
    found = await estates.lock(claim_id)
    gone = await see_leaver(caller, found.member_id)
    if await _gains(caller, found):
        raise FourEyes()
    if found.state == "refused":
        raise ClaimOver(state=found.state)
    if found.state == "approved":
        return Kept(claim_id, found.state)
    if found.first_by_id == caller.member():
        raise FourEyes()
    # The heir leaves at this moment: the leaving waits for the points, or this waits and finds nobody to have them.
    if found.heir_id and not await sql.value(ACTIVE, found.heir_id):
        raise HeirGone()
    if await ends.helps(found.member_id):
        raise HelpAgreed()
    state = await estates.say_yes(found, caller.member(), now)
    facts = {"claim_id": claim_id, "heir_id": found.heir_id}
    if state == "open":
        await audit.write(caller.id, "estate.approved_first", f"member:{found.member_id}", now, **facts)
        return Kept(claim_id, state)
    await _give_out(found, gone, caller, now)
    both = [str(found.first_by_id), str(caller.member())]
    await audit.write(caller.id, "estate.approved", f"member:{found.member_id}", now, **facts, approved_by=both)
    return Kept(claim_id, state)


@action
async def refuse_claim(caller: Caller, claim_id: UUID, wanted: Refusing, now: datetime) -> Kept:
    """Nothing moves, and another claim may follow. Safe to repeat. Raises NotAllowed, NotFound, ReasonNeeded, ClaimOver."""
    found = await estates.lock(claim_id)
    await see_leaver(caller, found.member_id)
    if not wanted.why.strip():
        raise ReasonNeeded(field="why", reason="empty")
    if found.state == "approved":
        raise ClaimOver(state=found.state)
    if found.state == "open":
        await estates.refuse(found, caller.member(), wanted.why.strip(), now)
        await audit.write(caller.id, "estate.refused", f"member:{found.member_id}", now, claim_id=claim_id)
    return Kept(claim_id, "refused")


async def _waits(caller: Caller, gone: Departure, claim_id: UUID, heir_id: UUID | None) -> list[Message]:
    """Everybody else who could say yes to it is told that it waits."""
    above = await tree.ancestors(gone.community_id)
    gaining = [heir_id] if heir_id else []
    return [
        Message(
            key=f"claim_waits:{claim_id}:{each}",
            person_id=each,
            kind="claim_waits",
            facts={"name": gone.name},
            path=f"/office/leavers/{gone.member_id}",
        )
        for each in await seconds.seconds({Right.MANAGE_MEMBERS}, above, [caller.member()], gaining)
    ]


async def _gains(caller: Caller, claim: Claim) -> bool:
    """The heir, who lives behind the heir's door and the heir's relatives say nothing about it."""
    heir = claim.heir_id
    return heir is not None and (heir == caller.member() or await relatives.are(caller.member(), heir))


async def _give_out(found: Claim, gone: Departure, caller: Caller, now: datetime) -> None:
    order: tuple[Step, ...] = ("beneficiary", "pool") if found.heir_id else ("pool",)
    cap = (await terms.of_member(found.heir_id, now))[1].wallet_cap_units if found.heir_id else None
    pool = await pools.of_node(gone.community_id)
    shares = await closing.close(
        f"estate:{found.id}", found.member_id, order, pool, caller.member(), "died", found.heir_id, cap
    )
    await departures.settled(found.member_id, now)
    for share in shares:
        if share.went == "beneficiary" and found.heir_id:
            await messages.promise([await inherited(gone, found.heir_id, share.units, now)], now)
