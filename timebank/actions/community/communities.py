"""The tree grows: a community, a grid or a building is added below a node of one's own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class CommunityNameNeeded(Malformed):
    """Facts: field, reason."""


class NewCommunity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node as staff enter it; it keeps its parent's clock."""

    parent_id: UUID
    kind: tree.Kind
    name: str
    name_en: str = ""


@action
async def add_community(caller: Caller, asked: NewCommunity, now: datetime) -> UUID:
    """By whoever may give roles there. Raises NotAllowed, NotFound (parent), DoesNotFit, CommunityNameNeeded."""
    parent = await tree.node(asked.parent_id)
    caller.require(Right.GRANT_ROLES, parent.ancestor_ids)
    if not asked.name.strip():
        raise CommunityNameNeeded(field="name", reason="empty")
    made = await tree.add(asked.kind, asked.name.strip(), parent.time_zone, parent.id, asked.name_en.strip())
    await audit.write(caller.id, "community.added", f"community:{made}", now, parent_id=parent.id, kind=asked.kind)
    return made
