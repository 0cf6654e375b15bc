"""Under load the disk fills up, and has room again: nobody is told a wrong thing, and what was acknowledged is there.

python -m tests.faults.disk --seed 7 --seconds 15          the disk of everything: PostgreSQL stops, logs cannot be written
python -m tests.faults.disk --seed 7 --seconds 15 --tables the disk of the tables alone: what reads goes on
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx

from tests.faults import clients, command, town, verdict
from tests.faults.command import NotHere
from tests.faults.house import SECRET, House, built, tell
from tests.faults.town import Town

SIZE_MB = 600
FULL = 6.0
"""Seconds without room."""


@contextlib.contextmanager
def small_disk() -> Iterator[Path]:
    """A disk of its own in memory. Raises NotHere: nobody but root makes one."""
    if os.geteuid() != 0 or not Path("/bin/mount").exists():
        raise NotHere("only root can mount a small disk to fill")
    folder = Path(tempfile.mkdtemp(prefix="tb-disk-"))
    made = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0711", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        folder.rmdir()
        raise NotHere(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", folder], check=True)
        folder.rmdir()


def fill(disk: Path) -> Path:
    """Not a byte is left; what has to be removed for there to be some."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return ballast


def run(seed: int, seconds: float, rate: float, *, tables: bool) -> list[str]:
    """What was wrong, in sentences; nothing, where all held. Raises NotHere."""
    with small_disk() as disk, built(below=disk) as house, contextlib.ExitStack() as elsewhere:
        if tables:
            elsewhere.enter_context(_wal_elsewhere(house))
        return _run(house, disk, random.Random(seed), seed, seconds, rate, tables)


@contextlib.contextmanager
def _wal_elsewhere(house: House) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="tb-wal-") as folder:
        Path(folder).chmod(0o711)
        house.postgres.stop()
        old, new = house.postgres.data / "pg_wal", Path(folder) / "pg_wal"
        shutil.move(old, new)
        if account := house.postgres.place.account:
            for path in (new, *new.rglob("*")):
                os.chown(path, *account)
        old.symlink_to(new)
        house.postgres.start()
        yield
        house.close()
        house.postgres.stop()


def _run(house: House, disk: Path, dice: random.Random, seed: int, seconds: float, rate: float, tables: bool) -> list[str]:
    where = asyncio.run(town.settle(house.running.database_url, SECRET, int(seconds * rate)))
    house.open()
    crowd = [clients.start(house, where, seconds, seed, share) for share in range(clients.NUMBER)]
    time.sleep(dice.uniform(0.2, 0.4) * seconds)
    ballast = fill(disk)
    asked = _while_full(house, where, tables)
    ballast.unlink()
    freed = time.monotonic()
    while not house.is_ready():
        _tend(house)
        time.sleep(0.05)
    tell(f"asked to read while it was full: {dict(asked)}; ready {time.monotonic() - freed:.1f} s after there was room")
    while any(one.poll() is None for one in crowd):
        _tend(house)
        time.sleep(0.05)
    told = clients.heard(house)
    waited = asyncio.run(verdict.drained(house))
    wrong = asyncio.run(verdict.wrong_in(house, where, told))
    answers = sum((Counter(one.answers) for one in told), Counter[str]())
    tell(f"answers: {dict(answers)}; exceptions in the API's log: {dict(house.failures())}")
    wrong += [f"{answers[code]} answers of {code}" for code in ("500",) if answers[code]]
    if tables and set(asked) != {"200"}:
        wrong.append(f"reading did not go on: {dict(asked)}")
    if not answers["503"]:
        wrong.append("nobody was told that the service is busy: the run shows nothing")
    if waited > verdict.DRAINED:
        wrong.append(f"it took {waited:.1f} s until everything was kept")
    if wrong:
        tell(house.logs())
    return wrong


def _while_full(house: House, where: Town, tables: bool) -> Counter[str]:
    """What a member who looks at their messages was answered."""
    asked: Counter[str] = Counter()
    until = time.monotonic() + FULL
    while time.monotonic() < until:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            asyncio.run(_switch(house, tables))
        try:
            token = where.stays[0].token
            answer = httpx.get(f"{house.url}/api/v1/me/messages", headers={"authorization": f"Bearer {token}"}, timeout=5)
            asked[str(answer.status_code)] += 1
        except httpx.TransportError as error:
            asked[type(error).__name__] += 1
        _tend(house)
        time.sleep(0.2)
    return asked


async def _switch(house: House, tables: bool) -> None:
    """A piece of the log is full sooner or later: now."""
    if not tables:
        admin = await asyncpg.connect(house.running.admin_url, timeout=2)
        await admin.execute("SELECT pg_switch_wal()")
        await admin.close()


def _tend(house: House) -> None:
    """As the supervisor: a start that fails is tried again."""
    with contextlib.suppress(Exception):
        house.tend()


if __name__ == "__main__":
    sys.exit(command.main("disk", __doc__, run, seconds=15, switches=("tables",)))
