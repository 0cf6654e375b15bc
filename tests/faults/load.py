"""A client process: lets people out and redeems for them over HTTP, each with one key until it is acknowledged.

Reads a Work as JSON from standard input and prints Done as JSON. What it was told is all it knows: that is compared afterwards.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Mapping
from uuid import UUID, uuid4

import httpx
import msgspec

from tests.faults.town import PRICE, Town

PATIENCE = 90.0
"""Seconds after which a request that nobody acknowledges is given up, which fails the run."""


class Work(msgspec.Struct):
    url: str
    town: Town
    seconds: float
    seed: int
    hands: int = 8


class Done(msgspec.Struct):
    """`stays`: attendance and the points told for it. `receipts`: what each key was answered."""

    stays: dict[UUID, int]
    receipts: dict[str, UUID]
    answers: dict[str, int]
    refused: list[str]


class Client:
    def __init__(self, work: Work, http: httpx.AsyncClient) -> None:
        self.work, self.http = work, http
        self.dice = random.Random(work.seed)
        self.done = Done({}, {}, {}, [])

    async def run(self) -> Done:
        """All stays of the work, spread over its seconds; two of three people also redeem on their way out."""
        pause = self.work.seconds * self.work.hands / max(1, len(self.work.town.stays))
        left = list(self.work.town.stays)

        async def hand() -> None:
            while left:
                stay = left.pop()
                await self.let_out(stay.code)
                if self.dice.random() < 0.67:
                    await self.redeem(stay.token)
                await asyncio.sleep(self.dice.random() * 2 * pause)

        await asyncio.gather(*(hand() for _ in range(self.work.hands)))
        return self.done

    async def let_out(self, code: str) -> None:
        town = self.work.town
        body = {"activities": [str(town.activity)], "code": code, "direction": "out", "nonce": str(uuid4())}
        answer = await self.until_acknowledged("/api/v1/scans", body, {"authorization": f"Bearer {town.desk}"})
        if answer:
            self.done.stays[UUID(answer["attendance_id"])] = int(answer["points"])

    async def redeem(self, token: str) -> None:
        town, key = self.work.town, str(uuid4())
        body = {"reward_id": str(town.reward), "price": PRICE, "place_id": str(town.place)}
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
        answer = await self.until_acknowledged("/api/v1/redemptions", body, headers)
        if answer:
            self.done.receipts[key] = UUID(answer["id"])

    async def until_acknowledged(self, path: str, body: Mapping[str, object], headers: dict[str, str]) -> dict[str, str] | None:
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            try:
                answer = await self.http.post(path, json=body, headers=headers)
                heard = str(answer.status_code)
            except httpx.TransportError as error:
                answer, heard = None, type(error).__name__
            self.done.answers[heard] = self.done.answers.get(heard, 0) + 1
            if answer is not None and answer.status_code in (200, 201):
                return dict(answer.json())
            if answer is not None and answer.status_code < 500:
                self.done.refused.append(f"{path}: {answer.status_code} {answer.text[:300]}")
                return None
            await asyncio.sleep(0.1 + self.dice.random() * 0.2)
        self.done.refused.append(f"{path}: nobody answered for {PATIENCE:.0f} s")
        return None


async def run(work: Work) -> Done:
    limits = httpx.Limits(max_connections=work.hands, max_keepalive_connections=work.hands)
    async with httpx.AsyncClient(base_url=work.url, timeout=15, limits=limits) as http:
        return await Client(work, http).run()


def main() -> int:
    work = msgspec.json.decode(sys.stdin.buffer.read(), type=Work)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(work))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
