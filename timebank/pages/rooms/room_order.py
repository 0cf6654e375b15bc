"""Who may book how early: the groups of a community in their published order, for everybody to read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery

from schedules import space_rules
from schedules.errors import NotFound
from timebank.actions.rooms import booking_groups
from timebank.communities import tree
from timebank.pages.forms import Ask, draw
from timebank.web.access import anyone
from timebank.web.request import Who


@get("/spaces/order", guards=[anyone])
async def see_order(request: Ask, caller: Who, community: FromQuery[UUID | None] = None) -> Response[str]:
    """The groups of a community (none: the reader's own) and of those above it; residents without a group come last."""
    found = community or caller.community_id
    if found is None:
        raise NotFound(what="community")
    node = await tree.node(found)
    groups = await booking_groups.published(node.id)
    early = await space_rules.early([group.id for group in groups])
    return draw(request, "spaces/order.html", node=node, groups=groups, early=early)


routes: list[Any] = [see_order]
