"""The service as a process of its own, on a port of its own, that a test can stop, kill and start again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.conftest import SECRET

ROOT = Path(__file__).parent.parent
PATIENCE = 60
READY = """
import sys, timebank.app, timebank.cli
made = timebank.app.create_app()
timebank.app.create_app = lambda: made
sys.exit(timebank.cli.main(["serve"]) if sys.stdin.readline() else 0)
"""
"""The application is made, which is most of a start; it serves when it is told to."""
DEAD_REDIS = "redis://127.0.0.1:1/0"
"""Nobody listens there."""


@dataclass
class Site:
    """`url` stays the same over restarts."""

    database_url: str
    folder: Path
    redis_url: str = DEAD_REDIS
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    spare: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serves, and comes back when it is ready."""
        if self.spare is None:
            self.stand_by()
        self.process, self.spare = self.spare, None
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(b"serve\n")
        self.process.stdin.close()
        async with httpx.AsyncClient() as client:
            for _ in range(PATIENCE * 10):
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health/ready")).is_success:
                        return
                await asyncio.sleep(0.1)
        raise RuntimeError((self.folder / "service.log").read_text()[-3000:])

    def stand_by(self) -> None:
        """The next process gets ready beside the one that serves: a start after a kill then takes a moment."""
        self.port = self.port or free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")} | {
            "TIMEBANK_MODE": "test",
            "TIMEBANK_DATABASE_URL": self.database_url,
            "TIMEBANK_REDIS_URL": self.redis_url,
            "TIMEBANK_SECRET": SECRET,
            "TIMEBANK_DATA": str(self.folder),
            "TIMEBANK_PORT": str(self.port),
        }
        log = (self.folder / "service.log").open("ab")
        self.spare = subprocess.Popen(
            [sys.executable, "-c", READY], env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        log.close()

    async def kill(self) -> None:
        """At once, with whatever it was doing."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)
        if self.spare is not None:
            self.process, self.spare = self.spare, None
            await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            await asyncio.to_thread(process.wait)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
