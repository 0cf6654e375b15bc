"""From when until when which policy applies at a node: its own from the first on, before that those above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from timebank.communities.policies import Policy, Rules

DAY = timedelta(days=1)


class Published(msgspec.Struct, frozen=True):
    """A policy as it was published; `maker` is a name, empty where the installation made it."""

    policy: Policy
    version: int
    """Of several for one day the last one holds: those before it gave way before their day."""
    made_at: datetime
    maker: str


class Spell(msgspec.Struct, frozen=True):
    """A policy and the days on which it applies at a node, both included; `last_on` None: until another one comes."""

    published: Published
    first_on: date
    last_on: date | None

    @property
    def policy(self) -> Policy:
        return self.published.policy


class Reach(msgspec.Struct, frozen=True):
    """Who lives by the rules of a node: nodes and active members at and below it, without those who have rules of their own."""

    nodes: int
    members: int
    apart: list[UUID]
    """The nodes below that have rules of their own by that day."""


BRANCH = """
SELECT p.id, p.community_id, p.valid_from, p.rules, p.text_zh, p.text_en, p.version, p.made_at, coalesce(m.name, '') AS maker
  FROM community c JOIN policy p ON p.community_id = ANY(c.ancestor_ids) LEFT JOIN member m ON m.id = p.made_by
 WHERE c.id = $1 ORDER BY p.valid_from, p.version
"""
# A node is apart where it, or a node between, has a policy of its own by the day.
UNDER = """
WITH own AS (
    SELECT DISTINCT c.id FROM policy p JOIN community c ON c.id = p.community_id
     WHERE p.valid_from <= $2 AND $1 = ANY(c.ancestor_ids) AND c.id <> $1
), under AS (
    SELECT c.id FROM community c WHERE c.ancestor_ids @> ARRAY[$1]
       AND NOT EXISTS (SELECT FROM own WHERE own.id = ANY(c.ancestor_ids))
)"""
"""Of a node ($1) on a day ($2): the nodes below with policies of their own, and all that live by its policy."""
REACH = f"""
{UNDER}
SELECT (SELECT count(*) FROM under)::int AS nodes,
       (SELECT count(*) FROM member m JOIN under u ON u.id = m.community_id WHERE m.state = 'active')::int AS members,
       (SELECT coalesce(array_agg(id), '{{}}') FROM own) AS apart
"""


async def published(community_id: UUID) -> list[Published]:
    """All that the node and those above it have published, by day; empty for an unknown node."""
    return [_published(dict(row)) for row in await sql.rows(BRANCH, community_id)]


def _published(row: dict[str, object]) -> Published:
    version, made_at, maker = (row.pop(name) for name in ("version", "made_at", "maker"))
    row["rules"] = msgspec.json.decode(str(row["rules"]), type=Rules)
    return Published(Policy(**row), version, made_at, maker)  # type: ignore[arg-type]


def spells(found: Iterable[Published], ancestor_ids: Sequence[UUID]) -> list[Spell]:
    """What applies when, by day, without a gap from the first on. The same choice as `policies.in_force` makes for one day.

    `ancestor_ids` are the node's own, from the root down.
    """
    latest: dict[UUID, Published] = {}
    starts: dict[date, Published] = {}
    for each in sorted(found, key=lambda one: (one.policy.valid_from, one.version)):
        latest[each.policy.community_id] = each
        nearest = next(latest[above] for above in reversed(ancestor_ids) if above in latest)
        starts[each.policy.valid_from] = nearest
    made: list[Spell] = []
    for day, nearest in starts.items():
        if made and made[-1].published == nearest:
            continue
        if made:
            made[-1] = msgspec.structs.replace(made[-1], last_on=day - DAY)
        made.append(Spell(nearest, day, None))
    return made


def on(made: Iterable[Spell], day: date) -> Spell | None:
    """The spell of a day."""
    return next((one for one in made if one.first_on <= day and (one.last_on is None or day <= one.last_on)), None)


async def reach(community_id: UUID, day: date) -> Reach:
    """Who would live by rules of this node on that day. One statement."""
    return Reach(**dict(await sql.one(REACH, community_id, day)))
