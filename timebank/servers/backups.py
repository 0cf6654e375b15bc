"""Backups of the embedded PostgreSQL: a copy made while it runs, and the way back, to its own moment or a later one."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import signal
import subprocess
import tarfile
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from timebank.servers import processes, state
from timebank.servers.archive import Archive
from timebank.servers.errors import ServersRefused
from timebank.servers.place import Place, open_place
from timebank.servers.postgres import STOP_SECONDS, Postgres
from timebank.servers.programs import programs_for

FILES = ("base.tar.gz", "pg_wal.tar.gz", "secret")


class Restored(NamedTuple):
    """What stands in the data folder after a restore: the last movement's instant, and where the cluster before was put."""

    reached_at: datetime | None
    before: Path | None


def back_up(folder: Path, into: Path, now: datetime) -> Path:
    """Copy the cluster that runs on the data folder, and its secret, into a new folder under `into`: that folder.

    Nobody is kept waiting. What is there afterwards is whole; a copy that failed leaves nothing. Raises ServersRefused.
    """
    address = state.read_addresses(folder).admin_url
    if not address:
        raise ServersRefused(f"No `timebank up` with a PostgreSQL of its own runs on {folder}.")
    made = into.resolve() / now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    unfinished = made.with_name(f"{made.name}.part")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        _copy(address, open_place(folder), unfinished)
        state.write_private(unfinished / "secret", state.secret(folder))
        unfinished.rename(made)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return made


def _copy(address: str, place: Place, into: Path) -> None:
    parts = urlsplit(address)
    environment = os.environ | {
        "PGHOST": parse_qs(parts.query)["host"][0],
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
    }
    command = [str(programs_for(place).postgres / "pg_basebackup"), "-D", str(into), "-Ft", "-z", "-X", "stream", "-c", "fast"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServersRefused(f"The backup could not be made: {done.stderr.strip()}")


def restore(folder: Path, backup: Path, archive: str = "", until: datetime | None = None, timeline: str = "latest") -> Restored:
    """Put a backup into the data folder and bring it to `until`, or as far as the archive goes; without one, to its own moment.

    Each restore begins a new timeline, which the next one follows unless it names an earlier one. The cluster that was there is
    set aside, and put back where the restore fails. Nothing may run on the folder. Raises ServersRefused with the reason.
    """
    missing = [name for name in FILES if not (backup / name).is_file()]
    if missing:
        lacks = ", ".join(missing)
        raise ServersRefused(f"{backup} is no backup, it lacks {lacks}. Name a folder that `timebank backup` made.")
    if until is not None and not archive:
        raise ServersRefused("A moment after the backup needs the archive: set TIMEBANK_ARCHIVE to its folder.")
    with _told_where_damaged(backup):
        if until is not None and until < (began_at := _began_at(backup)):
            raise ServersRefused(f"The backup was begun at {began_at.isoformat()}, after that moment: choose an older one.")
        place = open_place(folder)
        with state.hold(place.folder), _taken_secret(place, backup):
            return _replace(Postgres(place, archive), backup, until, timeline)


@contextlib.contextmanager
def _told_where_damaged(backup: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, tarfile.TarError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise ServersRefused(f"{backup} is damaged, nothing was restored from it: {error}") from error


def _began_at(backup: Path) -> datetime:
    """PostgreSQL's own note of it, the first file of the copy."""
    with tarfile.open(backup / "base.tar.gz") as packed:
        label = packed.extractfile("backup_label")
        lines = label.read().decode().splitlines() if label else []
    told = next(line.partition(": ")[2] for line in lines if line.startswith("START TIME"))
    return datetime.strptime(told.removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


@contextlib.contextmanager
def _taken_secret(place: Place, backup: Path) -> Iterator[None]:
    """The servers' passwords hang on it, and every pass that was printed. Gone again where nothing came of it."""
    theirs = (backup / "secret").read_text("ascii").strip()
    own = place.folder / "secret"
    is_new = not own.exists()
    if is_new:
        state.write_private(own, theirs)
    elif state.secret(place.folder) != theirs:
        raise ServersRefused(
            f"{place.folder} has another secret than the backup: it belongs to another installation. Choose an empty folder "
            "with TIMEBANK_DATA."
        )
    try:
        yield
    except BaseException:
        if is_new:
            own.unlink(missing_ok=True)
        raise


def _replace(postgres: Postgres, backup: Path, until: datetime | None, timeline: str) -> Restored:
    before = _set_aside(postgres)
    try:
        _unpack(backup, postgres)
        postgres.recover(_recovery(postgres.archive, until, timeline, before))
        reached_at = postgres.recovered_until()
    except BaseException:
        postgres.stop()
        shutil.rmtree(postgres.data, ignore_errors=True)
        if before is not None:
            before.rename(postgres.data)
        raise
    postgres.stop()
    return Restored(reached_at, before)


def _set_aside(postgres: Postgres) -> Path | None:
    """Not deleted: its last pieces may be in no archive yet, and who restores in a hurry may be wrong."""
    processes.end_leftovers("postgres", postgres.data, signal.SIGINT, STOP_SECONDS)
    if not postgres.data.exists():
        return None
    aside = postgres.data.with_name(f"postgres.before-{time.time_ns()}")
    postgres.data.rename(aside)
    return aside


def _unpack(backup: Path, postgres: Postgres) -> None:
    """As the servers' user owns it. What is in the archives is a backup's own; the filter lets nothing out of the folder."""
    for name, where in (("base.tar.gz", postgres.data), ("pg_wal.tar.gz", postgres.data / "pg_wal")):
        with tarfile.open(backup / name) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # not in the first releases of Python 3.11
            packed.extractall(where)  # noqa: S202
    (postgres.data / "recovery.signal").touch()
    postgres.data.chmod(0o700)
    if postgres.place.account:
        for path in (postgres.data, *postgres.data.rglob("*")):
            os.chown(path, *postgres.place.account, follow_symlinks=False)


def _recovery(archive: Archive | None, until: datetime | None, timeline: str, before: Path | None) -> str:
    """Lines of postgresql.conf. A cluster that was set aside lends its last pieces: together they reach its last movement."""
    arrived = ["hot_standby = off", "recovery_target_action = 'promote'"]  # who is ready has arrived
    lines = [*arrived, f"recovery_target_timeline = '{timeline}'"]
    if archive is None:
        return "\n".join([*lines, "restore_command = 'false'"])
    lines.append(f"restore_command = '{archive.fetching(before / 'pg_wal' if before else None)}'")
    if until is not None:
        lines.append(f"recovery_target_time = '{until.isoformat()}'")
    return "\n".join(lines)
