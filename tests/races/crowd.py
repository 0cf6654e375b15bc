"""A crowd at the ledger: connections of its own, everything committed, everything at once."""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

from schedules import sql
from schedules.sql import Busy
from tests import conftest, given
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import Shelf
from timebank.database import transaction
from timebank.points import reconcile
from timebank.points.reconcile import Report
from timebank.rewards.redemptions import Receipt

T = TypeVar("T")
SIZE = 24
"""Connections."""
LOCKED_OUT = 1.9
"""Seconds: who waits for a lock gives up after two (lock_timeout); what was quicker has waited for none."""
BUSY = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, Busy)
"""What a slow machine may answer at any time: nothing was done, send it again. A deadlock is none of it."""


async def alone(unit: Awaitable[T]) -> T:
    """One unit of work in a transaction of its own."""
    async with transaction():
        return await unit


def beside(unit: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Runs beside the transaction of the one who asks, on connections of its own."""
    return asyncio.create_task(unit, context=contextvars.Context())


async def all_at_once(units: Iterable[Awaitable[Any]]) -> list[Any]:
    """Each in its own transaction and task: what each answered or raised."""
    return list(await asyncio.gather(*(alone(unit) for unit in units), return_exceptions=True))


async def insisted(unit: Callable[[], Awaitable[T]]) -> T:
    """Its answer, however often it is told to send the same again first. Each time in a transaction of its own."""
    while True:
        try:
            async with transaction():
                return await unit()
        except BUSY:
            continue


def told(answers: Iterable[Any]) -> Counter[str]:
    """How many were new, replays, or refused, by name."""
    return Counter(
        ("replay" if answer.replayed else "new") if isinstance(answer, Receipt) else type(answer).__name__ for answer in answers
    )


async def redeem(shelf: Shelf, person: Person, key: str = "", scope: str = "device:k1") -> Receipt:
    """Judged by the database's clock, as at a real kiosk."""
    return await shelf.redeem(person, key=key, scope=scope, at=None)


async def neighbours(people: People, number: int, points: float) -> list[Person]:
    """Members with so many points each."""
    found = [await given.member(f"Neighbour {n}", f"1997{n:07}", people.building, people.now) for n in range(number)]
    for person in found:
        if points:
            await purse.earn(person, points)
    return found


async def proof() -> Report:
    """Reconciles in one snapshot of its own."""
    return await alone(reconcile.check())


async def sound() -> None:
    """Nothing is wrong."""
    assert (await proof()).findings == []


async def deadlocks() -> int:
    """How many PostgreSQL has had to break in this database. A session tells when it ends: the pool is closed and opened."""
    url = sql.engine().config["dsn"]
    await conftest.close()
    alone_there = await asyncpg.connect(url)
    try:
        while await alone_there.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ):
            await alone_there.execute("SELECT pg_sleep(0.01)")
        return int(await alone_there.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
    finally:
        await alone_there.close()
        await conftest.use(url)


def soon(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def new_key() -> str:
    return str(uuid4())
