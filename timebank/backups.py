"""`timebank backup` and `timebank restore`, for the embedded PostgreSQL; for servers of one's own docs/faults.md says how."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from timebank import servers
from timebank.errors import CannotRun
from timebank.settings import PREFIX, Settings

NEXT = """\
Before anybody is let in:
  timebank up           then, in another terminal:
  timebank reconcile    proves that the ledger agrees with itself
  timebank verify --head '12 9f86d0...'   with the last head on paper: says what of it is missing
What was done after that moment is gone, on both sides: docs/faults.md, "After a restore", lists what people have to do again.
"""


class NotOurs(CannotRun):
    """What was typed fits no embedded server."""


def back_up(settings: Settings, folder: str) -> int:
    """Copies the database that a `timebank up` runs; 0. Raises NotOurs, ServersRefused."""
    _refuse_a_server_of_ones_own(settings)
    into = folder or settings.archive
    if not into:
        raise NotOurs(f"Where to? Name a folder, best on another disk, or set {PREFIX}ARCHIVE.")
    made = servers.back_up(settings.data, Path(into), datetime.now(UTC))
    size = sum(file.stat().st_size for file in made.iterdir())
    sys.stdout.write(f"{made} holds all, the secret too: keep it as safe as the data. {size // 1_000_000 + 1} MB.\n")
    return 0


def restore(settings: Settings, backup: str, until: str, timeline: str) -> int:
    """Puts a backup in the place of what is there; 0. Raises NotOurs, ServersRefused, FolderInUse."""
    _refuse_a_server_of_ones_own(settings)
    if not re.fullmatch(r"latest|[1-9]\d{0,8}", timeline):
        raise NotOurs("A timeline is a number, such as 1 for what was before the first restore.")
    done = servers.restore(settings.data, Path(backup), settings.archive, _instant(until), timeline)
    reached = f", with what was recorded until {done.reached_at.isoformat()}" if done.reached_at else ""
    sys.stdout.write(f"The database is that of {backup}{reached}.\n")
    if done.before:
        sys.stdout.write(f"What was there before lies in {done.before}: remove it when you are sure.\n")
    sys.stdout.write(NEXT)
    return 0


def _refuse_a_server_of_ones_own(settings: Settings) -> None:
    if settings.database_url:
        raise NotOurs(
            f"{PREFIX}DATABASE_URL names a server of your own: it has tools of its own for this. docs/faults.md says which."
        )


def _instant(text: str) -> datetime | None:
    """A day without an hour, or an hour without a zone, would be somebody's guess."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise NotOurs(f"--until takes a moment such as 2026-11-22T10:00:00+08:00, and not {text!r}.")
    return instant.astimezone(UTC)
