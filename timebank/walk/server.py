"""A server of the walk's own, in test mode on a folder that is gone afterwards: where the named one lets no clock be set."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from timebank.errors import CannotRun

READY_SECONDS = 90.0


class NoServer(CannotRun):
    """The server of the walk did not come up."""


@contextlib.contextmanager
def own(mode: str = "test") -> Iterator[str]:
    """Its address: embedded servers, the small demo, the API, the worker and the sweeper, as `timebank up` runs them."""
    folder = Path(tempfile.mkdtemp(prefix="timebank-walk-"))
    folder.chmod(0o711)
    port = _free_port()
    settings = {"TIMEBANK_MODE": mode, "TIMEBANK_DATA": str(folder / "data"), "TIMEBANK_PORT": str(port)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")}
    command, environment = [sys.executable, "-m", "timebank.cli"], kept | settings
    try:
        subprocess.run([*command, "demo"], env=environment, check=True, stdout=subprocess.DEVNULL)
        running = subprocess.Popen([*command, "up"], env=environment, stdout=subprocess.DEVNULL)
        try:
            yield _ready(f"http://127.0.0.1:{port}", running)
        finally:
            running.terminate()
            running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _ready(url: str, running: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and running.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200:
                return url
        time.sleep(0.1)
    raise NoServer("The server for the walk did not come up; its words are above.")
