"""A member's exchanges with neighbours in one list, each with the next step."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from timebank.actions.neighbours import news
from timebank.actions.neighbours.arrange import own
from timebank.actions.neighbours.worth import worth
from timebank.actions.points import terms
from timebank.communities import tree
from timebank.people.callers import Caller
from timebank.points import exchanges, mediation, wallets
from timebank.points.exchanges import Exchange
from timebank.points.mediation import Hearing

Step = Literal["answer", "wait_answer", "meet", "say", "wait_word", "tell_mediator", "wait_mediator", "over"]


class Line(msgspec.Struct, frozen=True):
    """One exchange as the reader sees it: the other's name as they may read it, and what comes next.

    `answer`, `say` and `tell_mediator` are up to the reader.
    """

    exchange: Exchange
    is_helper: bool
    name: str
    step: Step


class Own(msgspec.Struct, frozen=True):
    """Under way first. `available` units of 1/100 point can be spent."""

    lines: list[Line]
    available: int
    unit_zh: str
    unit_en: str
    time_zone: str


class SeenExchange(msgspec.Struct, frozen=True):
    """One exchange. `units`: what the planned time brings, by today's rules until it is agreed; `days` to say how long."""

    line: Line
    units: int
    days: int
    hearings: list[Hearing]
    available: int
    unit_zh: str
    unit_en: str
    time_zone: str


async def see_exchanges(caller: Caller, now: datetime) -> Own:
    """Raises SignInNeeded, NoPolicy. Reads only."""
    node, rules = await terms.of_member(caller.member(), now)
    found = await exchanges.of_member(caller.member())
    heard = await mediation.heard_from(caller.member())
    lines = [line(caller.member(), each, now, each.id in heard) for each in found]
    available = (await wallets.balance(caller.member())).available
    return Own(lines, available, rules.unit_zh, rules.unit_en, node.time_zone)


async def see_exchange(caller: Caller, exchange_id: UUID, now: datetime) -> SeenExchange:
    """Raises NotFound, NoPolicy. Reads only."""
    exchange = await own(caller, exchange_id, locks=False)
    heard = await mediation.hearings(exchange_id)
    units = exchange.units
    if exchange.agreed_at is None:
        units = (await worth(exchange.community_id, exchange.minutes, now))[0]
    rules = await terms.at(await tree.node(exchange.community_id), now)
    zone = (await tree.of_member(caller.member())).time_zone
    available = (await wallets.balance(caller.member())).available
    seen = line(caller.member(), exchange, now, any(each.member_id == caller.member() for each in heard))
    return SeenExchange(seen, units, rules.exchange_days, heard, available, rules.unit_zh, rules.unit_en, zone)


def line(reader_id: UUID, exchange: Exchange, now: datetime, is_heard: bool) -> Line:
    """The exchange as one of the two reads it; `is_heard`: they have told the mediator."""
    seen = news.seen_by(reader_id, exchange)
    return Line(
        seen, reader_id == exchange.helper_id, news.name_for(reader_id, exchange), _step(reader_id, exchange, now, is_heard)
    )


def _step(reader_id: UUID, exchange: Exchange, now: datetime, is_heard: bool) -> Step:
    match exchange.state:
        case "asked":
            return "answer" if exchange.waits_for == reader_id else "wait_answer"
        case "agreed" if now < exchange.starts_at:
            return "meet"
        case "agreed":
            word = exchange.helper_minutes if reader_id == exchange.helper_id else exchange.helped_minutes
            return "say" if word is None else "wait_word"
        case "mediation":
            return "wait_mediator" if is_heard else "tell_mediator"
        case _:
            return "over"
