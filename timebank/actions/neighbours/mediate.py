"""Where two words are apart: both are heard, and a coordinator who is neither of them nor close to them decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.actions.neighbours import standing
from timebank.actions.neighbours.arrange import ExchangeOver, own
from timebank.actions.neighbours.confirm import settle
from timebank.communities import policies, tree
from timebank.communities.tree import Node
from timebank.people import audit, relatives
from timebank.people.callers import Caller, Right
from timebank.points import exchanges, mediation
from timebank.points.exchanges import Exchange
from timebank.points.mediation import Hearing
from timebank.points.refusals import FourEyes


class NotHeard(Refusal):
    """One of the two has not spoken and still has time to. Facts: until_at, time_zone."""


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=1000)]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole minutes that count, none: it did not take place; both read the reason."""

    minutes: Annotated[int, Meta(ge=0, le=1440)]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Case(msgspec.Struct, frozen=True):
    """One exchange before a mediator. `may_decide`: the reader can; `hears_until`: until then both have to be heard."""

    exchange: Exchange
    hearings: list[Hearing]
    may_decide: bool
    hears_until: datetime | None
    unit_zh: str
    unit_en: str
    time_zone: str


async def see_cases(caller: Caller) -> list[Exchange]:
    """What waits for a mediator where the caller may be one. Raises SignInNeeded, NotAllowed. Reads only."""
    caller.require(Right.MEDIATE)
    return await mediation.waiting(caller.nodes(Right.MEDIATE))


async def see_case(caller: Caller, exchange_id: UUID, now: datetime) -> Case:
    """Raises NotAllowed, NotFound. Reads only."""
    exchange = await exchanges.one(exchange_id)
    node = await _reached(caller, exchange)
    found = await mediation.hearings(exchange_id)
    may = exchange.state == "mediation" and not await _is_close(caller, exchange)
    return Case(exchange, found, may, await _hears_until(exchange, found, now), *await _unit(exchange), node.time_zone)


@action
async def tell_mediator(caller: Caller, exchange_id: UUID, statement: Statement, now: datetime) -> Exchange:
    """One of the two says how it was; it stays as it was said. Raises NotFound, ExchangeOver, WordsNeeded."""
    exchange = await own(caller, exchange_id)
    if exchange.state != "mediation":
        raise ExchangeOver(state=exchange.state)
    standing.check_private("text", statement.text)
    await mediation.hear(exchange_id, caller.member(), statement.text.strip(), now)
    await audit.write(caller.id, "exchange.heard", f"exchange:{exchange_id}", now)
    return exchange


@action
async def decide(caller: Caller, exchange_id: UUID, decision: Decision, now: datetime) -> Exchange:
    """The minutes that count, with a reason that both read; never more is paid than was planned. Safe to repeat.

    Locks the exchange, the hold, both wallets and that of a pool that paid for it, ascending. Raises NotAllowed,
    NotFound, FourEyes for who is one of the two or close to one, ExchangeOver, NotHeard, AccountClosed, WordsNeeded.
    """
    exchange = await exchanges.locked(exchange_id)
    node = await _reached(caller, exchange)
    if await _is_close(caller, exchange):
        raise FourEyes()
    standing.check_public("reason", decision.reason, is_needed=True, has_lines=True)
    asked = (caller.member(), decision.minutes, decision.reason.strip())
    if (exchange.mediator_id, exchange.settled_minutes, exchange.decision) == asked:
        return exchange
    if exchange.state != "mediation":
        raise ExchangeOver(state=exchange.state)
    if until := await _hears_until(exchange, await mediation.hearings(exchange_id), now):
        raise NotHeard(until_at=until, time_zone=node.time_zone)
    settled = await settle(exchange, decision.minutes, caller.member(), now, decision.reason.strip())
    subject = f"exchange:{exchange_id}"
    await audit.write(caller.id, "exchange.decided", subject, now, minutes=decision.minutes, units=settled.settled_units)
    return settled


async def _reached(caller: Caller, exchange: Exchange) -> Node:
    node = await tree.node(exchange.community_id)
    caller.require(Right.MEDIATE, node.ancestor_ids)
    return node


async def _is_close(caller: Caller, exchange: Exchange) -> bool:
    """One of the two, of a household with one, or a relative."""
    for each in (exchange.helper_id, exchange.helped_id):
        if each == caller.member() or await relatives.are(caller.member(), each):
            return True
    return False


async def _hears_until(exchange: Exchange, found: list[Hearing], now: datetime) -> datetime | None:
    """Until when a decision waits for the one who has not spoken; None: it need not wait."""
    if exchange.mediation_at is None or exchange.policy_id is None or exchange.ended_at is not None:
        return None
    days = (await policies.find(exchange.policy_id)).rules.exchange_days
    until = exchange.mediation_at + timedelta(days=days)
    has_both = {each.member_id for each in found} == {exchange.helper_id, exchange.helped_id}
    return None if has_both or now >= until else until


async def _unit(exchange: Exchange) -> tuple[str, str]:
    if exchange.policy_id is None:
        return "", ""
    rules = (await policies.find(exchange.policy_id)).rules
    return rules.unit_zh, rules.unit_en
