"""The pools of communities: what members donate, and the lists by which it is given out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.outbox.functions import call
from timebank.points import accounts, ledger
from timebank.points.refusals import LEDGER, IssueOver

State = Literal["proposed", "done", "refused", "withdrawn"]


class Pool(msgspec.Struct, frozen=True):
    """The pool of one community; `available` in units of 1/100 point, by the database's clock."""

    community_id: UUID
    name: str
    name_en: str
    available: int


class Line(msgspec.Struct, frozen=True):
    """So many units for one member."""

    member_id: UUID
    number: int
    name: str
    units: int


class Issue(msgspec.Struct, frozen=True):
    """A list of points to be given out, whole or not at all. `units`: their sum; `decided_by`: a name, empty while it waits."""

    id: UUID
    community_id: UUID
    reason: str
    made_by_id: UUID
    made_by: str
    made_at: datetime
    state: State
    decided_by: str
    decided_at: datetime | None
    people: int
    units: int


POOLS = """
SELECT c.id AS community_id, c.name, c.name_en, coalesce(b.available, 0) AS available
  FROM community c LEFT JOIN account a ON a.owner_id = c.id
  LEFT JOIN LATERAL ledger.balance(a.id, clock_timestamp()) b ON a.id IS NOT NULL
"""
ISSUES = """
SELECT i.id, i.community_id, i.reason, i.made_by AS made_by_id, m.name AS made_by, i.made_at, i.state,
       coalesce(d.name, '') AS decided_by, i.decided_at, l.people, l.units
  FROM pool_issue i JOIN member m ON m.id = i.made_by LEFT JOIN member d ON d.id = i.decided_by
 CROSS JOIN LATERAL (SELECT count(*)::int AS people, sum(units)::bigint AS units FROM pool_issue_line WHERE issue_id = i.id) l
"""


async def of_node(node_id: UUID) -> UUID:
    """Whose pool serves a node of the tree: the community it lies in, else the topmost."""
    return UUID(
        str(
            await sql.value(
                "SELECT up.id FROM community c JOIN community up ON up.id = ANY (c.ancestor_ids) WHERE c.id = $1 "
                "ORDER BY up.kind = 'community' DESC, cardinality(up.ancestor_ids) LIMIT 1",
                node_id,
            )
        )
    )


async def one(community_id: UUID) -> Pool:
    """Raises NotFound."""
    found = await sql.row(f"{POOLS} WHERE c.id = $1", community_id)
    if found is None:
        raise NotFound(what="pool")
    return Pool(**dict(found))


async def below(node_ids: Sequence[UUID]) -> list[Pool]:
    """The pools at and below these nodes."""
    found = await sql.rows(
        f"{POOLS} WHERE c.ancestor_ids && $1::uuid[] AND c.kind IN ('sub_district', 'community') "
        "ORDER BY cardinality(c.ancestor_ids), c.name",
        list(node_ids),
    )
    return [Pool(**dict(row)) for row in found]


async def donate(member_id: UUID, community_id: UUID, units: int) -> UUID:
    """From the member to the pool, for good. A repeat is another donation: see `Action.once`.

    Locks both wallets. Raises InsufficientPoints, AccountClosed, BadAmount.
    """
    giver, pool = await accounts.open_for(member_id), await accounts.open_for(community_id)
    return await ledger.move(f"donate:{uuid4()}", "donate", giver, pool, units, member_id)


async def propose(community_id: UUID, reason: str, lines: Sequence[tuple[UUID, int]], made_by: UUID, now: datetime) -> UUID:
    """A list that a second person has to carry out; nothing moves, nothing is held."""
    made = uuid4()
    await sql.rows(
        "INSERT INTO pool_issue (id, community_id, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5)",
        made,
        community_id,
        reason,
        made_by,
        now,
    )
    await sql.rows(
        "INSERT INTO pool_issue_line (issue_id, line, member_id, units) "
        "SELECT $1, n, member_id, units FROM unnest($2::uuid[], $3::bigint[]) WITH ORDINALITY AS l (member_id, units, n)",
        made,
        [member_id for member_id, _ in lines],
        [units for _, units in lines],
    )
    return made


async def issue(issue_id: UUID) -> Issue:
    """Raises NotFound."""
    found = await sql.row(f"{ISSUES} WHERE i.id = $1", issue_id)
    if found is None:
        raise NotFound(what="issue")
    return Issue(**dict(found))


LISTED = 100
"""Issues: what waits stands first, and a pool has a few a month."""


async def issues_of(community_id: UUID) -> list[Issue]:
    """Newest first, those that wait before all others."""
    found = await sql.rows(
        f"{ISSUES} WHERE i.community_id = $1 ORDER BY i.state = 'proposed' DESC, i.made_at DESC LIMIT $2", community_id, LISTED
    )
    return [Issue(**dict(row)) for row in found]


async def lines_of(issue_id: UUID) -> list[Line]:
    """In the order in which they were entered."""
    found = await sql.rows(
        "SELECT l.member_id, m.number, m.name, l.units FROM pool_issue_line l JOIN member m ON m.id = l.member_id "
        "WHERE l.issue_id = $1 ORDER BY l.line",
        issue_id,
    )
    return [Line(**dict(row)) for row in found]


async def carry_out(issue_id: UUID, actor_id: UUID) -> int:
    """All lines at once or none, once; a repeat changes nothing. The units given out.

    Locks the list, then the pool and every member's wallet. Raises FourEyes, IssueOver, InsufficientPoints, AccountClosed.
    """
    return (await call(LEDGER, "SELECT ledger.issue_batch($1, $2)", issue_id, actor_id))[0][0]  # type: ignore[no-any-return]


async def drop(issue_id: UUID, by: UUID, now: datetime) -> State:
    """Nothing is given out: taken back by who proposed it, refused by anybody else. Safe to repeat. Raises IssueOver."""
    found = await sql.value(
        "UPDATE pool_issue SET state = CASE WHEN made_by = $2 THEN 'withdrawn' ELSE 'refused' END, decided_by = $2, "
        "decided_at = $3 WHERE id = $1 AND state = 'proposed' RETURNING state",
        issue_id,
        by,
        now,
    )
    state: State = found or (await issue(issue_id)).state
    if state == "done":
        raise IssueOver(state=state)
    return state
