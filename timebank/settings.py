"""Settings from the environment, checked once at the start.

What makes no sense is refused with a sentence that says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from timebank.errors import CannotRun

Mode = Literal["production", "demo", "test"]
Sender = Literal["console", "webhook"]

PREFIX = "TIMEBANK_"
SHORTEST_SECRET = 32


class SettingsRefused(CannotRun):
    """One or more settings make no sense; `reasons` holds one sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that may differ between two installations. Times are seconds, sizes are connections or processes."""

    mode: Mode = "production"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """Address under which phones reach this server; it stands in every QR code. Empty: http://host:port."""
    database_url: str = ""
    """Empty: `timebank up` runs the embedded PostgreSQL."""
    owner_url: str = ""
    """The same database as the role that owns the tables; only migrations use it. Empty: database_url."""
    redis_url: str = ""
    """Empty: `timebank up` runs the embedded Valkey."""
    data: Path = Path("data")
    """Folder of the embedded servers."""
    archive: str = ""
    """Folder, best on another disk, in which the embedded PostgreSQL keeps what it has written. Empty: nowhere."""
    secret: str = ""
    """At least 32 characters. Venue codes and the keys of passes are derived from it.

    `timebank up` makes one in the data folder.
    """
    sender: Sender = "console"
    sender_url: str = ""
    """Where the webhook sender posts one-time codes."""
    allowed_hosts: tuple[str, ...] = ()
    """Host headers that are answered, with port where one is used.

    Empty: any host in demo and test mode, the public address otherwise.
    """
    trusted_proxies: tuple[str, ...] = ()
    """Peers whose X-Forwarded-For is believed."""
    time_zone: str = "Asia/Shanghai"
    """Zone of the first community; every community then has its own."""
    api_processes: int = 1
    pool_size: int = 8
    """Connections to PostgreSQL per API process; worker and sweeper use 4."""

    @property
    def is_secure(self) -> bool:
        """Cookies are marked secure when phones come by https."""
        return self.base_url.startswith("https://")

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def read(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from `TIMEBANK_*`; raises SettingsRefused with every reason at once."""
    texts = {name[len(PREFIX) :].lower(): value.strip() for name, value in environment.items() if name.startswith(PREFIX)}
    known = set(Settings.__struct_fields__)
    reasons = [f"{PREFIX}{name.upper()} is not a setting; see docs/settings.md." for name in sorted(set(texts) - known)]
    values: dict[str, object] = {name: _split(name, value) for name, value in texts.items() if name in known and value}
    try:
        settings = msgspec.convert({**values, **overrides}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsRefused([*reasons, f"A setting has the wrong form: {error}"]) from error
    reasons += refusals(settings)
    if reasons:
        raise SettingsRefused(reasons)
    return settings


def _split(name: str, value: str) -> object:
    if name in ("allowed_hosts", "trusted_proxies"):
        return [part.strip() for part in value.split(",") if part.strip()]
    return Path(value) if name == "data" else value


def refusals(settings: Settings) -> list[str]:
    """Every reason why these settings make no sense, a sentence each; empty when they do."""
    reasons = []
    if not 0 < settings.port < 65536:
        reasons.append(f"{PREFIX}PORT must be between 1 and 65535, not {settings.port}.")
    if settings.time_zone not in available_timezones():
        reasons.append(f"{PREFIX}TIME_ZONE is not a known zone: {settings.time_zone!r}. Example: Asia/Shanghai.")
    if settings.api_processes < 1 or settings.pool_size < 2:
        reasons.append(f"{PREFIX}API_PROCESSES must be at least 1 and {PREFIX}POOL_SIZE at least 2.")
    postgres = ("postgresql", "postgres")
    for name, schemes in (("database_url", postgres), ("owner_url", postgres), ("redis_url", ("redis", "rediss", "unix"))):
        url = getattr(settings, name)
        if url and urlsplit(url).scheme not in schemes:
            reasons.append(f"{PREFIX}{name.upper()} must start with {schemes[0]}://, not {url.split(':')[0]!r}.")
    if settings.public_url and urlsplit(settings.public_url).scheme not in ("http", "https"):
        reasons.append(f"{PREFIX}PUBLIC_URL must start with http:// or https://.")
    if settings.sender == "webhook" and not settings.sender_url.startswith(("http://", "https://")):
        reasons.append(f"{PREFIX}SENDER=webhook needs {PREFIX}SENDER_URL, an http(s) address that takes the codes.")
    if settings.secret and len(settings.secret) < SHORTEST_SECRET:
        reasons.append(f"{PREFIX}SECRET needs at least {SHORTEST_SECRET} characters; `openssl rand -hex 32` makes one.")
    if settings.mode == "production":
        reasons += _production_refusals(settings)
    return reasons


def _production_refusals(settings: Settings) -> list[str]:
    reasons = []
    if settings.database_url and not settings.secret:
        reasons.append(f"{PREFIX}SECRET is needed beside {PREFIX}DATABASE_URL; `openssl rand -hex 32` makes one.")
    if settings.sender == "console":
        reasons.append(
            f"{PREFIX}SENDER=console prints sign-in codes to the log; use webhook, or {PREFIX}MODE=demo to try things out."
        )
    if not settings.public_url:
        reasons.append(f"{PREFIX}PUBLIC_URL is needed: it stands in every QR code, for example https://time.example.org.")
    return reasons


def zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.time_zone)
