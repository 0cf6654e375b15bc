"""A log that cannot be written costs no answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fault
FULL = Path("/dev/full")
SAY = """
import sys, structlog
from timebank import logs
from timebank.settings import Settings
logs.configure(Settings(mode=sys.argv[1]))
for _ in range(3):
    structlog.get_logger().info("a line", of="x" * 10_000)
print("answered")
"""


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("mode", ["test", "demo"])
def test_a_full_disk_takes_a_line_of_the_log_and_not_the_answer(mode: str) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", SAY, mode], stdout=subprocess.PIPE, stderr=full, cwd=Path(__file__).parents[2], check=False
        )
    assert done.stdout == b"answered\n"
