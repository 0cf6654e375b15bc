"""Seals over the ledger: blocks of SHA-256 that each name the one before, and the proof that nothing under them was touched.

What a block says is written down in `migrations/second/60_seals.sql`; it is computed anew here from the rows alone, without the
function that made it, and anybody can do the same from the exported ledger (docs/decisions/0031).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Literal

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import Malformed

AT_ONCE = 5000
"""Movements in one block at most; a backlog is sealed in several."""
READ_AT_ONCE = 20_000
BLOCKS_AT_ONCE = 1000
LONGEST = 240
"""Seconds for one statement: the first block after an upgrade or a restore looks through the whole ledger."""
ZEROS = bytes(32)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEALED_ROW = "jsonb_strip_nulls(to_jsonb(t) - 'written_in')::text"
"""The movement as it is sealed: JSON as PostgreSQL writes it, in a session whose zone is UTC."""


Comparison = Literal["holds", "other", "missing"]
"""A printed head: among the blocks; another hash there; no block of this number."""


class Head(msgspec.Struct, frozen=True):
    """The last block: printed and taken out of the house, it proves that nothing up to it is missing. `hash` in hex."""

    seq: int
    hash: str
    count: int
    sealed_at: datetime


class Broken(msgspec.Struct, frozen=True):
    """The first block that does not hold: what is wrong with it, and the movements concerned (ids), where that can be told."""

    seq: int
    why: str
    transfers: list[str]


class Verdict(msgspec.Struct, frozen=True, tag="seals"):
    """`blocks` and `transfers` held, up to the first broken one. `tail_missing`: the printed head is not among the blocks."""

    head: Head | None
    blocks: int
    transfers: int
    broken: Broken | None
    passed_over: int
    """Movements that were there when a block was made and are in none."""
    tail_missing: bool

    @property
    def wrong(self) -> int:
        return (self.broken is not None) + self.passed_over + self.tail_missing


class Printed(msgspec.Struct, frozen=True):
    """A head as somebody has it on paper: number of the block, hash in hex."""

    seq: int
    hash: str


def printed(text: str) -> Printed:
    """Reads `12 9f86d081...`, with colons, blanks and line breaks wherever. Raises Malformed."""
    words = text.replace(":", " ").split()
    number, found = (words[0], "".join(words[1:]).lower()) if words else ("", "")
    is_number = number.isascii() and number.isdigit() and len(number) <= 18
    if not is_number or len(found) != 64 or not set(found) <= set("0123456789abcdef"):
        raise Malformed(field="head", reason="the number of the block, then its 64 signs")
    return Printed(int(number), found)


async def seal(at: datetime | None = None) -> int:
    """Seals movements that no block has yet, at most one block: how many. Its own transaction; safe to repeat and at once.

    A movement whose transaction commits later is in a later block (ledger-129). `at` for tests; else the database's clock.
    """
    await sql.rows(f"SET LOCAL statement_timeout = '{LONGEST}s'")
    found = await _slowly("SELECT ledger.seal($1, $2)", AT_ONCE, at)
    return int(found[0][0])


async def sealed() -> int:
    """Movements under a seal."""
    return int(await sql.value("SELECT coalesce(sum(count), 0) FROM seal"))


async def head() -> Head | None:
    """The last block; None before the first."""
    found = await sql.row("SELECT seq, encode(hash, 'hex') AS hash, count, sealed_at FROM seal ORDER BY seq DESC LIMIT 1")
    return Head(**dict(found)) if found else None


async def unsealed(seen: Head | None) -> int:
    """Movements since the last block, as far as one statement counts; the job comes by every half minute."""
    return int(
        await sql.value(
            "SELECT count(*) FROM (SELECT FROM transfer t WHERE t.written_in >= coalesce("
            "(SELECT seen_from FROM seal WHERE seq = $1), 0) "
            "AND NOT EXISTS (SELECT FROM seal_line l WHERE l.transfer_id = t.id) LIMIT 1000) s",
            seen.seq if seen else 0,
        )
    )


async def compare(paper: Printed) -> Comparison:
    """The printed head beside the block of its number: not "holds" means made anew, or that the tail is missing (ledger-131).

    That the blocks before it are as they were is what `verify` shows.
    """
    found = await sql.value("SELECT encode(hash, 'hex') FROM seal WHERE seq = $1", paper.seq)
    return "missing" if found is None else "holds" if found == paper.hash else "other"


async def verify(paper: Printed | None = None) -> Verdict:
    """Computes every block anew, oldest first, and names the first that does not hold (ledger-130).

    In the transaction of the caller, which it makes one snapshot: its first statement (P7). Locks nothing.
    """
    await sql.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    await sql.rows(f"SET LOCAL statement_timeout = '{LONGEST}s'")
    return await judge(paper)


async def judge(paper: Printed | None = None) -> Verdict:
    """The same on the running transaction, with whatever that sees."""
    before, blocks, transfers, broken = (0, ZEROS), 0, 0, None
    async for block, lines in _blocks():
        broken = _check(block, lines, before)
        if broken:
            break
        before = (block["seq"], block["hash"])
        blocks, transfers = blocks + 1, transfers + len(lines)
    missing = paper is not None and await compare(paper) != "holds"
    return Verdict(await head(), blocks, transfers, broken, await _passed_over(), missing)


def _check(block: asyncpg.Record, lines: list[asyncpg.Record], before: tuple[int, bytes]) -> Broken | None:
    seq = before[0] + 1
    if block["seq"] != seq:
        return Broken(seq, "block_missing", [])
    if block["prev_hash"] != before[1]:
        return Broken(seq, "does_not_follow", [])
    if [line["position"] for line in lines] != list(range(1, block["count"] + 1)):
        return Broken(seq, "line_missing", [])
    gone = [str(line["transfer_id"]) for line in lines if line["row"] is None]
    if gone:
        return Broken(seq, "movement_missing", gone)
    altered = [str(line["transfer_id"]) for line in lines if line_hash(line["row"]) != line["hash"]]
    if altered:
        return Broken(seq, "movement_altered", altered)
    if block_hash(seq, before[1], block["sealed_at"], [line["hash"] for line in lines]) != block["hash"]:
        return Broken(seq, "block_altered", [])
    return None


def line_hash(row: str) -> bytes:
    """The hash of one movement, from its row as it is sealed."""
    return hashlib.sha256(row.encode()).digest()


def block_hash(seq: int, before: bytes, sealed_at: datetime, lines: list[bytes]) -> bytes:
    """The hash of a block, from its number, the hash before it, its instant and the hashes of its movements in their order."""
    micros = (sealed_at - EPOCH) // timedelta(microseconds=1)
    text = f"{seq} {before.hex()} {len(lines)} {micros}\n" + "\n".join(each.hex() for each in lines)
    return hashlib.sha256(text.encode()).digest()


BLOCKS = "SELECT seq, prev_hash, hash, count, sealed_at FROM seal WHERE seq > $1 ORDER BY seq LIMIT $2"
LINES = f"""
SELECT l.seal_seq, l.position, l.transfer_id, l.hash, {SEALED_ROW} AS row
  FROM seal_line l LEFT JOIN transfer t ON t.id = l.transfer_id
 WHERE l.seal_seq BETWEEN $1 AND $2 ORDER BY l.seal_seq, l.position
"""


async def _blocks() -> AsyncIterator[tuple[asyncpg.Record, list[asyncpg.Record]]]:
    """Each block with its lines, oldest first; some thousand lines are in memory at a time."""
    last = 0
    while found := await sql.rows(BLOCKS, last, BLOCKS_AT_ONCE):
        while found:
            some = _first_of(found)
            lines = await _slowly(LINES, some[0]["seq"], some[-1]["seq"])
            of = {seq: list(each) for seq, each in groupby(lines, key=lambda line: line["seal_seq"])}
            for block in some:
                yield block, of.get(block["seq"], [])
            last, found = some[-1]["seq"], found[len(some) :]


def _first_of(blocks: list[asyncpg.Record]) -> list[asyncpg.Record]:
    """As many as have few enough lines together, one at least."""
    taken, lines = 0, 0
    for block in blocks:
        lines += block["count"]
        if taken and lines > READ_AT_ONCE:
            break
        taken += 1
    return blocks[:taken]


async def _passed_over() -> int:
    found = await _slowly("SELECT count(*) FROM reconcile.transfer_is_sealed")
    return int(found[0][0])


async def _slowly(statement: str, *values: object) -> list[asyncpg.Record]:
    """A statement that may take long: the pool's own limit is for people who wait."""
    running = sql.engine().current_transaction.get()
    if running is None:
        raise RuntimeError("the seals are made and read in one transaction")
    return await running.connection.fetch(statement, *values, timeout=LONGEST)  # type: ignore[no-any-return]
