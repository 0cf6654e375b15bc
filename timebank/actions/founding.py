"""The first hour of an installation: a community and somebody who may do the rest from the pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit, households, members, passes, phones, roles
from timebank.people.members import NewMember
from timebank.points import accounts


@action
async def found_community(
    name: str, name_en: str, kind: tree.Kind, time_zone: str, coordinator: str, phone: str, now: datetime
) -> UUID:
    """A root of the tree and its first coordinator, whom nobody could appoint; answers that person's id.

    Raises NotAPhoneNumber, NameNeeded, PhoneTaken.
    """
    root = await tree.add(kind, name, time_zone, name_en=name_en)
    made = await members.create(NewMember(await households.add(root), coordinator, phones.normal(phone)), now)
    await accounts.open_for(made)
    await passes.issue(made, now)
    await roles.grant(made, "coordinator", root, None, now)
    await audit.write(None, "community.founded", f"community:{root}", now, coordinator_id=made)
    return made
