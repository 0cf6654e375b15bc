"""The rules of a community for everybody: what an hour earns, how long points last, what follows from a no-show."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from schedules.errors import NotFound
from timebank.actions.activities.see_board import neighbourhoods
from timebank.actions.community.see_policies import rules_here
from timebank.pages.forms import Ask
from timebank.pages.render import page
from timebank.points import examples
from timebank.web import policy_words
from timebank.web.access import anyone
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language


@get("/rules", guards=[anyone])
async def our_rules(request: Ask, caller: Who, now: Now, language: Reads) -> Response[str]:
    """Those by which the member lives; for strangers those of the widest community, and where else to look."""
    nodes = await neighbourhoods()
    place = caller.community_id or (nodes[0].id if nodes else None)
    if place is None:
        raise NotFound(what="community")
    return await _rules(request, place, now, language)


@get("/communities/{community_id:uuid}/rules", guards=[anyone])
async def rules_of_community(community_id: FromPath[UUID], request: Ask, now: Now, language: Reads) -> Response[str]:
    """Those that hold in one community."""
    return await _rules(request, community_id, now, language)


async def _rules(request: Ask, community_id: UUID, now: datetime, language: Language) -> Response[str]:
    here = await rules_here(community_id, now)
    policy = here.in_force.policy if here.in_force else None
    return page(
        request,
        "policies/public.html",
        here=here,
        policy=policy,
        owner=here.makers[policy.community_id] if policy else None,
        nodes=await neighbourhoods(),
        sections=policy_words.sections(policy.rules, language) if policy else [],
        sums=policy_words.earned(policy.rules, language) if policy else [],
        last_day=examples.last_day(policy.rules, here.today) if policy else None,
    )


routes: list[Any] = [our_rules, rules_of_community]
