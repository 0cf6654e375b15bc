"""The public board: what is on, which rooms are free, and what the neighbourhood gave, as records and ledger have it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec

from schedules import published_sessions, sql, walltimes
from schedules.intervals import Interval
from schedules.spaces import Space
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Seen, judged_for
from timebank.actions.rooms.find_rooms import rooms_on
from timebank.communities import tree
from timebank.hours import figures as hours
from timebank.hours import room_use
from timebank.people.callers import Caller
from timebank.points import figures as points

WEEK = timedelta(days=7)
SHOWN = 60
"""Sessions on the board at most."""


class FreeRoom(msgspec.Struct, frozen=True):
    """A room that can still be booked today; `next` is the first time that can be, on its grid."""

    space: Space
    next: Interval
    is_free_now: bool


class Totals(msgspec.Struct, frozen=True):
    """Since the beginning. Minutes and people from the latest versions of service records; units of 1/100 point.

    `issued` is what left issuance, `redeemed` and `expired` what reached those accounts, `donated` what members gave to pools,
    each less what came back; `pools` is what pools hold, `room_minutes` for how long rooms were booked and used (rules-23).
    """

    minutes: int
    people: int
    issued: int
    redeemed: int
    expired: int
    donated: int
    pools: int
    room_minutes: int


class Board(msgspec.Struct, frozen=True):
    """Sessions of the next seven local days by the day of their start; days without any are absent."""

    today: date
    days: list[tuple[date, list[Seen]]]
    has_more: bool
    rooms: list[FreeRoom]
    totals: Totals

    @property
    def on_today(self) -> list[Seen]:
        """What is on today, and what has run since last night."""
        return [seen for day, found in self.days if day <= self.today for seen in found]

    @property
    def to_come(self) -> list[tuple[date, list[Seen]]]:
        return [(day, found) for day, found in self.days if day > self.today]

    @property
    def free_now(self) -> int:
        """Rooms that are free at this instant."""
        return sum(room.is_free_now for room in self.rooms)


@action
async def see_board(caller: Caller, community_id: UUID | None, time_zone: str, now: datetime, is_open: bool = False) -> Board:
    """The board of a community with all above and below it, or of everybody; with `is_open`, only what the caller may take.

    Days are those of `time_zone`. Raises NotFound for an unknown community.
    """
    nodes = await around(community_id) if community_id else None
    today = walltimes.day_of(now, time_zone)
    until = walltimes.midnight(today, time_zone) + WEEK
    found = await published_sessions.listed(caller.member_id, now, until, community_ids=nodes, limit=SHOWN + 1)
    seen = [each for each in await judged_for(caller, found[:SHOWN], now) if each.answer.is_open or not is_open]
    return Board(today, by_day(seen), len(found) > SHOWN, await free_rooms(nodes, time_zone, now), await totals())


async def neighbourhoods() -> list[tree.Node]:
    """Sub-districts and communities, parents before children: what a reader may narrow the board to."""
    ids = [row["id"] for row in await sql.rows("SELECT id FROM community WHERE kind IN ('sub_district', 'community')")]
    return tree.in_order(await tree.nodes(ids))


async def around(community_id: UUID) -> list[UUID]:
    """The node, all above it and all below it: what concerns whoever lives there."""
    return [*await tree.ancestors(community_id), *(node.id for node in await tree.below([community_id]))]


def by_day(seen: Sequence[Seen]) -> list[tuple[date, list[Seen]]]:
    """Sessions under the local date on which they start (schedule-6)."""
    return [
        (day, list(found))
        for day, found in groupby(seen, key=lambda each: walltimes.day_of(each.session.starts_at, each.session.time_zone))
    ]


async def free_rooms(nodes: Sequence[UUID] | None, time_zone: str, now: datetime) -> list[FreeRoom]:
    """Rooms that are free at some time of the rest of today, those that are free first, and longest, at the top."""
    found = [
        FreeRoom(room.space, room.free[0], room.is_free_now)
        for room in await rooms_on(walltimes.day_of(now, time_zone), now)
        if room.free and (nodes is None or room.space.community_id in nodes)
    ]
    return sorted(found, key=lambda each: (not each.is_free_now, each.next.starts_at, -each.next.length, each.space.name))


async def totals() -> Totals:
    """What was given since the beginning: from the rows that count, nothing kept beside them. Each opens them: see_figures."""
    given, moved = await hours.given(), await points.totals()
    return Totals(given.minutes, given.people, **msgspec.structs.asdict(moved), room_minutes=await room_use.minutes())
