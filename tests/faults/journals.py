"""A morning as those at its edge remember it: the scans of a desk, and what people asked for under which key.

Sent again, whole and in any order, it makes the same books, whatever the server still knew of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from schedules import sql
from tests import given
from tests.door.doors import put
from tests.given import Device, People, Person
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop
from tests.schedule.given import at, published
from timebank.jobs import sweep
from timebank.people import passes

SEEN = """
SELECT (SELECT count(*) FROM scan) AS scans, (SELECT count(*) FROM redemption WHERE state <> 'undone') AS sold,
       (SELECT sum(minutes) FROM attendance WHERE state = 'counts') AS minutes, (SELECT sum(count) FROM stock) AS stock,
       (SELECT json_object_agg(m.name, w.posted ORDER BY m.name)::text FROM wallet w JOIN account a ON a.id = w.account_id
          JOIN member m ON m.id = a.owner_id WHERE w.posted > 0) AS wallets
"""


@dataclass
class Journals:
    """`scans` wait in the desk's queue or were answered; `keys` are what each buyer asked under."""

    desk: Device
    scans: list[dict[str, Any]]
    shop: Shop
    buyers: dict[str, Person]

    async def upload(self, client: httpx.AsyncClient, items: list[dict[str, Any]], now: str) -> set[str]:
        """What the items were answered."""
        answer = await client.post("/api/v1/scans/uploads", json={"sent_at": now, "items": items}, headers=self.desk.bearer)
        assert answer.status_code == 200, answer.text
        return {row["code"] for row in answer.json()["items"]}

    async def buy(self, client: httpx.AsyncClient, key: str) -> dict[str, Any]:
        """The receipt."""
        body = {"reward_id": str(self.shop.rice), "price": 10 * POINT, "place_id": str(self.shop.place)}
        headers = {**self.buyers[key].bearer, "idempotency-key": key}
        answer = await client.post("/api/v1/redemptions", json=body, headers=headers)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def replay(self, client: httpx.AsyncClient, now: str, dice: random.Random) -> None:
        """All of it, in another order: every scan, then every key."""
        scans, keys = dice.sample(self.scans, len(self.scans)), dice.sample(list(self.buyers), len(self.buyers))
        assert await self.upload(client, scans, now) == {"ok"}
        for key in keys:
            await self.buy(client, key)


async def morning(people: People, comers: int) -> Journals:
    """People who came to Thursday's choir and went; each has points and wants rice. Nothing of it has been sent yet."""
    now = people.now
    (session,) = await published(people, at(9, 2))
    desk = await given.device("desk", "Hall door", people.community, now)
    shop = await shops.opened(people, now, stock=comers + 3)
    scans, buyers = [], {}
    for number in range(comers):
        person = await given.member(f"Neighbour {number}", f"1996{number:07}", people.building, now - timedelta(days=9))
        await put(person, session)
        await shops.earn(person, 20 * POINT, now)
        buyers[f"the-key-of-neighbour-{number}"] = person
        scans += [
            scan(session.activity_id, (await passes.issue(person.id, now)).text, direction, now + timedelta(minutes=minutes))
            for minutes, direction in ((5 + number / 60, "in"), (45 + number / 60, "out"))
        ]
    return Journals(desk, scans, shop, buyers)


def scan(activity: UUID, code: str, direction: str, happened_at: Any) -> dict[str, Any]:
    return {
        "nonce": str(uuid4()),
        "activities": [str(activity)],
        "code": code,
        "direction": direction,
        "happened_at": happened_at.isoformat(),
        "skew_ms": 0,
        "reason": "ok",
    }


async def books() -> dict[str, Any]:
    """What anybody could see, once all promises are kept."""
    await sql.rows("UPDATE intent SET next_at = next_at - interval '1 hour' WHERE state = 'pending'")
    await sweep.sweep()
    assert await sql.value("SELECT count(*) FROM intent WHERE state <> 'done'") == 0
    return dict(await sql.one(SEEN))
