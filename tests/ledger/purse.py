"""Points in a hand: earning them, looking at them, and making sure that nothing moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from schedules import sql
from schedules.errors import Refusal
from tests.given import People, Person
from timebank.database import savepoint
from timebank.outbox import intents
from timebank.points import accounts, holds, reconcile, wallets
from timebank.points.holds import Hold
from timebank.points.support_payments import WantedUnit
from timebank.points.wallets import Balance
from timebank.rewards import redemptions
from timebank.rewards.redemptions import Receipt

POINT = 100
"""Units."""
NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
JUNE = datetime(2027, 6, 30, 16, 0, tzinfo=UTC)
"""The end of June 2027 in Shanghai."""
DECEMBER = datetime(2027, 12, 31, 16, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def earn(
    person: Person, points: float, expires_at: datetime | None = None, at: datetime | None = NOW, key: str = ""
) -> UUID:
    """Promised and kept: the transfer."""
    promise = await promised(person, points, expires_at, key=key)
    assert await intents.keep(promise, at) == "done"
    return promise


async def promised(
    person: Person, points: float, expires_at: datetime | None = None, key: str = "", kind: str = "credit"
) -> UUID:
    made = await intents.promise(
        key or f"attendance:{uuid4()}:v1",
        person.id,
        round(points * POINT),
        kind=kind,
        expires_at=expires_at,
        earned_at=NOW,
        at=NOW,
    )
    return made.id


async def account(person: Person) -> int:
    return await accounts.open_for(person.id)


async def balance(person: Person, at: datetime = NOW) -> Balance:
    return await wallets.balance(person.id, at)


async def available(person: Person, at: datetime = NOW) -> float:
    """In points."""
    return (await balance(person, at)).available / POINT


async def hold(person: Person, points: float, *, key: str = "", lasts: timedelta = 3 * MINUTE, at: datetime = NOW) -> Hold:
    return await holds.place(
        "device:k1",
        key or str(uuid4()),
        b"same",
        await account(person),
        round(points * POINT),
        "booking",
        person.id,
        lasts,
        at=at,
    )


class Shelf:
    """One reward at one place."""

    def __init__(self, place: UUID, reward: UUID, keeper: Person) -> None:
        self.place, self.reward, self.keeper = place, reward, keeper

    async def redeem(
        self,
        person: Person,
        *,
        scope: str = "device:k1",
        key: str = "",
        quoted: float | None = None,
        at: datetime | None = NOW,
        request: bytes = b"same",
        quote_minutes: int = 10,
    ) -> Receipt:
        return await redemptions.redeem(
            scope,
            key or str(uuid4()),
            request,
            person.id,
            self.reward,
            self.place,
            None if quoted is None else round(quoted * POINT),
            person.id,
            at,
            quote_minutes=quote_minutes,
        )

    async def count(self) -> int:
        return int(await sql.value("SELECT count FROM stock WHERE reward_id = $1 AND place_id = $2", self.reward, self.place))

    async def deliver(self, units: int) -> None:
        await redemptions.move_stock(self.reward, self.place, units, "delivered", self.keeper.id, NOW)

    async def costs(self, points: float) -> None:
        await sql.rows("UPDATE reward SET price = $2 WHERE id = $1", self.reward, round(points * POINT))


def unit(reward_id: UUID, person: Person, *, scope: str = "device:k1", key: str = "", price: int | None = None) -> WantedUnit:
    """One unit, asked for under `key`, or a key of its own."""
    return WantedUnit(
        scope=scope,
        client_key=key or str(uuid4()),
        request_hash=b"same",
        member_id=person.id,
        reward_id=reward_id,
        quoted_price=price,
        quote_minutes=10,
    )


async def shelf(people: People, units: int, price: float = 10, place: UUID | None = None) -> Shelf:
    """A reward of so many points, so many units of it."""
    if place is None:
        place = uuid4()
        await sql.rows("INSERT INTO place (id, community_id, name) VALUES ($1, $2, '服务站')", place, people.community)
    reward = uuid4()
    await sql.rows(
        "INSERT INTO reward (id, community_id, name, price, made_at) VALUES ($1, $2, '鸡蛋', $3, $4)",
        reward,
        people.community,
        round(price * POINT),
        NOW,
    )
    made = Shelf(place, reward, people.dan)
    if units:
        await made.deliver(units)
    return made


TABLES = ("transfer", "posting", "lot", "lot_use", "hold", "redemption", "stock_move", "idempotency")


async def rows() -> tuple[int, ...]:
    """How many there are of everything that moves, what lies where, and what everybody has."""
    counts = [int(await sql.value(f"SELECT count(*) FROM {table}")) for table in TABLES]
    return (
        *counts,
        int(await sql.value("SELECT coalesce(sum(count), 0) FROM stock")),
        int(await sql.value("SELECT coalesce(sum(posted), 0) FROM wallet")),
        int(await sql.value("SELECT coalesce(sum(held), 0) FROM wallet")),
    )


@asynccontextmanager
async def refused(kind: type[Refusal], /, **facts: object) -> AsyncIterator[None]:
    """The block is refused with these facts among others, and nothing moved."""
    before = await rows()
    with pytest.raises(kind) as caught:
        async with savepoint():
            yield
    assert {name: caught.value.facts[name] for name in facts} == facts
    assert await rows() == before


async def reopened(person: Person) -> None:
    """As before an account was closed with points in it, which no reconciliation finds in order."""
    await sql.rows("UPDATE account SET closed_at = NULL WHERE owner_id = $1", person.id)


async def sound() -> None:
    """Every reconciliation view is empty."""
    assert (await reconcile.read()).findings == []


async def kinds(person: Person) -> list[tuple[str, int]]:
    """The wallet's lines, oldest first: kind and units."""
    return [(line.kind, line.units) for line in reversed(await wallets.history(person.id))]


async def lots(person: Person) -> list[tuple[int, int, datetime | None]]:
    """Amount, remaining and end of the person's lots, in the order in which they go."""
    found = await sql.rows(
        "SELECT amount, remaining, expires_at FROM lot WHERE account_id = $1 ORDER BY expires_at, id", await account(person)
    )
    return [tuple(row) for row in found]
