"""A client process: lets people out and redeems for them over HTTP, each with one key until it is acknowledged.

Reads a Work as JSON from standard input and prints Done as JSON. What it was told is all it knows: that is compared afterwards.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.faults.town import PIN, PRICE, Stay, Town

PATIENCE = 600.0
"""Seconds after which a request that nobody acknowledges is given up, which fails the run.

On a busy machine an API takes long to start, and is killed again; what is looked for is a request that nobody ever answers.
"""
IMPATIENT = 0.25
"""Of those at a kiosk, so many walk away before it has answered."""


class Work(msgspec.Struct):
    url: str
    town: Town
    seconds: float
    seed: int
    hands: int = 8
    kiosks: bool = True
    """False: who redeems does so by phone."""


class Sent(msgspec.Struct):
    """A request that was acknowledged, as a desk or a phone would send it again: the same nonce, the same key."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]


class Done(msgspec.Struct):
    """`stays`: attendance and the points told for it. `receipts`: what each key was answered. `given_up`: keys of kiosks under

    which nothing happened, as they were told, or what had happened was undone. `journal`: what desks and phones sent.
    """

    stays: dict[UUID, int]
    receipts: dict[str, UUID]
    given_up: list[str]
    answers: dict[str, int]
    refused: list[str]
    journal: list[Sent]


class Client:
    def __init__(self, work: Work, http: httpx.AsyncClient) -> None:
        self.work, self.http = work, http
        self.dice = random.Random(work.seed)
        self.done = Done({}, {}, [], {}, [], [])

    async def run(self) -> Done:
        """All stays of the work, spread over its seconds; two of three people also redeem, half of them at a kiosk."""
        pause = self.work.seconds * self.work.hands / max(1, len(self.work.town.stays))
        left = list(self.work.town.stays)

        async def hand(kiosk: str) -> None:
            while left:
                stay = left.pop()
                await self.let_out(stay.code)
                where = self.dice.random()
                if where < 0.33:
                    await self.redeem(stay.token)
                elif where < 0.67 and self.work.kiosks:
                    await self.redeem_at(kiosk, stay)
                await asyncio.sleep(self.dice.random() * 2 * pause)

        await asyncio.gather(*(hand(kiosk) for kiosk in self.work.town.kiosks[: self.work.hands]))
        return self.done

    async def let_out(self, code: str) -> None:
        town = self.work.town
        body = {"activities": [str(town.activity)], "code": code, "direction": "out", "nonce": str(uuid4())}
        await self.note(Sent("/api/v1/scans", body, {"authorization": f"Bearer {town.desk}"}))

    async def redeem(self, token: str) -> None:
        town, key = self.work.town, str(uuid4())
        body = {"reward_id": str(town.reward), "price": PRICE, "place_id": str(town.place)}
        await self.note(Sent("/api/v1/redemptions", body, {"authorization": f"Bearer {token}", "idempotency-key": key}))

    async def note(self, sent: Sent) -> None:
        """Sends it until it is acknowledged, and remembers what was told."""
        answer = await self.until_acknowledged(sent.path, sent.body, sent.headers)
        if answer is None:
            return
        self.done.journal.append(sent)
        if key := sent.headers.get("idempotency-key"):
            self.done.receipts[key] = UUID(answer["id"])
        else:
            self.done.stays[UUID(answer["attendance_id"])] = int(answer["points"])

    async def redeem_at(self, kiosk: str, stay: Stay) -> None:
        """As a kiosk does: one key until it knows what became of it. After a fault it may ask by key, or give the key up."""
        town, key = self.work.town, str(uuid4())
        device = {"authorization": f"Bearer {kiosk}"}
        began = await self.until_acknowledged("/api/v1/kiosk/visits", {"code": stay.code, "pin": PIN}, device)
        if began is None:
            return
        body = {"reward_id": str(town.reward), "price": PRICE, "visit": began["visit"]}
        if self.dice.random() < IMPATIENT:
            await self.walk_away(key, device, body)
            return
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            answer = await self.asked("POST", "/api/v1/redemptions", device | {"idempotency-key": key}, body)
            if answer is not None and answer.status_code in (200, 201):
                self.done.receipts[key] = UUID(answer.json()["id"])
                return
            is_over = answer is not None and answer.status_code < 500
            if is_over and answer is not None and answer.json()["code"] != "visit_over":
                self.done.refused.append(f"kiosk: {answer.status_code} {answer.text[:300]}")
                return
            if is_over or self.dice.random() < 0.15:
                await self.give_up(key, device)
                return
            if self.dice.random() < 0.5 and await self.is_known(key, device):
                return
            await asyncio.sleep(0.1 + self.dice.random() * 0.2)
        self.done.refused.append(f"kiosk: nobody answered for {PATIENCE:.0f} s")

    async def is_known(self, key: str, device: dict[str, str]) -> bool:
        """Unknown is not failed: then the same key is sent again."""
        became = await self.asked("GET", f"/api/v1/redemptions/by-key/{key}", device)
        if became is None or became.status_code != 200 or became.json()["state"] != "done":
            return False
        self.done.receipts[key] = UUID(became.json()["receipt"]["id"])
        return True

    async def walk_away(self, key: str, device: dict[str, str], body: dict[str, object]) -> None:
        """Gives the key up while its request is under way: nobody knows which is first. A later one buys nothing."""
        headers = device | {"idempotency-key": key}
        under_way = asyncio.create_task(self.asked("POST", "/api/v1/redemptions", headers, body))
        await asyncio.sleep(self.dice.random() * 0.06)
        await self.give_up(key, device)
        await under_way
        late = await self.asked("POST", "/api/v1/redemptions", headers, body)
        told = late.json() if late is not None and late.status_code < 500 else {}
        if told and told.get("state") != "undone" and told.get("code") not in ("abandoned", "visit_over"):
            self.done.refused.append(f"given up, and then {told}")

    async def give_up(self, key: str, device: dict[str, str]) -> None:
        became = await self.until_acknowledged(f"/api/v1/redemptions/by-key/{key}/abandon", {}, device)
        if became is not None:
            self.done.given_up.append(key)

    async def asked(
        self, method: str, path: str, headers: dict[str, str], body: Mapping[str, object] | None = None
    ) -> httpx.Response | None:
        """The answer, counted; None where the connection broke."""
        try:
            answer = await self.http.request(method, path, json=body, headers=headers)
            heard = str(answer.status_code)
        except httpx.TransportError as error:
            answer, heard = None, type(error).__name__
        self.done.answers[heard] = self.done.answers.get(heard, 0) + 1
        return answer

    async def until_acknowledged(self, path: str, body: Mapping[str, object], headers: dict[str, str]) -> dict[str, str] | None:
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            answer = await self.asked("POST", path, headers, body)
            if answer is not None and answer.status_code in (200, 201):
                return dict(answer.json())
            if answer is not None and answer.status_code < 500:
                self.done.refused.append(f"{path}: {answer.status_code} {answer.text[:300]}")
                return None
            await asyncio.sleep(0.1 + self.dice.random() * 0.2)
        self.done.refused.append(f"{path}: nobody answered for {PATIENCE:.0f} s")
        return None


async def run(work: Work) -> Done:
    limits = httpx.Limits(max_connections=2 * work.hands, max_keepalive_connections=work.hands)
    async with httpx.AsyncClient(base_url=work.url, timeout=15, limits=limits) as http:
        return await Client(work, http).run()


def main() -> int:
    work = msgspec.json.decode(sys.stdin.buffer.read(), type=Work)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(work))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
