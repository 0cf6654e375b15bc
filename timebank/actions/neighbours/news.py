"""What the two of an exchange are told, and when they are asked for their word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from timebank.actions.points import terms
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import names
from timebank.people.callers import RIGHTS, Right
from timebank.points.exchanges import Exchange

OFFICE = "/office/neighbours"


def path(exchange: Exchange) -> str:
    """The page of the exchange for the two."""
    return f"/me/exchanges/{exchange.id}"


def name_for(reader_id: UUID, exchange: Exchange) -> str:
    """The other one's name. Who answers a post says who they are; its owner's name is read once both have said yes."""
    name = exchange.helped if reader_id == exchange.helper_id else exchange.helper
    is_owner = exchange.other(reader_id) == exchange.owner_id
    return names.masked(name) if is_owner and exchange.agreed_at is None else name


def seen_by(reader_id: UUID, exchange: Exchange) -> Exchange:
    """The same with the other's name as the reader may read it, and without the other's word while it is open: each says their
    own.
    """
    name, is_open = name_for(reader_id, exchange), exchange.state == "agreed"
    if reader_id == exchange.helper_id:
        return msgspec.structs.replace(exchange, helped=name, helped_minutes=None if is_open else exchange.helped_minutes)
    return msgspec.structs.replace(exchange, helper=name, helper_minutes=None if is_open else exchange.helper_minutes)


async def tell(exchange: Exchange, kind: str, to: Sequence[UUID], now: datetime, *, about: str = "") -> None:
    """One letter of this kind to each, once for what it is `about`."""
    await messages.promise([await _letter(exchange, kind, each, now, about) for each in to], now)


async def ask_for_words(exchange: Exchange, now: datetime) -> None:
    """Both are asked when it is over, and again halfway to the end of their time."""
    if exchange.answer_by is None:
        return
    halfway = exchange.ends_at + (exchange.answer_by - exchange.ends_at) / 2
    letters = []
    for each in (exchange.helper_id, exchange.helped_id):
        letters.append(await _letter(exchange, "exchange_word", each, now, "", exchange.ends_at))
        letters.append(await _letter(exchange, "exchange_word_again", each, now, "", halfway))
    await messages.promise(letters, now)


async def word_said(exchange: Exchange, *by: UUID) -> None:
    """Those are not asked again."""
    kinds = ("exchange_word", "exchange_word_again", "exchange_waits")
    await messages.withdraw([f"{kind}:{exchange.id}:{each}:" for kind in kinds for each in by])


async def tell_mediators(exchange: Exchange, now: datetime) -> None:
    """Who may mediate there and is neither of the two, nor of their households."""
    node = await tree.node(exchange.community_id)
    roles = [role for role, rights in RIGHTS.items() if Right.MEDIATE in rights]
    found = await sql.rows(
        "SELECT DISTINCT m.id FROM role_grant g JOIN member m ON m.id = g.member_id AND m.state = 'active' "
        "WHERE g.ended_at IS NULL AND g.role = ANY ($1) AND g.community_id = ANY ($2) "
        "AND m.household_id NOT IN (SELECT household_id FROM member WHERE id IN ($3, $4)) ORDER BY m.id LIMIT 20",
        roles,
        node.ancestor_ids,
        exchange.helper_id,
        exchange.helped_id,
    )
    facts = {"title": exchange.title}
    letters = [
        Message(
            key=f"exchange_to_mediate:{exchange.id}:{row['id']}",
            person_id=row["id"],
            kind="exchange_to_mediate",
            facts=facts,
            path=f"{OFFICE}/exchanges/{exchange.id}",
        )
        for row in found
    ]
    await messages.promise(letters, now)


async def _letter(
    exchange: Exchange, kind: str, to: UUID, now: datetime, about: str, due_at: datetime | None = None
) -> Message:
    node = await tree.node(exchange.community_id)
    rules = await terms.at(node, now)
    facts = {
        "name": name_for(to, exchange),
        "title": exchange.title,
        "starts_at": exchange.starts_at,
        "ends_at": exchange.ends_at,
        "time_zone": node.time_zone,
        "minutes": exchange.settled_minutes if exchange.settled_minutes is not None else exchange.minutes,
        "units": exchange.settled_units if exchange.settled_units is not None else exchange.units,
        "unit": rules.unit_zh,
        "unit_en": rules.unit_en,
        "is_helper": to == exchange.helper_id,
        "reason": exchange.decision,
        "answer_by_at": exchange.answer_by,
    }
    useful = exchange.answer_by + timedelta(days=1) if due_at and exchange.answer_by else None
    key = f"{kind}:{exchange.id}:{to}:{about}"
    return Message(key=key, person_id=to, kind=kind, facts=facts, path=path(exchange), due_at=due_at, useful_until=useful)
