"""Both say afterwards how long it was: close together it is paid at once, further apart a mediator decides."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.actions.neighbours import news
from timebank.actions.neighbours.arrange import ExchangeOver, own
from timebank.actions.neighbours.worth import due
from timebank.actions.points import terms
from timebank.people import audit
from timebank.people.callers import Caller
from timebank.points import exchanges, mediation
from timebank.points.exchanges import Exchange
from timebank.points.refusals import HoldOver


class TooSoon(Refusal):
    """It has not begun yet. Facts: from_at, time_zone."""


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole minutes that it was; none: it did not take place."""

    minutes: Annotated[int, Meta(ge=0, le=1440)]


@action
async def say_how_long(caller: Caller, exchange_id: UUID, word: Word, now: datetime) -> Exchange:
    """The caller's word. With the second one it is settled, or goes to a mediator; until then it may be said anew.

    Safe to repeat. Two words up to a quarter of an hour apart settle on their mean, rounded down to a minute, and never pay
    more than was planned (rules.md 10 and 11). Locks the exchange, the hold, both wallets and that of a pool that paid for it,
    ascending. Raises NotFound, ExchangeOver, TooSoon, AccountClosed.
    """
    exchange = await own(caller, exchange_id)
    is_helper = caller.member() == exchange.helper_id
    if (exchange.helper_minutes if is_helper else exchange.helped_minutes) == word.minutes and exchange.state != "timed_out":
        return news.seen_by(caller.member(), exchange)
    if exchange.state != "agreed":
        raise ExchangeOver(state=exchange.state)
    if now < exchange.starts_at:
        node, _rules = await terms.of_member(caller.member(), now)
        raise TooSoon(from_at=exchange.starts_at, time_zone=node.time_zone)
    await exchanges.say(exchange, caller.member(), word.minutes)
    await audit.write(caller.id, "exchange.confirmed", f"exchange:{exchange_id}", now, minutes=word.minutes)
    await news.word_said(exchange, caller.member())
    said = await exchanges.one(exchange_id)
    if said.helper_minutes is None or said.helped_minutes is None:
        await news.tell(said, "exchange_waits", [said.other(caller.member())], now)
        return news.seen_by(caller.member(), said)
    agreed_on = exchanges.settled_minutes(said.helper_minutes, said.helped_minutes)
    if agreed_on is None:
        return await to_mediator(said, "apart", now)
    return await settle(said, agreed_on, caller.member(), now)


async def settle(exchange: Exchange, minutes: int, by: UUID, now: datetime, decision: str | None = None) -> Exchange:
    """Paid, and both are told. The caller holds the row. Raises ExchangeOver where the points are free again, AccountClosed."""
    cap = (await terms.of_member(exchange.helper_id, now))[1].wallet_cap_units
    try:
        await exchanges.settle(exchange, minutes, await due(exchange, minutes), cap, by, now, decision)
    except HoldOver as over:
        raise ExchangeOver(state="timed_out") from over
    settled = await exchanges.one(exchange.id)
    kind = "exchange_decided" if decision else "exchange_settled" if minutes else "exchange_not_held"
    await news.word_said(exchange, exchange.helper_id, exchange.helped_id)
    await news.tell(settled, kind, [exchange.helper_id, exchange.helped_id], now)
    return settled


async def to_mediator(exchange: Exchange, why: exchanges.Why, now: datetime) -> Exchange:
    """Both are told, and who may mediate. The caller holds the row."""
    await mediation.begin(exchange.id, why, now)
    await audit.write(None, "exchange.referred", f"exchange:{exchange.id}", now, why=why)
    await news.word_said(exchange, exchange.helper_id, exchange.helped_id)
    await news.tell(exchange, "exchange_mediation", [exchange.helper_id, exchange.helped_id], now)
    await news.tell_mediators(exchange, now)
    return await exchanges.one(exchange.id)


@action
async def end_in_time(exchange_id: UUID, now: datetime) -> None:
    """What nobody has answered: a proposal whose hour has come lapses; without a word of either nothing is paid; with the
    word of one a mediator looks at it; points that are free again by their date end it. Safe to repeat.
    """
    exchange = await exchanges.locked(exchange_id)
    both = [exchange.helper_id, exchange.helped_id]
    if exchange.ended_at is not None:
        return
    if exchange.state == "timed_out":
        await exchanges.end(exchange, "timed_out", now)
        await news.tell(exchange, "exchange_timed_out", both, now)
    elif exchange.state == "asked" and exchange.starts_at <= now:
        await exchanges.end(exchange, "lapsed", now)
        await news.tell(exchange, "exchange_lapsed", both, now)
    elif exchange.state == "agreed" and exchange.answer_by is not None and exchange.answer_by <= now:
        if exchange.helper_minutes is None and exchange.helped_minutes is None:
            await exchanges.end(exchange, "lapsed", now)
            await news.tell(exchange, "exchange_unsaid", both, now)
        else:
            await to_mediator(exchange, "silent", now)
