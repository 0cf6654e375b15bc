"""Everything that can be killed is killed, at random and under load. The long form: `make chaos`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.command import NOT_HERE

pytestmark = [pytest.mark.fault, pytest.mark.slow]

IS_LONG = os.environ.get("CHAOS") == "long"
SECONDS = int(os.environ.get("CHAOS_SECONDS") or (300 if IS_LONG else 14))


def run(program: str, seconds: int, *more: str) -> None:
    """In a process of its own: the house is started from a main thread, and its pool is nobody else's."""
    seed = os.environ.get("SEED") or str(random.randrange(1_000_000))
    command = [sys.executable, "-m", f"tests.faults.{program}", "--seed", seed, "--seconds", str(seconds), *more]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=seconds * 10 + 240, check=False
    )
    print(done.stdout, done.stderr)
    if done.returncode == NOT_HERE:
        pytest.skip(done.stdout.splitlines()[-1])
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.scenario("ledger-79")
def test_acknowledged_is_credited_whatever_dies() -> None:
    """guards P1, P2, A3, A7, A8"""
    run("chaos", SECONDS)


@pytest.mark.long
def test_a_synchronous_second_postgresql_has_all_that_was_acknowledged() -> None:
    run("failover", 30)


@pytest.mark.long
def test_what_an_asynchronous_second_postgresql_has_lost_comes_with_the_journals() -> None:
    run("failover", 30, "--asynchronous")


@pytest.mark.long
@pytest.mark.parametrize("which", [(), ("--tables",)], ids=["everything", "tables"])
def test_a_disk_that_fills_up_is_told_and_costs_nothing_that_was_acknowledged(which: tuple[str, ...]) -> None:
    """On the disk of everything the logs cannot be written either."""
    run("disk", 20, *which)


@pytest.mark.long
def test_workers_and_sweeper_of_the_first_release_work_on_todays_tables_until_they_are_replaced() -> None:
    run("upgrade", 20)
