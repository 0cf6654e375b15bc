"""A member's own skills: say what one can do, and how it gets confirmed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import walltimes
from schedules.errors import NotFound, Refusal
from timebank.actions.people.skills import claim_skill, give_up_skill, see_own_skills
from timebank.communities import tree
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who


class Claim(msgspec.Struct):
    skill: Short = ""
    note: Short = ""


@get("/me/skills", guards=[signed_in])
async def show_skills(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await skills_page(request, caller, now)


@post("/me/skills", guards=[signed_in])
async def take_claim(data: URLEncodedBody[Claim], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await claim_skill(caller, skill_id(data.skill), data.note, now)
    except Refusal as refusal:
        return await skills_page(request, caller, now, refusal, data)
    return go("/me/skills")


@post("/me/skills/{held_id:int}/give-up", guards=[signed_in])
async def take_give_up(held_id: FromPath[int], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await give_up_skill(caller, held_id, now)
    except Refusal as refusal:
        return await skills_page(request, caller, now, refusal)
    return go("/me/skills")


async def skills_page(
    request: Ask, caller: Caller, now: Now, refusal: Refusal | None = None, typed: Claim | None = None
) -> Response[str]:
    seen = await see_own_skills(caller)
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(
        request, "skills/mine.html", refusal, seen=seen, typed=typed or Claim(), today=walltimes.day_of(now, zone), zone=zone
    )


def skill_id(text: str) -> UUID:
    """Raises NotFound."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(what="skill") from error


routes: list[Any] = [show_skills, take_claim, take_give_up]
