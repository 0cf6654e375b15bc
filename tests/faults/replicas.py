"""A second PostgreSQL that follows the first, and takes its place."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import psutil

from timebank import servers
from timebank.servers import processes
from timebank.servers.place import Place, own_folder
from timebank.servers.postgres import APPLICATION, DATABASE, OWNER, Postgres
from timebank.servers.state import password

NAME = "second"


class Replica:
    """Made of a running server; follows it until it is promoted. Remove it with `end`."""

    def __init__(self, first: servers.Running) -> None:
        assert first.postgres is not None
        self.first, self.home = first.postgres, Path(tempfile.mkdtemp(prefix="tb-second-"))
        self.home.chmod(0o711)
        place = first.place
        own_folder(self.home / "run", place.account)
        self.server = Postgres(Place(place.folder, self.home, self.home / "run", place.account))
        self.server.log = place.folder / "log" / "second.log"

    def follow(self, *, synchronous: bool) -> None:
        """From now on nothing is acknowledged that this one has not written down, or whatever it has written down."""
        self._copy()
        # Its own servers' settings, without those of the roles: it can change nothing.
        self.server.process = processes.spawn(
            [self.server.programs / "postgres", "-D", self.server.data, *self.server._configure("")],
            self.server.log,
            death_signal=signal.SIGINT,
            account=self.server.place.account,
        )
        self.server._wait(60)
        if synchronous:
            tell_all(self.first, f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'", "SELECT pg_reload_conf()")
        self._until(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = $1", synchronous=synchronous
        )

    def _copy(self) -> None:
        address = urlsplit(self.first.url("postgres"))
        environment = os.environ | {
            "PGHOST": parse_qs(address.query)["host"][0],
            "PGUSER": "postgres",
            "PGPASSWORD": address.password or "",
        }
        copy = [str(self.server.programs / "pg_basebackup"), "-D", str(self.server.data), "-R", "-c", "fast"]
        command = [*copy, "-d", f"application_name={NAME}"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        if account := self.server.place.account:
            for path in (self.server.data, *self.server.data.rglob("*")):
                os.chown(path, *account, follow_symlinks=False)

    def _until(self, question: str, *, synchronous: bool) -> None:
        until = time.monotonic() + 20
        while not asyncio.run(ask(self.first.url("postgres"), question, "sync" if synchronous else "async")):
            assert time.monotonic() < until, self.server.log.read_text()[-2000:]
            time.sleep(0.1)

    def stop_listening(self) -> None:
        """It hears no more of the first, as behind a broken line; what comes from now on is in one place only."""
        tell_all(self.server, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        self._until("SELECT $1 = 'async' AND NOT EXISTS (SELECT FROM pg_stat_replication)", synchronous=False)

    def kill_first(self) -> None:
        """All of it at once, as by a power cut."""
        assert self.first.process is not None
        head = psutil.Process(self.first.process.pid)
        for process in (head, *head.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.first.process.wait()

    def promote(self) -> None:
        tell_all(self.server, "SELECT pg_promote()")

    def end(self) -> None:
        self.server.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def either_url(self) -> str:
        """The application's: both servers, whichever takes writes."""
        return self._either(APPLICATION)

    @property
    def owner_url(self) -> str:
        return self._either(OWNER)

    def _either(self, user: str) -> str:
        folders = f"{self.first.place.sockets},{self.server.place.sockets}"
        secret = password(self.first.place.folder, user)
        return f"postgresql://{user}:{secret}@/{DATABASE}?host={quote(folders, safe='/,')}&target_session_attrs=read-write"


async def ask(url: str, question: str, *values: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()


def tell_all(server: Postgres, *statements: str) -> None:
    """As its superuser."""
    for statement in statements:
        asyncio.run(ask(server.url("postgres"), statement))
