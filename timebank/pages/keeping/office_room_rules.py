"""The rules of one room in the office: its limits, whom they are for, and trying them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from schedules import walltimes
from schedules.errors import Refusal
from timebank.actions.rooms import set_rules
from timebank.actions.rooms.booking_groups import NoSuchMember, member_of_number
from timebank.actions.rooms.booking_prices import quote
from timebank.actions.rooms.set_rules import Whom
from timebank.pages.forms import Ask, draw
from timebank.pages.keeping.room_rules_form import TypedRule, TypedTry, rule_of, typed_rule, wish_of
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web import why_not
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who, request_key
from timebank.web.words import Language

keepers = [needs(Right.MANAGE_SPACES)]


@get("/office/rooms/{space_id:uuid}/rules", guards=keepers)
async def see_rules(
    space_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    language: Reads,
    whom: FromQuery[str] = "resident",
    number: FromQuery[str] = "",
    day: FromQuery[str] = "",
    start: FromQuery[str] = "",
    end: FromQuery[str] = "",
    people: FromQuery[str] = "1",
) -> Response[str]:
    """The rules, and what a try of them answers: looking changes nothing."""
    return await _rules(request, caller, space_id, now, language, tried=TypedTry(whom, number, day, start, end, people))


async def _rules(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    now: datetime,
    language: Language,
    typed: TypedRule | None = None,
    tried: TypedTry | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    found, attempt, verdict = await set_rules.rules_of(caller, space_id), tried or TypedTry(), None
    if attempt.day or attempt.start or attempt.end:
        try:
            verdict = await set_rules.try_rules(caller, wish_of(space_id, attempt), await _whom(caller, attempt), now)
        except Refusal as refusal:
            refused = refusal
    zone = found.space.time_zone
    if not attempt.day:
        attempt = msgspec.structs.replace(attempt, day=walltimes.day_of(now, zone).isoformat())
    return draw(
        request,
        "rooms/rules.html",
        refused,
        space=found.space,
        rules=found.rules,
        groups=found.groups,
        group_names={group.id: group for group in found.groups},
        typed=typed or TypedRule(),
        tried=attempt,
        verdict=verdict,
        price=await quote(verdict.space, verdict.use) if verdict else None,
        why=lambda broken: why_not.sentence(broken, language, zone),
    )


async def _whom(caller: Caller, tried: TypedTry) -> Whom:
    """Raises NoSuchMember."""
    if tried.whom == "resident":
        return Whom()
    try:
        if tried.whom == "member":
            return Whom(member_id=await member_of_number(caller, tried.number))
        return Whom(group_id=UUID(tried.whom))
    except ValueError as error:
        raise NoSuchMember(field="number", reason="choose as whom") from error


@post("/office/rooms/{space_id:uuid}/rules", guards=keepers)
async def take_rule(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads) -> Response[Any]:
    typed = typed_rule(await request.form())
    try:
        key = request_key(caller, typed.key, (space_id, typed), now, "add rule")
        await set_rules.add_rule.once(key, caller, space_id, rule_of(typed), now)
    except Refusal as refusal:
        return await _rules(request, caller, space_id, now, language, typed, refused=refusal)
    return go(f"/office/rooms/{space_id}/rules?done=1")


@post("/office/rooms/{space_id:uuid}/rules/{rule_id:uuid}/end", guards=keepers)
async def take_end(space_id: FromPath[UUID], rule_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await set_rules.end_rule(caller, rule_id, now)
    return go(f"/office/rooms/{space_id}/rules?done=1")


routes: list[Any] = [see_rules, take_rule, take_end]
