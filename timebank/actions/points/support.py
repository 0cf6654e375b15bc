"""The community pays for who is in need: one of staff proposes it, a second one says yes, then the pool pays at exchanges.

What is read of it stands in `see_support`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.legible import is_legible
from timebank.actions.action import action
from timebank.actions.points import support_letters, terms
from timebank.actions.points.gifts import MOST
from timebank.actions.points.see_support import is_concerned, reached
from timebank.communities.policies import Rules
from timebank.communities.tree import Node
from timebank.outbox import messages
from timebank.people import audit, households, members
from timebank.people.callers import Caller, Right
from timebank.points import pools, supports
from timebank.points.refusals import FourEyes
from timebank.points.supports import Agreed, State, Support

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


class Planned(msgspec.Struct, frozen=True):
    """A proposal before it is made, for a look at whom it is for; `community` is whose pool it is."""

    proposal: Proposal
    name: str
    community: str
    community_en: str
    unit_zh: str
    unit_en: str


async def preview_support(caller: Caller, proposal: Proposal, now: datetime) -> Planned:
    """Nothing is stored and nobody told; a name within the caller's reach alone.

    Raises whatever proposing would raise now.
    """
    member_id, node, rules = await _checked(caller, proposal, now)
    await supports.require_none(member_id, now)
    name = (await members.one(member_id)).name
    pool = await pools.one(await pools.of_node(node.id))
    return Planned(proposal, name, pool.name, pool.name_en, rules.unit_zh, rules.unit_en)


@action
async def propose_support(caller: Caller, proposal: Proposal, now: datetime) -> Kept:
    """Nothing is paid before a second person has said yes. Nobody proposes it for themselves or who they live with.

    Raises SignInNeeded, NotAllowed, NobodyHere, SupportOff, AboveTheRules, WrongSpan, SupportReason, ForOneself, SupportHeld.
    """
    member_id, node, _rules = await _checked(caller, proposal, now)
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
    await messages.promise(await support_letters.second_people(await supports.one(made, now)), now)
    return Kept(made, "proposed")


async def _checked(caller: Caller, proposal: Proposal, now: datetime) -> tuple[UUID, Node, Rules]:
    caller.require(Right.SUPPORT)
    member_id, node, rules = await _for_whom(caller, proposal.number, now)
    _check(proposal, rules, walltimes.day_of(now, node.time_zone))
    if await households.share(caller.member(), [member_id]):
        raise ForOneself()
    return member_id, node, rules


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
    support = await reached(caller, support_id, now)
    if await is_concerned(caller, support):
        raise FourEyes()
    if await supports.decide(support_id, "approved", caller.member(), now):
        await audit.write(caller.id, "support.approved", f"support:{support_id}", now)
        kinds = "support_begins", "support_approved"
        await messages.promise(await support_letters.of_answer(caller, support, kinds, now), now)
    return Kept(support_id, "approved")


@action
async def drop_support(caller: Caller, support_id: UUID, now: datetime) -> Kept:
    """Taken back by who proposed it, refused by a second person; staff whom it is for decline it, as on their own page.

    Who is refused, and who proposed it, are told. Safe to repeat. Raises NotFound, SupportOver.
    """
    support = await reached(caller, support_id, now)
    if support.member_id == caller.member():
        return await _declined(caller, support, now)
    state: Literal["withdrawn", "refused"] = "withdrawn" if support.proposed_by_id == caller.member() else "refused"
    if await supports.decide(support_id, state, caller.member(), now):
        deed = "support.withdrawn" if state == "withdrawn" else "support.refused"
        await audit.write(caller.id, deed, f"support:{support_id}", now)
        if state == "refused":
            kinds = "support_not_granted", "support_refused"
            await messages.promise(await support_letters.of_answer(caller, support, kinds, now), now)
    return Kept(support_id, state)


@action
async def end_support(caller: Caller, support_id: UUID, now: datetime) -> Kept:
    """Before its last day, by one of staff; the member is told. Safe to repeat. Raises NotFound, SupportOver."""
    support = await reached(caller, support_id, now)
    if await supports.end(support_id, caller.member(), now):
        await audit.write(caller.id, "support.ended", f"support:{support_id}", now)
        await messages.promise([await support_letters.to_member(support, "support_ends", now)], now)
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
        await messages.promise([support_letters.to_proposer(support, "support_declined", "")], now)
    return Kept(support.id, state)


async def _for_whom(caller: Caller, number: int, now: datetime) -> tuple[UUID, Node, Rules]:
    member_id = await members.by_number(number)
    if member_id is None:
        raise NobodyHere(field="number", reason="no active member")
    node, rules = await terms.of_member(member_id, now)
    if not caller.may(Right.SUPPORT, node.ancestor_ids):
        raise NobodyHere(field="number", reason="no active member")
    return member_id, node, rules
