"""Everything that can be killed is killed, at random and under load. The long form: `make chaos`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.fault, pytest.mark.slow]

SECONDS = 300 if os.environ.get("CHAOS") == "long" else 14


@pytest.mark.scenario("ledger-79")
def test_acknowledged_is_credited_whatever_dies() -> None:
    """In a process of its own: the house is started from a main thread, and its pool is nobody else's.

    guards P1, P2, A3, A7, A8
    """
    seed = os.environ.get("SEED") or str(random.randrange(1_000_000))
    command = [sys.executable, "-m", "tests.faults.chaos", "--seed", seed, "--seconds", str(SECONDS)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=SECONDS * 10 + 240, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
