"""What is read of a support: each look of staff is noted, and the member reads by whom and when (rules.md 7, rules-20)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.actions.points import terms
from timebank.communities import tree
from timebank.people import households
from timebank.people.callers import Caller, Right
from timebank.points import pools, support_payments, support_readings, supports
from timebank.points.pools import Pool
from timebank.points.support_payments import Use
from timebank.points.support_readings import Reading
from timebank.points.supports import State, Support


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
    await support_readings.read([each.id for each in found], caller.member(), now)
    return [Line(**{name: getattr(each, name) for name in Line.__struct_fields__}) for each in found]


@action
async def see_support(caller: Caller, support_id: UUID, now: datetime) -> Seen:
    """With its reason. It is noted that the caller has read it. Raises SignInNeeded, NotFound, NoPolicy."""
    support = await reached(caller, support_id, now)
    await support_readings.read([support_id], caller.member(), now)
    may = support.state == "proposed" and not await is_concerned(caller, support)
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
        await support_payments.uses(support.id),
        await support_readings.of(support.id),
        await support_payments.left(support.member_id, now) if support.state == "approved" else 0,
        (await pools.one(support.community_id)).available,
        may_decide,
        rules.unit_zh,
        rules.unit_en,
    )


async def reached(caller: Caller, support_id: UUID, now: datetime) -> Support:
    """Out of reach as if there were none. Raises SignInNeeded, NotAllowed, NotFound."""
    caller.require(Right.SUPPORT)
    support = await supports.one(support_id, now)
    if not caller.may(Right.SUPPORT, (await tree.of_member(support.member_id)).ancestor_ids):
        raise NotFound(what="support")
    return support


async def is_concerned(caller: Caller, support: Support) -> bool:
    """Whether the caller proposed it, or lives with who did or with the member."""
    return await households.share(caller.member(), [support.proposed_by_id, support.member_id])
