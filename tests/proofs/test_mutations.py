"""The list of what is taken away is whole, and every reason that is given is for something that is there."""

from __future__ import annotations

import re

import asyncpg

from tests.conftest import at_database
from tests.ledger.broken import NEVER, TABLES, TWICE
from tests.proofs import mutations
from tests.proofs.same import SAME
from timebank import servers

WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")
OTHERS = {"exchange", "opening_balance", "support_use"}
"""Rooms beside the ledger, into which functions of the schema write as well."""


async def test_every_check_key_trigger_and_lock_of_the_ledger_is_taken_away_once(
    running: servers.Running, migrated: str
) -> None:
    connection = await asyncpg.connect(at_database(running.owner_url, migrated))
    try:
        found = await mutations.listed(connection)
        bodies = await connection.fetch("SELECT prosrc FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace")
        names = {row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    finally:
        await connection.close()
    assert {one.name for one in found if one.kind in ("CHECK", "key")} == set(NEVER) | set(TWICE)
    assert len({one.name for one in found}) == len(found)
    locks = [re.sub(r"--[^\n]*", "", row[0]) for row in bodies]
    assert sum(one.kind == "lock" for one in found) == sum(
        len(re.findall(r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE)|pg_(?:try_)?advisory", body)) for body in locks
    )
    written = {table for body in locks for table in WRITES.findall(body)} & names
    assert written - set(TABLES) - OTHERS == set(), "a table of the ledger without its rows in tests/ledger/broken.py"
    assert set(SAME) - {one.name for one in found} == set()


def test_every_file_that_is_to_notice_exists() -> None:
    """One that was renamed would be asked no more, and nobody would hear of it."""
    named = {
        *mutations.CONSTRAINTS,
        *mutations.TRIGGERS,
        *mutations.RACES,
        *(one for each in mutations.FIRST.values() for one in each),
    }
    assert [name for name in sorted(named) if not (mutations.ROOT / name).exists()] == []
