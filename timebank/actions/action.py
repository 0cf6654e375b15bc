"""`@action`: one action, one transaction, and one answer however often it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import update_wrapper
from typing import Generic, ParamSpec, TypeVar, get_type_hints

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank import database
from timebank.database import transaction

P = ParamSpec("P")
T = TypeVar("T")
Unit = Callable[[], AbstractAsyncContextManager[None]]


class KeyConflict(Refusal):
    """The idempotency key was used before with another request. Facts: none."""


class RequestKey(msgspec.Struct, frozen=True):
    """One client's name for one request: who asks (`member:<id>`, `device:<id>`), the key, and a hash of what is asked."""

    scope: str
    key: str
    request_hash: bytes
    sent_at: datetime


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """`value` is what the action answered; `is_replay` tells that it did so to an earlier request with the same key."""

    value: T
    is_replay: bool


class Action(Generic[P, T]):
    """A function whose whole body is one transaction."""

    def __init__(self, act: Callable[P, Awaitable[T]], unit: Unit = transaction) -> None:
        update_wrapper(self, act)
        self.act, self.unit = act, unit

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        async with self.unit():
            return await self.act(*args, **kwargs)

    async def once(self, key: RequestKey | None, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """The same, at most once for the key: a repeat gets the kept answer, a refusal leaves the key unused.

        Raises KeyConflict when the key came with another request. Locks the key's row first; a twin waits there.
        """
        if key is None:
            return Answer(await self(*args, **kwargs), False)
        async with transaction():
            kept = await _claim(key)
            if kept is not None:
                return Answer(msgspec.json.decode(kept, type=get_type_hints(self.act)["return"]), True)
            value = await self.act(*args, **kwargs)
            await sql.rows(
                "UPDATE idempotency SET answer = $3 WHERE scope = $1 AND key = $2",
                key.scope,
                key.key,
                msgspec.json.encode(value).decode(),
            )
            return Answer(value, False)


async def _claim(key: RequestKey) -> str | None:
    """The kept answer, or None when the key is new and now ours."""
    # Two requests with one key: the second waits here until the first has committed or gone.
    if await sql.rows(
        "INSERT INTO idempotency (scope, key, request_hash, made_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING RETURNING key",
        key.scope,
        key.key,
        key.request_hash,
        key.sent_at,
    ):
        return None
    # A statement of its own: the insert's snapshot may not see the row that it gave way to.
    kept = await sql.one("SELECT request_hash, answer FROM idempotency WHERE scope = $1 AND key = $2", key.scope, key.key)
    if kept["request_hash"] != key.request_hash:
        raise KeyConflict()
    return str(kept["answer"])


DEADLOCK_TRIES = 4


async def past_deadlocks(attempt: Callable[[], Awaitable[T]]) -> T:
    """Whatever `attempt`, a whole transaction, answers. Where two wait for each other PostgreSQL ends one of them, which has
    changed nothing and goes again, a few times (booking.md A7). A refusal is an answer and never tried again.
    """
    for _ in range(DEADLOCK_TRIES - 1):
        try:
            return await attempt()
        except asyncpg.DeadlockDetectedError:
            continue
    return await attempt()


def action(act: Callable[P, Awaitable[T]]) -> Action[P, T]:
    """Makes an action of a function that runs statements: see Action."""
    return Action(act)


def one_statement(act: Callable[P, Awaitable[T]]) -> Action[P, T]:
    """Makes an action of a function that runs exactly one statement, which is its transaction: see database.one_statement."""
    return Action(act, database.one_statement)
