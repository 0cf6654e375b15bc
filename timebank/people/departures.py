"""Who left, or has died: the row that stays of it, and whose data are to go when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

Kind = Literal["left", "died"]
Step = Literal["beneficiary", "pool", "expire"]


class AlreadyLeft(Refusal):
    """The member has left before. Facts: none."""


class ErasedAlready(Refusal):
    """The data are gone. Facts: none."""


class Departure(msgspec.Struct, frozen=True):
    """`name` is empty once the data are gone; `settled_at` None: the points still wait, for a job or for a claim.

    `points_order` is the policy's on the day of leaving; empty where a claim decides.
    """

    member_id: UUID
    number: int
    name: str
    community_id: UUID
    community: str
    community_en: str
    kind: Kind
    left_at: datetime
    left_by_id: UUID
    left_by: str
    reason: str
    heir_id: UUID | None
    heir: str
    points_order: list[Step]
    settled_at: datetime | None
    erase_at: datetime | None
    erased_at: datetime | None

    @property
    def is_own(self) -> bool:
        return self.left_by_id == self.member_id


SELECT = """
SELECT d.member_id, m.number, CASE WHEN d.erased_at IS NULL THEN m.name ELSE '' END AS name, m.community_id,
       c.name AS community, c.name_en AS community_en, d.kind, d.left_at, d.left_by AS left_by_id, b.name AS left_by, d.reason,
       d.heir_id, coalesce(h.name, '') AS heir, d.points_order, d.settled_at, d.erase_at, d.erased_at
  FROM departure d JOIN member m ON m.id = d.member_id JOIN community c ON c.id = m.community_id
  JOIN member b ON b.id = d.left_by LEFT JOIN member h ON h.id = d.heir_id
"""


async def one(member_id: UUID) -> Departure:
    """Raises NotFound where the member has not left."""
    left = await found(member_id)
    if left is None:
        raise NotFound(what="departure")
    return left


async def found(member_id: UUID) -> Departure | None:
    """None where the member has not left."""
    row = await sql.row(f"{SELECT} WHERE d.member_id = $1", member_id)
    return Departure(**dict(row)) if row else None


async def below(node_ids: Sequence[UUID], at_most: int = 200) -> list[Departure]:
    """Of these nodes and below: those whose points wait first, then the newest."""
    found = await sql.rows(
        f"{SELECT} WHERE c.ancestor_ids && $1::uuid[] ORDER BY d.settled_at IS NULL DESC, d.left_at DESC LIMIT $2",
        list(node_ids),
        at_most,
    )
    return [Departure(**dict(row)) for row in found]


async def are_here(*member_ids: UUID) -> bool:
    """Whether all of these are members still; none of them leaves before the transaction ends.

    For whatever begins something for a member. Comes before every other lock but that of a request's key. Safe to repeat.
    """
    # Leaving locks the member against this one: it waits and ends what was begun, or this waits and finds the member gone. Rows
    # that name a member ask for less and wait for neither. By id: two whom the same two begin something with wait in one order.
    here = "SELECT id FROM member WHERE id = ANY ($1) AND state <> 'left' ORDER BY id FOR SHARE"
    found = await sql.rows(here, list(member_ids))
    return len(found) == len(set(member_ids))


async def require_here(*member_ids: UUID) -> None:
    """As `are_here`. Raises AlreadyLeft."""
    if not await are_here(*member_ids):
        raise AlreadyLeft()


async def lock(member_id: UUID) -> None:
    """For leaving: nobody begins anything for the member until the transaction ends; see `are_here`."""
    # What was begun a moment before is on record when this is through, and is ended with the rest.
    await sql.rows("SELECT 1 FROM member WHERE id = $1 FOR NO KEY UPDATE", member_id)


async def go(
    member_id: UUID,
    kind: Kind,
    by: UUID,
    reason: str,
    heir_id: UUID | None,
    order: Sequence[Step],
    policy_id: UUID,
    erase_at: datetime | None,
    now: datetime,
) -> None:
    """The member has left: state, and the row that stays. Locks the member. Raises AlreadyLeft."""
    # Two who do it at once: the second finds the state changed.
    if not await sql.rows(
        "UPDATE member SET state = 'left', state_reason = '' WHERE id = $1 AND state <> 'left' RETURNING 1", member_id
    ):
        raise AlreadyLeft()
    await sql.rows(
        "INSERT INTO departure (member_id, kind, left_at, left_by, reason, heir_id, points_order, policy_id, erase_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        member_id,
        kind,
        now,
        by,
        reason,
        heir_id,
        list(order),
        policy_id,
        erase_at,
    )


async def settled(member_id: UUID, now: datetime) -> None:
    """The wallet is closed. Safe to repeat."""
    await sql.rows("UPDATE departure SET settled_at = coalesce(settled_at, $2) WHERE member_id = $1", member_id, now)


async def unsettled(now: datetime, at_most: int = 200) -> list[UUID]:
    """Who left and whose wallet is open still, where no claim has to decide."""
    found = await sql.rows(
        "SELECT d.member_id FROM departure d WHERE d.settled_at IS NULL AND d.kind = 'left' "
        "AND NOT is_resting('settle leavers', d.member_id::text, $1) ORDER BY d.left_at LIMIT $2",
        now,
        at_most,
    )
    return [row["member_id"] for row in found]


async def ask_erasure(member_id: UUID, erase_at: datetime) -> datetime:
    """When the data go: the first date that was asked for. Raises NotFound, ErasedAlready. Safe to repeat."""
    found = await sql.row(
        "UPDATE departure SET erase_at = least(coalesce(erase_at, $2), $2) WHERE member_id = $1 RETURNING erase_at, erased_at",
        member_id,
        erase_at,
    )
    if found is None:
        raise NotFound(what="departure")
    if found["erased_at"]:
        raise ErasedAlready()
    return found["erase_at"]  # type: ignore[no-any-return]


AT_ONCE = 200
"""By one run of the job; the next takes what is left."""


async def to_erase(now: datetime) -> list[UUID]:
    """Whose data have to go by now. Not before the points are settled: an heir is found by name."""
    found = await sql.rows(
        "SELECT d.member_id FROM departure d WHERE d.erase_at <= $1 AND d.erased_at IS NULL AND d.settled_at IS NOT NULL "
        "AND NOT is_resting('erase leavers', d.member_id::text, $1) ORDER BY d.erase_at LIMIT $2",
        now,
        AT_ONCE,
    )
    return [row["member_id"] for row in found]
