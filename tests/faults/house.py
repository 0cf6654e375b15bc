"""The whole house on servers of its own, every part in a process of its own, each ready to be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import msgspec
import redis

from timebank import migrate, servers
from timebank.children import Child, Startable

SECRET = "a secret of the crash tests and of nobody else"
WAIT = 60.0


class House:
    """`parts` are API, workers and sweeper. Nobody but the main thread may start anything (servers.processes)."""

    def __init__(self, running: servers.Running, folder: Path, workers: int = 2) -> None:
        assert running.postgres is not None
        assert running.valkey is not None
        self.running, self.postgres, self.valkey = running, running.postgres, running.valkey
        self.owner_url = running.owner_url
        self.servers: list[Startable] = [self.postgres, self.valkey]
        """Those that are started again whenever they have ended."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")} | {
            "TIMEBANK_MODE": "test",
            "TIMEBANK_DATABASE_URL": running.database_url,
            "TIMEBANK_REDIS_URL": running.redis_url,
            "TIMEBANK_SECRET": SECRET,
            "TIMEBANK_DATA": str(folder),
            "TIMEBANK_PORT": str(self.port),
        }
        self.folder = folder
        commands = {"api": "serve", "sweeper": "sweep"} | {f"worker {n + 1}": "work" for n in range(workers)}
        self.parts = {name: Child([command], self.environment, folder / f"{name}.log") for name, command in commands.items()}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        for part in self.parts.values():
            part.start()
        self.wait_until_ready()

    def tend(self) -> None:
        """Starts again whatever has ended, as the supervisor does, but without its pauses."""
        for part in (*self.servers, *self.parts.values()):
            if not part.is_running:
                part.start()

    def close(self) -> None:
        for part in self.parts.values():
            part.stop()

    def kill(self, name: str) -> None:
        """SIGKILL, as the kernel or an operator in a hurry would."""
        process = self.parts[name].process
        assert process is not None
        process.kill()
        process.wait()

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def wait_until_ready(self) -> None:
        until = time.monotonic() + WAIT
        while not self.is_ready():
            assert time.monotonic() < until, self.logs()
            self.tend()
            time.sleep(0.1)

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.running.redis_url, socket_timeout=2)

    async def database(self) -> asyncpg.Connection:
        """As the owner."""
        return await asyncpg.connect(self.owner_url)

    def restart_postgres_at_once(self) -> None:
        """An immediate shutdown: every session cut, no checkpoint; the next start recovers."""
        assert self.postgres.process is not None
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait()
        self.postgres.start()

    def kill_valkey(self) -> None:
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        self.valkey.start()

    def failures(self) -> Counter[str]:
        """What the API could not explain to its callers: the last line of each exception in its log."""
        lines = (self.folder / "api.log").read_text("utf-8", "replace").splitlines()
        told = [line for line in lines if line.startswith("{") and '"exception"' in line]
        return Counter(str(msgspec.json.decode(line)["exception"]).strip().splitlines()[-1] for line in told)

    def logs(self) -> str:
        """The last words of every part."""
        tails = [f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-1500:]}" for log in sorted(self.folder.glob("*.log"))]
        return "\n".join(tails)


@contextlib.contextmanager
def built(workers: int = 2, below: Path | None = None) -> Iterator[House]:
    """Migrated, with no part started yet; servers and logs `below` a folder, or with those that are thrown away."""
    with servers.temporary(below) as running, tempfile.TemporaryDirectory(prefix="timebank-house-", dir=below) as folder:
        migrate.run(running.owner_url)
        house = House(running, Path(folder), workers)
        try:
            yield house
        finally:
            house.close()


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
