"""Rules of rooms beside their own figures, which say for whom they are; and trying them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from schedules.intervals import Interval
from schedules.space_rules import SpaceRule
from timebank.actions.rooms import set_rules
from timebank.actions.rooms.set_rules import NewRule, Whom
from timebank.api.bookings import Reason, reasons, wish_of
from timebank.people.callers import Right
from timebank.people.groups import PersonGroup
from timebank.web.access import needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Reads, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]


class RulesShown(msgspec.Struct):
    """The rules that hold for a room beside its own figures, and the groups that they can be for, in their published order."""

    rules: list[SpaceRule]
    groups: list[PersonGroup]


class Tried(msgspec.Struct):
    """`may` is what booking would answer that person now; `broken` names every rule that says no."""

    may: bool
    broken: list[Reason]
    alternatives: list[Interval]


@get("/api/v1/spaces/{space_id:uuid}/rules", guards=staff)
async def get_rules(space_id: FromPath[UUID], caller: Who) -> RulesShown:
    """Every rule that holds for a room, whoever it is for."""
    found = await set_rules.rules_of(caller, space_id)
    return RulesShown(list(found.rules), list(found.groups))


@post("/api/v1/spaces/{space_id:uuid}/rules", guards=staff)
async def post_rule(
    space_id: FromPath[UUID], data: JSONBody[NewRule], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """A rule for bookings made from now on. Of several that match, the strictest applies."""
    asked = request_key(caller, key, (space_id, data), now, "add rule")
    answer = await set_rules.add_rule.once(asked, caller, space_id, data, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/space-rules/{rule_id:uuid}/end", guards=staff, status_code=200)
async def post_end_rule(rule_id: FromPath[UUID], caller: Who, now: Now) -> Made:
    """The rule holds no more. Safe to repeat."""
    await set_rules.end_rule(caller, rule_id, now)
    return Made(rule_id)


@get("/api/v1/spaces/{space_id:uuid}/try", guards=staff)
async def get_try(
    space_id: FromPath[UUID],
    caller: Who,
    now: Now,
    language: Reads,
    starts_at: FromQuery[datetime | None] = None,
    ends_at: FromQuery[datetime | None] = None,
    starts: FromQuery[datetime | None] = None,
    ends: FromQuery[datetime | None] = None,
    people: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
    member_id: FromQuery[UUID | None] = None,
    group_id: FromQuery[UUID | None] = None,
) -> Tried:
    """What booking would answer a member, somebody of a group, or a resident who has booked nothing. Nothing is stored."""
    wish = wish_of(space_id, starts_at, ends_at, starts, ends, people=people)
    verdict = await set_rules.try_rules(caller, wish, Whom(member_id, group_id), now)
    told = reasons(verdict.broken, language, verdict.space.time_zone)
    return Tried(not verdict.broken, told, list(verdict.alternatives))


routes: list[Any] = [get_rules, post_rule, post_end_rule, get_try]
