"""The office's pages about skills: the catalogue, claims to confirm, one member's skill with all it has been."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import walltimes
from schedules.errors import Malformed, Refusal
from timebank.actions.people.members import see_member
from timebank.actions.people.skills import (
    add_skill,
    change_skill,
    confirm_skill,
    enter_skill,
    retire_skill,
    see_claims,
    see_held,
    see_holders,
    withdraw_skill,
)
from timebank.communities import tree
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.me.my_skills import skill_id as skill_id_of
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people import held_skills, skills
from timebank.people.callers import Caller, Right
from timebank.people.skills import Skill, Wanted
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]


class SkillForm(msgspec.Struct):
    """As typed; a box that was not ticked is not sent."""

    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    needs_confirmation: Short = ""
    by_briefing: Short = ""
    way: Long = ""
    way_en: Long = ""
    months: Short = ""
    key: Short = ""

    def wanted(self) -> Wanted:
        """Raises Malformed."""
        months = self.months.strip()
        if months and not (months.isascii() and months.isdigit() and 1 <= int(months) <= 600):
            raise Malformed(field="months", reason="a number of months from 1 to 600, or nothing")
        return Wanted(
            name=self.name[:60],
            name_en=self.name_en[:60],
            needs_confirmation=bool(self.needs_confirmation),
            by_briefing=bool(self.by_briefing),
            way=self.way,
            way_en=self.way_en,
            months=int(months) if months else None,
        )


class Confirmation(msgspec.Struct):
    valid_until: Short = ""


class Reason(msgspec.Struct):
    reason: Long = ""


class Entry(msgspec.Struct):
    skill: Short = ""
    note: Short = ""
    valid_until: Short = ""


def form_of(skill: Skill) -> SkillForm:
    """The form that means this skill."""
    return SkillForm(
        community_id=str(skill.community_id),
        name=skill.name,
        name_en=skill.name_en,
        needs_confirmation="1" if skill.needs_confirmation else "",
        by_briefing="1" if skill.by_briefing else "",
        way=skill.way,
        way_en=skill.way_en,
        months=str(skill.months or ""),
    )


@get("/office/skills", guards=staff)
async def list_skills(request: Ask, caller: Who) -> Response[str]:
    """Claims first, then the catalogue."""
    return draw(
        request,
        "skills/office.html",
        claims=await see_claims(caller),
        known=await skills.in_reach(caller.nodes(Right.MANAGE_MEMBERS)),
        zone=(await tree.of_member(caller.member())).time_zone,
    )


@get("/office/skills/new", guards=staff)
async def ask_new(request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await new_page(request, caller, at)


@post("/office/skills/new", guards=staff)
async def take_new(data: URLEncodedBody[SkillForm], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "add skill")
        made = await add_skill.once(key, caller, node_id(data.community_id), data.wanted(), now)
    except Refusal as refusal:
        return await new_page(request, caller, data.community_id, refusal, data)
    return go(f"/office/skills/{made.value.skill_id}")


async def new_page(
    request: Ask, caller: Caller, at: str, refusal: Refusal | None = None, form: SkillForm | None = None
) -> Response[str]:
    shown = form or SkillForm(needs_confirmation="1")
    return draw(request, "skills/new.html", refusal, where=await where(caller, Right.MANAGE_MEMBERS, at), form=shown)


@get("/office/skills/{skill_id:uuid}", guards=staff)
async def show_skill(skill_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await skill_page(request, caller, skill_id, now)


@post("/office/skills/{skill_id:uuid}", guards=staff)
async def take_change(
    skill_id: FromPath[UUID], data: URLEncodedBody[SkillForm], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await change_skill(caller, skill_id, data.wanted(), now)
    except Refusal as refusal:
        return await skill_page(request, caller, skill_id, now, refusal, data)
    return go(f"/office/skills/{skill_id}")


@post("/office/skills/{skill_id:uuid}/retire", guards=staff)
async def take_retire(skill_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await retire_skill(caller, skill_id, now)
    return go(f"/office/skills/{skill_id}")


@post("/office/skills/{skill_id:uuid}/bring-back", guards=staff)
async def take_back(skill_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await retire_skill(caller, skill_id, now, is_back=True)
    return go(f"/office/skills/{skill_id}")


async def skill_page(
    request: Ask, caller: Caller, skill_id: UUID, now: datetime, refusal: Refusal | None = None, form: SkillForm | None = None
) -> Response[str]:
    skill, held = await see_holders(caller, skill_id)
    node = await tree.node(skill.community_id)
    return draw(
        request,
        "skills/skill.html",
        refusal,
        skill=skill,
        held=held,
        form=form or form_of(skill),
        today=walltimes.day_of(now, node.time_zone),
        may_change=caller.may(Right.MANAGE_MEMBERS, node.ancestor_ids),
    )


@get("/office/held-skills/{held_id:int}", guards=staff)
async def show_held(held_id: FromPath[int], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await held_page(request, caller, held_id, now)


@post("/office/held-skills/{held_id:int}/confirm", guards=staff)
async def take_confirmation(
    held_id: FromPath[int], data: URLEncodedBody[Confirmation], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await confirm_skill(caller, held_id, _day(data.valid_until), now)
    except Refusal as refusal:
        return await held_page(request, caller, held_id, now, refusal, data.valid_until)
    return go(f"/office/held-skills/{held_id}")


@post("/office/held-skills/{held_id:int}/withdraw", guards=staff)
async def take_withdrawal(
    held_id: FromPath[int], data: URLEncodedBody[Reason], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await withdraw_skill(caller, held_id, data.reason, now)
    except Refusal as refusal:
        return await held_page(request, caller, held_id, now, refusal, reason=data.reason)
    return go(f"/office/held-skills/{held_id}")


async def held_page(
    request: Ask,
    caller: Caller,
    held_id: int,
    now: datetime,
    refusal: Refusal | None = None,
    valid_until: str | None = None,
    reason: str = "",
) -> Response[str]:
    held, history, found = await see_held(caller, held_id, now)
    zone = (await tree.of_member(held.person_id)).time_zone
    today = walltimes.day_of(now, zone)
    usual = held.months and held_skills.months_later(today, held.months)
    shown = valid_until if valid_until is not None else str(held.valid_until or usual or "")
    return draw(
        request,
        "skills/held.html",
        refusal,
        held=held,
        history=history,
        lacking=found,
        valid_until=shown,
        reason=reason,
        today=today,
        zone=zone,
    )


@get("/office/members/{member_id:uuid}/skills", guards=staff)
async def show_member(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await member_page(request, caller, member_id, now)


@post("/office/members/{member_id:uuid}/skills", guards=staff)
async def take_entry(
    member_id: FromPath[UUID], data: URLEncodedBody[Entry], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """For a member who brings the proof: claimed and confirmed in one step."""
    try:
        until = _day(data.valid_until)
        made = await enter_skill(caller, member_id, skill_id_of(data.skill), data.note, until, now)
    except Refusal as refusal:
        return await member_page(request, caller, member_id, now, refusal, data)
    return go(f"/office/held-skills/{made.held_id}")


async def member_page(
    request: Ask, caller: Caller, member_id: UUID, now: datetime, refusal: Refusal | None = None, typed: Entry | None = None
) -> Response[str]:
    member, home = await see_member(caller, member_id), await tree.of_member(member_id)
    return draw(
        request,
        "skills/member.html",
        refusal,
        member=member,
        held=await held_skills.of_member(member_id),
        known=await skills.known_at(home.ancestor_ids),
        typed=typed or Entry(),
        today=walltimes.day_of(now, home.time_zone),
    )


def _day(text: str) -> date | None:
    """Raises Malformed."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed(field="valid_until", reason="a day such as 2027-05-31, or nothing") from error


routes: list[Any] = [
    list_skills,
    ask_new,
    take_new,
    show_skill,
    take_change,
    take_retire,
    take_back,
    show_held,
    take_confirmation,
    take_withdrawal,
    show_member,
    take_entry,
]
