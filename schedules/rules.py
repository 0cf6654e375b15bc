"""The one rule engine: may this person use this space at this time? Pure; API, page, form and job all ask here (booking-126).

`judge` names every broken rule, each with its data and the nearest that would work. A limit of zero is zero; None is no limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import msgspec

from schedules import gaps, lending, quota_rules, walltimes
from schedules.facts import Asked, Broken, Facts, Own, named
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.quotas import Kind, Limit
from schedules.spaces import Space

Rule = Callable[[Asked, Facts, datetime], Broken | None]
Rules = Callable[[Asked, Facts, datetime], Sequence[Broken]]


def judge(asked: Asked, facts: Facts, now: datetime) -> list[Broken]:
    """Every broken rule, in the order in which people should read them; empty when the booking may be made."""
    found = [broken for rule in FIRST if (broken := rule(asked, facts, now)) is not None]
    for rules in LAST:
        found += rules(asked, facts, now)
    return found


def not_past(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    if asked.use.starts_at >= now:
        return None
    return Broken("past", {"earliest_at": earliest_start(facts.space, now)})


def within_open_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """The whole use lies in open time; adjoining windows are one (booking-23, 24)."""
    if any(part.covers(asked.use) for part in facts.open):
        return None
    day = walltimes.day_of(asked.use.starts_at, facts.space.time_zone)
    is_open = open_on(day, facts)
    shut = next((window for window in facts.windows if window.day == day and window.is_shut), None)
    season = None if is_open or shut else _season_beside(day, facts)
    if season:
        return Broken("out_of_season", {"day": day, "valid_from": season.valid_from, "valid_until": season.valid_until})
    return Broken("closed", {"day": day, "open": is_open, "reason": shut.reason if shut else ""})


def _season_beside(day: date, facts: Facts) -> Window | None:
    """Hours of this weekday that hold in another season, the nearest one (booking-33)."""
    found = [window for window in facts.windows if window.day is None and window.weekday == day.weekday()]
    if not found or any(window.holds_on(day) for window in found):
        return None
    return min(found, key=lambda window: abs((window.valid_until or window.valid_from or day) - day))


def turnaround_within_open_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """The turnaround may run past closing unless the space says otherwise (booking-46)."""
    space = facts.space
    if space.may_overrun or not space.turnaround:
        return None
    part = next((part for part in facts.open if part.covers(asked.use)), None)
    if part is None or asked.use.ends_at + pause(space) <= part.ends_at:
        return None
    return Broken("turnaround", {"minutes": space.turnaround, "latest_end_at": part.ends_at - pause(space)})


def nothing_else_there(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """No other use, and a turnaround after each: never twice, never before the first (booking-43, 44)."""
    busy = Interval(asked.use.starts_at, asked.use.ends_at + pause(facts.space))
    clashes = [found for found in blocks(facts, asked.units) if found.busy.overlaps(busy)]
    if not clashes:
        return None
    first = clashes[0]
    comes_after = first.starts_at >= asked.use.ends_at
    return Broken(
        "taken",
        {
            "kind": first.kind,
            "by": first.label,
            "by_en": first.label_en,
            "use_from": first.starts_at,
            "use_until": first.ends_at,
            "free_from": max(found.busy_until for found in clashes),
            "latest_end_at": first.starts_at - pause(facts.space) if comes_after else None,
            "only_turnaround": not any(found.use.overlaps(asked.use) for found in clashes),
            "minutes": facts.space.turnaround,
        },
    )


def on_grid(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Start and end on the grid; names the grid times around the one that is not (booking-26)."""
    grid, zone = facts.space.grid, facts.space.time_zone
    off = [moment for moment in (asked.use.starts_at, asked.use.ends_at) if not gaps.is_on_grid(moment, grid, zone)]
    if not off:
        return None
    around = {"before_at": gaps.grid_before(off[0], grid, zone), "after_at": gaps.grid_after(off[0], grid, zone)}
    return Broken("grid", {"minutes": grid, "off_at": off[0], **around})


def long_enough(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    shortest = timedelta(minutes=facts.space.shortest)
    if asked.use.length >= shortest:
        return None
    return Broken("too_short", {"minutes": facts.space.shortest, "ends_at": asked.use.starts_at + shortest})


def strictest(kind: Kind, facts: Facts, use: Interval) -> Limit | None:
    """The limit that applies to a use (booking-39); None: no limit.

    A figure for a group of the person stands in place of the space's own figure; everything else holds beside it.
    """
    own = Limit(kind=kind, amount=getattr(facts.space, kind))
    if not facts.limits:
        return own
    holding = [limit for limit in facts.limits if limit.kind == kind and limit.parts(use, facts.space.time_zone)]
    if not any(limit.group_id and limit.is_always for limit in holding):
        holding = [own, *holding]
    numbers = [limit for limit in holding if limit.amount is not None]
    choose = max if kind == "notice" else min
    return choose(numbers, key=lambda limit: limit.amount or 0, default=None)


def short_enough(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    limit = strictest("longest", facts, asked.use)
    if limit is None or limit.amount is None:
        return None
    latest = end_after(limit.amount, asked.use.starts_at, facts.space.time_zone)
    if asked.use.ends_at <= latest:
        return None
    return Broken("too_long", {"minutes": limit.amount, "ends_at": latest, **named(limit)})


def no_chain(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Bookings of a household in one space count together against the longest use, unless the gap lies between them."""
    gap, limit = timedelta(minutes=facts.space.chain_gap), strictest("longest", facts, asked.use)
    if not gap or not asked.counts or limit is None or limit.amount is None:
        return None
    whole, beside = asked.use, list[Own]()
    rest = [own for own in facts.own if own.space_id == facts.space.id and own.of_household and own.counts and own.is_coming]
    while near := next((own for own in rest if own.starts_at - whole.ends_at < gap > whole.starts_at - own.ends_at), None):
        rest.remove(near)
        beside.append(near)
        whole = Interval(min(whole.starts_at, near.starts_at), max(whole.ends_at, near.ends_at))
    others = sum((own.use.length for own in beside), timedelta())
    most = timedelta(minutes=limit.amount)
    if not others or asked.use.length > most or asked.use.length + others <= most:
        return None
    used = others // timedelta(minutes=1)
    again_at = gaps.grid_after(max(own.ends_at for own in beside) + gap, facts.space.grid, facts.space.time_zone)
    return Broken("chain", {"minutes": limit.amount, "used": used, "gap": facts.space.chain_gap, "free_from": again_at})


def in_good_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Exactly the notice is enough (booking-34)."""
    limit = strictest("notice", facts, asked.use)
    if limit is None or asked.use.starts_at < now or asked.use.starts_at >= now + timedelta(minutes=limit.amount or 0):
        return None
    earliest = gaps.grid_after(now + timedelta(minutes=limit.amount or 0), facts.space.grid, facts.space.time_zone)
    return Broken("notice", {"minutes": limit.amount, "earliest_at": earliest, **named(limit)})


def not_too_far(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Inclusive and measured to the end, so that no long use starts inside and is cut short later (booking-36, 37)."""
    limit = strictest("horizon", facts, asked.use)
    if limit is None or limit.amount is None:
        return None
    space = facts.space
    latest = walltimes.days_later(now, limit.amount, space.time_zone)
    if asked.use.ends_at <= latest:
        return None
    opens_at = walltimes.days_later(asked.use.ends_at, -limit.amount, space.time_zone)
    latest_end_at = gaps.grid_before(latest, space.grid, space.time_zone)
    return Broken("horizon", {"days": limit.amount, "latest_end_at": latest_end_at, "opens_at": opens_at, **named(limit)})


def room_for_all(asked: Asked, facts: Facts) -> list[Broken]:
    """There are so many units and seats, whoever asks."""
    found, space = [], facts.space
    if asked.units > space.units:
        found.append(Broken("no_units", {"units": space.units}))
    if asked.people > space.seats:
        found.append(Broken("too_many_people", {"seats": space.seats}))
    return found


FIRST: tuple[Rule, ...] = (
    not_past,
    within_open_time,
    turnaround_within_open_time,
    nothing_else_there,
    on_grid,
    long_enough,
    short_enough,
    no_chain,
    in_good_time,
    not_too_far,
)
LAST: tuple[Rules, ...] = (
    quota_rules.within_quotas,
    quota_rules.not_at_once,
    lambda asked, facts, now: room_for_all(asked, facts),
    lending.accessories_left,
)


def blocks(facts: Facts, units: int = 1) -> Sequence[Occupied]:
    """What leaves fewer than so many units free, in order of time; all of it where the space is used as a whole.

    A closure that lets the person in is none of it.
    """
    if facts.space.units == 1:
        return [found for found in facts.taken if not found.is_exempt]
    spare = facts.space.units - units
    edges = sorted({edge for found in facts.taken for edge in (found.starts_at, found.ends_at, found.busy_until)})
    full: list[Occupied] = []
    for first, last in pairwise(edges):
        standing = [one for one in facts.taken if not one.is_exempt and one.starts_at <= first and last <= one.busy_until]
        if sum(found.units for found in standing) <= spare:
            continue
        shown = _blocked(facts.space, standing, first, last, spare)
        if full and full[-1].busy_until == first and _shows(full[-1]) == _shows(shown):
            full[-1] = msgspec.structs.replace(full[-1], ends_at=shown.ends_at, busy_until=last)
        else:
            full.append(shown)
    return full


def _blocked(space: Space, standing: Sequence[Occupied], first: datetime, last: datetime, spare: int) -> Occupied:
    """A time without enough units: as what it is where one use has them all, else as taken; after the uses, turnaround."""
    using = sum(found.units for found in standing if last <= found.ends_at)
    ends_at = last if using > spare else first
    if len(standing) == 1:
        return msgspec.structs.replace(standing[0], starts_at=first, ends_at=ends_at, busy_until=last)
    return Occupied(space_id=space.id, kind="booking", starts_at=first, ends_at=ends_at, busy_until=last, units=space.units)


def _shows(found: Occupied) -> tuple[str, str, UUID | None]:
    return found.kind, found.label, found.booking_id


def pause(space: Space) -> timedelta:
    """The turnaround after a use."""
    return timedelta(minutes=space.turnaround)


def earliest_start(space: Space, now: datetime) -> datetime:
    """The first grid time that is neither past nor inside the notice."""
    return gaps.grid_after(now + timedelta(minutes=space.notice), space.grid, space.time_zone)


def horizon(space: Space, now: datetime) -> datetime:
    """The last instant at which a use may end: the same wall time, so many local days ahead."""
    return walltimes.days_later(now, space.horizon, space.time_zone)


def longest_end(space: Space, starts_at: datetime) -> datetime:
    """When the longest use from here ends. Whole days are local days, also on the 23- and the 25-hour day (booking-81)."""
    return end_after(space.longest, starts_at, space.time_zone)


def end_after(minutes: int, starts_at: datetime, time_zone: str) -> datetime:
    """So many minutes later; of a whole number of days, the same wall time."""
    days, rest = divmod(minutes, 1440)
    return starts_at + timedelta(minutes=minutes) if rest else walltimes.days_later(starts_at, days, time_zone)


def open_on(day: date, facts: Facts) -> list[Interval]:
    """Open time that touches a local day."""
    zone = facts.space.time_zone
    whole = Interval(walltimes.midnight(day, zone), walltimes.midnight(day + walltimes.DAY, zone))
    return [part for part in facts.open if part.overlaps(whole)]
