"""Roles at nodes of the tree: each reaches its node and all below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from timebank.people.callers import RIGHTS

ROLES: tuple[str, ...] = tuple(RIGHTS)


class RoleHeld(Refusal):
    """The member has this role there already. Facts: role."""


class OwnRole(Refusal):
    """Nobody gives themselves a role or takes their own away: somebody else has to. Facts: none."""


class Held(msgspec.Struct, frozen=True):
    """A role that is held. `granted_by` is a name; empty where the installation made it."""

    id: UUID
    member_id: UUID
    member: str
    role: str
    community_id: UUID
    community: str
    community_en: str
    granted_by: str
    granted_at: datetime


COLUMNS = """g.id, g.member_id, m.name AS member, g.role, g.community_id, c.name AS community, c.name_en AS community_en,
 coalesce(b.name, '') AS granted_by, g.granted_at"""
TABLES = """role_grant g JOIN member m ON m.id = g.member_id JOIN community c ON c.id = g.community_id
 LEFT JOIN member b ON b.id = g.granted_by"""


async def grant(member_id: UUID, role: str, community_id: UUID, granted_by: UUID | None, now: datetime) -> UUID:
    """Gives the role; `granted_by` is None only for an installation's first coordinator. Raises OwnRole, RoleHeld, NotFound."""
    if granted_by == member_id:
        raise OwnRole()
    # Somebody leaves at this moment: the leaving waits and ends the role, or this waits and finds nobody (departures.are_here).
    if not await sql.rows("SELECT 1 FROM member WHERE id = $1 AND state = 'active' FOR SHARE", member_id):
        raise NotFound(what="member")
    made = uuid4()
    # Unique while in force: of two coordinators who give the same role at once, one is told.
    if not await sql.rows(
        "INSERT INTO role_grant (id, member_id, community_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (member_id, community_id, role) WHERE ended_at IS NULL DO NOTHING RETURNING 1",
        made,
        member_id,
        community_id,
        role,
        granted_by,
        now,
    ):
        raise RoleHeld(role=role)
    return made


async def grant_many(grants: Sequence[tuple[UUID, str, UUID]], granted_by: UUID | None, now: datetime) -> None:
    """Many at once, for loading: member, role, node; those that are held already stay as they are."""
    await sql.rows(
        "INSERT INTO role_grant (id, member_id, role, community_id, granted_by, granted_at) "
        "SELECT gen_random_uuid(), g.*, $4, $5 FROM unnest($1::uuid[], $2::text[], $3::uuid[]) g ON CONFLICT DO NOTHING",
        [member for member, _, _ in grants],
        [role for _, role, _ in grants],
        [node for _, _, node in grants],
        granted_by,
        now,
    )


async def one(grant_id: UUID) -> Held:
    """A role in force. Raises NotFound, also for one that has ended."""
    found = await sql.row(f"SELECT {COLUMNS} FROM {TABLES} WHERE g.id = $1 AND g.ended_at IS NULL", grant_id)
    if found is None:
        raise NotFound(what="role")
    return Held(**dict(found))


async def end(grant_id: UUID, ended_by: UUID, now: datetime) -> None:
    """Takes the role away, at once. Raises NotFound when it has ended already, and OwnRole."""
    held = await sql.row("SELECT member_id FROM role_grant WHERE id = $1 AND ended_at IS NULL FOR UPDATE", grant_id)
    if held is None:
        raise NotFound(what="role")
    if held["member_id"] == ended_by:
        raise OwnRole()
    await sql.rows("UPDATE role_grant SET ended_at = $2, ended_by = $3 WHERE id = $1", grant_id, now, ended_by)


async def of_member(member_id: UUID) -> list[Held]:
    """What the member holds, oldest first."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE g.member_id = $1 AND g.ended_at IS NULL ORDER BY g.granted_at", member_id
    )
    return [Held(**dict(row)) for row in found]


async def at_or_below(node_ids: Sequence[UUID]) -> list[Held]:
    """All roles in force at these nodes and below, by role and name."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE g.ended_at IS NULL AND c.ancestor_ids && $1::uuid[] "
        "ORDER BY g.role, m.name, c.name",
        list(node_ids),
    )
    return [Held(**dict(row)) for row in found]
