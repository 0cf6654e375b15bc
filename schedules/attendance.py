"""Who was there and for how long: derived from accepted scans, in their transaction, under the lock of the sign-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID, uuid4

import msgspec

from schedules import decision, sql


class Inside(decision.Inside, frozen=True, kw_only=True):
    """An attendance without a way out yet, with what its session says about the minutes."""

    id: UUID
    in_at: datetime
    is_by_code: bool
    starts_at: datetime
    ends_at: datetime
    tolerance: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An attendance that begins; its row."""

    signup_id: UUID
    session_id: str
    person_id: UUID
    entry: int
    in_at: datetime
    is_late: bool
    is_self: bool
    is_by_code: bool
    id: UUID = msgspec.field(default_factory=uuid4)


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """An attendance that ends; the columns of its row that change."""

    id: UUID
    out_at: datetime
    minutes: int
    is_by_code: bool
    is_automatic: bool = False


def counted(in_at: datetime, out_at: datetime, starts_at: datetime, ends_at: datetime, tolerance: int) -> int:
    """Whole real minutes between in and out that lie in the planned time or `tolerance` minutes beyond it (checkin-49)."""
    beyond = timedelta(minutes=tolerance)
    served = min(out_at, ends_at + beyond) - max(in_at, starts_at - beyond)
    return max(served, timedelta()) // timedelta(minutes=1)


class Planned(Protocol):
    """What a session says about the minutes of a stay; `tolerance` in minutes."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def tolerance(self) -> int: ...


def begun_at(in_at: datetime, planned: Planned) -> datetime:
    """From when on the minutes count: the way in, but no more than the tolerance before the planned start."""
    return max(in_at, planned.starts_at - timedelta(minutes=planned.tolerance))


def span(in_at: datetime, left_at: datetime, planned: Planned) -> tuple[datetime, int]:
    """When a stay ended, and the minutes that count. A clock that ran backwards ends it where it began."""
    out_at = max(left_at, in_at)
    return out_at, counted(in_at, out_at, planned.starts_at, planned.ends_at, planned.tolerance)


def close(inside: Inside, left_at: datetime, is_by_code: bool) -> Closed:
    """The end of an attendance by a scan."""
    out_at, minutes = span(inside.in_at, left_at, inside)
    return Closed(id=inside.id, out_at=out_at, minutes=minutes, is_by_code=inside.is_by_code and is_by_code)


def forget(inside: Inside) -> Closed:
    """The end of an attendance whose person never scanned out: the planned end, marked automatic (checkin-54)."""
    closed = close(inside, inside.ends_at, is_by_code=False)
    return msgspec.structs.replace(closed, is_automatic=True)


class Row(msgspec.Struct, frozen=True):
    """One person on the board of a session, confirmed or there without. `left`: out again, for good or not."""

    signup_id: UUID
    person_id: UUID
    role: str
    role_en: str
    state: Literal["expected", "here", "left"]
    is_late: bool
    in_at: datetime | None
    out_at: datetime | None
    minutes: int | None
    is_self: bool
    is_automatic: bool


BOARD = """
SELECT u.id, u.person_id, r.name, r.name_en,
       CASE WHEN h.in_at IS NULL THEN 'expected' WHEN h.is_inside THEN 'here' ELSE 'left' END,
       coalesce(h.is_late, false), h.in_at, h.out_at, h.minutes, coalesce(h.is_self, false), coalesce(h.is_automatic, false)
  FROM signup u JOIN session_role r ON r.id = u.role_id
  CROSS JOIN LATERAL (
       SELECT min(in_at) AS in_at, bool_or(out_at IS NULL) AS is_inside,
              CASE WHEN bool_or(out_at IS NULL) THEN NULL ELSE max(out_at) END AS out_at, sum(minutes)::int AS minutes,
              (array_agg(is_late ORDER BY in_at, entry))[1] AS is_late, bool_or(is_self) AS is_self,
              bool_or(is_automatic) AS is_automatic
         FROM attendance WHERE signup_id = u.id AND state = 'counts') h
 WHERE u.session_id = $1 AND (u.state = 'confirmed' OR h.in_at IS NOT NULL)
 ORDER BY h.in_at DESC NULLS LAST, r.position, u.made_at, u.id
"""


async def board(session_id: UUID) -> list[Row]:
    """Everybody expected, here or gone, the last to come first. Names are the caller's to add."""
    return [Row(*row) for row in await sql.rows(BOARD, session_id)]


class Counts(msgspec.Struct, frozen=True):
    """People of a session. `expected` are the confirmed who have not come; `late` are counted among those here or gone."""

    expected: int
    here: int
    left: int
    late: int


async def counts(session_id: UUID) -> Counts:
    """How many are expected, here and gone."""
    rows = await board(session_id)
    states = [row.state for row in rows]
    return Counts(states.count("expected"), states.count("here"), states.count("left"), sum(row.is_late for row in rows))


class Stay(msgspec.Struct, frozen=True):
    """When one person came to a session and left it; there still while `out_at` is None. `id` is the attendance."""

    id: UUID
    in_at: datetime
    out_at: datetime | None


async def stays(person_id: UUID, session_ids: Sequence[UUID]) -> dict[UUID, Stay]:
    """The person's last stay at each of these sessions; those without any are absent."""
    found = await sql.rows(
        "SELECT DISTINCT ON (session_id) session_id, id, in_at, out_at FROM attendance "
        "WHERE person_id = $1 AND session_id = ANY($2) AND state = 'counts' ORDER BY session_id, in_at DESC, entry DESC",
        person_id,
        list(session_ids),
    )
    return {row["session_id"]: Stay(row["id"], row["in_at"], row["out_at"]) for row in found}
