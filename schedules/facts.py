"""What the rules of booking look at, and what they answer: a wish, what is known around it, a broken rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec

from schedules import quotas
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.quotas import Limit, Used
from schedules.spaces import Space


class Broken(msgspec.Struct, frozen=True):
    """One broken rule. `data` holds what a sentence about it needs: instants, minutes, names, and what would work instead."""

    code: str
    data: dict[str, Any] = {}


class Asked(msgspec.Struct, frozen=True):
    """A wish: when, for whom, how many people. Without a person only the space itself is asked."""

    use: Interval
    person_id: UUID | None = None
    people: int = 1
    counts: bool = True
    """Counts against the household's quota; False for a use by the house."""
    units: int = 1
    """How many units of a space that has several."""
    team_id: UUID | None = None
    """The team for which it is; it counts for the team then, and not for the household."""
    accessories: tuple[tuple[UUID, int], ...] = ()
    """What is to be borrowed with it, and how many."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A booking that the asking person's household holds, or the person, or the team. `name` is its space's."""

    id: UUID
    space_id: UUID
    name: str
    name_en: str
    person_id: UUID
    starts_at: datetime
    ends_at: datetime
    counts: bool
    shares_quota: bool
    """Counts together with bookings of the space that is asked for, for the space's own quota."""
    team_id: UUID | None = None
    of_household: bool = True
    is_coming: bool = True
    """Not over, cancelled or released."""
    rules: Sequence[UUID] = ()
    """The limits beside the space's own figures in which it counts."""

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


class LentOut(msgspec.Struct, frozen=True):
    """So many of an accessory, from when until when."""

    starts_at: datetime
    ends_at: datetime
    quantity: int

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


class Lent(msgspec.Struct, frozen=True):
    """An accessory that is asked for, how many there are, and when others have some."""

    id: UUID
    name: str
    name_en: str
    quantity: int
    uses: Sequence[LentOut] = ()


class Facts(msgspec.Struct, frozen=True, dict=True):
    """What there is to know around the asked time: the space, its open time, what stands in it, the bookings of who asks, the
    limits that hold for them beside the space's own figures, and what is lent.
    """

    space: Space
    open: Sequence[Interval]
    taken: Sequence[Occupied]
    own: Sequence[Own]
    limits: Sequence[Limit] = ()
    windows: Sequence[Window] = ()
    lent: Sequence[Lent] = ()

    @cached_property
    def quotas(self) -> list[Limit]:
        """Every quota: the space's own, unless a figure for a group of the person stands in its place, and the others."""
        own = Limit(kind="bookings", amount=self.space.week_quota, per="household", period="week")
        found = [limit for limit in self.limits if limit.kind in ("bookings", "minutes")]
        is_replaced = any(limit.group_id and limit.is_always and limit.shape == own.shape for limit in found)
        return [limit for limit in ([] if is_replaced else [own]) + found if limit.amount is not None]

    @cached_property
    def _used(self) -> dict[tuple[int, UUID | None, UUID | None], Used]:
        return {}

    def used(self, limit: Limit, asked: Asked) -> Used:
        """What is used of a quota, by local day; worked out once for a look at many times."""
        key = (id(limit), asked.person_id, asked.team_id)
        if key not in self._used:
            uses = [own.use for own in self.own if counts_for(limit, own, asked)]
            self._used[key] = quotas.usage(limit, uses, self.space.time_zone)
        return self._used[key]


def counts_for(limit: Limit, own: Own, asked: Asked) -> bool:
    """Whether a booking uses a quota of those who ask. What a team has counts for the team alone."""
    if not own.counts or not (own.shares_quota if limit.id is None else limit.id in own.rules):
        return False
    match limit.per:
        case "team":
            return own.team_id is not None and own.team_id == asked.team_id
        case "person":
            return own.team_id is None and own.person_id == asked.person_id
        case _:
            return own.team_id is None and own.of_household


def named(limit: Limit) -> dict[str, Any]:
    """The name that staff gave a limit; a figure of the space itself has none."""
    return {"rule": limit.name, "rule_en": limit.name_en} if limit.name else {}
