"""Half-open stretches of time, `[starts_at, ends_at)`, and what can be said about them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from schedules.errors import Malformed


class NotAfterStart(Malformed):
    """The end does not lie after the start. Facts: field, reason."""


class Interval(msgspec.Struct, frozen=True, order=True):
    """From an aware instant up to, and not including, another."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """Elapsed time; an hour is an hour also on the night of a clock change."""
        return self.ends_at - self.starts_at

    def overlaps(self, other: Interval) -> bool:
        """Whether they share an instant; neighbours that touch do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def covers(self, other: Interval) -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at


def proper(starts_at: datetime, ends_at: datetime) -> Interval:
    """An interval in UTC that is not empty. Raises NotAfterStart for an empty or reversed one (booking-10)."""
    if starts_at >= ends_at:
        raise NotAfterStart(field="ends_at", reason="the end must lie after the start")
    try:
        return Interval(starts_at.astimezone(UTC), ends_at.astimezone(UTC))
    except OverflowError:
        raise Malformed(field="starts_at", reason="a day of our days") from None


def join(parts: Iterable[Interval]) -> list[Interval]:
    """The same time as few intervals: parts that overlap or touch become one."""
    joined: list[Interval] = []
    for part in sorted(parts):
        if joined and part.starts_at <= joined[-1].ends_at:
            joined[-1] = Interval(joined[-1].starts_at, max(joined[-1].ends_at, part.ends_at))
        else:
            joined.append(part)
    return joined


def subtract(whole: Interval, parts: Iterable[Interval]) -> list[Interval]:
    """What is left of `whole` outside the parts."""
    left, begin = [], whole.starts_at
    for part in join(parts):
        if part.ends_at <= begin or part.starts_at >= whole.ends_at:
            continue
        if begin < part.starts_at:
            left.append(Interval(begin, part.starts_at))
        begin = max(begin, part.ends_at)
    if begin < whole.ends_at:
        left.append(Interval(begin, whole.ends_at))
    return left


def clip(parts: Iterable[Interval], to: Interval) -> list[Interval]:
    """The parts that lie inside `to`, cut at its ends."""
    return [Interval(max(part.starts_at, to.starts_at), min(part.ends_at, to.ends_at)) for part in parts if part.overlaps(to)]
