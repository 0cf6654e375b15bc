"""The calendar of those who keep rooms: what stands in all of them over some days, as bars. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import booking_moves, occupancy, opening, spaces, sql, walltimes
from schedules.bookings import State
from schedules.errors import Malformed
from schedules.intervals import Interval, clip
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.spaces import Space
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.people.callers import Caller, Right

BarKind = Literal["booking", "request", "offer", "session", "closure"]
KINDS: dict[str, BarKind] = {
    "booking": "booking",
    "hold": "request",
    "offer": "offer",
    "session": "session",
    "closure": "closure",
}
LONGEST = 31
"""Days that are shown at once, at most."""
# Those that occupy a room, and requests that compete: they occupy nothing yet.
BOOKED = """
WITH asked AS (SELECT unnest($1::uuid[]) AS id UNION
    SELECT id FROM booking
     WHERE state = 'pending' AND decide_by > $5 AND space_id = ANY($2) AND starts_at < $4 AND ends_at > $3)
SELECT b.id, b.space_id, b.starts_at, b.ends_at, b.state, b.decide_by, m.name, b.purpose, b.people, b.units, b.counts
  FROM asked JOIN booking b ON b.id = asked.id JOIN member m ON m.id = b.person_id ORDER BY b.starts_at, b.id
"""


class Wall(msgspec.Struct, frozen=True):
    """A time on the clock of a room, without an offset."""

    starts: datetime
    ends: datetime


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands in a room, or a request that competes for it. `starts` and `ends` are the clock of the room."""

    space_id: UUID
    """The room in whose row it is shown."""
    kind: BarKind
    starts_at: datetime
    ends_at: datetime
    starts: datetime
    ends: datetime
    title: str = ""
    """Of a session, or the reason of a closure."""
    title_en: str = ""
    name: str = ""
    """Whose booking it is."""
    purpose: str = ""
    people: int = 0
    units: int = 1
    counts: bool = True
    state: State | None = None
    booking_id: UUID | None = None
    session_id: UUID | None = None
    closure_id: UUID | None = None
    is_shared: bool = False
    """It is booked in another room that this one is part of, or that is part of this one."""
    may_move: bool = False
    """A booking of this very room that is not over: its time and its room can be changed."""


class RoomRow(msgspec.Struct, frozen=True):
    """A room with its open time and its bars, both in order of time."""

    space_id: UUID
    name: str
    name_en: str
    community_id: UUID
    community: str
    community_en: str
    time_zone: str
    grid: int
    """Minutes: uses start and end on multiples of it."""
    is_retired: bool
    open: Sequence[Wall]
    bars: Sequence[Bar]


class Calendar(msgspec.Struct, frozen=True):
    """`days` local days of each room from `first` on."""

    first: date
    days: int
    rooms: Sequence[RoomRow]


class _Booked(msgspec.Struct, frozen=True):
    id: UUID
    space_id: UUID
    starts_at: datetime
    ends_at: datetime
    state: State
    decide_by: datetime | None
    name: str
    purpose: str
    people: int
    units: int
    counts: bool


async def see_calendar(caller: Caller, first: date, days: int, now: datetime, community_id: UUID | None = None) -> Calendar:
    """All rooms in the caller's reach, or those of one community; a retired one only where something stands in it.

    As many statements for a hundred rooms as for one. Raises SignInNeeded, NotAllowed, Malformed.
    """
    caller.require(Right.MANAGE_SPACES)
    if not 1 <= days <= LONGEST:
        raise Malformed(field="days", reason=f"between 1 and {LONGEST}")
    walltimes.of_our_days(first, "first")
    walltimes.of_our_days(first + timedelta(days=days), "first")
    nodes = {node.id: node for node in await tree.below(caller.nodes(Right.MANAGE_SPACES))}
    wanted = [node_id for node_id in nodes if community_id in (None, node_id)]
    kept = sorted(await spaces.of_communities(wanted), key=lambda space: wanted.index(space.community_id))
    bars = await _bars(kept, first, days, now)
    windows = await opening.read([space.id for space in kept])
    rows = [_row(space, nodes[space.community_id], windows[space.id], bars[space.id], first, days) for space in kept]
    return Calendar(first, days, [row for row in rows if row.bars or not row.is_retired])


def _whole(space: Space, first: date, days: int) -> Interval:
    last = first + timedelta(days=days)
    return Interval(walltimes.midnight(first, space.time_zone), walltimes.midnight(last, space.time_zone))


async def _bars(kept: Sequence[Space], first: date, days: int, now: datetime) -> dict[UUID, list[Bar]]:
    if not kept:
        return {}
    by_id = {space.id: space for space in kept}
    spans = {space.id: _whole(space, first, days) for space in kept}
    within = Interval(min(span.starts_at for span in spans.values()), max(span.ends_at for span in spans.values()))
    standing = await occupancy.read(list(by_id), within, now)
    asked = [found.booking_id for found in standing if found.booking_id]
    rows = await sql.rows(BOOKED, asked, list(by_id), within.starts_at, within.ends_at, now)
    booked = {row["id"]: _Booked(*row) for row in rows}
    bars = [_bar(found, by_id[found.space_id], booked, now) for found in standing]
    bars += [_competing(one, by_id[one.space_id], now) for one in booked.values() if one.id not in asked]
    found: dict[UUID, list[Bar]] = {space_id: [] for space_id in by_id}
    for bar in sorted(bars, key=lambda bar: (bar.starts_at, bar.ends_at)):
        if Interval(bar.starts_at, bar.ends_at).overlaps(spans[bar.space_id]):
            found[bar.space_id].append(bar)
    return found


def _clock(moment: datetime, space: Space) -> datetime:
    return walltimes.local_of(moment, space.time_zone).replace(tzinfo=None)


def _bar(found: Occupied, space: Space, booked: dict[UUID, _Booked], now: datetime) -> Bar:
    bar = Bar(
        space_id=space.id,
        kind=KINDS[found.kind],
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        starts=_clock(found.starts_at, space),
        ends=_clock(found.ends_at, space),
        title=found.label,
        title_en=found.label_en,
        session_id=found.session_id,
        closure_id=found.closure_id,
    )
    one = booked.get(found.booking_id) if found.booking_id else None
    return _with_booking(bar, one, now) if one else bar


def _competing(one: _Booked, space: Space, now: datetime) -> Bar:
    bar = Bar(
        space_id=space.id,
        kind="request",
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        starts=_clock(one.starts_at, space),
        ends=_clock(one.ends_at, space),
    )
    return _with_booking(bar, one, now)


def _with_booking(bar: Bar, one: _Booked, now: datetime) -> Bar:
    is_shared = one.space_id != bar.space_id
    return msgspec.structs.replace(
        bar,
        booking_id=one.id,
        name=one.name,
        purpose=one.purpose,
        people=one.people,
        units=one.units,
        counts=one.counts,
        state=one.state,
        is_shared=is_shared,
        may_move=not is_shared and one.state in booking_moves.CHANGEABLE and one.ends_at > now,
    )


def _row(space: Space, node: Node, windows: Sequence[Window], bars: Sequence[Bar], first: date, days: int) -> RoomRow:
    last = first + timedelta(days=days - 1)
    open_times = clip(opening.open_times(windows, first, last, space.time_zone), _whole(space, first, days))
    return RoomRow(
        space_id=space.id,
        name=space.name,
        name_en=space.name_en,
        community_id=space.community_id,
        community=node.name,
        community_en=node.name_en,
        time_zone=space.time_zone,
        grid=space.grid,
        is_retired=space.state == "retired",
        open=[Wall(_clock(one.starts_at, space), _clock(one.ends_at, space)) for one in open_times],
        bars=bars,
    )
