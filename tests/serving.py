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
PATIENCE = 30
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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serves, and comes back when it is ready."""
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
        self.process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "timebank.cli", "serve"], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
        log.close()
        async with httpx.AsyncClient() as client:
            for _ in range(PATIENCE * 10):
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health/ready")).is_success:
                        return
                await asyncio.sleep(0.1)
        raise RuntimeError((self.folder / "service.log").read_text()[-3000:])

    async def kill(self) -> None:
        """At once, with whatever it was doing."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            await asyncio.to_thread(process.wait)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
