"""Processes that are started again whenever they end: arq's worker ends when Redis restarts, and anything may be killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from timebank.servers import processes

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
STEADY_SECONDS = 20.0
"""Who ran this long is started again at once when it ends."""
STOP_SECONDS = 20.0
"""The worker may finish the jobs in its hands, 15 s at most."""


class Startable(Protocol):
    """A server or a child; `start` may be called again after any death."""

    @property
    def is_running(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class Child:
    """One `timebank` command in a process of its own. Killed with its parent: every state it leaves behind is a legal one."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, keep: Sequence[int] = ()) -> None:
        self.command = [sys.executable, "-m", "timebank.cli", *arguments]
        self.environment = environment
        self.log = log
        self.keep = keep
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.process = processes.spawn(
            self.command,
            self.log,
            death_signal=signal.SIGKILL,
            environment=self.environment,
            keep=self.keep,
            folder=Path.cwd(),
        )

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running:
            self.process.terminate()

    def stop(self) -> None:
        if self.process is not None:
            processes.end(self.process, signal.SIGTERM, STOP_SECONDS)


class Watch:
    """Keeps one startable running, waiting longer after each early death. Times are seconds of the monotonic clock."""

    def __init__(self, name: str, kept: Startable, tell: Callable[[str], None]) -> None:
        self.name = name
        self.kept = kept
        self.tell = tell
        self.deaths = 0
        self._wait = FIRST_WAIT
        self._started_at = 0.0
        self._due_at: float | None = None

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._due_at = None
        self.kept.start()

    def tend(self) -> None:
        """Look once; start again what ended, when its wait is over. A start that fails counts as an early death."""
        now = time.monotonic()
        if self.kept.is_running:
            return
        if self._due_at is None:
            self._plan(now)
        elif now >= self._due_at:
            try:
                self.start()
            except Exception as error:  # whatever it was, the others go on and it is tried again
                self.tell(f"{self.name} could not be started: {error}")

    def _plan(self, now: float) -> None:
        self.deaths += 1
        steady = now - self._started_at > STEADY_SECONDS
        self._wait = FIRST_WAIT if steady or self.deaths == 1 else min(self._wait * 2, LONGEST_WAIT)
        self._due_at = now + self._wait
        self.tell(f"{self.name} ended; starting it again in {self._wait:g} s.")
