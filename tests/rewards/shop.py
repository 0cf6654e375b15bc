"""A shelf with rewards, two kiosks before it, and people with cards and points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from schedules import sql
from tests import given
from tests.given import Device, People, Person
from timebank.app import create_app
from timebank.database import transaction
from timebank.people import passes, passwords, pins
from timebank.people.passes import Pass
from timebank.points import reconcile
from timebank.rewards import catalogue, places, redemptions
from timebank.rewards.catalogue import Details
from timebank.settings import Settings

PIN = "274913"
POINT = 100


@dataclass
class Shop:
    """`rice` costs 10 points; `k1` and `k2` stand at the place, `k3` at another one."""

    place: UUID
    rice: UUID
    k1: Device
    k2: Device
    keeper: Person

    async def more(self, reward_id: UUID, units: int) -> None:
        await redemptions.move_stock(reward_id, self.place, units, "delivered", self.keeper.id)

    async def count(self, reward_id: UUID | None = None) -> int:
        return int(
            await sql.value(
                "SELECT count FROM stock WHERE reward_id = $1 AND place_id = $2", reward_id or self.rice, self.place
            )
        )


async def opened(people: People, now: datetime, stock: int = 1) -> Shop:
    """A shop of the community with so much rice, and its keeper."""
    place = uuid4()
    await places.add(place, people.community, "春晖服务站", "Chunhui Centre")
    keeper = await given.member("Fay", "19900000006", people.community, now, "keeper", people.community)
    k1 = await given.device("kiosk", "K1", people.community, now, place)
    k2 = await given.device("kiosk", "K2", people.community, now, place)
    shop = Shop(place, await reward(people, now), k1, k2, keeper)
    if stock:
        await shop.more(shop.rice, stock)
    return shop


async def reward(people: People, now: datetime, price: int = 10 * POINT, name: str = "大米", name_en: str = "Rice") -> UUID:
    made = uuid4()
    await catalogue.offer(made, people.community, Details(name, price, name_en, picture="rice"), now)
    return made


async def earn(person: Person, units: int, now: datetime) -> None:
    """So many units more in the wallet."""
    key = f"test:{uuid4()}"
    await sql.rows(
        "SELECT ledger.credit($1, gen_random_uuid(), ledger.account_of($2), $3, NULL, $4)", key, person.id, units, now
    )


async def card_of(person: Person, now: datetime, pin: str = PIN) -> Pass:
    """The person's card, with a PIN."""
    await passwords.keep(person.id, "pin", await pins.prepare(pin), now)
    return await passes.issue(person.id, now)


async def balance(person: Person) -> int:
    return int(
        await sql.value("SELECT w.posted FROM wallet w JOIN account a ON a.id = w.account_id WHERE a.owner_id = $1", person.id)
    )


async def visit(client: httpx.AsyncClient, kiosk: Device, card: Pass, pin: str = PIN) -> str:
    """The person stands before the kiosk: the token of the visit."""
    answer = await client.post("/api/v1/kiosk/visits", json={"code": card.text, "pin": pin}, headers=kiosk.bearer)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["visit"])


async def redeem(
    client: httpx.AsyncClient, kiosk: Device, token: str, reward_id: UUID, key: str = "", price: int = 10 * POINT
) -> httpx.Response:
    body = {"reward_id": str(reward_id), "price": price, "visit": token}
    return await client.post(
        "/api/v1/redemptions", json=body, headers={**kiosk.bearer, "idempotency-key": key or f"key-{uuid4()}"}
    )


def process(settings: Settings) -> httpx.AsyncClient:
    """A client of another API process with these settings."""
    app: Any = create_app(settings)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://testserver")


async def moved() -> tuple[int, ...]:
    """How many rows there are of everything that moves when something is redeemed, and what lies where."""
    tables = ("transfer", "posting", "lot", "lot_use", "hold", "redemption", "stock_move")
    counts = [int(await sql.value(f"SELECT count(*) FROM {table}")) for table in tables]
    return (*counts, int(await sql.value("SELECT coalesce(sum(count), 0) FROM stock")))


async def sound() -> None:
    """Every view of reconciliation is empty."""
    async with transaction():
        report = await reconcile.check()
    assert not report.findings, report.findings
