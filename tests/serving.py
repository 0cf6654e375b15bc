"""The service as a process of its own, on a port of its own, that a test can stop, kill and start again."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import psutil

from tests.conftest import SECRET
from tests.nursery import Birth

ROOT = Path(__file__).parent.parent
PATIENCE = 60
DEAD_REDIS = "redis://127.0.0.1:1/0"
"""Nobody listens there."""


@dataclass
class Site:
    """`url` stays the same over restarts."""

    database_url: str
    folder: Path
    redis_url: str = DEAD_REDIS
    port: int = 0
    first: str = ""
    """`module:function` that is called in the server before it serves."""
    process: psutil.Process | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    async def start(self) -> None:
        """Serves, and comes back when it is ready."""
        self.port = self.port or free_port()
        self.process = await asyncio.to_thread(born, Birth(self.environment(), str(self.log), self.first))
        async with httpx.AsyncClient() as client:
            for _ in range(PATIENCE * 50):
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health/ready")).is_success:
                        return
                await asyncio.sleep(0.02)
        raise RuntimeError(self.log.read_text()[-3000:])

    def environment(self) -> dict[str, str]:
        return {
            "TIMEBANK_MODE": "test",
            "TIMEBANK_DATABASE_URL": self.database_url,
            "TIMEBANK_REDIS_URL": self.redis_url,
            "TIMEBANK_SECRET": SECRET,
            "TIMEBANK_DATA": str(self.folder),
            "TIMEBANK_PORT": str(self.port),
        }

    async def kill(self) -> None:
        """At once, with whatever it was doing."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(how)
            await asyncio.to_thread(process.wait)


def born(birth: Birth) -> psutil.Process:
    """A new server, which is not ready yet."""
    mother = nursery()
    assert mother.stdin is not None
    assert mother.stdout is not None
    mother.stdin.write(msgspec.json.encode(birth) + b"\n")
    with contextlib.suppress(BrokenPipeError):
        mother.stdin.flush()
    process_id = mother.stdout.readline()
    assert process_id, "the application could not be made: what tests.nursery wrote says why"
    return psutil.Process(int(process_id))


@functools.cache
def nursery() -> subprocess.Popen[bytes]:
    """Where this test run's servers come from. It ends with this process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")}
    command = [sys.executable, "-m", "tests.nursery"]
    mother = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(mother.communicate)
    return mother


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
