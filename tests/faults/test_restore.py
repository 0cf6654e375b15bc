"""Restored to a moment: what was recorded before is there, what came after is gone, and journals sent again make it whole."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from schedules import sql
from tests import conftest, given
from tests.conftest import NOW
from tests.faults import journals, replicas
from tests.ground.conftest import NO_SETTINGS, ROOT, until
from tests.rewards import shop as shops
from tests.rewards.shop import sound
from timebank import backups, migrate, servers
from timebank.errors import CannotRun
from timebank.settings import Settings

pytestmark = [pytest.mark.fault, pytest.mark.slow]

AT_KIOSK = "the-key-of-a-visit"
NOTES = "SELECT string_agg(n::text, ' ' ORDER BY n) FROM note"
LATE = (NOW + timedelta(hours=3)).isoformat()


def seeded() -> random.Random:
    seed = int(os.environ.get("SEED") or random.randrange(2**32))
    print(f"again: SEED={seed} pytest tests/faults/test_restore.py")
    return random.Random(seed)


async def test_a_database_restored_to_a_moment_and_all_journals_sent_again_make_the_same_books(
    shared: str, folder: Path, client: httpx.AsyncClient
) -> None:
    dice = seeded()
    archive = str(folder.parent / "archive")
    with servers.running(folder, archive) as running:
        migrate.run(running.owner_url)
        await conftest.use(running.database_url)
        await client.put("/test/clock", json={"now": LATE})
        day = await journals.morning(await given.people(NOW), comers=6)
        backup = servers.back_up(folder, folder.parent, datetime.now(UTC))
        keys = list(day.buyers)
        assert await day.upload(client, day.scans[:6], LATE) == {"ok"}
        assert not (await day.buy(client, keys[0]))["replayed"]
        before = await journals.books()
        moment = await sql.value("SELECT clock_timestamp()")
        assert await day.upload(client, day.scans[5:], LATE) == {"ok"}
        assert not any([(await day.buy(client, key))["replayed"] for key in keys[1:]])
        card = await shops.card_of(day.buyers[keys[0]], NOW)
        visit = await shops.visit(client, day.shop.k1, card)
        assert (await shops.redeem(client, day.shop.k1, visit, day.shop.rice, AT_KIOSK)).status_code == 201
        after = await journals.books()
        await conftest.close()
    done = servers.restore(folder, backup, archive, moment)
    assert done.reached_at is not None
    assert done.reached_at <= moment
    with servers.running(folder, archive) as running:
        await conftest.use(running.database_url)
        assert await journals.books() == before
        await sound()
        await day.replay(client, LATE, dice)
        # A kiosk that has not heard yet asks by key, and gives up what nobody knows: the visit went with the rest.
        by_key = f"/api/v1/redemptions/by-key/{AT_KIOSK}"
        assert (await client.get(by_key, headers=day.shop.k1.bearer)).json()["state"] == "unknown"
        assert (await shops.redeem(client, day.shop.k1, visit, day.shop.rice, AT_KIOSK)).json()["code"] == "visit_over"
        assert (await client.post(f"{by_key}/abandon", headers=day.shop.k1.bearer)).json()["state"] == "refused"
        again = await journals.books()
        await sound()
        # Sent once more by somebody who is not sure: nothing is there twice.
        await day.replay(client, LATE, dice)
        assert await journals.books() == again
        await conftest.close()
    gone = {"sold": after["sold"] - 1, "stock": after["stock"] + 1, "wallets": again["wallets"]}
    assert again == after | gone
    assert again["wallets"] != after["wallets"]


def command(*arguments: str, **settings: str) -> tuple[int, str]:
    """Exit code, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "timebank.cli", *arguments],
        env=NO_SETTINGS | settings,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.long
def test_a_backup_and_the_way_back_as_an_operator_types_them(folder: Path) -> None:
    """A name that is not easy, two courses of events, and what cannot be done is said and changes nothing."""
    archive = str(folder.parent / "where it's kept, 100%")
    kept = {"TIMEBANK_MODE": "test", "TIMEBANK_DATA": str(folder), "TIMEBANK_ARCHIVE": archive}
    assert command("backup", **kept) == (1, f"No `timebank up` with a PostgreSQL of its own runs on {folder}.\n")
    with servers.running(folder, archive) as running:
        ask(running.owner_url, "CREATE TABLE note (n int)")
        code, said = command("backup", **kept)
        assert (code, "keep it as safe as the data" in said) == (0, True), said
        backup = said.split(" holds")[0]
        moments = []
        for n in (1, 2, 3):
            ask(running.owner_url, f"INSERT INTO note VALUES ({n})")
            moments.append(ask(running.owner_url, "SELECT clock_timestamp()"))
        code, said = command("restore", backup, **kept)
        assert (code, "Another timebank" in said) == (1, True), said
    for typed, found in (
        ([], "1 2 3"),
        (["--until", moments[0].isoformat()], "1"),
        (["--until", moments[1].isoformat(), "--timeline", "1"], "1 2"),
    ):
        code, said = command("restore", backup, *typed, **kept)
        assert (code, "Before anybody is let in" in said) == (0, True), said
        with servers.running(folder, archive) as running:
            assert ask(running.owner_url, NOTES) == found, typed
    code, said = command("restore", backup, "--until", "2099-01-01T00:00:00+08:00", **kept)
    assert (code, "The archive ends before that moment" in said) == (1, True), said
    with servers.running(folder, archive) as running:
        assert ask(running.owner_url, NOTES) == "1 2", "what failed has changed nothing"
        assert "✓ what is written is kept in the archive too" in command("doctor", **kept)[1]
        shutil.rmtree(Path(archive) / "wal")
        ask(running.owner_url, "INSERT INTO note VALUES (4)")
        ask(running.admin_url, "SELECT pg_switch_wal()")
        until(
            "the archive takes nothing", 30, lambda: bool(ask(running.admin_url, "SELECT failed_count FROM pg_stat_archiver"))
        )
        assert "✗ the archive has taken nothing since" in command("doctor", **kept)[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")
def test_an_archive_that_the_servers_cannot_enter_is_refused(folder: Path) -> None:
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(servers.ServersRefused, match="who cannot enter"):
        servers.start(folder, archive=str(closed / "archive"))


def test_what_cannot_be_restored_is_said_before_anything_is_touched(folder: Path) -> None:
    here = Settings(mode="test", data=folder)
    backup = folder.parent / "backup"
    typed = str(backup)
    assert "has tools of its own" in refused(backups.back_up, replace(here, database_url="postgresql://there"), "somewhere")
    assert "Where to?" in refused(backups.back_up, here, "")
    assert "--until takes a moment" in refused(backups.restore, here, typed, "2026-11-22T10:00:00", "latest")
    assert "A timeline is a number" in refused(backups.restore, here, typed, "", "'; DROP")
    assert "is no backup, it lacks base.tar.gz" in refused(backups.restore, here, typed, "", "latest")
    backup.mkdir()
    for name in ("base.tar.gz", "pg_wal.tar.gz"):
        (backup / name).touch()
    (backup / "secret").write_text("of another installation")
    assert "needs the archive" in refused(backups.restore, here, typed, "2026-11-22T10:00:00+08:00", "latest")
    folder.mkdir()
    (folder / "secret").write_text("of this one")
    assert "has another secret than the backup" in refused(backups.restore, here, typed, "", "latest")
    assert not (folder / "postgres").exists()


@pytest.mark.parametrize("spoilt", ["cut", "nonsense", "letters"])
def test_a_damaged_backup_is_told_in_a_sentence_and_leaves_nothing_behind(folder: Path, spoilt: str) -> None:
    backup = folder.parent / "backup"
    backup.mkdir()
    with tarfile.open(backup / "pg_wal.tar.gz", "w:gz"):
        pass
    with tarfile.open(backup / "base.tar.gz", "w:gz") as packed:
        packed.add(__file__, "base")
    if spoilt == "cut":
        (backup / "base.tar.gz").write_bytes((backup / "base.tar.gz").read_bytes()[:400])
    elif spoilt == "nonsense":
        (backup / "base.tar.gz").write_bytes(b"\x1f\x8bnonsense")
    (backup / "secret").write_bytes("密码".encode() if spoilt == "letters" else b"s" * 32)
    said = refused(backups.restore, Settings(mode="test", data=folder), str(backup), "", "latest")
    assert "is damaged, nothing was restored from it" in said
    assert not (folder / "secret").exists(), "the next backup would be refused as another installation's"
    assert not (folder / "postgres").exists()


def refused(do: Callable[..., int], *asked: object) -> str:
    with pytest.raises(CannotRun) as why:
        do(*asked)
    return str(why.value)


def ask(url: str, question: str) -> Any:
    return asyncio.run(replicas.ask(url, question))
