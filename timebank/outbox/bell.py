"""The doorbell: after the commit it tells the worker which promises wait. Best effort; the sweeper finishes what it misses.

A ring is put down here and carried to Redis by one task of the bell's own, so that no answer waits for it. Rings that come
while one is on its way travel together.
"""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

QUEUE = "timebank:credits"
"""Ours alone: another program's arq on the same Redis is not disturbed, nor disturbs (A1)."""
JOB = "credit"
LONGEST = 0.2
"""Seconds that one ring may take; then it counts as missed."""
BREATH = 0.05
"""Seconds between two rings: under load they carry more ids instead of becoming more jobs."""
AT_ONCE = 500
MOST_WAITING = 10_000
"""Ids put down while Redis hangs; more are left to the sweeper at once, so that they do not pile up."""

log = structlog.get_logger()
to_json = msgspec.json.Encoder(enc_hook=str).encode
from_json = msgspec.json.decode
"""Jobs are JSON, never pickle: who can write to Redis runs no code in the worker (A14)."""


def connect(redis_url: str, time_limit: float) -> ArqRedis:
    """A client that has not connected yet; `time_limit` seconds for each answer."""
    client: ArqRedis = ArqRedis.from_url(redis_url, socket_timeout=time_limit, socket_connect_timeout=time_limit)
    client.default_queue_name = QUEUE
    client.job_serializer = to_json
    client.job_deserializer = from_json
    return client


class Bell:
    """One for each process. `missed` counts promises that the worker was not told of; the sweeper keeps those."""

    def __init__(self, client: ArqRedis) -> None:
        self.client = client
        self.missed = 0
        self._is_closing = False
        self._waiting: list[UUID] = []
        self._put_down = asyncio.Event()
        self._carrier = asyncio.create_task(self._carry())

    def ring(self, intent_id: UUID) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(intent_id)
            self._put_down.set()
        else:
            self.missed += 1

    async def _carry(self) -> None:
        while not self._is_closing:
            await self._put_down.wait()
            self._put_down.clear()
            while self._waiting and not self._is_closing:
                await self._carry_some()
                await asyncio.sleep(BREATH)
        if self._waiting:
            await self._carry_some()

    async def _carry_some(self) -> None:
        some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        try:
            async with asyncio.timeout(LONGEST):
                await self.client.enqueue_job(JOB, [str(one) for one in some])
        except (RedisError, OSError, TimeoutError) as error:
            self.missed += len(some)
            log.warning("bell not heard", promises=len(some), missed=self.missed, error=type(error).__name__)

    async def close(self) -> None:
        """Carries what is put down, once, and disconnects; both within a second, whatever Redis does."""
        self._is_closing = True
        self._put_down.set()
        if not (await asyncio.wait({self._carrier}, timeout=3 * LONGEST))[0]:
            self._carrier.cancel()
        self.missed += len(self._waiting)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await asyncio.wait_for(self.client.aclose(), LONGEST)


_bell: Bell | None = None
_unheard = 0


async def open(redis_url: str) -> None:  # noqa: A001
    """Hangs up the bell of this process. Does not connect: a process starts and serves without Redis. Empty URL: no bell."""
    global _bell
    if redis_url:
        _bell = Bell(connect(redis_url, LONGEST))


async def close() -> None:
    """Takes the bell down; safe without one."""
    global _bell, _unheard
    if _bell is not None:
        bell, _bell = _bell, None
        await bell.close()
        _unheard += bell.missed


def ring(intent_id: UUID) -> None:
    """Tells the worker, after the commit. Never raises and never waits; without a bell the sweeper keeps the promise."""
    global _unheard
    if _bell is not None:
        _bell.ring(intent_id)
    else:
        _unheard += 1


def missed() -> int:
    """How many promises of this process the worker was not told of."""
    return _unheard + (_bell.missed if _bell else 0)
