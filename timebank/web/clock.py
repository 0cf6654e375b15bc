"""The one place where delivery reads the clock. In test mode it can be set (`PUT /test/clock`), for all processes at once."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from timebank.settings import Settings

_file: Path | None = None


def use(settings: Settings) -> None:
    """Named once at the start; only test mode looks at a set clock."""
    global _file
    _file = settings.data / "test-clock" if settings.mode == "test" else None


def now() -> datetime:
    """This instant, aware, in UTC."""
    if _file is not None and _file.exists():
        return datetime.fromisoformat(_file.read_text())
    return datetime.now(UTC)


def put(instant: datetime | None) -> None:
    """Sets the clock of a test installation, or lets it run again. Raises RuntimeError in any other mode."""
    if _file is None:
        raise RuntimeError("the clock can only be set in test mode")
    if instant is None:
        _file.unlink(missing_ok=True)
        return
    part = _file.with_name(f"{_file.name}.{os.getpid()}")
    _file.parent.mkdir(parents=True, exist_ok=True)
    part.write_text(instant.isoformat())
    part.replace(_file)
