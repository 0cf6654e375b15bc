"""Child processes that do not outlive us: started in a session of their own, ended politely, then firmly."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil

LAUNCH = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10_000_000
"""Bytes after which a log is set aside as `.old` when its process is started."""


class Account(NamedTuple):
    """A user of this machine that a server runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[object],
    log: Path,
    *,
    death_signal: signal.Signals,
    account: Account | None = None,
    folder: Path = Path("/"),
    environment: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program whose output is appended to `log`; `keep` lists open file numbers that it inherits.

    When this process dies in any way the kernel sends the child `death_signal` (Linux). The kernel watches the thread that
    called: start children from the main thread only. A session of its own keeps the terminal's Ctrl-C from the child.
    """
    uid, gid = account or (-1, -1)
    launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(death_signal)), str(uid), str(gid)]
    with open_log(log) as output:
        return subprocess.Popen(
            [*launch, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            pass_fds=tuple(keep),
            start_new_session=True,
        )


def open_log(log: Path) -> BinaryIO:
    """Open for appending; a log past the limit is kept once as `.old`."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".old"))
    return log.open("ab")


def end(process: subprocess.Popen[bytes], polite: signal.Signals, seconds: float) -> None:
    """Ask, wait, then kill; safe to repeat on a process that has ended."""
    if process.poll() is not None:
        return
    process.send_signal(polite)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_leftovers(program: str, data: Path, polite: signal.Signals, seconds: float) -> None:
    """End every `program` that works in the folder `data`: what a killed `timebank up` left behind, and its orphans.

    PostgreSQL must not be started beside them. Both servers make their data folder the current one, which is how they are
    told from other people's.
    """
    left = _working_in(program, data)
    ours = {process.pid for process in left}
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):  # one ends while another is asked
            if process.ppid() not in ours:
                process.send_signal(polite)
    _, stubborn = psutil.wait_procs(left, timeout=seconds)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=seconds)


def _working_in(program: str, data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == program and process.cwd() == str(data.resolve()):
                found.append(process)
        except psutil.Error:
            continue
    return found
