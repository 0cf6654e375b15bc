"""Takes away each CHECK, key, trigger and lock of the ledger, one at a time, and looks which test notices.

`make mutations` writes docs/mutations.md. It goes on where it was stopped; `--only TEXT` takes those whose name has the text,
`--again` asks even what was asked before. What no test notices is a fault of the tests, or is in SAME with the reason.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import copy
import hashlib
import importlib
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import asyncpg
import msgspec
import pytest

from tests import conftest
from tests.ledger.broken import TABLES
from tests.proofs.same import SAME
from timebank import migrate, servers

ROOT = Path(__file__).parents[2]
KNOWN = ROOT / "test-results" / "mutations.json"
TABLE = ROOT / "docs" / "mutations.md"
CONSTRAINTS = ("tests/ledger/test_constraints.py", "tests/ledger/test_reconcile.py")
TRIGGERS = ("tests/ledger/test_constraints.py", "tests/people/test_phone_passes.py", "tests/ledger/test_leaving_pages.py")
RACES = tuple(f"tests/races/test_{name}.py" for name in ("locks", "points", "redemptions", "gifts", "corrections", "play"))
FIRST = {
    "close_wallet": ("tests/races/test_locks.py", "tests/races/test_wallets.py", "tests/ledger/test_estates.py"),
    "credit_below": ("tests/races/test_locks.py", "tests/races/test_wallets.py", "tests/ledger/test_caps.py"),
    "free_stock": ("tests/races/test_redemptions.py",),
    "lock_household": ("tests/races/test_redemptions.py",),
    "pay_exchange": ("tests/races/test_locks.py", "tests/races/test_neighbours.py"),
    "return_capture": ("tests/races/test_locks.py", "tests/races/test_booking_life.py", "tests/spaces/test_booking_points.py"),
    "return_supports": ("tests/races/test_supports.py",),
    "run_intent": ("tests/races/test_points.py",),
    "seal": ("tests/races/test_locks.py", "tests/ledger/test_seals.py"),
    "settle": ("tests/races/test_supports.py", "tests/races/test_locks.py"),
}
"""Tests of a function's own that are asked before the others."""
WARM = ("timebank.app", "timebank.worker", "hypothesis", "httpx", "tests.races.play", "tests.ledger.purse")
WARNED = "ignore::pytest.PytestAssertRewriteWarning"
LOCK = re.compile(
    r"\s*\bFOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF \w+)?(?: SKIP LOCKED| NOWAIT)?|pg_try_advisory_xact_lock\([^()]*\([^()]*\)\)"
)
NAMED = """
SELECT CASE contype WHEN 'c' THEN 'CHECK' ELSE 'key' END, conrelid::regclass::text, conname::text, pg_get_constraintdef(oid),
       format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
  FROM pg_constraint WHERE conrelid = ANY ($1::regclass[]) AND contype IN ('c', 'p', 'u', 'x')
UNION ALL
SELECT 'key', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid),
       format('DROP INDEX %s', indexrelid::regclass)
  FROM pg_index WHERE indrelid = ANY ($1::regclass[]) AND indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid),
       format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
  FROM pg_trigger WHERE tgrelid = ANY ($1::regclass[]) AND NOT tgisinternal
 ORDER BY 1, 2, 3
"""
FUNCTIONS = """
SELECT proname::text AS name, pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace
 ORDER BY proname, oid
"""


class Mutation(msgspec.Struct, frozen=True):
    """`where` is its table or function; `statement`, run by the owner, takes it away."""

    kind: str
    where: str
    name: str
    text: str
    statement: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.text} {self.statement}".encode()).hexdigest()[:12]

    @property
    def tests(self) -> list[str]:
        """Files that may notice, the likeliest first."""
        wanted = {"lock": (*FIRST.get(self.where, ()), *RACES), "trigger": TRIGGERS}.get(self.kind, CONSTRAINTS)
        return list(dict.fromkeys(wanted))


class Outcome(msgspec.Struct, frozen=True):
    """`noticed` is the test that failed; empty: none did."""

    digest: str
    noticed: str
    seconds: float


async def listed(connection: asyncpg.Connection) -> list[Mutation]:
    """All of the catalogue."""
    found = [Mutation(*row) for row in await connection.fetch(NAMED, list(TABLES))]
    for row in await connection.fetch(FUNCTIONS):
        found += _locks(row["name"], row["text"])
    return found


def _locks(function: str, text: str) -> Iterator[Mutation]:
    """Each lock of a function; comments name none."""
    plain = re.sub(r"--[^\n]*", "", text)
    for number, lock in enumerate(LOCK.finditer(plain), 1):
        instead = "true" if "advisory" in lock[0] else ""
        before = plain[: lock.start()].splitlines()[-1].strip() or plain[: lock.start()].strip().splitlines()[-1].strip()
        shown = " ".join(f"{before} {lock[0].strip()}".split())
        changed = plain[: lock.start()] + instead + plain[lock.end() :]
        yield Mutation("lock", function, f"{function} {number}", shown, changed)


class First:
    """A plugin that keeps the name of the first test that failed."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def ask(running: servers.Running, template: str, mutation: Mutation) -> Outcome:
    """Runs its tests on a copy without it, file by file until one fails."""
    name = asyncio.run(conftest.copy_of(running, template))
    asyncio.run(_take_away(conftest.at_database(running.owner_url, name), mutation))
    started, noticed = time.monotonic(), ""
    for file in mutation.tests:
        if not noticed:
            noticed = _in_a_child(running, name, file)
            if mutation.kind == "lock":
                noticed = _confirmed(running, template, name, noticed)
    seconds = round(time.monotonic() - started, 1)
    asyncio.run(conftest.drop(running, name))
    return Outcome(mutation.digest, noticed, seconds)


def _confirmed(running: servers.Running, template: str, name: str, noticed: str) -> str:
    """The test, where it fails once more in three tries, and not with everything in place.

    A race that fails for want of time, on a busy machine, has noticed nothing.
    """
    if not noticed or not any(_in_a_child(running, name, noticed) for _ in range(3)):
        return ""
    whole = asyncio.run(conftest.copy_of(running, template))
    is_slow = _in_a_child(running, whole, noticed)
    asyncio.run(conftest.drop(running, whole))
    return "" if is_slow else noticed


async def _take_away(url: str, mutation: Mutation) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(mutation.statement)
    await connection.close()


def _in_a_child(running: servers.Running, name: str, file: str) -> str:
    """The first test that fails. A process that has everything imported already, and servers that it must leave alone."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.write(writing, _noticed(running, name, file).encode())
        except BaseException as error:
            os.write(writing, f"broke: {error!r}".encode())
        finally:  # whatever happened: the servers that are open here are the parent's
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or told.startswith("broke: "):
        raise RuntimeError(f"{file} could not be run: {told}; see test-results/mutations.log")
    return told


def _noticed(running: servers.Running, name: str, file: str) -> str:
    ours = copy.copy(running)
    urls = {key: conftest.at_database(getattr(running, key), name) for key in ("owner_url", "database_url")}
    ours.addresses = msgspec.structs.replace(running.addresses, **urls)
    log = ROOT / "test-results" / "mutations.log"
    quiet = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    first = First()
    with mock.patch.object(servers, "temporary", return_value=contextlib.nullcontext(ours)), mock.patch.object(migrate, "run"):
        ended = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--timeout=120", "-W", WARNED, file], plugins=[first])
    return first.failed or ("" if ended in (0, 5) else f"broke: {ended!r}")


def table(mutations: list[Mutation], known: dict[str, Outcome]) -> str:
    """As it is written down."""
    lines = [
        "# What notices when a piece of the ledger is missing",
        "",
        "`make mutations` takes away each CHECK, key, trigger and lock of the ledger's tables and functions, one at a time in",
        "a database of its own, and runs tests until one fails. What nothing notices has the reason why that changes nothing.",
        "",
        "| | where | what was taken away | noticed by | seconds |",
        "|---|---|---|---|---|",
    ]
    for one in mutations:
        outcome = known.get(one.name)
        told = (
            f"`{outcome.noticed.removeprefix('tests/')}`" if outcome and outcome.noticed else SAME.get(one.name, "**nothing**")
        )
        if outcome is None:
            lines.append(f"| {one.kind} | {one.where} | `{one.name}` | not asked yet | |")
        else:
            shown = one.name if one.kind != "lock" else one.text
            lines.append(f"| {one.kind} | {one.where} | `{shown.replace('|', chr(92) + '|')}` | {told} | {outcome.seconds:g} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutations", description=__doc__)
    parser.add_argument("--only", default="", help="kind, table, function or name that has this text")
    parser.add_argument("--again", action="store_true")
    chosen = parser.parse_args()
    known = _known()
    os.chdir(ROOT)
    KNOWN.parent.mkdir(exist_ok=True)
    for module in WARM:
        importlib.import_module(module)
    with servers.temporary() as running:
        migrate.run(running.owner_url)
        template = running.owner_url.partition("?")[0].rpartition("/")[2]
        mutations = asyncio.run(_listed(running.owner_url))
        for number, one in enumerate(mutations, 1):
            wanted = chosen.only in f"{one.kind} {one.where} {one.name}"
            is_known = one.name in known and known[one.name].digest == one.digest and not chosen.again
            if wanted and not is_known:
                outcome = ask(running, template, one)
                known = _known() | {one.name: outcome}  # another run may ask the others meanwhile
                sys.stdout.write(f"{number}/{len(mutations)} {one.kind} {one.name}: {known[one.name].noticed or 'nothing'}\n")
                sys.stdout.flush()
                KNOWN.write_bytes(msgspec.json.encode(known))
                TABLE.write_text(table(mutations, known), "utf-8")
    TABLE.write_text(table(mutations, known), "utf-8")
    survivors = [one.name for one in mutations if one.name in known and not known[one.name].noticed and one.name not in SAME]
    sys.stdout.write(f"survivors: {', '.join(survivors) or 'none'}\n")
    return bool(survivors)


def _known() -> dict[str, Outcome]:
    return msgspec.json.decode(KNOWN.read_bytes(), type=dict[str, Outcome]) if KNOWN.exists() else {}


async def _listed(url: str) -> list[Mutation]:
    connection = await asyncpg.connect(url)
    try:
        return await listed(connection)
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
