"""The floor under the service: pgbench doing the fewest statements the job could do, durably, on the same PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile

from timebank.servers import installed


def pgbench(url: str, script: str, clients: int, transactions: int) -> float:
    """Transactions a second. `transactions` are shared between the clients; statements are prepared."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(installed().postgres / "pgbench"),
            *("--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(clients, os.cpu_count() or 1)}"),
            *(f"--transactions={max(1, transactions // clients)}", f"--file={file.name}", url),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return float(found[1])


def run(url: str, statement: str) -> None:
    """One statement, done before this returns. For what has to be so before a run."""
    command = [str(installed().postgres / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", f"--command={statement}", url]
    subprocess.run(command, check=True, capture_output=True)
