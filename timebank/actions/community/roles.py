"""Giving roles and taking them away."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit, roles
from timebank.people.callers import RIGHTS, Caller, Right


@action
async def grant_role(caller: Caller, member_id: UUID, role: str, community_id: UUID, now: datetime) -> UUID:
    """A role at a node and all below it, by somebody who may give roles there. Never to oneself (rules.md 12, 22).

    Raises NotAllowed, OwnRole, RoleHeld, NotFound (member, community), Malformed for an unknown role.
    """
    if role not in RIGHTS:
        raise Malformed(field="role", reason=f"one of {', '.join(RIGHTS)}")
    caller.require(Right.GRANT_ROLES, await tree.ancestors(community_id))
    made = await roles.grant(member_id, role, community_id, caller.member(), now)
    await audit.write(caller.id, "role.granted", f"member:{member_id}", now, role=role, community_id=community_id)
    return made


@action
async def end_role(caller: Caller, grant_id: UUID, now: datetime) -> None:
    """Takes a role away, at once. Nobody ends their own, so a community is not left without a coordinator by a slip.

    Raises NotAllowed, OwnRole, NotFound, also when it has ended already.
    """
    held = await roles.one(grant_id)
    caller.require(Right.GRANT_ROLES, await tree.ancestors(held.community_id))
    await roles.end(grant_id, caller.member(), now)
    await audit.write(caller.id, "role.ended", f"member:{held.member_id}", now, role=held.role, community_id=held.community_id)
