"""No-shows: proposed, notified, objection, final or dropped. One at a time for a sign-up; every state it has had is kept.

Whoever did not come is told, and has time to object from then on: until nobody was told, nothing becomes final (schedule-74 to
82). What is final follows from the instants on the row; the job that writes it down may be late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal

State = Literal["proposed", "notified", "objection", "final", "dropped"]


class SayWhy(Malformed):
    """Words are missing that somebody reads. Facts: field."""


class ObjectionTooLate(Refusal):
    """The time to object is over. Facts: until."""


class CannotDecide(Refusal):
    """Who reported it, and the person it is about, do not decide about it. Facts: none."""


class NothingToDecide(Refusal):
    """It stands otherwise by now. Facts: state."""


class NoShow(msgspec.Struct, frozen=True, kw_only=True):
    """One, with its session. `state` is as it stands at the instant asked for, written down or not."""

    id: UUID
    signup_id: UUID
    round: int
    """The second and later ones follow one that was dropped for a scan that was undone since."""
    session_id: UUID
    person_id: UUID
    state: State
    reported_by: UUID | None
    told_at: datetime | None
    objects_until: datetime | None
    changed_at: datetime
    activity_id: UUID
    community_id: UUID
    organiser_id: UUID
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    time_zone: str


class Change(msgspec.Struct, frozen=True):
    """One state: since when, by whom (None: a rule), what led to it and what was said."""

    state: State
    at: datetime
    by_id: UUID | None
    cause: str
    comment: str


# $1 is the instant. What nobody objected to in time is final, and somebody who came after all is no no-show.
STANDING = """CASE WHEN n.state <> 'dropped'
          AND EXISTS (SELECT FROM attendance h WHERE h.signup_id = n.signup_id AND h.state = 'counts') THEN 'dropped'
     WHEN n.state = 'notified' AND n.objects_until <= $1 THEN 'final' ELSE n.state END"""
FOUND = f"""
SELECT n.id, n.signup_id, n.round, n.session_id, n.person_id, {STANDING} AS state, n.reported_by, n.told_at, n.objects_until,
       n.changed_at, s.activity_id, a.community_id, a.organiser_id, a.title, a.title_en, s.starts_at, s.ends_at, s.closes_at,
       a.time_zone
  FROM no_show n JOIN session s ON s.id = n.session_id JOIN activity a ON a.id = s.activity_id
"""


async def find(no_show_id: UUID, now: datetime) -> NoShow:
    """As it stands now. Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE n.id = $2", now, no_show_id)
    if row is None:
        raise NotFound(what="no_show")
    return NoShow(**dict(row))


async def of_session(session_id: UUID, now: datetime) -> list[NoShow]:
    """Everybody who was missed there, dropped ones too."""
    return [NoShow(**dict(row)) for row in await sql.rows(f"{FOUND} WHERE n.session_id = $2 ORDER BY n.id", now, session_id)]


async def of_person(person_id: UUID, now: datetime) -> list[NoShow]:
    """A person's own, the last session first."""
    found = await sql.rows(f"{FOUND} WHERE n.person_id = $2 ORDER BY s.starts_at DESC, n.id LIMIT 100", now, person_id)
    return [NoShow(**dict(row)) for row in found]


async def open_ones(community_ids: Sequence[UUID], now: datetime) -> list[NoShow]:
    """Of these communities, the oldest first: not told yet, or an objection that waits."""
    found = await sql.rows(
        f"{FOUND} WHERE n.state IN ('proposed', 'objection') AND a.community_id = ANY($2) "
        "ORDER BY n.changed_at, n.id LIMIT 200",
        now,
        list(community_ids),
    )
    return [one for one in (NoShow(**dict(row)) for row in found) if one.state != "dropped"]


async def history(no_show_id: UUID) -> list[Change]:
    """Every state, oldest first."""
    return (await histories([no_show_id]))[no_show_id]


async def histories(no_show_ids: Sequence[UUID]) -> dict[UUID, list[Change]]:
    """Every state of each, oldest first. One statement."""
    found: dict[UUID, list[Change]] = {each: [] for each in no_show_ids}
    for no_show_id, *change in await sql.rows(
        "SELECT no_show_id, state, at, by_id, cause, comment FROM no_show_change WHERE no_show_id = ANY ($1) ORDER BY id",
        list(no_show_ids),
    ):
        found[no_show_id].append(Change(*change))
    return found


async def count_final(person_id: UUID, since: datetime, now: datetime) -> int:
    """Final ones of sessions that ended after `since`: older ones fall out of the count by themselves (schedule-81)."""
    return int(
        await sql.value(
            f"SELECT count(*) FROM no_show n JOIN session s ON s.id = n.session_id "
            f"WHERE n.person_id = $2 AND s.ends_at > $3 AND {STANDING} = 'final'",
            now,
            person_id,
            since,
        )
    )


async def note_told(no_show_id: UUID, told_at: datetime, until: datetime, now: datetime, by_id: UUID | None = None) -> bool:
    """The member knows since `told_at` and may object until `until`; with `by_id` somebody told them in person.

    Whether this is news. Safe to repeat.
    """
    return await move(
        no_show_id,
        ("proposed",),
        "notified",
        now,
        by_id,
        "in_person" if by_id else "message",
        told_at=told_at,
        until=until,
    )


AT_ONCE = 500
"""By one run of the job; the next takes what is left."""


async def unopposed(now: datetime) -> list[UUID]:
    """Those to which nobody objected in time, not written down as final yet."""
    found = await sql.rows(
        "SELECT id FROM no_show WHERE state = 'notified' AND objects_until <= $1 AND NOT is_resting('no-shows', id::text, $1) "
        "ORDER BY objects_until, id LIMIT $2",
        now,
        AT_ONCE,
    )
    return [row["id"] for row in found]


async def note_final(no_show_id: UUID, now: datetime) -> bool:
    """Writes down that nobody objected in time (schedule-77). Whether this is news; safe to repeat."""
    return await move(no_show_id, ("notified",), "final", now, None, "no_objection", is_due=True)


async def object_to(no_show_id: UUID, person_id: UUID, text: str, now: datetime, until: datetime) -> NoShow:
    """The member's own objection, in time: nothing is final until somebody decides (schedule-76).

    `until` counts for one who objects before the message was delivered. Raises NotFound (another's too), SayWhy without a
    text, ObjectionTooLate, NothingToDecide.
    """
    before = await find(no_show_id, now)
    if before.person_id != person_id:
        raise NotFound(what="no_show")
    if not text.strip():
        raise SayWhy(field="text")
    if before.objects_until is not None and now >= before.objects_until:
        raise ObjectionTooLate(until=before.objects_until)
    if not await move(
        no_show_id, ("proposed", "notified"), "objection", now, person_id, "objection", text.strip(), told_at=now, until=until
    ):
        raise NothingToDecide(state=(await find(no_show_id, now)).state)
    return await find(no_show_id, now)


async def decide(no_show_id: UUID, by_id: UUID, reason: str, now: datetime, *, stands: bool) -> NoShow:
    """Somebody else than the reporter and the person decides an objection, with a reason: final or dropped (schedule-76).

    Raises NotFound, SayWhy, CannotDecide, NothingToDecide.
    """
    before = await _judged(no_show_id, by_id, reason, now)
    if by_id == before.reported_by:
        raise CannotDecide()
    state: State = "final" if stands else "dropped"
    if not await move(no_show_id, ("objection",), state, now, by_id, "decision", reason.strip(), decided_by=by_id):
        raise NothingToDecide(state=before.state)
    return await find(no_show_id, now)


async def correct(no_show_id: UUID, by_id: UUID, reason: str, now: datetime) -> NoShow:
    """One that turns out wrong is dropped with a reason, also when it is final (schedule-82); who reported it may do so.

    Raises NotFound, SayWhy, CannotDecide for the person's own, NothingToDecide.
    """
    before = await _judged(no_show_id, by_id, reason, now)
    states: tuple[State, ...] = ("proposed", "notified", "final")
    if not await move(no_show_id, states, "dropped", now, by_id, "correction", reason.strip(), decided_by=by_id):
        raise NothingToDecide(state=before.state)
    return await find(no_show_id, now)


async def _judged(no_show_id: UUID, by_id: UUID, reason: str, now: datetime) -> NoShow:
    before = await find(no_show_id, now)
    if not reason.strip():
        raise SayWhy(field="reason")
    if by_id == before.person_id:
        raise CannotDecide()
    return before


async def found_of(ids: Sequence[UUID], now: datetime) -> list[NoShow]:
    return [NoShow(**dict(row)) for row in await sql.rows(f"{FOUND} WHERE n.id = ANY ($2) ORDER BY n.id", now, list(ids))]


async def move(
    no_show_id: UUID,
    before: tuple[State, ...],
    after: State,
    now: datetime,
    by_id: UUID | None,
    cause: str,
    comment: str = "",
    *,
    told_at: datetime | None = None,
    until: datetime | None = None,
    decided_by: UUID | None = None,
    is_due: bool = False,
) -> bool:
    """Brings it from one of the states `before` to `after`, with a row of its history; whether this is news. Safe to repeat.

    `told_at` and `until` stay what they were first. With `is_due` only where the time to object is over. Locks the no-show.
    """
    # One conditional update: of two who move it at once, one does, and the history gets its row once.
    moved: list[Any] = await sql.rows(
        """
        WITH moved AS (
             UPDATE no_show SET state = $3, changed_at = $4, told_at = coalesce(told_at, $8),
                    objects_until = coalesce(objects_until, $9), decided_by = coalesce($10, decided_by)
              WHERE id = $1 AND state = ANY ($2) AND (NOT $11 OR objects_until <= $4) RETURNING id)
        INSERT INTO no_show_change (no_show_id, state, at, by_id, cause, comment) SELECT id, $3, $4, $5, $6, $7 FROM moved
        RETURNING 1
        """,
        no_show_id,
        list(before),
        after,
        now,
        by_id,
        cause,
        comment,
        told_at,
        until,
        decided_by,
        is_due,
    )
    return bool(moved)
