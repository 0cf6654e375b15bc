"""Under load workers and sweeper of the first release work on today's tables, and are replaced by today's one by one.

The API of the first release does not: its functions at the door have other parameters today. It is stopped for the upgrade.

python -m tests.faults.upgrade --seed 7 --seconds 20
"""

from __future__ import annotations

import asyncio
import io
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults import clients, command, town, verdict
from tests.faults.command import NotHere
from tests.faults.house import SECRET, House, built, tell

ROOT = Path(__file__).parents[2]
RELEASE = "5161eb85991c4c34ab9d4861dc2d80f6211712f4"
"""The last commit whose tables are those of the first migration alone."""


def code_of(release: str, folder: Path) -> None:
    """Puts the code as it was into the folder. Raises NotHere where the history of this clone does not go back so far."""
    packed = subprocess.run(["/usr/bin/env", "git", "archive", release], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        raise NotHere(f"the first release is not in the history of this clone: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")


def run(seed: int, seconds: float, rate: float) -> list[str]:
    """What was wrong, in sentences; nothing, where all held. Raises NotHere."""
    with tempfile.TemporaryDirectory(prefix="tb-before-") as before:
        code_of(RELEASE, Path(before))
        with built() as house:
            return _run(house, Path(before), random.Random(seed), seed, seconds, rate)


def _run(house: House, before: Path, dice: random.Random, seed: int, seconds: float, rate: float) -> list[str]:
    where = asyncio.run(town.settle(house.running.database_url, SECRET, int(seconds * rate)))
    today = house.parts["sweeper"].environment
    others = [name for name in house.parts if name != "api"]
    for name in others:
        house.parts[name].environment = {**today, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(before)}
    house.open()
    crowd = [clients.start(house, where, seconds, seed, share) for share in range(clients.NUMBER)]
    names = dice.sample(others, len(others))
    for name in names:
        _wait(house, dice.uniform(0.1, 0.2) * seconds)
        house.parts[name].environment = today
        house.parts[name].ask_to_stop()  # and `tend` starts it again, as it is today
    while any(one.poll() is None for one in crowd):
        _wait(house, 0.05)
    told = clients.heard(house)
    waited = asyncio.run(verdict.drained(house))
    wrong = asyncio.run(verdict.wrong_in(house, where, told))
    answers = sum((Counter(one.answers) for one in told), Counter[str]())
    tell(f"replaced: {', '.join(names)}; answers: {dict(answers)}")
    if answers["500"]:
        wrong.append(f"{answers['500']} answers of 500: {dict(house.failures())}")
    if waited > verdict.DRAINED:
        wrong.append(f"it took {waited:.1f} s until everything was kept")
    if wrong:
        tell(house.logs())
    return wrong


def _wait(house: House, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        house.tend()
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(command.main("upgrade", __doc__, run, seconds=20))
