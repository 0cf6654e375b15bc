"""The archive: whatever PostgreSQL has written is kept a second time, so that a backup can be brought to any later moment."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from timebank.servers.errors import ServersRefused
from timebank.servers.place import can_reach, own_folder, user_name
from timebank.servers.processes import Account


class Archive(NamedTuple):
    """`wal` is the folder of the pieces, 16 MB each before they are packed, under the names that PostgreSQL gave them."""

    wal: Path

    @classmethod
    def at(cls, folder: str) -> Archive:
        return cls(Path(folder).resolve() / "wal")

    def open(self, account: Account | None) -> None:
        """Make the folder for the servers' user. Raises ServersRefused where that user cannot get there."""
        try:
            self.wal.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
            own_folder(self.wal, account)
        except OSError as error:
            raise ServersRefused(
                f"The archive {self.wal.parent} cannot be made: {error.strerror}. Choose another folder with TIMEBANK_ARCHIVE."
            ) from error
        if account is not None and not can_reach(self.wal, account):
            raise ServersRefused(
                f"PostgreSQL runs as {user_name(account.uid)}, who cannot enter {self.wal}. "
                "Choose another folder with TIMEBANK_ARCHIVE, or open the folders above it."
            )

    @property
    def keeping(self) -> str:
        """PostgreSQL's archive_command. A piece is there whole or not at all; one that is there already has to be the same.

        So a piece that was kept just before a crash is taken for kept, and two installations do not write over each other.
        """
        piece = f"{shlex.quote(str(self.wal))}/%f.gz"
        return _as_setting(
            f"if test -f {piece}; then gzip -dc {piece} | cmp -s - %p; "
            f"else gzip -c %p > {piece}.part && sync {piece}.part && mv {piece}.part {piece}; fi",
            self.wal,
        )

    def fetching(self, left: Path | None) -> str:
        """PostgreSQL's restore_command; `left` is the pg_wal of the cluster before, which has the last pieces, not yet kept."""
        piece = f"{shlex.quote(str(self.wal))}/%f.gz"
        command = f"{{ test -f {piece} && gzip -dc {piece} > %p; }}"
        if left is not None:
            command += f" || cp {shlex.quote(str(left))}/%f %p"
        return _as_setting(command, self.wal, *([left] if left else []))


def _as_setting(command: str, *folders: Path) -> str:
    """As it stands between quotes in postgresql.conf; a percent sign in a folder's name is none of PostgreSQL's."""
    for folder in folders:
        quoted = shlex.quote(str(folder))
        command = command.replace(quoted, quoted.replace("%", "%%"))
    return command.replace("\\", "\\\\").replace("'", "''")
