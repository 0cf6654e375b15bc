"""What a command stands on: settings made whole by the servers of the data folder, and handed to child processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec

from timebank import migrate, servers
from timebank.errors import CannotRun
from timebank.settings import PREFIX, Settings


class NotRunning(CannotRun):
    """No database is known."""


def found(settings: Settings) -> Settings:
    """The settings with the addresses of a `timebank up` that runs on the data folder; raises NotRunning when there is none."""
    if settings.database_url and settings.redis_url and settings.secret:
        return settings
    there = servers.read_addresses(settings.data)
    if not settings.database_url and not there.database_url:
        raise NotRunning(
            f"There is no database: no `timebank up` runs on {settings.data.resolve()}, and {PREFIX}DATABASE_URL is not set. "
            f"Start `timebank up` in another terminal, or set {PREFIX}DATABASE_URL and {PREFIX}REDIS_URL."
        )
    return whole(settings, there)


def whole(settings: Settings, there: servers.Addresses) -> Settings:
    """The settings with what the embedded servers and the data folder add; what was set stays."""
    embedded = not settings.database_url
    return msgspec.structs.replace(
        settings,
        database_url=there.database_url if embedded else settings.database_url,
        owner_url=there.owner_url if embedded else settings.owner_url,
        redis_url=settings.redis_url or there.redis_url,
        secret=settings.secret or servers.secret(settings.data),
        data=settings.data.resolve(),
    )


@contextlib.contextmanager
def standing(settings: Settings) -> Iterator[Settings]:
    """Whole settings for the length of a command: of what runs, else of servers that are started and migrated for it."""
    try:
        yield found(settings)
        return
    except NotRunning:
        started = servers.start(settings.data, valkey=not settings.redis_url, archive=settings.archive)
    try:
        ready = whole(settings, started.addresses)
        migrate.run(ready.owner_url)
        yield ready
    finally:
        started.stop()


def environment(settings: Settings) -> dict[str, str]:
    """The settings as `TIMEBANK_*` variables: what `settings.read` makes them from."""
    texts = {}
    for name, value in msgspec.structs.asdict(settings).items():
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        if text:
            texts[f"{PREFIX}{name.upper()}"] = text
    return texts
