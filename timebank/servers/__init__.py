"""The embedded PostgreSQL and Valkey: nothing has to be installed beforehand, on a laptop or in a test.

with servers.running(Path("data")) as running:
    running.owner_url, running.database_url, running.redis_url
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from timebank.servers import state
from timebank.servers.backups import Restored as Restored
from timebank.servers.backups import back_up as back_up
from timebank.servers.backups import restore as restore
from timebank.servers.errors import FolderInUse as FolderInUse
from timebank.servers.errors import ServersRefused as ServersRefused
from timebank.servers.place import Place, disk_full, open_place
from timebank.servers.postgres import APPLICATION, OWNER, Postgres
from timebank.servers.programs import Programs as Programs
from timebank.servers.programs import installed as installed
from timebank.servers.state import Addresses as Addresses
from timebank.servers.state import read_addresses as read_addresses
from timebank.servers.state import secret as secret
from timebank.servers.valkey import Valkey


class Running:
    """The servers of one data folder, held until `stop`. A server that was not asked for is None and its URL empty."""

    def __init__(self, place: Place, held: BinaryIO, postgres: Postgres | None, valkey: Valkey | None) -> None:
        self.place = place
        self.postgres = postgres
        self.valkey = valkey
        self._held = held
        self.addresses = Addresses(
            admin_url=postgres.url("postgres", "postgres") if postgres else "",
            owner_url=postgres.url(OWNER) if postgres else "",
            database_url=postgres.url(APPLICATION) if postgres else "",
            redis_url=valkey.url if valkey else "",
        )

    @property
    def admin_url(self) -> str:
        return self.addresses.admin_url

    @property
    def owner_url(self) -> str:
        return self.addresses.owner_url

    @property
    def database_url(self) -> str:
        return self.addresses.database_url

    @property
    def redis_url(self) -> str:
        return self.addresses.redis_url

    def stop(self) -> None:
        """End both servers and let go of the folder; safe to repeat."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()
        state.forget_addresses(self.place.folder)
        self._held.close()


def start(folder: Path, *, postgres: bool = True, valkey: bool = True, archive: str = "") -> Running:
    """Start the servers of this data folder, making what is not there yet; two seconds the first time, half a second later.

    What PostgreSQL writes is also kept in the folder `archive`, where one is named (archive.py).

    Call it from the main thread: the servers end when that thread does. Raises ServersRefused with a sentence that says what
    to do when the folder is somebody else's or in use, or the disk is full.
    """
    with _disk_full_told(folder):
        return _start(folder, postgres, valkey, archive)


@contextlib.contextmanager
def _disk_full_told(folder: Path) -> Iterator[None]:
    """Wherever the last byte was missed, the sentence is the same."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise disk_full(folder) from error


def _start(folder: Path, postgres: bool, valkey: bool, archive: str) -> Running:
    place = open_place(folder, for_servers=postgres or valkey)
    held = state.hold(place.folder)
    running = Running(place, held, Postgres(place, archive) if postgres else None, Valkey(place) if valkey else None)
    try:
        for server in (running.postgres, running.valkey):
            if server is not None:
                server.start()
        state.write_addresses(place.folder, running.addresses)
    except BaseException:
        running.stop()
        raise
    return running


@contextlib.contextmanager
def running(folder: Path, archive: str = "") -> Iterator[Running]:
    """The servers of this data folder for the length of a block."""
    started = start(folder, archive=archive)
    try:
        yield started
    finally:
        started.stop()


@contextlib.contextmanager
def temporary(below: Path | None = None) -> Iterator[Running]:
    """Servers on a new folder that is removed afterwards: for tests. As durable as the others."""
    folder = Path(tempfile.mkdtemp(prefix="timebank-", dir=below))
    folder.chmod(0o711)
    started = start(folder)
    try:
        yield started
    finally:
        started.stop()
        for path in (started.place.sockets, started.place.home, folder):
            shutil.rmtree(path, ignore_errors=True)
