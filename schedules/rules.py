"""The one rule engine: may this person use this space at this time? Pure; API, page, form and job all ask here (booking-126).

`judge` names every broken rule, each with its data and the nearest that would work. A limit of zero is zero; None is no limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from schedules import gaps, quotas, walltimes
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.quotas import Kind, Limit, Overdrawn, Used
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


def named(limit: Limit) -> dict[str, Any]:
    """The name that staff gave a limit; a figure of the space itself has none."""
    return {"rule": limit.name, "rule_en": limit.name_en} if limit.name else {}


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


def within_quotas(asked: Asked, facts: Facts, now: datetime) -> list[Broken]:
    """Every quota that would be exceeded; of several of one shape, the strictest (booking-39, 49, 50, 52, 58 to 60)."""
    if not asked.counts or asked.person_id is None:
        return []
    found: dict[tuple[object, ...], tuple[int, Broken]] = {}
    for limit in facts.quotas:
        if (limit.per == "team") != (asked.team_id is not None):
            continue
        over = _overdrawn(limit, asked, facts)
        shape = (*limit.shape, limit.days, limit.opens, limit.closes, tuple(limit.weekdays))
        if over is not None and (shape not in found or (limit.amount or 0) < found[shape][0]):
            found[shape] = (limit.amount or 0, Broken("quota", _quota_data(limit, over, facts.space)))
    return [broken for _, broken in found.values()]


def _overdrawn(limit: Limit, asked: Asked, facts: Facts) -> Overdrawn | None:
    zone = facts.space.time_zone
    wanted = quotas.usage(limit, [asked.use], zone)
    if limit.period != "coming" or not wanted:
        return quotas.overdrawn(limit, facts.used(limit, asked), wanted)
    # What is still to come is not of any period: the first that is over gives its place back (booking-58).
    coming = [own for own in facts.own if own.is_coming and counts_for(limit, own, asked)]
    used = sum(quotas.usage(limit, [own.use for own in coming], zone).values())
    if used + sum(wanted.values()) <= (limit.amount or 0):
        return None
    again = min((own.ends_at for own in coming), default=None)
    return Overdrawn(used, min(wanted), walltimes.day_of(again, zone) if again and limit.amount else None)


def _quota_data(limit: Limit, over: Overdrawn, space: Space) -> dict[str, Any]:
    data = {
        "limit": limit.amount,
        "used": over.used,
        "measure": limit.kind,
        "per": limit.per,
        "period": limit.period,
        "days": limit.days,
        "from_on": over.from_on,
        "again_on": over.again_on,
        **named(limit),
    }
    if not limit.is_always:
        data["weekdays"], data["opens"], data["closes"] = list(limit.weekdays), limit.opens, limit.closes
    return data


def not_at_once(asked: Asked, facts: Facts, now: datetime) -> list[Broken]:
    """At most so many bookings at a time; nobody uses two spaces at once where the space says so (booking-118)."""
    if not asked.counts:
        return []
    limits = [limit for limit in facts.limits if limit.kind == "at_once" and limit.amount is not None]
    if facts.space.one_at_a_time:
        limits.insert(0, Limit(kind="at_once", amount=1, per="person"))
    for limit in limits:
        standing = _standing(limit, asked, facts)
        moments = [asked.use.starts_at, *(own.starts_at for own in standing if own.starts_at > asked.use.starts_at)]
        most = max(sum(own.starts_at <= moment < own.ends_at for own in standing) for moment in moments)
        if standing and most >= (limit.amount or 0):
            return [_elsewhere(standing[0], limit)]
    return []


def _standing(limit: Limit, asked: Asked, facts: Facts) -> list[Own]:
    """Bookings at the same time, of the same person, household or team; teams' ones too, because nobody is in two places."""
    whose: dict[str, Callable[[Own], bool]] = {
        "person": lambda own: own.person_id == asked.person_id,
        "household": lambda own: own.of_household and asked.person_id is not None,
        "team": lambda own: own.team_id is not None and own.team_id == asked.team_id,
    }
    same = whose[limit.per or "person"]
    return [
        own
        for own in facts.own
        if own.counts
        and own.is_coming
        and own.use.overlaps(asked.use)
        and same(own)
        and (limit.id is None or limit.id in own.rules)
    ]


def _elsewhere(own: Own, limit: Limit) -> Broken:
    at = {"space": own.name, "space_en": own.name_en, "starts_at": own.starts_at, "ends_at": own.ends_at}
    return Broken("elsewhere", {**at, "limit": limit.amount, "per": limit.per, **named(limit)})


def accessories_left(asked: Asked, facts: Facts, now: datetime) -> list[Broken]:
    """As many as there are, at every moment; who brings some back when another begins is in nobody's way (booking-117)."""
    found = []
    for accessory_id, wanted in asked.accessories:
        lent = next((one for one in facts.lent if one.id == accessory_id), None)
        if lent is None:
            found.append(
                Broken("accessories", {"accessory": "", "accessory_en": "", "wanted": wanted, "left": 0, "free_from": None})
            )
            continue
        left = lent.quantity - most_lent(lent, asked.use)
        if wanted > left:
            found.append(Broken("accessories", _lacking(lent, wanted, left, asked.use)))
    return found


def most_lent(lent: Lent, use: Interval) -> int:
    """The most that others have of it at one moment of a time."""
    standing = [one for one in lent.uses if one.use.overlaps(use)]
    moments = [use.starts_at, *(one.starts_at for one in standing if one.starts_at > use.starts_at)]
    return max(sum(one.quantity for one in standing if one.starts_at <= moment < one.ends_at) for moment in moments)


def _lacking(lent: Lent, wanted: int, left: int, use: Interval) -> dict[str, Any]:
    """`free_from`: when enough are back for a use of the same length, where that is known."""
    backs = sorted(one.ends_at for one in lent.uses if one.ends_at > use.starts_at)
    works = (back for back in backs if most_lent(lent, Interval(back, back + use.length)) + wanted <= lent.quantity)
    return {
        "accessory": lent.name,
        "accessory_en": lent.name_en,
        "wanted": wanted,
        "left": left,
        "free_from": next(works, None),
    }


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
LAST: tuple[Rules, ...] = (within_quotas, not_at_once, lambda asked, facts, now: room_for_all(asked, facts), accessories_left)


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
