"""Who is asking: a member, a device, or nobody; and what they may do where."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank.line import Line


class Right(StrEnum):
    """What a role allows, at its node of the tree and below."""

    RUN_ACTIVITIES = "run_activities"
    SCAN = "scan"
    CHECK_IN_BY_NAME = "check_in_by_name"
    APPROVE_HOURS = "approve_hours"
    MANAGE_SPACES = "manage_spaces"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_REWARDS = "manage_rewards"
    MANAGE_DEVICES = "manage_devices"
    GRANT_ROLES = "grant_roles"
    READ_LEDGER = "read_ledger"
    READ_REVIEW = "read_review"
    REVIEW = "review"
    SET_RULES = "set_rules"
    ISSUE_POINTS = "issue_points"
    MEDIATE = "mediate"
    SUPPORT = "support"
    """To know who is in need, and to decide that the pool pays for them."""


RIGHTS: dict[str, frozenset[Right]] = {
    "coordinator": frozenset(Right),
    "organiser": frozenset({Right.RUN_ACTIVITIES, Right.SCAN, Right.CHECK_IN_BY_NAME}),
    "supervisor": frozenset({Right.SCAN, Right.CHECK_IN_BY_NAME}),
    "steward": frozenset({Right.SCAN}),
    "keeper": frozenset({Right.MANAGE_REWARDS}),
    "auditor": frozenset({Right.READ_LEDGER, Right.READ_REVIEW}),
}


class SignInNeeded(Refusal):
    """Nobody is signed in, or no longer."""


class NotAllowed(Refusal):
    """The caller may not do this here. Facts: right."""


class DeviceNeeded(Refusal):
    """This page or call is for a paired device. Facts: kind."""


class Grant(msgspec.Struct, frozen=True):
    role: str
    community_id: UUID


class Caller(msgspec.Struct, frozen=True):
    """Who asks. Neither member nor device: a stranger."""

    member_id: UUID | None = None
    household_id: UUID | None = None
    community_id: UUID | None = None
    name: str = ""
    language: str = ""
    is_suspended: bool = False
    unread: int = 0
    """Messages not read yet, a hundred at most; counted where a page shows it."""
    grants: tuple[Grant, ...] = ()
    device_id: UUID | None = None
    device_kind: Literal["desk", "kiosk"] | None = None
    device_name: str = ""
    device_name_en: str = ""
    device_community_id: UUID | None = None
    place_id: UUID | None = None

    @property
    def id(self) -> UUID:
        """The member, else the device. Raises SignInNeeded for a stranger."""
        found = self.member_id or self.device_id
        if found is None:
            raise SignInNeeded()
        return found

    @property
    def scope(self) -> str:
        """The scope of an idempotency key."""
        return f"device:{self.device_id}" if self.member_id is None else f"member:{self.member_id}"

    def member(self) -> UUID:
        """The signed-in member. Raises SignInNeeded."""
        if self.member_id is None:
            raise SignInNeeded()
        return self.member_id

    def household(self) -> UUID:
        """That of the signed-in member. Raises SignInNeeded."""
        if self.household_id is None:
            raise SignInNeeded()
        return self.household_id

    def may(self, right: Right, ancestor_ids: Sequence[UUID] | None = None) -> bool:
        """Whether a role gives `right` at one of these nodes (a node's own `ancestor_ids`); without nodes, anywhere."""
        return any(
            right in RIGHTS[grant.role] and (ancestor_ids is None or grant.community_id in ancestor_ids)
            for grant in self.grants
        )

    def nodes(self, right: Right) -> list[UUID]:
        """The nodes at which a role gives `right`; it reaches them and all below."""
        return [grant.community_id for grant in self.grants if right in RIGHTS[grant.role]]

    def require(self, right: Right, ancestor_ids: Sequence[UUID] | None = None) -> None:
        """Raises SignInNeeded for a stranger and NotAllowed where no role gives the right."""
        if not self.may(right, ancestor_ids):
            if self.member_id is None and self.device_id is None:
                raise SignInNeeded()
            raise NotAllowed(right=right.value)


NOBODY = Caller()

# A row for every token that was asked about, in their order; nobody's is a row of nulls.
MEMBERS = """
SELECT m.id, m.household_id, m.community_id, m.name, m.language, m.state = 'suspended' AS is_suspended, g.roles, g.nodes,
       CASE WHEN asked.counts THEN (
            SELECT count(*) FROM (SELECT FROM message u WHERE u.person_id = m.id AND u.read_at IS NULL AND u.due_at <= asked.at
                                   AND u.state IN ('sent', 'kept', 'failed') LIMIT 100) n) ELSE 0 END AS unread
  FROM unnest($1::bytea[], $2::timestamptz[], $3::bool[]) WITH ORDINALITY AS asked (token_hash, at, counts, place)
  LEFT JOIN sign_in s ON s.token_hash = asked.token_hash AND s.expires_at > asked.at AND s.ended_at IS NULL
  LEFT JOIN member m ON m.id = s.member_id AND m.state <> 'left'
  LEFT JOIN LATERAL (SELECT array_agg(role) AS roles, array_agg(community_id) AS nodes
                       FROM role_grant WHERE member_id = m.id AND ended_at IS NULL AND m.state = 'active') g ON true
 ORDER BY place
"""
DEVICES = """
SELECT d.id, d.kind, d.name, d.name_en, d.community_id, d.place_id
  FROM unnest($1::bytea[]) WITH ORDINALITY AS asked (token_hash, place)
  LEFT JOIN device d ON d.token_hash = asked.token_hash AND d.revoked_at IS NULL
 ORDER BY place
"""
Asked = tuple[bytes, datetime, bool]
"""A token, the instant of the request, and whether the member's unread messages are counted."""
MOST, LEADERS = 64, 2
"""Tokens that are looked up together, and looks at a time: a queue at a door asks in one statement, one person asks alone."""


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def identify(
    member_token: str | None, device_token: str | None, now: datetime, *, counts_messages: bool = False
) -> Caller:
    """Who holds these tokens, as it stands now; a token that leads to nobody counts as none.

    Requests that arrive together share a statement. `counts_messages` fills `Caller.unread` by the same statement.
    Raises Busy.
    """
    fields: dict[str, object] = {}
    if member_token and (found := await members.through((token_hash(member_token), now, counts_messages)))["id"]:
        grants = tuple(Grant(role, node) for role, node in zip(found["roles"] or (), found["nodes"] or (), strict=True))
        fields = {
            "member_id": found["id"],
            "household_id": found["household_id"],
            "community_id": found["community_id"],
            "name": found["name"],
            "language": found["language"],
            "is_suspended": found["is_suspended"],
            "unread": found["unread"],
            "grants": grants,
        }
    if device_token and (found := await devices.through(token_hash(device_token)))["id"]:
        fields |= {
            "device_id": found["id"],
            "device_kind": found["kind"],
            "device_name": found["name"],
            "device_name_en": found["name_en"],
            "device_community_id": found["community_id"],
            "place_id": found["place_id"],
        }
    return Caller(**fields) if fields else NOBODY  # type: ignore[arg-type]


async def _members(asked: Sequence[Asked]) -> list[asyncpg.Record]:
    tokens, instants, counts = zip(*asked, strict=True)
    return await sql.rows(MEMBERS, tokens, instants, counts)


async def _devices(tokens: Sequence[bytes]) -> list[asyncpg.Record]:
    return await sql.rows(DEVICES, list(tokens))


members: Line[Asked, asyncpg.Record] = Line(_members, MOST, LEADERS)
devices: Line[bytes, asyncpg.Record] = Line(_devices, MOST, LEADERS)
