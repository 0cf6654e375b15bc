"""Staff set rules of booking aside with a reason: which give way, and which never do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from schedules import facts, occupancy, rules
from schedules.facts import Broken
from schedules.intervals import Interval

NEVER_OVERRIDDEN = frozenset({"taken", "past", "no_such_time", "too_many_people", "no_units", "accessories"})
"""Rules that staff cannot set aside: what occupies the room, what the clock says, how many the room may hold. The turnaround
beside a use is not the use: it can be (booking-47)."""


def binding(broken: Sequence[Broken], against: str) -> list[Broken]:
    """The broken rules that still say no when staff give a reason to book against the rules."""
    return [one for one in broken if not against or (one.code in NEVER_OVERRIDDEN and not one.data.get("only_turnaround"))]


async def fit_turnaround(facts: facts.Facts, use: Interval, against: str) -> timedelta:
    """Makes room for a use that is about to be taken; the turnaround that is left after it.

    Against the rules, the turnaround before the use is cut, which writes `occupancy`, and its own ends where the next use
    begins (booking-47). For who holds the locks of `wishes.lock`. Safe to repeat.
    """
    if not against:
        return rules.pause(facts.space)
    await occupancy.cut_turnaround(facts.space.id, use.starts_at)
    after = [found.starts_at - use.ends_at for found in rules.blocks(facts) if found.starts_at >= use.ends_at]
    return min([rules.pause(facts.space), *after])
