"""The standing yes that a pool pays for a member in need: by two of staff, with a month's limit, from day to day.

That somebody is in need is sensitive (rules.md 7): `actions/points/see_support.py` notes whoever reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

State = Literal["proposed", "approved", "refused", "withdrawn", "ended"]
Agreed = Literal["said", "paper", "representative"]
REASON_KEPT = timedelta(days=365)
"""From the end of a support until its reason goes: so long somebody may have to be told why the pool paid."""


class SupportHeld(Refusal):
    """The member has a support already, or one is proposed. Facts: field."""


class SupportOver(Refusal):
    """It was approved, refused, taken back or ended meanwhile. Facts: state."""


class Support(msgspec.Struct, frozen=True):
    """One member's support, in units of 1/100 point a month.

    `state` is as of today: one whose last day is over, or whose member has left, has ended, whether or not a job has run.
    """

    id: UUID
    member_id: UUID
    number: int
    name: str
    community_id: UUID
    community: str
    community_en: str
    time_zone: str
    reason: str
    agreed: Agreed
    month_units: int
    from_on: date
    until_on: date
    proposed_by_id: UUID
    proposed_by: str
    proposed_at: datetime
    state: State
    decided_by: str
    decided_at: datetime | None
    ended_by: str
    ended_at: datetime | None


OVER = "(s.until_on < ($1::timestamptz AT TIME ZONE c.time_zone)::date OR m.state = 'left')"
"""Of a support s of member m whose pool is that of c: nothing of it is to come any more, whether or not a job has run."""
SELECT = f"""
SELECT s.id, s.member_id, m.number, m.name, s.community_id, c.name AS community, c.name_en AS community_en, c.time_zone,
       s.reason, s.agreed, s.month_units, s.from_on, s.until_on, s.proposed_by AS proposed_by_id, p.name AS proposed_by,
       s.proposed_at, CASE WHEN s.state = 'approved' AND {OVER} THEN 'ended'
            WHEN s.state = 'proposed' AND {OVER} THEN 'withdrawn' ELSE s.state END AS state,
       coalesce(d.name, '') AS decided_by, s.decided_at, coalesce(e.name, '') AS ended_by, s.ended_at
  FROM support s JOIN member m ON m.id = s.member_id JOIN community c ON c.id = s.community_id
  JOIN member p ON p.id = s.proposed_by LEFT JOIN member d ON d.id = s.decided_by LEFT JOIN member e ON e.id = s.ended_by
"""


async def one(support_id: UUID, now: datetime) -> Support:
    """Raises NotFound."""
    found = await sql.row(f"{SELECT} WHERE s.id = $2", now, support_id)
    if found is None:
        raise NotFound(what="support")
    return Support(**dict(found))


async def below(node_ids: Sequence[UUID], now: datetime, at_most: int = 300) -> list[Support]:
    """Of members who live at or below these nodes; those that wait first, then those in force, then the last that ended."""
    found = await sql.rows(
        f"{SELECT} JOIN community home ON home.id = m.community_id WHERE home.ancestor_ids && $2::uuid[] "
        "ORDER BY s.state = 'proposed' DESC, s.state = 'approved' DESC, coalesce(s.ended_at, s.proposed_at) DESC LIMIT $3",
        now,
        list(node_ids),
        at_most,
    )
    return [Support(**dict(row)) for row in found]


async def of_member(member_id: UUID, now: datetime) -> list[Support]:
    """Newest first."""
    found = await sql.rows(f"{SELECT} WHERE s.member_id = $2 ORDER BY s.proposed_at DESC", now, member_id)
    return [Support(**dict(row)) for row in found]


async def require_none(member_id: UUID, now: datetime) -> None:
    """Before anything is proposed. Raises SupportHeld. Locks nothing: of two who go on at once, `propose` lets one through."""
    if any(each.state in ("proposed", "approved") for each in await of_member(member_id, now)):
        raise SupportHeld(field="number")


async def propose(
    member_id: UUID,
    community_id: UUID,
    reason: str,
    agreed: Agreed,
    month_units: int,
    from_on: date,
    until_on: date,
    by: UUID,
    now: datetime,
) -> UUID:
    """Nothing is paid before a second person has said yes. Raises SupportHeld."""
    await end_over(now, member_id)
    made = uuid4()
    # Two who propose for one member at once: the key of those that live lets one through.
    if not await sql.rows(
        "INSERT INTO support (id, member_id, community_id, reason, agreed, month_units, from_on, until_on, proposed_by, "
        "proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING 1",
        made,
        member_id,
        community_id,
        reason,
        agreed,
        month_units,
        from_on,
        until_on,
        by,
        now,
    ):
        raise SupportHeld(field="number")
    return made


async def decide(support_id: UUID, state: Literal["approved", "refused", "withdrawn"], by: UUID, now: datetime) -> bool:
    """Once; a repeat answers False. Raises SupportOver where it was decided otherwise, or is over: then nobody approves it."""
    if await sql.rows(
        "UPDATE support s SET state = $3, decided_by = $4, decided_at = $1 FROM member m, community c WHERE m.id = s.member_id "
        f"AND c.id = s.community_id AND s.id = $2 AND s.state = 'proposed' AND NOT ($3 = 'approved' AND {OVER}) RETURNING 1",
        now,
        support_id,
        state,
        by,
    ):
        return True
    found = await one(support_id, now)
    if found.state != state:
        raise SupportOver(state=found.state)
    return False


async def end(support_id: UUID, by: UUID, now: datetime) -> bool:
    """Nothing more is paid; what was exchanged stays. Once; a repeat answers False. Raises SupportOver."""
    if await sql.rows(
        "UPDATE support SET state = 'ended', ended_by = $2, ended_at = $3 WHERE id = $1 AND state = 'approved' RETURNING 1",
        support_id,
        by,
        now,
    ):
        return True
    found = await one(support_id, now)
    if found.state != "ended":
        raise SupportOver(state=found.state)
    return False


async def end_over(now: datetime, member_id: UUID | None = None) -> int:
    """Those whose last day is over, or whose member has left; how many. Nothing depends on when this runs."""
    found = await sql.rows(
        "UPDATE support s SET state = CASE s.state WHEN 'approved' THEN 'ended' ELSE 'withdrawn' END, "
        "ended_at = CASE s.state WHEN 'approved' THEN $1::timestamptz END, "
        "decided_by = coalesce(s.decided_by, s.proposed_by), decided_at = coalesce(s.decided_at, $1) "
        "FROM member m, community c WHERE m.id = s.member_id AND c.id = s.community_id AND s.state IN ('proposed', 'approved') "
        f"AND {OVER} AND ($2::uuid IS NULL OR m.id = $2) "
        "RETURNING 1",
        now,
        member_id,
    )
    return len(found)


async def forget_reasons(now: datetime) -> int:
    """Why somebody was in need goes a year after it ended, was refused or taken back; how many."""
    found = await sql.rows(
        "UPDATE support SET reason = '…' WHERE reason <> '…' AND state IN ('ended', 'refused', 'withdrawn') "
        "AND coalesce(ended_at, decided_at) < $1 RETURNING 1",
        now - REASON_KEPT,
    )
    return len(found)


async def is_supported(member_id: UUID) -> bool:
    """Whether a support was approved and has not been ended; its days are judged by the ledger."""
    return bool(await sql.rows("SELECT FROM support WHERE member_id = $1 AND state = 'approved'", member_id))


async def has_any(member_id: UUID) -> bool:
    """Whether there is or was a support, or a proposal for one."""
    return bool(await sql.rows("SELECT FROM support WHERE member_id = $1 LIMIT 1", member_id))
