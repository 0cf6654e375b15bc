"""The embedded Valkey: on a private socket, with a password, keeping what it was told."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

from timebank.servers import processes
from timebank.servers.errors import ServersRefused
from timebank.servers.place import Place, own_folder
from timebank.servers.programs import programs_for
from timebank.servers.state import password, write_private

START_SECONDS = 30.0
STOP_SECONDS = 15.0

SETTINGS = """
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
dir "{data}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
loglevel notice
"""


class Valkey:
    """One server in `home/valkey`. `start` may be called again whenever it has ended."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = place.home / "valkey"
        self.socket = place.sockets / "valkey.sock"
        self.log = place.folder / "log" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://:{password(self.place.folder, 'valkey')}@{self.socket}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """End what a killed start left, start and wait until it answers; safe to repeat after any death."""
        own_folder(self.data, self.place.account)
        processes.end_leftovers("valkey-server", self.data, signal.SIGTERM, STOP_SECONDS)
        command = [programs_for(self.place).valkey, self._configure()]
        self.process = processes.spawn(command, self.log, death_signal=signal.SIGTERM, account=self.place.account)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if not self.is_running or time.monotonic() > until:
                self.stop()
                raise ServersRefused(f"The embedded Valkey did not start: {self._last_words()} Its log is {self.log}.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Write down what is in memory and end; safe to repeat."""
        if self.process is not None:
            processes.end(self.process, signal.SIGTERM, STOP_SECONDS)

    def _configure(self) -> Path:
        """Beside the data, not in it: root writes nothing into a folder that somebody else owns."""
        file = self.place.home / "valkey.conf"
        secret = password(self.place.folder, "valkey")
        write_private(file, SETTINGS.format(socket=self.socket, data=_quoted(self.data), password=secret), self.place.account)
        return file

    def _answers(self) -> bool:
        """Spoken by hand, so that whoever needs only servers loads no client."""
        secret = password(self.place.folder, "valkey")
        try:
            with socket.socket(socket.AF_UNIX) as line, line.makefile("rwb") as talk:
                line.settimeout(1)
                line.connect(str(self.socket))
                talk.write(f"AUTH {secret}\r\nPING\r\n".encode())
                talk.flush()
                return [talk.readline(), talk.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False

    def _last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        return lines[-1].strip() if lines else ""


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
