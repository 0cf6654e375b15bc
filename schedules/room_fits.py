"""Where a wished length fits into free time, as the one rule engine sees it for one person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import gaps, rules, walltimes, wishes
from schedules.facts import Asked, Broken
from schedules.intervals import Interval
from schedules.spaces import Space
from schedules.walltimes import DAY

NOT_FREE = frozenset({"past", "closed", "turnaround", "taken", "grid", "no_units", "out_of_season"})
"""What says that there is no such time, for whomever; every other rule says that it is not for this person."""

Also = Callable[[Space, Interval, UUID], Awaitable[Sequence[Broken]]]
"""A rule that looks at what the engine does not know: points."""


class Looking(msgspec.Struct, frozen=True):
    """Who looks for `length` without a break inside `within`."""

    person_id: UUID
    household_id: UUID
    within: Interval
    length: timedelta
    people: int = 1


class Fit(msgspec.Struct, frozen=True):
    """`use`: the first time that breaks no rule. Without one, `refused` is the first that is free but not for this person."""

    space: Space
    use: Interval | None
    refused: Interval | None = None
    broken: Sequence[Broken] = ()


async def find(
    space_id: UUID,
    looking: Looking,
    touching: Interval,
    now: datetime,
    *,
    least: timedelta = timedelta(),
    without: Sequence[Interval] = (),
    also: Also | None = None,
) -> Fit:
    """The first time in a space that fits, touches `touching`, and leaves `least` to think before it is too late.

    Times that overlap one of `without` are left out. With `least` it is to be offered: not in a closure that lets this person
    in, which gives way to a booking alone. Locks nothing: whoever takes the time is stopped by the constraint alone.
    Raises NotFound for a space that is unknown or retired.
    """
    margin = timedelta(days=1)
    wide = Interval(looking.within.starts_at - margin, looking.within.ends_at + margin)
    facts = await wishes.look(space_id, looking.household_id, wide, now, person_id=looking.person_id)
    left_out = [*without, *(one.busy for one in facts.taken if least and one.is_exempt)]
    found = Fit(facts.space, None)
    notice = timedelta(minutes=facts.space.notice) if least else timedelta()
    for start in _starts(looking, touching, facts.space, now + least + notice):
        use = Interval(start, start + looking.length)
        if any(other.overlaps(use) for other in left_out):
            continue
        broken: Sequence[Broken] = rules.judge(Asked(use, looking.person_id, looking.people), facts, now)
        if not broken and also:
            broken = await also(facts.space, use, looking.person_id)
        if not broken:
            return Fit(facts.space, use)
        if found.refused is None and not {one.code for one in broken} & NOT_FREE:
            found = Fit(facts.space, None, use, broken)
    return found


def _starts(looking: Looking, touching: Interval, space: Space, not_before: datetime) -> Iterator[datetime]:
    """Grid times from which the length lies inside the stretch and touches what matters, in order."""
    first = max(looking.within.starts_at, touching.starts_at - looking.length, not_before)
    last = min(looking.within.ends_at - looking.length, touching.ends_at)
    day = walltimes.day_of(first, space.time_zone)
    while day <= walltimes.day_of(last, space.time_zone):
        for start in gaps.grid_times(day, space.grid, space.time_zone):
            if first <= start <= last and Interval(start, start + looking.length).overlaps(touching):
                yield start
        day += DAY
