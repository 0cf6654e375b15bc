"""The community pays for who is in need: one of staff proposes it, a second one says yes, then the pool pays at exchanges.

Whoever looks at it is noted, and the member reads by whom and when (rules.md 7, rules-20).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql, walltimes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.legible import is_legible
from timebank.actions.action import action
from timebank.actions.points import terms
from timebank.actions.points.gifts import MOST
from timebank.communities import tree
from timebank.communities.policies import Rules
from timebank.communities.tree import Node
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, households, seconds
from timebank.people.callers import Caller, Right
from timebank.points import pools, supports
from timebank.points.pools import Pool
from timebank.points.refusals import FourEyes
from timebank.points.supports import Agreed, Reading, State, Support, Use

LONGEST = timedelta(days=366)
"""Whether somebody is still in need is asked again after a year at the latest."""


class ForOneself(FourEyes):
    """Nobody proposes that the pool pays for themselves or who they live with. Facts: none."""


class SupportOff(Refusal):
    """The rules where the member lives let the pool pay for nobody. Facts: field."""


class NobodyHere(Malformed):
    """No active member within reach has the number. Facts: field, reason."""


class AboveTheRules(Malformed):
    """More in a month than the rules let the pool pay. Facts: field, reason, most (units)."""


class WrongSpan(Malformed):
    """Not from today on, or from a day within a year, for a year at most. Facts: field, reason."""


class AgreementMissing(Malformed):
    """Without the person's own yes nothing of this is kept. Facts: field, reason."""


class SupportReason(Malformed):
    """Nothing to read, or with hidden characters. Facts: field, reason."""


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For the member with this number: at most so many units (1/100 point) in a calendar month, from and until a local day.

    `agreed` is how the person said yes to this being kept: said so to staff, on paper, or through who represents them.
    """

    number: Annotated[int, Meta(ge=1, le=2**53)]
    month_units: Annotated[int, Meta(ge=1, le=MOST)]
    from_on: date
    until_on: date
    reason: Annotated[str, Meta(max_length=500)]
    agreed: Agreed


class Kept(msgspec.Struct, frozen=True):
    """The support, as it now stands."""

    support_id: UUID
    state: State


class Line(msgspec.Struct, frozen=True):
    """One support in a list: who and until when, without the reason."""

    id: UUID
    number: int
    name: str
    community: str
    community_en: str
    month_units: int
    from_on: date
    until_on: date
    state: State


class Seen(msgspec.Struct, frozen=True):
    """One support; `may_decide`: the reader can be the second person. Units: `left` of this month, held by the `pool`."""

    support: Support
    uses: list[Use]
    readings: list[Reading]
    left: int
    pool: int
    may_decide: bool
    unit_zh: str
    unit_en: str


class Own(msgspec.Struct, frozen=True):
    """What the member reads: those that are or were theirs, newest first, what the pool paid, and who of staff has looked."""

    seen: list[Seen]


async def see_supports(caller: Caller, now: datetime) -> list[Line]:
    """Those within reach, without the reasons; being on the list is told already, so it counts as a reading.

    Raises SignInNeeded, NotAllowed.
    """
    caller.require(Right.SUPPORT)
    return await _listed(caller, now)


@action
async def _listed(caller: Caller, now: datetime) -> list[Line]:
    found = await supports.below(caller.nodes(Right.SUPPORT), now)
    await supports.read([each.id for each in found], caller.member(), now)
    return [Line(**{name: getattr(each, name) for name in Line.__struct_fields__}) for each in found]


@action
async def see_support(caller: Caller, support_id: UUID, now: datetime) -> Seen:
    """With its reason. It is noted that the caller has read it. Raises SignInNeeded, NotFound, NoPolicy."""
    support = await _reached(caller, support_id, now)
    await supports.read([support_id], caller.member(), now)
    may = support.state == "proposed" and not await _is_concerned(caller, support)
    return await _seen(support, now, may_decide=may)


async def see_pools_in_reach(caller: Caller) -> list[Pool]:
    """What could be given: the pools within reach, and what they hold. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.SUPPORT)
    return await pools.below(caller.nodes(Right.SUPPORT))


async def see_own_support(caller: Caller, now: datetime) -> Own:
    """Raises SignInNeeded, NoPolicy."""
    return Own([await _seen(each, now) for each in await supports.of_member(caller.member(), now)])


async def _seen(support: Support, now: datetime, *, may_decide: bool = False) -> Seen:
    _, rules = await terms.of_member(support.member_id, now)
    return Seen(
        support,
        await supports.uses(support.id),
        await supports.readings(support.id),
        await supports.left(support.member_id, now) if support.state == "approved" else 0,
        (await pools.one(support.community_id)).available,
        may_decide,
        rules.unit_zh,
        rules.unit_en,
    )


@action
async def propose_support(caller: Caller, proposal: Proposal, now: datetime) -> Kept:
    """Nothing is paid before a second person has said yes. Nobody proposes it for themselves or who they live with.

    Raises SignInNeeded, NotAllowed, NobodyHere, SupportOff, AboveTheRules, WrongSpan, SupportReason, ForOneself, SupportHeld.
    """
    caller.require(Right.SUPPORT)
    member_id, node, rules = await _for_whom(caller, proposal.number, now)
    _check(proposal, rules, walltimes.day_of(now, node.time_zone))
    if await households.share(caller.member(), [member_id]):
        raise ForOneself()
    made = await supports.propose(
        member_id,
        await pools.of_node(node.id),
        proposal.reason.strip(),
        proposal.agreed,
        proposal.month_units,
        proposal.from_on,
        proposal.until_on,
        caller.member(),
        now,
    )
    await audit.write(caller.id, "support.proposed", f"support:{made}", now)
    await messages.promise(await _second_people(await supports.one(made, now), now), now)
    return Kept(made, "proposed")


def _check(proposal: Proposal, rules: Rules, today: date) -> None:
    if rules.support_month_units is None:
        raise SupportOff(field="month_units")
    if proposal.month_units > rules.support_month_units:
        raise AboveTheRules(field="month_units", reason="more than the rules let", most=rules.support_month_units)
    if not today <= proposal.from_on <= today + LONGEST:
        raise WrongSpan(field="from_on", reason="before today, or more than a year ahead")
    if not timedelta(0) <= proposal.until_on - proposal.from_on <= LONGEST:
        raise WrongSpan(field="until_on", reason="before its first day, or more than a year after it")
    if not is_legible(proposal.reason.strip(), has_lines=True):
        raise SupportReason(field="reason", reason="nothing to read, or with hidden characters")


@action
async def approve_support(caller: Caller, support_id: UUID, now: datetime) -> Kept:
    """By a second person, who lives neither with the member nor with who proposed it; both are told. Safe to repeat.

    Raises SignInNeeded, NotFound, FourEyes; SupportOver, also where its last day is over or the member has left.
    """
    support = await _reached(caller, support_id, now)
    if await _is_concerned(caller, support):
        raise FourEyes()
    if await supports.decide(support_id, "approved", caller.member(), now):
        await audit.write(caller.id, "support.approved", f"support:{support_id}", now)
        await _tell(caller, support, "support_begins", "support_approved", now)
    return Kept(support_id, "approved")


@action
async def drop_support(caller: Caller, support_id: UUID, now: datetime) -> Kept:
    """Taken back by who proposed it, refused by a second person; staff whom it is for decline it, as on their own page.

    Who is refused, and who proposed it, are told. Safe to repeat. Raises NotFound, SupportOver.
    """
    support = await _reached(caller, support_id, now)
    if support.member_id == caller.member():
        return await _declined(caller, support, now)
    state: Literal["withdrawn", "refused"] = "withdrawn" if support.proposed_by_id == caller.member() else "refused"
    if await supports.decide(support_id, state, caller.member(), now):
        deed = "support.withdrawn" if state == "withdrawn" else "support.refused"
        await audit.write(caller.id, deed, f"support:{support_id}", now)
        if state == "refused":
            await _tell(caller, support, "support_not_granted", "support_refused", now)
    return Kept(support_id, state)


@action
async def end_support(caller: Caller, support_id: UUID, now: datetime) -> Kept:
    """Before its last day, by one of staff; the member is told. Safe to repeat. Raises NotFound, SupportOver."""
    support = await _reached(caller, support_id, now)
    if await supports.end(support_id, caller.member(), now):
        await audit.write(caller.id, "support.ended", f"support:{support_id}", now)
        await messages.promise([await _letter(support, "support_ends", now)], now)
    return Kept(support_id, "ended")


@action
async def decline_support(caller: Caller, support_id: UUID, now: datetime) -> Kept:
    """The member does not want it, or no longer: consent is taken back as easily as it was given. Safe to repeat.

    Raises SignInNeeded, NotFound for another's, SupportOver.
    """
    support = await supports.one(support_id, now)
    if support.member_id != caller.member():
        raise NotFound(what="support")
    return await _declined(caller, support, now)


async def _declined(caller: Caller, support: Support, now: datetime) -> Kept:
    state: Literal["withdrawn", "ended"] = "withdrawn" if support.state in ("proposed", "withdrawn") else "ended"
    if state == "withdrawn":
        is_new = await supports.decide(support.id, state, caller.member(), now)
    else:
        is_new = await supports.end(support.id, caller.member(), now)
    if is_new:
        await audit.write(caller.id, "support.declined", f"support:{support.id}", now)
        await messages.promise([_told_proposer(support, "support_declined", "")], now)
    return Kept(support.id, state)


async def _reached(caller: Caller, support_id: UUID, now: datetime) -> Support:
    """Out of reach as if there were none. Raises SignInNeeded, NotAllowed, NotFound."""
    caller.require(Right.SUPPORT)
    support = await supports.one(support_id, now)
    if not caller.may(Right.SUPPORT, (await tree.of_member(support.member_id)).ancestor_ids):
        raise NotFound(what="support")
    return support


async def _for_whom(caller: Caller, number: int, now: datetime) -> tuple[UUID, Node, Rules]:
    member_id = await sql.value("SELECT id FROM member WHERE number = $1 AND state = 'active'", number)
    if member_id is None:
        raise NobodyHere(field="number", reason="no active member")
    node, rules = await terms.of_member(member_id, now)
    if not caller.may(Right.SUPPORT, node.ancestor_ids):
        raise NobodyHere(field="number", reason="no active member")
    return member_id, node, rules


async def _is_concerned(caller: Caller, support: Support) -> bool:
    """Whether the caller proposed it, or lives with who did or with the member."""
    return await households.share(caller.member(), [support.proposed_by_id, support.member_id])


async def _second_people(support: Support, now: datetime) -> list[Message]:
    """Everybody who could say yes is told that something waits, not for whom."""
    node = await tree.of_member(support.member_id)
    near = [support.proposed_by_id, support.member_id]
    return [
        Message(
            key=f"support_waits:{support.id}:{second_id}",
            person_id=second_id,
            kind="support_waits",
            facts={"name": support.proposed_by},
            path=f"/office/support/{support.id}",
        )
        for second_id in await seconds.seconds([Right.SUPPORT], node.ancestor_ids, (), near)
    ]


async def _tell(caller: Caller, support: Support, to_member: str, to_proposer: str, now: datetime) -> None:
    letter = await _letter(support, to_member, now)
    await messages.promise([letter, _told_proposer(support, to_proposer, caller.name)], now)


def _told_proposer(support: Support, kind: str, name: str) -> Message:
    """What became of the proposal, not for whom it was."""
    return Message(
        key=f"{kind}:{support.id}",
        person_id=support.proposed_by_id,
        kind=kind,
        facts={"name": name} if kind != "support_declined" else {},
        path=f"/office/support/{support.id}",
    )


async def _letter(support: Support, kind: str, now: datetime) -> Message:
    _, rules = await terms.of_member(support.member_id, now)
    return Message(
        key=f"{kind}:{support.id}",
        person_id=support.member_id,
        kind=kind,
        facts={
            "units": support.month_units,
            "unit": rules.unit_zh,
            "unit_en": rules.unit_en,
            "valid_on": support.until_on.isoformat(),
            "time_zone": support.time_zone,
        },
        path="/me/support",
    )
