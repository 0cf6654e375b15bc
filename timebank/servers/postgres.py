"""The embedded PostgreSQL: made once, started durable and quiet, with an owner and an application that does not own."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from datetime import datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil

from timebank.servers import processes
from timebank.servers.archive import Archive
from timebank.servers.errors import ServersRefused
from timebank.servers.place import Place, disk_full, own_folder
from timebank.servers.programs import programs_for
from timebank.servers.state import password, write_private

OWNER, APPLICATION, DATABASE = "timebank_owner", "timebank_app", "timebank"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
FREE_BYTES_NEW = 200_000_000
FREE_BYTES_OLD = 50_000_000
MEGABYTE = 1 << 20
TOO_FAR = "recovery ended before configured recovery target was reached"

ROLES = """
DO $$ BEGIN
    IF to_regrole('{owner}') IS NULL THEN CREATE ROLE {owner} LOGIN; END IF;
    IF to_regrole('{app}') IS NULL THEN CREATE ROLE {app} LOGIN; END IF;
END $$;
ALTER ROLE {owner} PASSWORD '{owner_password}';
ALTER ROLE {app} PASSWORD '{app_password}';
ALTER ROLE {app} SET synchronous_commit = 'on';
ALTER ROLE {app} SET lock_timeout = '2s';
ALTER ROLE {app} SET statement_timeout = '5s';
ALTER ROLE {app} SET idle_in_transaction_session_timeout = '10s';
SELECT 'CREATE DATABASE {database} OWNER {owner}'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {app};
"""

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = {shared_buffers}MB
max_wal_size = 2GB
min_wal_size = 80MB
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_checkpoints = off
autovacuum_naptime = 10s
archive_mode = on
archive_command = '{archiving}'
archive_timeout = {at_latest}
{recovery}
"""

ACCESS = """
local all all scram-sha-256
local replication postgres scram-sha-256
"""


class Postgres:
    """One cluster in `home/postgres`. `start` may be called again whenever it has ended."""

    def __init__(self, place: Place, archive: str = "") -> None:
        self.place = place
        self.archive = Archive.at(archive) if archive else None
        self.data = place.home / "postgres"
        self.log = place.folder / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, user: str, database: str = DATABASE) -> str:
        return f"postgresql://{user}:{password(self.place.folder, user)}@/{database}?host={quote(str(self.place.sockets))}"

    @cached_property
    def programs(self) -> Path:
        return programs_for(self.place).postgres

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Make the cluster if there is none, end what a killed start left, start and wait until it answers.

        Safe to repeat after any death. Raises ServersRefused with the reason.
        """
        processes.end_leftovers("postgres", self.data, signal.SIGINT, STOP_SECONDS)
        new = not (self.data / "PG_VERSION").exists()
        self._check_space(FREE_BYTES_NEW if new else FREE_BYTES_OLD)
        if self.archive:
            self.archive.open(self.place.account)
        if new:
            self._make()
        self._run(START_SECONDS)

    def recover(self, recovery: str) -> None:
        """Start a copy of a cluster and wait, however long it takes, until it has gone as far as the lines `recovery` say.

        Raises ServersRefused with the reason.
        """
        if self.archive:
            self.archive.open(self.place.account)
        self._run(float("inf"), recovery)

    def recovered_until(self) -> datetime | None:
        """The instant of the last transaction that came from the archive; None where none did."""
        told = self._tell("SELECT pg_last_xact_replay_timestamp()", "could not say how far it has come")
        return datetime.fromisoformat(told) if told else None

    def _run(self, seconds: float, recovery: str = "") -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # nobody is left; its number may be another program's by now
        self.process = processes.spawn(
            [self.programs / "postgres", "-D", self.data, *self._configure(recovery)],
            self.log,
            death_signal=signal.SIGINT,
            account=self.place.account,
        )
        self._wait(seconds)
        self._make_roles()

    def stop(self) -> None:
        """End every session and write a checkpoint; safe to repeat."""
        if self.process is not None:
            processes.end(self.process, signal.SIGINT, STOP_SECONDS)

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.place.home).free
        if free < needed:
            how = f"{free // MEGABYTE} MB left, and PostgreSQL needs {needed // MEGABYTE} MB"
            raise disk_full(self.place.home, how)

    def _make(self) -> None:
        """Made beside its place and moved there whole: an interrupted start leaves no half cluster."""
        unfinished = self.data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        own_folder(unfinished, self.place.account)
        key = unfinished.with_name("postgres.key")
        write_private(key, password(self.place.folder, "postgres"), self.place.account)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        safety = ["--auth=scram-sha-256", f"--pwfile={key}", "--username=postgres", "--data-checksums"]
        command = [self.programs / "initdb", "-D", unfinished, *locale, *safety]
        making = processes.spawn(command, self.log, death_signal=signal.SIGTERM, account=self.place.account)
        failed = making.wait()
        key.unlink()
        if failed:
            raise ServersRefused(self._why("could not make its data folder"))
        unfinished.rename(self.data)

    def _configure(self, recovery: str) -> list[str]:
        """Our settings, written anew at each start, beside the data: root writes nothing into a folder of somebody else."""
        memory = int(psutil.virtual_memory().total // MEGABYTE)
        settings, access = self.place.home / "postgresql.conf", self.place.home / "pg_hba.conf"
        text = SETTINGS.format(
            sockets=self.place.sockets,
            shared_buffers=max(16, min(256, memory // 8)),
            archiving=self.archive.keeping if self.archive else "true",
            at_latest="5min" if self.archive else "0",
            recovery=recovery,
        )
        write_private(settings, text, self.place.account)
        write_private(access, ACCESS, self.place.account)
        return ["-c", f"config_file={settings}", "-c", f"hba_file={access}"]

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._is_ready():
            if not self.is_running:
                raise ServersRefused(self._why("ended at its start"))
            if time.monotonic() > until:
                self.stop()
                raise ServersRefused(self._why(f"did not answer within {seconds:.0f} s"))
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        """The last line of PostgreSQL's own note says so, as pg_ctl reads it."""
        try:
            return (self.data / "postmaster.pid").read_text("utf-8").splitlines()[7].strip() == "ready"
        except (FileNotFoundError, IndexError):
            return False

    def _make_roles(self) -> None:
        roles = ROLES.format(
            owner=OWNER,
            app=APPLICATION,
            database=DATABASE,
            owner_password=password(self.place.folder, OWNER),
            app_password=password(self.place.folder, APPLICATION),
        )
        self._tell(roles, "could not make its roles")

    def _tell(self, statements: str, failed: str) -> str:
        """What the superuser is answered."""
        done = subprocess.run(
            [self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url("postgres", "postgres")],
            input=statements,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.stop()
            raise ServersRefused(f"The embedded PostgreSQL {failed}: {done.stderr.strip()}. Its log is {self.log}.")
        return done.stdout.strip()

    def _why(self, what: str) -> str:
        tail = self.log.read_text("utf-8", "replace")[-4000:] if self.log.exists() else ""
        if "No space left on device" in tail:
            return str(disk_full(self.place.home))
        lines = [line.strip() for line in reversed(tail.splitlines()) if line.strip()]
        told = next(
            (line for line in lines if "FATAL" in line or "error" in line.lower()), lines[0] if lines else "no reason given"
        )
        if TOO_FAR in told:
            return "The archive ends before that moment. Without a moment the restore goes as far as it can."
        return f"The embedded PostgreSQL {what}: {told}. Its log is {self.log}."
