"""Claims on the points of members who have died: two members of staff say yes, neither of whom gains by it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

State = Literal["open", "approved", "refused"]


class ClaimedAlready(Refusal):
    """A claim on these points is open, or was approved. Facts: none."""


class ClaimOver(Refusal):
    """The claim was approved or refused. Facts: state."""


class Claim(msgspec.Struct, frozen=True):
    """`heir_id` None: the points are to go to the pool. Names are empty where nobody has done it yet."""

    id: UUID
    member_id: UUID
    heir_id: UUID | None
    heir: str
    heir_number: int | None
    evidence: str
    made_by: str
    made_at: datetime
    first_by_id: UUID | None
    first_by: str
    first_at: datetime | None
    second_by: str
    second_at: datetime | None
    state: State
    refused_by: str
    refused_at: datetime | None
    why_refused: str


SELECT = """
SELECT e.id, e.member_id, e.heir_id, coalesce(h.name, '') AS heir, h.number AS heir_number, e.evidence, m.name AS made_by,
       e.made_at, e.first_by AS first_by_id, coalesce(f.name, '') AS first_by, e.first_at, coalesce(s.name, '') AS second_by,
       e.second_at, e.state, coalesce(r.name, '') AS refused_by, e.refused_at, e.why_refused
  FROM estate_claim e JOIN member m ON m.id = e.made_by LEFT JOIN member h ON h.id = e.heir_id
  LEFT JOIN member f ON f.id = e.first_by LEFT JOIN member s ON s.id = e.second_by LEFT JOIN member r ON r.id = e.refused_by
"""


async def one(claim_id: UUID) -> Claim:
    """Raises NotFound."""
    found = await sql.row(f"{SELECT} WHERE e.id = $1", claim_id)
    if found is None:
        raise NotFound(what="claim")
    return Claim(**dict(found))


async def of(member_id: UUID) -> list[Claim]:
    """On the points of one who has died, newest first."""
    return [Claim(**dict(row)) for row in await sql.rows(f"{SELECT} WHERE e.member_id = $1 ORDER BY e.made_at DESC", member_id)]


async def claim(member_id: UUID, heir_id: UUID | None, evidence: str, by: UUID, now: datetime) -> UUID:
    """Raises ClaimedAlready."""
    made = uuid4()
    # Two claims at once: the key of the open ones lets one through.
    if not await sql.rows(
        "INSERT INTO estate_claim (id, member_id, heir_id, evidence, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        made,
        member_id,
        heir_id,
        evidence,
        by,
        now,
    ):
        raise ClaimedAlready()
    return made


async def lock(claim_id: UUID) -> Claim:
    """The claim, which nobody else decides until the transaction ends. Raises NotFound."""
    # Two who say yes at once: the second sees the first, and is the second person.
    await sql.rows("SELECT 1 FROM estate_claim WHERE id = $1 FOR NO KEY UPDATE", claim_id)
    return await one(claim_id)


async def say_yes(found: Claim, by: UUID, now: datetime) -> State:
    """The first or the second yes; after the second it is approved."""
    if found.first_by_id is None:
        await sql.rows("UPDATE estate_claim SET first_by = $2, first_at = $3 WHERE id = $1", found.id, by, now)
        return "open"
    await sql.rows(
        "UPDATE estate_claim SET second_by = $2, second_at = $3, state = 'approved' WHERE id = $1", found.id, by, now
    )
    return "approved"


async def refuse(found: Claim, by: UUID, why: str, now: datetime) -> None:
    """Nothing moves; another claim may follow."""
    await sql.rows(
        "UPDATE estate_claim SET state = 'refused', refused_by = $2, refused_at = $3, why_refused = $4 WHERE id = $1",
        found.id,
        by,
        now,
        why,
    )
