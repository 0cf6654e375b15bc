"""Bookings that come again: a pattern in local days, booked date by date; what cannot be had is kept in `booking_skips`.

A series has an end. Its dates are taken in order of time, so two series that want the same dates cannot wait for each other.
What is past, and what others have, is never touched (booking-69).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import booking_patterns, booking_skips, bookings, new_bookings, rrules, sql, wishes
from schedules.booking_patterns import Pattern
from schedules.bookings import Booking, Holder
from schedules.errors import NotFound, Refusal
from schedules.facts import Broken
from schedules.spaces import Space
from schedules.wishes import Wish

Mode = Literal["all", "free"]
"""All dates or nothing; or what can be had, the others kept as skipped."""


class SeriesNotBookable(Refusal):
    """Nothing was stored: not every date can be had, or none.

    Facts: space_id, space, space_en, time_zone, dates (Dated of those that cannot be had), free (how many can).
    """


class NewSeries(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be booked on every date of the pattern."""

    space_id: UUID
    pattern: Pattern
    purpose: str = ""
    people: int = 1
    units: int = 1
    counts: bool = True
    team_id: UUID | None = None


class Dated(msgspec.Struct, frozen=True):
    """One date of a series: what was booked, or the rules that it broke."""

    on: date
    booking: Booking | None = None
    broken: Sequence[Broken] = ()


class Series(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    follows_id: UUID | None = None
    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    person_id: UUID
    household_id: UUID
    made_by: UUID
    rule: str
    first_on: date
    starts: time
    ends: time
    purpose: str
    people: int
    units: int
    counts: bool
    team_id: UUID | None
    made_at: datetime

    @property
    def pattern(self) -> Pattern:
        return Pattern(rule=self.rule, first_on=self.first_on, starts=self.starts, ends=self.ends)

    @property
    def wanted(self) -> NewSeries:
        """The same series as it was asked for."""
        return NewSeries(
            space_id=self.space_id,
            pattern=self.pattern,
            purpose=self.purpose,
            people=self.people,
            units=self.units,
            counts=self.counts,
            team_id=self.team_id,
        )

    @property
    def holder(self) -> Holder:
        return Holder(self.person_id, self.household_id, self.made_by)

    def wish(self, on: date) -> Wish:
        """The wish for one date."""
        return wish_on(self.wanted, on)


def wish_on(wanted: NewSeries, on: date) -> Wish:
    """The wish for one date. Raises Malformed for one that makes no sense whatever the room."""
    when = booking_patterns.times_on(wanted.pattern, on)
    wish = Wish(wanted.space_id, when, wanted.purpose, wanted.people, wanted.counts, wanted.units, wanted.team_id)
    wishes.check(wish)
    return wish


def made_of(wanted: NewSeries, holder: Holder, space: Space, now: datetime, follows_id: UUID | None = None) -> Series:
    """A series that begins now; `follows_id` is the one that it was split from."""
    return Series(
        id=uuid4(),
        follows_id=follows_id,
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        person_id=holder.person_id,
        household_id=holder.household_id,
        made_by=holder.made_by,
        rule=rrules.text(rrules.parse(wanted.pattern.rule)),
        first_on=wanted.pattern.first_on,
        starts=wanted.pattern.starts,
        ends=wanted.pattern.ends,
        purpose=wanted.purpose,
        people=wanted.people,
        units=wanted.units,
        counts=wanted.counts,
        team_id=wanted.team_id,
        made_at=now,
    )


OWN = [name for name in Series.__struct_fields__ if name not in ("space", "space_en", "time_zone")]
SERIES = f"""
SELECT {", ".join(f"b.{name}" for name in OWN)}, s.name AS space, s.name_en AS space_en, s.time_zone
  FROM booking_series b JOIN space s ON s.id = b.space_id
"""


async def write(series: Series, now: datetime) -> None:
    await sql.rows(
        f"INSERT INTO booking_series ({', '.join(OWN)}, changed_at) "
        f"VALUES ({', '.join(f'${n + 1}' for n in range(len(OWN)))}, ${len(OWN) + 1})",
        *(getattr(series, name) for name in OWN),
        now,
    )


async def one(series_id: UUID) -> Series:
    """Raises NotFound."""
    found = await sql.row(f"{SERIES} WHERE b.id = $1", series_id)
    if found is None:
        raise NotFound(what="series")
    return Series(**dict(found))


async def lock(series_id: UUID) -> Series:
    """The series under its lock: two who change it queue here. Raises NotFound."""
    await sql.rows("SELECT FROM booking_series WHERE id = $1 FOR NO KEY UPDATE", series_id)
    return await one(series_id)


async def of_person(person_id: UUID, now: datetime) -> list[Series]:
    """The series of which something is still to come, booked or skipped."""
    found = await sql.rows(
        f"{SERIES} WHERE b.person_id = $1 AND (EXISTS (SELECT FROM booking x WHERE x.series_id = b.id AND x.ends_at > $2) "
        "OR EXISTS (SELECT FROM booking_skip k WHERE k.series_id = b.id AND k.state IN ('watched', 'free') "
        "AND k.day >= ($2 AT TIME ZONE s.time_zone)::date)) "
        "ORDER BY b.first_on, b.id",
        person_id,
        now,
    )
    return [Series(**dict(row)) for row in found]


async def book(series: Series, on: date, now: datetime) -> Booking:
    """Books one date of the series. Raises NotBookable, NotFound, Malformed. Locks the household."""
    made = await new_bookings.book(series.holder, series.wish(on), now)
    await sql.rows("UPDATE booking SET series_id = $2, series_on = $3 WHERE id = $1", made.id, series.id, on)
    return msgspec.structs.replace(made, series_id=series.id, series_on=on)


async def bookings_of(series_id: UUID) -> list[Booking]:
    """Every booking that the series ever had, cancelled ones too, by the date that was meant."""
    found = await sql.rows(f"{bookings.BOOKING} WHERE b.series_id = $1 ORDER BY b.series_on, b.made_at", series_id)
    return [Booking(**dict(row.items())) for row in found]


async def hand_over(series_id: UUID, to: UUID, since: date, now: datetime) -> None:
    """Dates from a day on belong to another series: a split."""
    await sql.rows("UPDATE booking SET series_id = $2 WHERE series_id = $1 AND series_on >= $3", series_id, to, since)
    await booking_skips.hand_over(series_id, to, since, now)


async def set_pattern(series_id: UUID, wanted: NewSeries, now: datetime) -> None:
    """What the series means from now on; its bookings are moved one by one."""
    await sql.rows(
        "UPDATE booking_series SET rule = $2, first_on = $3, starts = $4, ends = $5, purpose = $6, people = $7, "
        "changed_at = $8 WHERE id = $1",
        series_id,
        wanted.pattern.rule,
        wanted.pattern.first_on,
        wanted.pattern.starts,
        wanted.pattern.ends,
        wanted.purpose,
        wanted.people,
        now,
    )
