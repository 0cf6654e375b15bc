"""Alarms on volume and speed of entries (rules.md 10 and 11): for people to look at, with the rows; nothing follows by itself.

Hours of class B and C are typed in by somebody: too many for one person's day, too many by one enterer on a day, or too fast
one after the other. A list that is confirmed in one go counts by its lines, but is not fast: only what is typed one by one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

Kind = Literal["person_day", "enterer_day", "enterer_speed"]
BACK = timedelta(days=7)
"""Entries that are looked at again: a job that was away for less misses nothing."""


class OwnAlarm(Refusal):
    """Somebody else has to look at it: it is about the caller, their household or what they entered. Facts: none."""


class Typed(msgspec.Struct, frozen=True):
    """One entry of a group. `key` is the same for all that was sent about one stay or record: the last one counts."""

    id: UUID
    key: UUID
    kind: str
    minutes: int
    entered_at: datetime


class Group(msgspec.Struct, frozen=True):
    """What one person's hours of a day, or one enterer's entries of a day, consist of; oldest first."""

    about_id: UUID
    day: date
    community_id: UUID
    entries: tuple[Typed, ...]


COLUMNS = """
json_agg(json_build_object('id', e.id, 'key', coalesce(e.attendance_id, e.corrects, e.record_id, e.id), 'kind', e.kind,
                           'minutes', e.service_minutes, 'entered_at', e.entered_at) ORDER BY e.entered_at, e.id) AS entries,
(array_agg(e.community_id ORDER BY e.entered_at, e.id))[1] AS community_id
"""
BY_PERSON = f"""
SELECT e.member_id AS about_id, e.served_on AS day, {COLUMNS} FROM hours_entry e
 WHERE e.state <> 'rejected'
   AND (e.member_id, e.served_on) IN (SELECT member_id, served_on FROM hours_entry WHERE entered_at > $1)
 GROUP BY e.member_id, e.served_on
"""
BY_ENTERER = f"""
SELECT e.entered_by AS about_id, (e.entered_at AT TIME ZONE c.time_zone)::date AS day, {COLUMNS}
  FROM hours_entry e JOIN community c ON c.id = e.community_id WHERE e.entered_at > $1
 GROUP BY e.entered_by, (e.entered_at AT TIME ZONE c.time_zone)::date
"""


async def by_person(now: datetime) -> list[Group]:
    """Days of service about which something was entered lately, with all that stands for them."""
    return _groups(await sql.rows(BY_PERSON, now - BACK))


async def by_enterer(now: datetime) -> list[Group]:
    """What each enterer entered on each local day, lately."""
    return _groups(await sql.rows(BY_ENTERER, now - BACK))


def _groups(found: Sequence[object]) -> list[Group]:
    rows = [dict(row) for row in found]  # type: ignore[call-overload]
    return [
        Group(row["about_id"], row["day"], row["community_id"], msgspec.json.decode(row["entries"], type=tuple[Typed, ...]))
        for row in rows
    ]


def long_day(group: Group, most: int) -> list[UUID]:
    """The entries of a day that come to more than `most` minutes together; a correction counts instead of what it corrects."""
    last = {each.key: each for each in group.entries}
    return [each.id for each in last.values()] if sum(each.minutes for each in last.values()) > most else []


def many(group: Group, most: int) -> list[UUID]:
    """The entries where they are more than `most`."""
    return [each.id for each in group.entries] if len(group.entries) > most else []


def hurried(group: Group, least: int) -> list[UUID]:
    """Entries typed less than `least` minutes after the one before, and that one; lists of a session are not typed."""
    typed = [each for each in group.entries if each.kind != "stay"]
    fast = [
        pair for pair in pairwise(typed) if timedelta() < pair[1].entered_at - pair[0].entered_at < timedelta(minutes=least)
    ]
    return list(dict.fromkeys(each.id for pair in fast for each in pair))


async def known(groups: Sequence[Group]) -> dict[tuple[str, UUID, date], set[UUID]]:
    """The entries of the alarms about these people, by kind, person and day."""
    found = await sql.rows(
        "SELECT a.kind, a.about_id, a.day, array_agg(r.entry_id) AS entries FROM entry_alarm a "
        "JOIN entry_alarm_row r ON r.alarm_id = a.id WHERE a.about_id = ANY ($1) GROUP BY a.id",
        list({group.about_id for group in groups}),
    )
    return {(row["kind"], row["about_id"], row["day"]): set(row["entries"]) for row in found}


async def raise_alarm(kind: Kind, group: Group, threshold: int, entry_ids: Sequence[UUID], now: datetime) -> None:
    """Keeps the fact, and every entry that belongs to it. Safe to repeat, and in two workers."""
    # Two workers that see the same: the key lets one of them write the alarm, and each row stands once.
    await sql.rows(
        "INSERT INTO entry_alarm (id, kind, about_id, day, community_id, threshold, raised_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, about_id, day) DO NOTHING",
        uuid4(),
        kind,
        group.about_id,
        group.day,
        group.community_id,
        threshold,
        now,
    )
    await sql.rows(
        "WITH added AS (INSERT INTO entry_alarm_row (alarm_id, entry_id, added_at) SELECT a.id, entry, $5 FROM entry_alarm a, "
        "unnest($4::uuid[]) AS entry WHERE a.kind = $1 AND a.about_id = $2 AND a.day = $3 "
        "ON CONFLICT DO NOTHING RETURNING alarm_id) "
        "UPDATE entry_alarm SET is_open = true WHERE NOT is_open AND id IN (SELECT alarm_id FROM added)",
        kind,
        group.about_id,
        group.day,
        list(entry_ids),
        now,
    )


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm. `measured` are minutes of a day or entries; `is_open` until somebody has looked at the last row."""

    id: UUID
    kind: Kind
    about_id: UUID
    name: str
    number: int
    community_id: UUID
    day: date
    threshold: int
    measured: int
    raised_at: datetime
    is_open: bool


class Note(msgspec.Struct, frozen=True):
    """Who looked, when, and what they wrote."""

    by_name: str
    at: datetime
    note: str


# What is beyond the limit costs nothing: alarms are chosen along their index, and only these are put together.
REACH = """EXISTS (SELECT FROM community c WHERE c.ancestor_ids && $1::uuid[] AND (c.id = a.community_id OR c.id IN (
       SELECT e.community_id FROM entry_alarm_row w JOIN hours_entry e ON e.id = w.entry_id WHERE w.alarm_id = a.id)))"""
CHOSEN = f"SELECT a.id FROM entry_alarm a WHERE {REACH} ORDER BY a.is_open DESC, a.raised_at DESC, a.id DESC LIMIT $2"
SEEN = """
SELECT a.id, a.kind, a.about_id, m.name, m.number, a.community_id, a.day, a.threshold, a.raised_at,
       CASE a.kind WHEN 'person_day' THEN r.minutes ELSE r.entries END::int AS measured, a.is_open
  FROM entry_alarm a JOIN member m ON m.id = a.about_id
  CROSS JOIN LATERAL (
       SELECT count(*) AS entries, sum(e.service_minutes) FILTER (WHERE NOT EXISTS (
              SELECT FROM hours_entry l JOIN entry_alarm_row x ON x.entry_id = l.id AND x.alarm_id = a.id
               WHERE coalesce(l.attendance_id, l.corrects, l.record_id) = coalesce(e.attendance_id, e.corrects, e.record_id)
                 AND l.entered_at > e.entered_at)) AS minutes
         FROM entry_alarm_row w JOIN hours_entry e ON e.id = w.entry_id WHERE w.alarm_id = a.id) r
"""


async def within(node_ids: Sequence[UUID], limit: int = 200) -> list[Alarm]:
    """Those that concern these nodes or what lies below, open ones first, the newest first."""
    found = await sql.rows(
        f"WITH chosen AS MATERIALIZED ({CHOSEN}) {SEEN} WHERE a.id IN (SELECT id FROM chosen) "
        "ORDER BY a.is_open DESC, a.raised_at DESC, a.id DESC",
        list(node_ids),
        limit,
    )
    return [Alarm(**dict(row)) for row in found]


async def count_open(node_ids: Sequence[UUID]) -> int:
    """Those that nobody has looked at, of these nodes and all below."""
    return int(await sql.value(f"SELECT count(*) FROM entry_alarm a WHERE a.is_open AND {REACH}", list(node_ids)))


async def find(alarm_id: UUID, node_ids: Sequence[UUID]) -> Alarm:
    """Raises NotFound, also beyond these nodes."""
    row = await sql.row(f"{SEEN} WHERE {REACH} AND a.id = $2", list(node_ids), alarm_id)
    if row is None:
        raise NotFound(what="entry_alarm")
    return Alarm(**dict(row))


async def notes(alarm_id: UUID) -> list[Note]:
    """Oldest first."""
    found = await sql.rows(
        "SELECT m.name, n.at, n.note FROM entry_alarm_note n JOIN member m ON m.id = n.by_id "
        "WHERE n.alarm_id = $1 ORDER BY n.id",
        alarm_id,
    )
    return [Note(*row) for row in found]


async def note(alarm_id: UUID, by_id: UUID, text: str, now: datetime) -> None:
    """Somebody has looked at it. It changes nothing else."""
    await sql.rows(
        "WITH noted AS (INSERT INTO entry_alarm_note (alarm_id, by_id, at, note) VALUES ($1, $2, $3, $4) RETURNING alarm_id) "
        "UPDATE entry_alarm SET is_open = false WHERE id IN (SELECT alarm_id FROM noted)",
        alarm_id,
        by_id,
        now,
        text,
    )
