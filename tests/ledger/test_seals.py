"""What the seals prove: who alters, removes or leaves out a movement is found, and the block is named."""

from __future__ import annotations

from contextlib import suppress

import asyncpg
import msgspec
import pytest

from schedules import sql
from schedules.errors import Malformed
from tests import conftest, given
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank import database, servers
from timebank.database import savepoint
from timebank.outbox import intents
from timebank.points import seals
from timebank.points.seals import Broken, Printed, Verdict


async def blocks_of_bob(folk: People) -> None:
    """Three blocks: two movements, one, one."""
    for points in ((1, 2), (3,), (4,)):
        for each in points:
            await purse.earn(folk.bob, each)
        assert await seals.seal() == len(points)


@pytest.mark.scenario("ledger-129")
async def test_every_movement_is_sealed_once_and_the_chain_is_computed_again_from_the_rows(folk: People) -> None:
    assert await seals.head() is None
    await blocks_of_bob(folk)
    assert await seals.seal() == 0
    counts = await sql.rows("SELECT count FROM seal ORDER BY seq")
    assert [row["count"] for row in counts] == [2, 1, 1]
    verdict = await seals.judge()
    assert (verdict.blocks, verdict.transfers, verdict.wrong) == (3, 4, 0)
    assert verdict.head
    assert verdict.head.seq == 3
    assert await seals.unsealed(verdict.head) == 0


async def test_a_full_block_leaves_the_rest_to_the_next(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "AT_ONCE", 2)
    for points in range(1, 6):
        await purse.earn(folk.bob, points)
    assert [await seals.seal() for _ in range(4)] == [2, 2, 1, 0]
    assert (await seals.judge()).transfers == 5


async def test_a_ledger_restored_on_another_server_is_sealed_on(folk: People) -> None:
    """Its rows and its horizon carry the transaction numbers of the old server, which had come further."""
    old = await purse.earn(folk.bob, 1)
    await sql.rows("INSERT INTO seal VALUES (1, $1, sha256('further'), 1, now(), 9000000000000)", seals.ZEROS)
    await sql.rows("INSERT INTO seal_line VALUES (1, 1, $1, sha256('old'))", old)
    await purse.earn(folk.bob, 2)
    assert await sql.value("SELECT count(*) FROM reconcile.transfer_is_sealed") == 1
    assert await seals.seal() == 1
    assert await sql.value("SELECT count(*) FROM reconcile.transfer_is_sealed") == 0


async def test_every_column_of_a_movement_is_under_the_seal(folk: People) -> None:
    await purse.earn(folk.bob, 1)
    row = await sql.value(f"SELECT {seals.SEALED_ROW} FROM transfer t")
    filled = await sql.value(
        "SELECT string_agg(key, ' ' ORDER BY key) FROM transfer t, jsonb_each(to_jsonb(t)) WHERE value <> 'null'"
    )
    assert sorted(sql_keys(row)) == sorted(set(str(filled).split()) - {"written_in"})
    empty = await sql.value(
        "SELECT count(*) FROM transfer t, jsonb_each(to_jsonb(t) - 'written_in') WHERE jsonb_typeof(value) = 'object'"
    )
    assert empty == 0, "a column that holds JSON may hold empty fields of its own, which the seal would not see"


def sql_keys(row: str) -> list[str]:
    return list(msgspec.json.decode(row, type=dict[str, object]))


@pytest.mark.scenario("ledger-129")
async def test_what_is_committed_late_is_in_a_later_block(committed: str) -> None:
    people = await given.people(NOW)
    late = await intents.promise("attendance:late:v1", people.carol.id, 100, earned_at=NOW, at=NOW)
    slow = await asyncpg.connect(committed)
    try:
        work = slow.transaction()
        await work.start()
        await slow.execute("SELECT ledger.run_intent($1)", late.id)
        await purse.earn(people.bob, 1, at=None)
        async with database.transaction():
            assert await seals.seal() == 1
        await purse.earn(people.bob, 2, at=None)
        async with database.transaction():
            assert await seals.seal() == 1
        await work.commit()
    finally:
        await slow.close()
    async with database.transaction():
        assert await seals.seal() == 1
    async with database.transaction():
        assert await seals.seal() == 0
    blocks = await sql.rows("SELECT seal_seq, transfer_id FROM seal_line ORDER BY seal_seq")
    assert [row["seal_seq"] for row in blocks] == [1, 2, 3]
    assert blocks[2]["transfer_id"] == late.id, "recorded first, committed last"
    async with database.transaction():
        verdict = await seals.verify()
    assert (verdict.transfers, verdict.wrong) == (3, 0)
    assert await sql.value("SELECT count(*) FROM transfer") == 3


TOUCHED = [
    ("UPDATE transfer SET amount = amount + 1 WHERE id = $line", 2, "movement_altered"),
    ("UPDATE transfer SET reason_code = 'because' WHERE id = $line", 2, "movement_altered"),
    ("DELETE FROM transfer WHERE id = $line", 2, "movement_missing"),
    ("DELETE FROM seal_line WHERE transfer_id = $line", 2, "line_missing"),
    ("UPDATE seal SET sealed_at = sealed_at + interval '1 day' WHERE seq = 2", 2, "block_altered"),
    ("UPDATE seal SET hash = sha256('x') WHERE seq = 1", 1, "block_altered"),
    ("UPDATE seal SET prev_hash = sha256('x') WHERE seq = 3", 3, "does_not_follow"),
    ("DELETE FROM seal WHERE seq = 2", 2, "block_missing"),
]


@pytest.mark.scenario("ledger-130")
@pytest.mark.scenario("ledger-131")
async def test_what_was_touched_with_the_triggers_off_is_named_by_its_first_block(
    committed: str, running: servers.Running
) -> None:
    people = await given.people(NOW)
    for points in (1, 2, 3):
        await purse.earn(people.bob, points, at=None)
        async with database.transaction():
            await seals.seal()
    line = await sql.value("SELECT transfer_id FROM seal_line WHERE seal_seq = 2")
    today = await seals.head()
    assert today is not None
    await conftest.use(conftest.at_database(running.admin_url, committed.partition("?")[0].rpartition("/")[2]))
    for statement, seq, why in TOUCHED:
        verdict = await touched(statement.replace("$line", f"'{line}'"))
        named = [str(line)] if "movement" in why else []
        assert (verdict.broken, verdict.blocks) == (Broken(seq, why, named), seq - 1), statement
    restored = ("DELETE FROM seal_line WHERE seal_seq = 3", "DELETE FROM seal WHERE seq = 3")
    verdict = await touched(*restored)
    assert (verdict.broken, verdict.tail_missing) == (None, False), "the chain by itself cannot tell"
    verdict = await touched(*restored, paper=Printed(today.seq, today.hash))
    assert verdict.tail_missing
    assert verdict.wrong
    assert (await touched(paper=Printed(today.seq, today.hash))).wrong == 0


async def touched(*statements: str, paper: Printed | None = None) -> Verdict:
    """The verdict after the owner of the server did this with the triggers off; then it is undone."""
    verdict = None
    with suppress(database.RollBack):
        async with database.transaction():
            await sql.rows("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await sql.rows(statement)
            verdict = await seals.judge(paper)
            raise database.RollBack
    assert verdict
    return verdict


@pytest.mark.scenario("ledger-128")
@pytest.mark.parametrize("table", ["seal", "seal_line"])
async def test_the_application_can_neither_change_nor_delete_a_seal(folk: People, table: str) -> None:
    for statement in (f"UPDATE {table} SET hash = hash", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with savepoint():
                await sql.rows(statement)


@pytest.mark.parametrize(
    "text", ["", "12", "x " + "a" * 64, "1 " + "g" * 64, "1 " + "a" * 63, "9" * 19 + " " + "a" * 64, "² " + "a" * 64]
)
def test_what_is_no_printed_head_is_told(text: str) -> None:
    with pytest.raises(Malformed):
        seals.printed(text)


def test_a_printed_head_is_read_however_it_is_grouped() -> None:
    assert seals.printed(" 12: ABCD " + "abcd " * 15) == Printed(12, "abcd" * 16)
