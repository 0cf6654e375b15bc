"""Where the embedded servers live: their data, their programs, their sockets, and the user they run as.

PostgreSQL refuses to run as root. Started by root, the servers run as the owner of the data folder, or as `nobody` when that
is root too. Where that user cannot reach the data folder (a clone in /root or another 0700 folder) the data live in
/var/lib/timebank-<hash of the path> instead, and a file `elsewhere` in the data folder says so; programs that it cannot reach
are copied beside the data. No mode of an existing folder is ever widened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import stat
from pathlib import Path
from typing import NamedTuple

from timebank.servers.errors import ServersRefused
from timebank.servers.processes import Account

LONGEST_SOCKET_FOLDER = 80
"""A socket's whole path may have 107 bytes on Linux and 103 elsewhere."""


class Place(NamedTuple):
    folder: Path
    """What TIMEBANK_DATA names: lock, secret, state and logs."""
    home: Path
    """What the servers own: usually the same folder."""
    sockets: Path
    account: Account | None
    """None: the servers run as ourselves."""


def open_place(folder: Path, *, for_servers: bool = True) -> Place:
    """Make or find the folders; raises ServersRefused when they belong to somebody else."""
    folder = folder.resolve()
    make_folder(folder)
    if not for_servers:
        return Place(folder, folder, folder, None)
    account = _account(folder) if os.geteuid() == 0 else None
    home = _home(folder, account)
    return Place(folder, home, _sockets(home, account), account)


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        owner = folder.stat().st_uid
        if os.geteuid() not in (0, owner) or not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
    except PermissionError:
        raise ServersRefused(_not_ours(folder)) from None
    except OSError as error:
        raise ServersRefused(
            f"The data folder {folder} cannot be made: {error.strerror}. Choose another with TIMEBANK_DATA."
        ) from error


def _not_ours(folder: Path) -> str:
    nearest = next(path for path in (folder, *folder.parents) if _exists(path))
    return (
        f"The data folder {folder} belongs to {user_name(nearest.stat().st_uid)}, and you are {user_name(os.geteuid())}. "
        "Run timebank as its owner, or choose a folder of your own with TIMEBANK_DATA."
    )


def _exists(path: Path) -> bool:
    with contextlib.suppress(PermissionError):
        return path.exists()
    return False


def disk_full(home: Path, how: str = "no space left") -> ServersRefused:
    return ServersRefused(
        f"The disk that holds {home} has {how}. Free some space, or choose a folder on another disk with TIMEBANK_DATA."
    )


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _account(folder: Path) -> Account:
    """Whom root starts the servers as."""
    owner = folder.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServersRefused(
            "PostgreSQL does not run as root, and this machine has no user `nobody` to run it as. "
            "Run timebank as an ordinary user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _home(folder: Path, account: Account | None) -> Path:
    """The folder itself, or the one that `elsewhere` names or has to name."""
    if account is None:
        return folder
    note = folder / "elsewhere"
    if note.exists():
        return _root_owned(Path(note.read_text("utf-8").strip()))
    if can_reach(folder, account):
        return folder
    home = _root_owned(Path("/var/lib") / f"timebank-{_hash(folder)}")
    note.write_text(f"{home}\n", "utf-8")
    return home


def _root_owned(home: Path) -> Path:
    with contextlib.suppress(FileExistsError):
        home.mkdir(mode=0o711)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise ServersRefused(
            f"{home} is not a folder that only root can write to, so no data are put there. Move it away and start again."
        )
    return home


def can_reach(path: Path, account: Account) -> bool:
    """Whether this user, without further groups, may pass through every folder down to `path` and enter it."""
    return all(_may_pass(step.stat(), account) for step in (path, *path.parents))


def _may_pass(found: os.stat_result, account: Account) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _sockets(home: Path, account: Account | None) -> Path:
    """A folder for sockets that only the servers' user enters; under /tmp when the path is too long or has odd characters."""
    sockets = home / "run"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER or not _is_plain(sockets):
        sockets = Path("/tmp") / f"timebank-{_hash(home)}"  # noqa: S108 - checked below to be ours and private
    own_folder(sockets, account)
    return sockets


def _is_plain(path: Path) -> bool:
    """Usable in a URL as it stands: arq does not unquote the path of a socket."""
    return all(char.isalnum() or char in "/._-" for char in str(path)) and str(path).isascii()


def own_folder(path: Path, account: Account | None) -> None:
    """Make a 0700 folder of the servers' user, or raise ServersRefused when what stands there is not such a folder."""
    uid, gid = account or (os.geteuid(), os.getegid())
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, uid, gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise ServersRefused(f"{path} is not a private folder of {user_name(uid)}. Move it away and start again.")


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
