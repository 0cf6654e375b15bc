"""Into which half days an attendance falls, on the wall of its activity. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NOON = time(12)


def halves(in_at: datetime, out_at: datetime | None, time_zone: str) -> list[tuple[date, bool]]:
    """Local days with whether it is the afternoon, in order; every half that the stay shares a moment with (schedule-101).

    A stay that ends at noon sharp has seen the morning only; one without a way out, or of no length, the half it began in.
    """
    zone = ZoneInfo(time_zone)
    start = in_at.astimezone(UTC)
    end = max(out_at, in_at).astimezone(UTC) if out_at else start
    found = []
    day = start.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        morning, noon = (datetime.combine(day, each, zone).astimezone(UTC) for each in (time(), NOON))
        evening = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        for is_afternoon, (opens, closes) in enumerate(((morning, noon), (noon, evening))):
            if start < closes and (end > opens or start >= opens):
                found.append((day, bool(is_afternoon)))
        day += timedelta(days=1)
    return found


def days(in_at: datetime, out_at: datetime | None, time_zone: str) -> list[date]:
    """Local days of the stay, in order."""
    return list(dict.fromkeys(day for day, _ in halves(in_at, out_at, time_zone)))
