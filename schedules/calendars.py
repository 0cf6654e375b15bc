"""iCalendar files (RFC 5545): what other calendars read. Times carry their zone, and the zone's own rules stand in the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import icalendar
import msgspec

from schedules.walltimes import zone_of

PRODUCT = "-//timebank//timebank//EN"
MARGIN = timedelta(days=366)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `uid` stays the same for ever; `sequence` rises with every change, `changed_at` says when that was."""

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    sequence: int
    made_at: datetime
    changed_at: datetime
    is_cancelled: bool = False
    is_tentative: bool = False
    """Waiting, offered or asked for: not certain yet (schedule-97)."""
    alarm: str = ""
    """What a calendar says some time before; empty: nothing."""
    alarm_before: timedelta = timedelta(hours=3)
    place: str = ""
    description: str = ""
    url: str = ""


def text(name: str, entries: Sequence[Entry]) -> bytes:
    """A calendar file of these entries; a cancelled one stays in it as cancelled (booking-120, 122)."""
    calendar = icalendar.Calendar()
    for key, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(key, value)
    for key in ("name", "x-wr-calname"):
        calendar.add(key, _one_line(name))
    for zone in sorted({entry.time_zone for entry in entries}):
        calendar.add_component(_zone(zone, [entry for entry in entries if entry.time_zone == zone]))
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _one_line(name: str) -> str:
    """`x-wr-calname` is written as it comes: breaks of lines in it would be lines of the file."""
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in name).split())


def _event(entry: Entry) -> Any:
    zone = zone_of(entry.time_zone)
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at)
    event.add("created", entry.made_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("summary", entry.summary)
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("status", "CANCELLED" if entry.is_cancelled else "TENTATIVE" if entry.is_tentative else "CONFIRMED")
    for key, value in (("location", entry.place), ("description", entry.description), ("url", entry.url)):
        if value:
            event.add(key, value)
    if entry.alarm and not entry.is_cancelled:
        event.add_component(_alarm(entry))
    return event


def _alarm(entry: Entry) -> Any:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.alarm)
    alarm.add("trigger", -entry.alarm_before)
    return alarm


def _zone(name: str, entries: Sequence[Entry]) -> Any:
    """The zone's rules over the years that the entries touch."""
    first = min(entry.starts_at for entry in entries) - MARGIN
    last = max(entry.ends_at for entry in entries) + MARGIN
    return icalendar.Timezone.from_tzinfo(zone_of(name), name, first.date(), last.date())
