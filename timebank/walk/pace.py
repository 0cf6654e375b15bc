"""How time passes on the walk.

A test server's clock is set: an hour and a half passes in no time. Before a demo server one waits a minute, in the practice
grid, where a minute of service earns what an hour earns elsewhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from zoneinfo import ZoneInfo

import httpx
import msgspec

from timebank.walk.telling import Told

PRACTICE = "(practice)"
"""In the English name of the node where minutes count as hours."""
STAY = 62
"""Seconds of a stay that is not played on a set clock: one whole minute."""


class Rate(msgspec.Struct, frozen=True):
    """What service earns where the walk plays."""

    grain_minutes: int
    units_per_hour: int

    def units(self, minutes: int) -> int:
        """Units of 1/100 point."""
        return minutes // self.grain_minutes * self.grain_minutes * self.units_per_hour // 60


class SetClock:
    """A day of the past, another on each walk, so that what is counted per quarter of an hour begins anew."""

    rate = Rate(15, 100)
    kind, named = "community", ""

    def __init__(self, http: httpx.Client, zone: ZoneInfo, told: Told) -> None:
        self.http, self.told = http, told
        day = (datetime.now(zone) - timedelta(days=SystemRandom().randint(2, 200))).replace(minute=0, second=0, microsecond=0)
        self.starts_at = day.replace(hour=10)
        self.ends_at = self.starts_at + timedelta(minutes=90)
        minutes = {"morning": -120, "too early": -60, "doors": -10, "late": 20, "first out": 80, "out": 90}
        self.moments = {name: self.starts_at + timedelta(minutes=after) for name, after in minutes.items()}

    def comes(self, name: str) -> bool:
        """Whether there is such a moment; then it is that moment now."""
        moment = self.moments[name]
        self.http.put("/test/clock", json={"now": moment.isoformat()}).raise_for_status()
        self.told.step("(clock)", f"is set: {name}", f"{moment:%a %d %b, %H:%M}")
        return True

    def now(self) -> datetime:
        return max(self.moments.values())

    def ends(self) -> None:
        """The clock runs again."""
        self.http.put("/test/clock", json={"now": None}).raise_for_status()


class RealClock:
    """Now: the session began five minutes ago and goes on for two hours."""

    rate = Rate(1, 6000)
    kind, named = "grid", PRACTICE

    def __init__(self, zone: ZoneInfo, told: Told) -> None:
        self.told = told
        self.starts_at = datetime.now(zone).replace(second=0, microsecond=0) - timedelta(minutes=5)
        self.ends_at = self.starts_at + timedelta(hours=2)

    def comes(self, name: str) -> bool:
        """Only the way out has to be waited for; nobody is too early or late."""
        if name == "first out":
            self.told.step("(clock)", f"runs: {STAY} seconds of service", "...")
            time.sleep(STAY)
        return name not in ("too early", "late")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ends(self) -> None:
        """It runs anyway."""


Pace = SetClock | RealClock


def can_be_set(http: httpx.Client) -> bool:
    """Whether the server's clock can be set: in test mode only."""
    return http.put("/test/clock", json={"now": None}).status_code == 200
