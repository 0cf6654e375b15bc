"""When a community exchanges points: windows in its own zone, judged by the ledger under the wallet's lock (ledger-72)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound

Repeats = Literal["never", "weekly", "monthly", "quarterly", "yearly"]
LONGEST: dict[Repeats, int] = {"never": 3660, "weekly": 7, "monthly": 28, "quarterly": 90, "yearly": 365}
"""Days: one window is over before its next turn begins."""
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
Wall = Annotated[time, msgspec.Meta(tz=False)]


class WindowNotFit(Malformed):
    """Ends before it begins, or is longer than what it repeats after. Facts: field, reason."""


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local days, both inclusive, and hours on each of them; `until_time` None: until midnight."""

    first_on: date
    last_on: date
    repeats: Repeats = "never"
    from_time: Wall = time()
    until_time: Wall | None = None


class Window(msgspec.Struct, frozen=True):
    id: UUID
    community_id: UUID
    span: Span


class Opening(msgspec.Struct, frozen=True):
    """Without windows (`is_limited` false) it is always open. `opens_at` may lie ahead; None: no opening is set."""

    is_limited: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def last_at(self) -> datetime | None:
        """The last second of it: on the day that people would name."""
        return self.closes_at - timedelta(seconds=1) if self.closes_at else None

    def is_open(self, now: datetime) -> bool:
        return not self.is_limited or (self.opens_at is not None and self.opens_at <= now)


def check(span: Span) -> None:
    """Raises WindowNotFit."""
    if not FIRST <= span.first_on <= LAST:
        raise WindowNotFit(field="first_on", reason="a day from 2000 to 2199")
    if not span.first_on <= span.last_on < span.first_on + timedelta(days=LONGEST[span.repeats]):
        raise WindowNotFit(field="last_on", reason=f"not before the first day, {LONGEST[span.repeats]} days at most")
    if span.until_time is not None and span.until_time <= span.from_time:
        raise WindowNotFit(field="until_time", reason="after the time at which it opens")


async def add(window_id: UUID, community_id: UUID, span: Span, actor_id: UUID, now: datetime) -> None:
    """One more window of this community. Raises WindowNotFit."""
    check(span)
    await sql.rows(
        "INSERT INTO redemption_window (id, community_id, first_on, last_on, repeats, from_time, until_time, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        window_id,
        community_id,
        span.first_on,
        span.last_on,
        span.repeats,
        span.from_time,
        span.until_time,
        actor_id,
        now,
    )


async def remove(window_id: UUID, now: datetime) -> None:
    """It opens nothing any more; the row stays. Safe to repeat."""
    await sql.rows("UPDATE redemption_window SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL", window_id, now)


WINDOWS = "SELECT id, community_id, first_on, last_on, repeats, from_time, until_time FROM redemption_window"


async def find(window_id: UUID) -> Window:
    """Raises NotFound."""
    found = await sql.row(f"{WINDOWS} WHERE id = $1", window_id)
    if found is None:
        raise NotFound(what="window")
    return _window(dict(found))


async def of(community_ids: Sequence[UUID]) -> list[Window]:
    """The windows that these communities have set themselves, by their first day."""
    found = await sql.rows(
        f"{WINDOWS} WHERE community_id = ANY ($1) AND removed_at IS NULL ORDER BY first_on, from_time, id", list(community_ids)
    )
    return [_window(dict(row)) for row in found]


async def holding(ancestor_ids: Sequence[UUID]) -> list[Window]:
    """Those of the nearest of these nodes, given from the root down, that has any: the ones that hold at the last."""
    found = await of(ancestor_ids)
    own = {window.community_id for window in found}
    nearest = next((node for node in reversed(ancestor_ids) if node in own), None)
    return [window for window in found if window.community_id == nearest]


def _window(row: dict[str, object]) -> Window:
    span = Span(**{name: row.pop(name) for name in Span.__struct_fields__})  # type: ignore[arg-type]
    return Window(span=span, **row)  # type: ignore[arg-type]


async def at(place_id: UUID, now: datetime) -> Opening:
    """The opening at `now` where this reward place lies, or the next one."""
    found = await sql.one("SELECT is_limited, opens_at, closes_at FROM ledger.opening($1, $2)", place_id, now)
    return Opening(**dict(found))
