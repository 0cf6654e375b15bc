"""Roles of a session with their places, and what they ask of a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec


class Need(msgspec.Struct, frozen=True):
    """A skill that a role asks for, and how the person stands to it on the day of the session.

    `standing`: met, missing, claimed (not confirmed) or expired (`valid_until` lies before the day); none for a stranger.
    """

    skill_id: UUID
    name: str
    name_en: str
    way: str
    way_en: str
    standing: Literal["met", "missing", "claimed", "expired"] | None = None
    valid_until: date | None = None


class Role(msgspec.Struct, frozen=True):
    """A kind of task at a session and its places. `left` is None where they are unlimited, 0 where there is none.

    `is_kept`: the last place is kept for somebody experienced, which this person is not.
    """

    id: UUID
    name: str
    name_en: str
    places: int | None
    taken: int
    is_lead: bool = False
    is_kept: bool = False
    needs: tuple[Need, ...] = ()
    waiting: int = 0
    """People in line."""
    requests: int = 0
    """Sign-ups that an organiser has to decide about."""
    offers: tuple[datetime, ...] = ()
    """When the offers that are out run out; each holds a place until then."""

    def has_room_at(self, now: datetime) -> bool:
        """Whether somebody new finds a place: one whose offer has run out is free, unless somebody in line comes first."""
        run_out = sum(until <= now for until in self.offers)
        return self.places is None or self.taken - max(0, run_out - self.waiting) < self.places

    @property
    def lacks(self) -> tuple[Need, ...]:
        """What the person is not known to be able to do on that day."""
        return tuple(need for need in self.needs if need.standing not in (None, "met"))

    @property
    def left(self) -> int | None:
        return None if self.places is None else max(0, self.places - self.taken)

    @property
    def excess(self) -> int:
        """Sign-ups above the plan, by override or because the plan was lowered."""
        return 0 if self.places is None else max(0, self.taken - self.places)

    @property
    def has_room(self) -> bool:
        return self.left is None or self.left > 0

    @property
    def is_held_back(self) -> bool:
        """Its last place waits for somebody experienced (schedule-31)."""
        return self.is_kept and self.left is not None and self.left <= 1
