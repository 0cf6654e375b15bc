"""The rules about how much one may have: quotas, and bookings at the same time. Pure; `rules.judge` asks them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from schedules import quotas, walltimes
from schedules.facts import Asked, Broken, Facts, Own, counts_for, named
from schedules.quotas import Limit, Overdrawn


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
            found[shape] = (limit.amount or 0, Broken("quota", _quota_data(limit, over)))
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


def _quota_data(limit: Limit, over: Overdrawn) -> dict[str, Any]:
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
