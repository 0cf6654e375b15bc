"""Help between neighbours as tests start it: Carol wants help, Bob gives it; both live in one building."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.actions.neighbours.arrange import Proposal, Yes, agree, answer_post
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.actions.neighbours.posts import add_post
from timebank.people.posts import Draft, Post
from timebank.points.exchanges import Exchange

START = NOW + timedelta(days=1)
AFTER = START + timedelta(hours=2)
DRAFT = Draft(kind="help_wanted", category="errands", title="Carry the rice up", area="Building 3", minutes=60)


async def post(owner: Person, now: datetime = NOW, **other: Any) -> Post:
    return await add_post(owner.caller, msgspec.structs.replace(DRAFT, **other), now)


async def asked(folk: People, minutes: int = 60, **other: Any) -> Exchange:
    """Bob answers Carol's post; Carol has 10 points."""
    await purse.earn(folk.carol, 10, at=None)
    made = await post(folk.carol, **other)
    return await answer_post(folk.bob.caller, made.id, Proposal(START, minutes, "at the lift"), NOW)


async def agreed(folk: People, minutes: int = 60, **other: Any) -> Exchange:
    """Carol has said yes."""
    exchange = await asked(folk, minutes, **other)
    return await agree(folk.carol.caller, exchange.id, Yes(exchange.terms), NOW)


async def said(folk: People, exchange: Exchange, helper: int, helped: int, now: datetime = AFTER) -> Exchange:
    """Bob's word, then Carol's."""
    await say_how_long(folk.bob.caller, exchange.id, Word(helper), now)
    return await say_how_long(folk.carol.caller, exchange.id, Word(helped), now)


async def has(person: Person) -> tuple[float, float]:
    """Available and held."""
    balance = await purse.balance(person, None)  # type: ignore[arg-type]
    return balance.available / 100, balance.held / 100


async def told(person: Person, now: datetime | None = None) -> list[str]:
    """Kinds of letters, without those that wait for their hour."""
    found = await sql.rows(
        "SELECT kind FROM message WHERE person_id = $1 AND state <> 'withdrawn' AND due_at <= $2 ORDER BY kind",
        person.id,
        now or NOW,
    )
    return [row["kind"] for row in found]


async def live_with(one: Person, other: Person) -> None:
    await sql.rows(
        "UPDATE member m SET household_id = o.household_id, community_id = o.community_id FROM member o "
        "WHERE m.id = $1 AND o.id = $2",
        one.id,
        other.id,
    )
