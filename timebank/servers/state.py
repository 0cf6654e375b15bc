"""What the data folder remembers: who holds it, its secret, and the addresses of its running servers."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import BinaryIO

import msgspec

from timebank.servers.errors import FolderInUse
from timebank.servers.processes import Account


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the embedded servers answer; empty for a server that is not embedded."""

    admin_url: str = ""
    """PostgreSQL as its superuser, for making databases in tests and for backups."""
    owner_url: str = ""
    """As `timebank_owner`, who owns the tables: for migrations."""
    database_url: str = ""
    """As `timebank_app`, who does not."""
    redis_url: str = ""


def hold(folder: Path) -> BinaryIO:
    """Hold the data folder for as long as the file stays open; raises FolderInUse when another process holds it."""
    file = (folder / "lock").open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().decode() or "unknown"
        file.close()
        raise FolderInUse(
            f"Another timebank (process {holder}) runs on {folder}. Stop it with Ctrl-C or `kill {holder}`, "
            "or choose another folder with TIMEBANK_DATA."
        ) from None
    try:
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
    except OSError:
        file.close()
        raise
    return file


def is_held(folder: Path) -> bool:
    """Whether some process, perhaps this one, holds the folder. Raises OSError when it is not ours to ask."""
    with (folder / "lock").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def secret(folder: Path) -> str:
    """64 characters made once and kept in the data folder; whoever has them can sign passes."""
    file = folder / "secret"
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    if not file.exists():
        write_private(file, secrets.token_hex(32))
    return file.read_text("ascii").strip()


def password(folder: Path, name: str) -> str:
    """The password of one server user, always the same for one data folder."""
    return hmac.new(secret(folder).encode(), f"embedded:{name}".encode(), hashlib.sha256).hexdigest()[:32]


def write_addresses(folder: Path, addresses: Addresses) -> None:
    write_private(folder / "state.json", msgspec.json.encode(addresses).decode())


def read_addresses(folder: Path) -> Addresses:
    """Addresses of the servers that run on this folder now; all empty when none do or the folder is not ours to read."""
    try:
        if not is_held(folder):
            return Addresses()
        return msgspec.json.decode((folder / "state.json").read_bytes(), type=Addresses)
    except (OSError, msgspec.DecodeError):
        return Addresses()


def forget_addresses(folder: Path) -> None:
    (folder / "state.json").unlink(missing_ok=True)


def write_private(file: Path, text: str, owner: Account | None = None) -> None:
    """Whole or not at all, and readable by its owner alone: who is asked for, or whoever owns the folder."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
        if os.geteuid() == 0:
            folder = file.parent.stat()
            os.fchown(opened.fileno(), *(owner or (folder.st_uid, folder.st_gid)))
    new.replace(file)
