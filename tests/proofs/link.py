"""One connection and a loop of its own, for proofs that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import msgspec

REFUSED = "TB000"


class Turned(Exception):
    """The ledger refused. `reason` is the name of the refusal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Link:
    """Statements on one connection; `begin` and `undo` make a clean table of what lies between them."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.connection: asyncpg.Connection = self.runner.run(self._connect(url))

    async def _connect(self, url: str) -> asyncpg.Connection:
        connection = await asyncpg.connect(url)
        await connection.set_type_codec(
            "jsonb", encoder=lambda value: msgspec.json.encode(value).decode(), decoder=msgspec.json.decode, schema="pg_catalog"
        )
        return connection

    def close(self) -> None:
        self.runner.run(self.connection.close())
        self.runner.close()

    def begin(self) -> None:
        self.around = self.connection.transaction()
        self.runner.run(self.around.start())

    def undo(self) -> None:
        self.runner.run(self.around.rollback())

    def rows(self, statement: str, *values: object) -> list[asyncpg.Record]:
        return self.runner.run(self.connection.fetch(statement, *values))

    def value(self, statement: str, *values: object) -> Any:
        return self.runner.run(self.connection.fetchval(statement, *values))

    def ask(self, statement: str, *values: object) -> Any:
        """The value of a ledger function, with nothing moved where it refuses. Raises Turned."""
        return self.runner.run(self._ask(statement, values))

    async def _ask(self, statement: str, values: tuple[object, ...]) -> Any:
        try:
            async with self.connection.transaction():
                return await self.connection.fetchval(statement, *values)
        except asyncpg.PostgresError as error:
            if error.sqlstate != REFUSED:
                raise
            raise Turned(str(error.message)) from error
