"""What is free, as somebody sees it before they try: all rooms on one day, or one room over some days. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import free, occupancy, opening, rules, space_rules, spaces, sql, walltimes, wishes
from schedules.facts import Facts
from schedules.free import Day
from schedules.intervals import Interval, clip
from schedules.occupancy import Occupied
from schedules.spaces import Space
from schedules.walltimes import DAY
from timebank.actions.rooms import booking_prices
from timebank.actions.rooms.booking_groups import member_of_number
from timebank.actions.rooms.keep_spaces import reach
from timebank.communities import tree
from timebank.people import members
from timebank.people.callers import Caller
from timebank.points.prices import Priced

MOST_DAYS = 14


class RoomToday(msgspec.Struct, frozen=True):
    """A room on one day: when it is open, what of that can still be booked, and what stands there now.

    `is_free_now`: nothing stands there at this instant, and the next start can be booked.
    """

    space: Space
    community: str
    community_en: str
    open: Sequence[Interval]
    free: Sequence[Interval]
    standing: Occupied | None
    is_free_now: bool


class RoomDays(msgspec.Struct, frozen=True):
    """A room over some days as one person sees it. `quota_left` is of the first day's week; None: no limit, or no person.

    `prices` hold for the open times of all days; none: the room costs nothing.
    """

    space: Space
    community: str
    community_en: str
    days: Sequence[Day]
    quota_left: int | None
    prices: Sequence[Priced]


async def rooms_on(day: date, now: datetime, home: UUID | None = None) -> list[RoomToday]:
    """Every room that can be booked on a local day: first those of `home` and the nodes above it, then by community and name.

    A handful of statements, however many rooms there are. Raises Malformed for a day that nobody means.
    """
    walltimes.of_our_days(day)
    found = await spaces.in_use()
    ids = [space.id for space in found]
    windows, limits = await opening.read(ids), await space_rules.for_everybody(found)
    whole = Interval(walltimes.midnight(day - DAY, "UTC"), walltimes.midnight(day + 2 * DAY, "UTC"))
    taken: dict[UUID, list[Occupied]] = {space_id: [] for space_id in ids}
    for occupied in await occupancy.read(ids, whole, now):
        taken[occupied.space_id].append(occupied)
    names = await _communities({space.community_id for space in found})
    rooms = []
    for space in found:
        open_times = opening.open_times(windows[space.id], day, day, space.time_zone)
        rooms.append(_room(Facts(space, open_times, taken[space.id], (), limits[space.id]), names, day, now))
    near = await tree.ancestors(home) if home else []
    return sorted(rooms, key=lambda room: (room.space.community_id not in near, room.community, room.space.name))


def _room(facts: Facts, names: dict[UUID, tuple[str, str]], day: date, now: datetime) -> RoomToday:
    space, open_times, taken = facts.space, facts.open, rules.blocks(facts)
    local = Interval(walltimes.midnight(day, space.time_zone), walltimes.midnight(day + DAY, space.time_zone))
    left = free.spans(facts, local, now)
    standing = next((found for found in taken if found.starts_at <= now < found.ends_at), None)
    is_empty = standing is None and any(part.starts_at <= now < part.ends_at for part in open_times)
    is_soon = bool(left) and left[0].starts_at < now + timedelta(minutes=space.grid)
    return RoomToday(space, *names[space.community_id], clip(open_times, local), left, standing, is_empty and is_soon)


async def days_of(caller: Caller, space_id: UUID, first: date | None, days: int, now: datetime) -> RoomDays:
    """One room from a local day on (none: today), up to fourteen; strangers see free and busy. Raises NotFound, Malformed."""
    zone = await sql.value("SELECT time_zone FROM space WHERE id = $1 AND state = 'open'", space_id) or "UTC"
    begin = walltimes.of_our_days(first or walltimes.day_of(now, zone))
    last = begin + (min(max(days, 1), MOST_DAYS) - 1) * DAY
    within = Interval(walltimes.midnight(begin, zone), walltimes.midnight(last + DAY, zone))
    facts = await wishes.look(space_id, caller.household_id, within, now, person_id=caller.member_id)
    shown = [
        free.day(begin + timedelta(days=number), facts, now, caller.member_id) for number in range((last - begin).days + 1)
    ]
    left = wishes.quota_left(facts, begin) if caller.member_id else None
    names = await _communities({facts.space.community_id})
    priced = await booking_prices.through(facts.space, [time for day in shown for time in day.open])
    return RoomDays(facts.space, *names[facts.space.community_id], shown, left, priced)


async def seen_as(caller: Caller, space_id: UUID, number: str) -> Caller:
    """A member as whom staff of a room look at it, by the volunteer number; they may do nothing as that member.

    Raises NotAllowed, NotFound, NoSuchMember.
    """
    await reach(caller, space_id)
    member = await members.one(await member_of_number(caller, number))
    return Caller(member_id=member.id, household_id=member.household_id, community_id=member.community_id, name=member.name)


async def _communities(ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    found = await sql.rows("SELECT id, name, name_en FROM community WHERE id = ANY($1)", list(ids))
    return {row["id"]: (row["name"], row["name_en"]) for row in found}
