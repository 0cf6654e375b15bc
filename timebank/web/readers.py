"""Somebody who reads times and lengths in a language, in the zone of a room."""

from __future__ import annotations

from datetime import date, datetime

from schedules.intervals import Interval
from timebank.web import formats
from timebank.web.words import Language, Numbered, say


class Reader:
    """Says times in one language and zone."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self.language = language
        self.time_zone = time_zone

    def say(self, message: str | Numbered, **values: object) -> str:
        return say(self.language, message, **values)

    def moment(self, at: datetime) -> str:
        """`Fri 27 Nov 10:00`."""
        return f"{self.day(at)} {self.clock(at)}"

    def day(self, on: datetime | date) -> str:
        return formats.day(on, self.time_zone, language=self.language)

    def clock(self, at: datetime) -> str:
        return formats.clock(at, self.time_zone)

    def span(self, use: Interval) -> str:
        return formats.span(use.starts_at, use.ends_at, self.time_zone, language=self.language)

    def length(self, minutes: int) -> str:
        return formats.hours(minutes, self.language)

    def either(self, own: str, english: str) -> str:
        return (english or own) if self.language == "en" else (own or english)

    def several(self, uses: list[Interval]) -> str:
        """`10:00–12:00, 14:00–15:00`; the day stands before it where it is another than the one before."""
        parts, day = [], ""
        for use in uses:
            whole, on = self.span(use), self.day(use.starts_at)
            parts.append(whole.removeprefix(on).lstrip(", ") if on == day else whole)
            day = on
        return ("、" if self.language == "zh" else ", ").join(parts)
