"""Free times of a day as one person sees them: what can be booked, what not, and why. Pure; `rules.judge` decides."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import gaps, rules, walltimes
from schedules.facts import Asked, Broken, Facts
from schedules.intervals import Interval, clip, subtract
from schedules.occupancy import Occupied
from schedules.spaces import Space


class Start(msgspec.Struct, frozen=True):
    """A grid time in open time. `why` is the first rule that the shortest use from here breaks, None where it can be booked."""

    starts_at: datetime
    latest_end_at: datetime | None
    """The end of the longest use from here; None where nothing can be booked."""
    why: Broken | None = None


class Stretch(msgspec.Struct, frozen=True):
    """A part of the day in which the same holds: free with its starts, taken by something, or not bookable because."""

    starts_at: datetime
    ends_at: datetime
    state: Literal["free", "taken", "not"]
    starts: Sequence[Start] = ()
    taken: Occupied | None = None
    why: Broken | None = None
    left: tuple[int, int] | None = None
    """Of a free part of a space with several units: how many are free, at the least and at the most."""


class Day(msgspec.Struct, frozen=True):
    """One local day of a space. `open` is its open time; a day without any is closed."""

    day: date
    open: Sequence[Interval]
    stretches: Sequence[Stretch]

    @property
    def starts(self) -> list[Start]:
        """What can be booked, in order of time."""
        return [start for stretch in self.stretches if stretch.state == "free" for start in stretch.starts]


def day(on: date, facts: Facts, now: datetime, person_id: UUID | None = None, counts: bool = True) -> Day:
    """The day as this person sees it; as anybody sees it without one. Past starts are left out.

    `facts` must reach from the day's begin to its end.
    """
    zone = facts.space.time_zone
    whole = Interval(walltimes.midnight(on, zone), walltimes.midnight(on + walltimes.DAY, zone))
    open_times = clip(facts.open, whole)
    standing = rules.blocks(facts)
    taken = [found for found in standing if found.use.overlaps(whole) and found.starts_at < found.ends_at]
    stretches = [_taken(found, whole) for found in taken]
    for gap in [left for part in open_times for left in subtract(part, [found.busy for found in standing])]:
        found = _stretches(starts(on, gap, facts, now, person_id, counts), gap)
        stretches += [_counted(stretch, facts) for stretch in found] if facts.space.units > 1 else found
    return Day(on, open_times, sorted(stretches, key=lambda stretch: stretch.starts_at))


def _counted(stretch: Stretch, facts: Facts) -> Stretch:
    """A free stretch with how many units are left in it; another as it is."""
    if stretch.state != "free":
        return stretch
    standing = [one for one in facts.taken if not one.is_exempt]
    edges = {edge for one in standing for edge in (one.starts_at, one.busy_until)}
    moments = [stretch.starts_at, *(edge for edge in edges if stretch.starts_at < edge < stretch.ends_at)]
    used = [sum(one.units for one in standing if one.starts_at <= moment < one.busy_until) for moment in moments]
    return msgspec.structs.replace(stretch, left=(facts.space.units - max(used), facts.space.units - min(used)))


def starts(
    on: date, within: Interval, facts: Facts, now: datetime, person_id: UUID | None = None, counts: bool = True
) -> list[Start]:
    """Every grid time of the day inside `within` that is still to come, with its verdict."""
    times = gaps.grid_times(on, facts.space.grid, facts.space.time_zone)
    begin = max(within.starts_at, now)
    return [_start(moment, facts, now, person_id, counts) for moment in times if begin <= moment < within.ends_at]


def _start(moment: datetime, facts: Facts, now: datetime, person_id: UUID | None, counts: bool) -> Start:
    use = Interval(moment, moment + shortest_use(facts.space))
    broken = rules.judge(Asked(use, person_id, counts=counts), facts, now)
    return Start(moment, None, broken[0]) if broken else Start(moment, latest_end(moment, facts, now, person_id, counts))


def shortest_use(space: Space) -> timedelta:
    """The shortest length that lies on the grid."""
    return timedelta(minutes=-(-space.shortest // space.grid) * space.grid)


def latest_end(starts_at: datetime, facts: Facts, now: datetime, person_id: UUID | None, counts: bool = True) -> datetime:
    """The end of the longest use from a start from which the shortest can be booked."""
    space, pause = facts.space, rules.pause(facts.space)
    ends = [
        part.ends_at - (timedelta() if space.may_overrun else pause)
        for part in facts.open
        if part.starts_at <= starts_at < part.ends_at
    ]
    ends += [found.starts_at - pause for found in rules.blocks(facts) if found.starts_at > starts_at]
    if facts.limits:
        ends.append(starts_at + walltimes.LARGEST)
    else:
        ends += [rules.longest_end(space, starts_at), rules.horizon(space, now)]
    latest = gaps.grid_before(min(ends), space.grid, space.time_zone)
    if not (facts.limits or space.one_at_a_time or space.chain_gap):
        return latest
    return _longest_that_works(starts_at, latest, facts, now, person_id, counts)


def _longest_that_works(
    starts_at: datetime, latest: datetime, facts: Facts, now: datetime, person_id: UUID | None, counts: bool
) -> datetime:
    """The last end on the grid that breaks no rule. A longer use never breaks fewer rules, so halving finds it."""
    step = timedelta(minutes=facts.space.grid)
    first = starts_at + shortest_use(facts.space)

    def breaks(number: int) -> bool:
        return bool(rules.judge(Asked(Interval(starts_at, first + number * step), person_id, counts=counts), facts, now))

    return first + (bisect_left(range(1, (latest - first) // step + 1), True, key=breaks)) * step


def ends(start: Start, space: Space) -> list[datetime]:
    """Every end that can be chosen from a start, shortest first."""
    found, step = [], timedelta(minutes=space.grid)
    end = start.starts_at + shortest_use(space)
    while start.latest_end_at is not None and end <= start.latest_end_at:
        found.append(end)
        end += step
    return found


def _taken(found: Occupied, whole: Interval) -> Stretch:
    """The part of a use that lies in this day."""
    return Stretch(max(found.starts_at, whole.starts_at), min(found.ends_at, whole.ends_at), "taken", taken=found)


TOO_SHORT = frozenset({"closed", "turnaround", "taken"})
"""What a start inside a gap breaks when the rest of the gap is shorter than the shortest use."""


def _stretches(cells: Sequence[Start], gap: Interval) -> list[Stretch]:
    """Neighbouring starts of one gap with the same verdict become one stretch; a free one ends with its latest use."""
    found: list[Stretch] = []
    for start in cells:
        last = found[-1] if found else None
        if last and last.state == "free" and start.why and start.why.code in TOO_SHORT:
            continue
        if last and (last.why.code if last.why else "") == (start.why.code if start.why else ""):
            found[-1] = Stretch(last.starts_at, gap.ends_at, last.state, (*last.starts, start), why=last.why)
            continue
        if last:
            found[-1] = Stretch(last.starts_at, start.starts_at, last.state, last.starts, why=last.why)
        found.append(Stretch(start.starts_at, gap.ends_at, "not" if start.why else "free", (start,), why=start.why))
    return [_usable(stretch) for stretch in found]


def _usable(stretch: Stretch) -> Stretch:
    """What tidying up takes at the end, and what lies off the grid, is nobody's to book."""
    ends = [start.latest_end_at for start in stretch.starts if start.latest_end_at]
    if stretch.state != "free" or not ends:
        return stretch
    return msgspec.structs.replace(stretch, ends_at=min(stretch.ends_at, max(ends)))


def spans(facts: Facts, within: Interval, now: datetime) -> list[Interval]:
    """What can still be booked in `within`, on the grid, turnaround and notice respected: for a list of many spaces.

    The house's rules are asked, nobody's own; the same times as `day` shows a stranger.
    """
    if facts.limits:
        zone = facts.space.time_zone
        shown = day(walltimes.day_of(within.starts_at, zone), facts, now)
        return [Interval(part.starts_at, part.ends_at) for part in shown.stretches if part.state == "free"]
    space, found = facts.space, []
    first, last = max(within.starts_at, rules.earliest_start(space, now)), rules.horizon(space, now)
    busy = [taken.busy for taken in rules.blocks(facts)]
    for part in facts.open:
        for gap in subtract(part, busy):
            is_closing = gap.ends_at == part.ends_at and space.may_overrun
            end = min(last, gap.ends_at - (timedelta() if is_closing else rules.pause(space)))
            start = gaps.grid_after(max(gap.starts_at, first), space.grid, space.time_zone)
            end = gaps.grid_before(end, space.grid, space.time_zone)
            if start < within.ends_at and end - start >= shortest_use(space):
                found.append(Interval(start, min(end, within.ends_at)))
    return found


def nearest(asked: Asked, facts: Facts, now: datetime) -> list[Interval]:
    """Up to three times near the asked one that break no rule, as long as the asked one where the rules allow that length.

    `facts` must reach over the days that are looked at: the asked one and seven more.
    """
    space = facts.space
    limit = rules.strictest("longest", facts, asked.use)
    longest = timedelta(minutes=limit.amount) if limit and limit.amount is not None else walltimes.LARGEST
    length = max(min(asked.use.length, longest), shortest_use(space))
    steps = length // timedelta(minutes=space.grid)
    if rules.room_for_all(asked, facts):
        return []

    def works(option: Interval) -> bool:
        return not rules.judge(msgspec.structs.replace(asked, use=option), facts, now)

    return gaps.nearest(asked.use, space.grid, space.time_zone, works, timedelta(minutes=space.grid) * steps)
