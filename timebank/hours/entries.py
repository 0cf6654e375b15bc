"""Hours that wait for a second person: the list of a session, other minutes for a stay, and what is entered afterwards.

What was sent stays as it was sent; a rejected entry is corrected by sending another that replaces it (schedule-88). Nobody
decides what they entered, what is about themselves or their household; of a list neither who runs the activity nor anybody
on it, nor their households (rules.md 2 and 12, 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal
from timebank.hours.records import HourClass
from timebank.hours.worded import THEN
from timebank.people import households

Kind = Literal["stay", "correction", "later"]
State = Literal["pending", "approved", "rejected"]


class MinutesNotPossible(Malformed):
    """Not a whole number of minutes that the stay or the day can have. Facts: field, longest."""


class DayNotPossible(Malformed):
    """Not a day of the past year. Facts: field."""


class OwnHours(Refusal):
    """Somebody else has to decide. Facts: none."""


class EntryDecided(Refusal):
    """It was decided already. Facts: state."""


class NothingChanged(Refusal):
    """The record says so already. Facts: minutes."""


class EntryPending(Refusal):
    """Hours of this stay are waiting for a second person already. Facts: none."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """As it was sent, and what was decided. `name` and `number` are the member's, `entered_name` who sent it.

    `corrects` is the first version of the record that it would correct; with no minutes it takes the record back.
    """

    id: UUID
    replaces: UUID | None
    replaced_by: UUID | None
    kind: Kind
    hour_class: HourClass
    member_id: UUID
    name: str
    number: int
    community_id: UUID
    attendance_id: UUID | None
    session_id: UUID | None
    activity_name: str
    served_on: date
    place: str
    service_content: str
    service_minutes: int
    organising_unit: str
    person_in_charge: str
    reason: str
    entered_by: UUID
    entered_name: str
    entered_at: datetime
    state: State
    decided_by: UUID | None
    decided_name: str
    decided_at: datetime | None
    decision: str
    record_id: UUID | None
    corrects: UUID | None = None


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Service of a past day in the fields of the national rules (rules.md 3); always class C."""

    activity_name: str
    served_on: date
    place: str
    service_content: str
    service_minutes: int
    organising_unit: str
    person_in_charge: str
    reason: str


FOUND = """
SELECT e.id, e.replaces, r.id AS replaced_by, e.kind, e.class AS hour_class, e.member_id, m.name, m.number, e.community_id,
       e.attendance_id, e.session_id, e.activity_name, e.served_on, e.place, e.service_content, e.service_minutes,
       e.organising_unit, e.person_in_charge, e.reason, e.entered_by, b.name AS entered_name, e.entered_at, e.state,
       e.decided_by, coalesce(d.name, '') AS decided_name, e.decided_at, e.decision, e.record_id, e.corrects
  FROM hours_entry e JOIN member m ON m.id = e.member_id JOIN member b ON b.id = e.entered_by
  LEFT JOIN member d ON d.id = e.decided_by LEFT JOIN hours_entry r ON r.replaces = e.id
"""


async def find(entry_id: UUID, *, locks: bool = False) -> Entry:
    """Raises NotFound. With `locks` nobody else decides it meanwhile."""
    if locks:
        # Two who decide at once: the second waits here and then sees what the first decided (schedule-87).
        await sql.rows("SELECT 1 FROM hours_entry WHERE id = $1 FOR NO KEY UPDATE", entry_id)
    row = await sql.row(f"{FOUND} WHERE e.id = $1", entry_id)
    if row is None:
        raise NotFound(what="hours_entry")
    return Entry(**dict(row))


LISTED = 200
"""Entries that wait, the oldest first: the others move up as these are decided."""


async def pending(community_ids: Sequence[UUID]) -> list[Entry]:
    """What waits for somebody with a right at one of these nodes or above, the oldest first."""
    found = await sql.rows(
        f"{FOUND} JOIN community c ON c.id = e.community_id WHERE e.state = 'pending' AND c.ancestor_ids && $1::uuid[] "
        "ORDER BY e.session_id, e.entered_at, e.id LIMIT $2",
        list(community_ids),
        LISTED,
    )
    return [Entry(**dict(row)) for row in found]


async def count_pending(community_ids: Sequence[UUID]) -> int:
    """How many lines `pending` would give without its limit."""
    return int(
        await sql.value(
            "SELECT count(*) FROM hours_entry e JOIN community c ON c.id = e.community_id "
            "WHERE e.state = 'pending' AND c.ancestor_ids && $1::uuid[]",
            list(community_ids),
        )
    )


async def of_person(person_id: UUID, limit: int = 100) -> list[Entry]:
    """About a member or entered by them afterwards, the last first; each version that was sent is a line (schedule-86, 88)."""
    found = await sql.rows(
        f"{FOUND} WHERE e.member_id = $1 OR (e.entered_by = $1 AND e.kind = 'later') ORDER BY e.entered_at DESC, e.id LIMIT $2",
        person_id,
        limit,
    )
    return [Entry(**dict(row)) for row in found]


async def of_alarm(alarm_id: UUID) -> list[Entry]:
    """The entries that an alarm is about, in the order in which they were entered."""
    found = await sql.rows(
        f"{FOUND} JOIN entry_alarm_row w ON w.entry_id = e.id WHERE w.alarm_id = $1 ORDER BY e.entered_at, e.id", alarm_id
    )
    return [Entry(**dict(row)) for row in found]


SEND_STAY = f"""
INSERT INTO hours_entry (id, replaces, kind, class, member_id, community_id, attendance_id, session_id, activity_name,
                         activity_name_en, served_on, place, service_content, service_minutes, organising_unit,
                         person_in_charge, reason, entered_by, entered_at)
SELECT $1, $2, $3, $4, h.person_id, a.community_id, h.id, s.id, w.title, w.title_en,
       (s.starts_at AT TIME ZONE a.time_zone)::date, s.place, w.content, $6, a.organising_unit, a.person_in_charge, $7, $8, $9
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id {THEN}
 WHERE h.id = $5 AND h.state = 'counts' AND h.out_at IS NOT NULL AND a.is_service
ON CONFLICT (attendance_id) WHERE state = 'pending' DO NOTHING RETURNING id
"""


async def send_stay(
    attendance_id: UUID,
    kind: Literal["stay", "correction"],
    hour_class: Literal["A", "B"],
    minutes: int,
    reason: str,
    by_id: UUID,
    now: datetime,
    replaces: UUID | None = None,
) -> UUID:
    """Sends the hours of a stay that has ended. Raises EntryPending where some are waiting already."""
    made: UUID | None = await sql.value(
        SEND_STAY, uuid4(), replaces, kind, hour_class, attendance_id, minutes, reason.strip(), by_id, now
    )
    if made is None:
        raise EntryPending()
    return made


async def send_later(
    later: Later,
    member_id: UUID,
    community_id: UUID,
    session_id: UUID | None,
    by_id: UUID,
    now: datetime,
    replaces: UUID | None = None,
    corrects: UUID | None = None,
) -> UUID:
    """Sends hours of a past day, or what `corrects` a record of such. Two of one day are two entries (schedule-86).

    Raises EntryPending where a correction of that record is waiting already.
    """
    # Of two who correct one record at once, one does.
    made: UUID | None = await sql.value(
        "INSERT INTO hours_entry (id, replaces, kind, class, member_id, community_id, session_id, activity_name, served_on, "
        "place, service_content, service_minutes, organising_unit, person_in_charge, reason, entered_by, entered_at, corrects) "
        "VALUES ($1, $2, 'later', 'C', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
        "ON CONFLICT (corrects) WHERE state = 'pending' DO NOTHING RETURNING id",
        uuid4(),
        replaces,
        member_id,
        community_id,
        session_id,
        later.activity_name,
        later.served_on,
        later.place,
        later.service_content,
        later.service_minutes,
        later.organising_unit,
        later.person_in_charge,
        later.reason,
        by_id,
        now,
        corrects,
    )
    if made is None:
        raise EntryPending()
    return made


INVOLVED = """
SELECT $2::uuid[] || coalesce(array_agg(p.id), '{}') AS ids FROM (
    SELECT a.organiser_id AS id FROM session s JOIN activity a ON a.id = s.activity_id WHERE s.id = $1
    UNION SELECT person_id FROM signup WHERE session_id = $1 AND state = 'confirmed'
    UNION SELECT person_id FROM attendance WHERE session_id = $1 AND state = 'counts') p
"""


async def check_other(entry: Entry, by_id: UUID) -> None:
    """Raises OwnHours for everybody who is too near to decide it, whatever their role."""
    involved = [entry.entered_by, entry.member_id]
    if entry.kind != "later":
        involved = list(await sql.value(INVOLVED, entry.session_id, involved))
    if by_id in involved or await households.share(by_id, involved):
        raise OwnHours()


async def decide(
    entry_id: UUID, state: Literal["approved", "rejected"], by_id: UUID, text: str, record_id: UUID | None, now: datetime
) -> None:
    """Writes the decision, once. The database refuses whoever entered it and whom it is about."""
    await sql.rows(
        "UPDATE hours_entry SET state = $2, decided_by = $3, decided_at = $4, decision = $5, record_id = $6 "
        "WHERE id = $1 AND state = 'pending'",
        entry_id,
        state,
        by_id,
        now,
        text,
        record_id,
    )
