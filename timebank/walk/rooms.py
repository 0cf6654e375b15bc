"""The room next door: one resident books it, another wants the same hour and takes what is offered instead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from timebank.walk.people import Player
from timebank.walk.stage import Stage


class Rooms:
    """Two days from now, at two in the afternoon."""

    def __init__(self, stage: Stage, now: datetime) -> None:
        self.stage, self.told = stage, stage.told
        self.starts_at = (now + timedelta(days=2)).replace(hour=14, minute=0, second=0, microsecond=0)
        self.ends_at = self.starts_at + timedelta(hours=1)

    def play(self) -> None:
        grace, henry = self.stage["Grace"], self.stage["Henry"]
        key = uuid4().hex
        first = self._books(grace, "books room 2", key=key)
        again = grace.asks("sends that again, the answer was lost", "POST", "/api/v1/bookings", self._wish(), key=key)
        self.told.check("a repeated booking is one", again["id"], first["id"])
        refused = henry.asks("wants the same hour", "POST", "/api/v1/bookings", self._wish(), expect="not_bookable")
        self.told.check("the reason", [broken["code"] for broken in refused["broken"]], ["taken"])
        other = refused["alternatives"][0]
        self.told.check("the time that is offered is another", other["starts_at"] != first["starts_at"], True)
        self._books(henry, "takes the nearest free hour", other["starts_at"], other["ends_at"])
        self.told.check("bookings of Henry", len(henry.sees("/api/v1/bookings")["bookings"]), 1)
        calendar = henry.sees("/api/v1/bookings/calendar")
        self.told.step(henry.name, "takes the calendar file along", calendar.splitlines()[0])
        self.told.check("events in the calendar", calendar.count("BEGIN:VEVENT"), 1)
        grace.asks("cancels", "POST", f"/api/v1/bookings/{first['id']}/cancel", {}, shows="state")
        self._is_free(True)
        self._books(grace, "books that hour again")
        self._is_free(False)

    def _wish(self, starts_at: str = "", ends_at: str = "") -> dict[str, Any]:
        return {
            "space_id": self.stage.rooms[1],
            "starts_at": starts_at or self.starts_at.isoformat(),
            "ends_at": ends_at or self.ends_at.isoformat(),
            "purpose": "试走",
            "people": 4,
        }

    def _books(self, who: Player, does: str, starts_at: str = "", ends_at: str = "", *, key: str = "") -> Any:
        wish = self._wish(starts_at, ends_at)
        return who.asks(does, "POST", "/api/v1/bookings", wish, key=key, expect=201, shows="starts_at")

    def _is_free(self, expected: bool) -> None:
        times = {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}
        found = self.stage["Erin"].sees(f"/api/v1/spaces/{self.stage.rooms[1]}/verdict", **times)
        self.told.check("the hour is free", found["may"], expected)
