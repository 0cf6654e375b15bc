"""Makes the sessions of series, so many weeks ahead. Whatever was missed is made at the next look, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import activities, occupancy, plans, series, session_rows, sql, walltimes
from schedules.errors import NotFound
from schedules.intervals import Interval
from schedules.occupancy import OverlapsItself, SpaceTaken, Use
from schedules.plans import Cover
from schedules.series import Series
from schedules.session_rows import NewSession
from schedules.sql import savepoint


class Made(msgspec.Struct, frozen=True):
    """Sessions that were made, the starts of those whose room was taken, and the days that no insurance covers.

    A session without its room stands all the same: people come, and the organiser finds a place (decision 16).
    """

    series_id: UUID
    session_ids: list[UUID]
    without_room: list[datetime]
    uncovered: list[date]


class Wish(msgspec.Struct, frozen=True):
    """A session that asks for a room."""

    session_id: UUID
    space_id: UUID
    starts_at: datetime
    ends_at: datetime


def horizon(found: Series, now: datetime) -> date:
    """The last day for which sessions are made now."""
    return walltimes.day_of(now, found.time_zone) + timedelta(weeks=found.weeks_ahead)


async def make(series_id: UUID, now: datetime) -> Made:
    """Makes what is missing of a published series up to its horizon. Safe to repeat, and in two workers (schedule-9, 10).

    A date that was called off keeps its session and is not made anew (schedule-15); one that a change had dropped comes back
    where the rule has it again. Locks the series, then takes the rooms. Raises NotFound.
    """
    found = await series.lock(series_id)
    if found.activity_state != "published":
        return Made(series_id, [], [], [])
    await _adopt(found)
    until = horizon(found, now)
    wanted = series.days(found, walltimes.day_of(now, found.time_zone), until)
    times = {day: series.interval(found, day, found.time_zone) for day in wanted}
    standing = await _standing(found, wanted)
    missing = [day for day in wanted if times[day].starts_at > now and day not in standing]
    covered = await _covered(found, {day: times[day] for day in missing})
    made = await _write(found, {day: times[day] for day in covered}, now)
    without = await take_rooms([Wish(one, room, starts, ends) for one, room, starts, ends in made if room], now)
    await sql.rows("UPDATE series SET made_until = $2 WHERE id = $1", series_id, until)
    lost = {wish.session_id for wish in without}
    return Made(
        series_id,
        [session_id for session_id, *_ in made],
        [starts_at for session_id, _, starts_at, _ in made if session_id in lost],
        [day for day in missing if day not in covered],
    )


async def _adopt(found: Series) -> None:
    """Single sessions of the activity at exactly the times of the series belong to it: the one it was begun with."""
    alone = await sql.rows(
        "SELECT id, coalesce(skipped_start, starts_at AT TIME ZONE $2) AS start FROM session "
        "WHERE activity_id = $1 AND series_id IS NULL AND state = 'planned' AND absent_from IS NULL",
        found.activity_id,
        found.time_zone,
    )
    at_time = {row["start"].date(): row["id"] for row in alone if row["start"].time() == found.starts}
    if not at_time:
        return
    days = series.days(found, min(at_time), max(at_time))
    standing = await _standing(found, days)
    days = [day for day in days if day in at_time and day not in standing]
    # A day that a change had dropped and that was planned by hand since: the dropped one lets go of it.
    await sql.rows(
        "UPDATE session SET series_id = NULL, original_start = NULL "
        "WHERE series_id = $1 AND is_dropped AND original_start::date = ANY ($2)",
        found.id,
        days,
    )
    await sql.rows(
        "UPDATE session s SET series_id = $1, original_start = n.start "
        "FROM unnest($2::uuid[], $3::timestamp[]) AS n (id, start) "
        "WHERE s.id = n.id AND NOT EXISTS (SELECT FROM session o WHERE o.series_id = $1 AND o.original_start = n.start)",
        found.id,
        [at_time[day] for day in days],
        [datetime.combine(day, found.starts) for day in days],
    )


async def _standing(found: Series, days: Sequence[date]) -> set[date]:
    """Which of these days of the rule have a session, also one that was called off."""
    rows = await sql.rows(
        "SELECT original_start::date AS day FROM session "
        "WHERE series_id = $1 AND NOT is_dropped AND original_start::date = ANY ($2)",
        found.id,
        list(days),
    )
    return {row["day"] for row in rows}


async def _covered(found: Series, times: dict[date, Interval]) -> dict[date, Interval]:
    """Without the days of a risky activity that its insurance leaves out (rules.md 8)."""
    if not found.may_endanger or not times:
        return times
    cover: Cover | None = (await activities.find(found.activity_id)).cover
    return {day: time for day, time in times.items() if plans.covers(cover, [time], found.time_zone)}


async def _write(
    found: Series, times: dict[date, Interval], now: datetime
) -> list[tuple[UUID, UUID | None, datetime, datetime]]:
    """The sessions of these days with the rooms they ask for; those that were dropped earlier come back."""
    if not times:
        return []
    rows = {day: _new(found, day, time) for day, time in times.items()}
    back = await _bring_back(found, rows, now)
    fresh = [row for day, row in rows.items() if day not in back]
    around = (found.opens_before, found.closes_after)
    ids = list(back.values()) + await session_rows.write(found.activity_id, fresh, found.roles, around, now)
    made = await sql.rows("SELECT id, space_id, starts_at, ends_at FROM session WHERE id = ANY ($1) ORDER BY starts_at", ids)
    return [(row["id"], row["space_id"], row["starts_at"], row["ends_at"]) for row in made]


def _new(found: Series, day: date, time: Interval) -> NewSession:
    plan = series.session_plan(found, day)
    return NewSession(
        time=time,
        skipped=plans.skipped(plan, time.starts_at, found.time_zone),
        place="" if found.space_id else found.place,
        space_id=found.space_id,
        series_id=found.id,
        original_start=plan.starts,
        note=found.note,
        note_en=found.note_en,
    )


async def _bring_back(found: Series, rows: dict[date, NewSession], now: datetime) -> dict[date, UUID]:
    """Dropped sessions of these days, planned again as the series is now."""
    back = await sql.rows(
        """
        UPDATE session s
           SET state = 'planned', is_dropped = false, call_off_reason = '', own_fields = '{}', wanted_space = NULL,
               starts_at = n.starts_at, ends_at = n.ends_at, skipped_start = n.skipped, original_start = n.original_start,
               opens_at = n.starts_at - make_interval(mins => $7), closes_at = n.ends_at + make_interval(mins => $8),
               space_id = $9, place = coalesce((SELECT name FROM space WHERE id = $9), $10), note = $11, note_en = $12,
               sequence = sequence + 1, changed_at = $13
          FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[], $5::timestamp[], $6::timestamp[])
               AS n (day, starts_at, ends_at, skipped, original_start)
         WHERE s.series_id = $1 AND s.is_dropped AND s.original_start::date = n.day RETURNING s.id, n.day
        """,
        found.id,
        list(rows),
        [row.time.starts_at for row in rows.values()],
        [row.time.ends_at for row in rows.values()],
        [row.skipped for row in rows.values()],
        [row.original_start for row in rows.values()],
        found.opens_before,
        found.closes_after,
        found.space_id,
        found.place,
        found.note,
        found.note_en,
        now,
    )
    if back:
        await session_rows.fit_roles([row["id"] for row in back], None, found.roles)
    return {row["day"]: row["id"] for row in back}


async def settle_rooms(session_ids: Sequence[UUID], now: datetime) -> list[Wish]:
    """Tries the rooms that these sessions ask for and do not have; the wishes that are still open. Safe to repeat."""
    rows = await sql.rows(
        "SELECT id, wanted_space, starts_at, ends_at FROM session WHERE id = ANY ($1) AND wanted_space IS NOT NULL "
        "AND state = 'planned' AND starts_at > $2 ORDER BY id FOR NO KEY UPDATE",
        list(session_ids),
        now,
    )
    wishes = [Wish(*row) for row in rows]
    lost = await _take(wishes, now)
    await sql.rows(
        "UPDATE session s SET space_id = p.id, place = p.name, wanted_space = NULL, sequence = sequence + 1, changed_at = $2 "
        "FROM space p WHERE p.id = s.wanted_space AND s.id = ANY ($1)",
        [wish.session_id for wish in wishes if wish not in lost],
        now,
    )
    return lost


async def take_rooms(wishes: Sequence[Wish], now: datetime) -> list[Wish]:
    """Takes every room that is free; the wishes not met, whose sessions then stand at their series' place in words."""
    lost = await _take(wishes, now)
    await sql.rows(
        "UPDATE session s SET wanted_space = s.space_id, space_id = NULL, place = r.place FROM series r "
        "WHERE r.id = s.series_id AND s.id = ANY ($1)",
        [wish.session_id for wish in lost],
    )
    return lost


async def _take(wishes: Sequence[Wish], now: datetime) -> list[Wish]:
    """A savepoint each time: a clash takes back the whole attempt, and the next one leaves out what clashed."""
    lost: list[Wish] = []
    left = list(wishes)
    while left:
        uses = [Use(wish.space_id, "session", wish.session_id, wish.starts_at, wish.ends_at) for wish in left]
        try:
            async with savepoint():
                await occupancy.take(uses, now)
            break
        except SpaceTaken as taken:
            lost += [wish for wish in left if wish.starts_at in taken.clashes and wish.space_id == taken.space_id]
        except OverlapsItself as overlap:
            lost += [wish for wish in left if wish.starts_at == overlap.second_at]
        except NotFound:  # a room was retired
            lost += left
        left = [wish for wish in left if wish not in lost]
    return sorted(lost, key=lambda wish: wish.starts_at)
