"""Folders that any user may pass through, free ports, and `timebank up` in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent.parent
NO_SETTINGS = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")}


def until(what: str, seconds: float, happened: Callable[[], bool]) -> None:
    """Wait for something; fail in its name."""
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process that has to do with this data folder, by what it was started with; not this one."""
    return [
        one for one in psutil.process_iter() if one.pid != os.getpid() and any(str(folder) in text for text in words_of(one))
    ]


def words_of(process: psutil.Process) -> list[str]:
    """Its command, its data folder and where it works; nothing once it has ended."""
    with contextlib.suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return [*process.cmdline(), process.environ().get("TIMEBANK_DATA", ""), process.cwd()]
    return []


class Up:
    """A running `timebank up` in test mode."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        self.folder, self.port = folder, port
        self.output = (folder.parent / f"{folder.name}.out").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "timebank.cli", "up"],
            env=NO_SETTINGS | settings_for(folder, port) | settings,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )

    @property
    def said(self) -> str:
        return Path(self.output.name).read_text("utf-8")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_until_ready(self) -> None:
        until(f"ready; it said:\n{self.said}", 60, lambda: self.process.poll() is not None or "is ready" in self.said)
        assert self.process.poll() is None, self.said

    def named(self, word: str) -> list[psutil.Process]:
        """The processes of this folder that are called so or were given this word."""
        return [one for one in processes_of(self.folder) if word in {Path(text).name for text in words_of(one)[:-2]}]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
        self.process.kill()
        self.process.wait()
        self.output.close()


def settings_for(folder: Path, port: int) -> dict[str, str]:
    return {"TIMEBANK_MODE": "test", "TIMEBANK_DATA": str(folder), "TIMEBANK_PORT": str(port)}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder with a short name that every user may pass through, so that it is used also when root runs the tests."""
    outer = Path(tempfile.mkdtemp(prefix="tb-"))
    outer.chmod(0o711)
    yield outer / "data"
    for process in processes_of(outer):
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    until("its processes are gone", 10, lambda: not processes_of(outer))
    shutil.rmtree(outer)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def up(folder: Path, port: int) -> Iterator[Up]:
    """A service that has just become ready."""
    started = Up(folder, port)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.end()
