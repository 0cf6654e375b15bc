"""Skills: the catalogue, a member's own, and what staff confirm."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.lacking import Lack
from timebank.actions.people.skills import (
    Claimed,
    Kept,
    OwnSkills,
    TakenBack,
    add_skill,
    change_skill,
    claim_skill,
    confirm_skill,
    enter_skill,
    give_up_skill,
    retire_skill,
    see_claims,
    see_held,
    see_holders,
    see_own_skills,
    withdraw_skill,
)
from timebank.communities import tree
from timebank.people import skills
from timebank.people.callers import Right
from timebank.people.held_skills import Change, Held
from timebank.people.skills import Skill, Wanted
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Text = Annotated[str, Meta(max_length=500)]
HeldId = Annotated[int, Meta(ge=1, lt=2**62)]


class SkillBody(msgspec.Struct, forbid_unknown_fields=True):
    """`by_briefing`: organisers may confirm it with a code. `months`: how long a confirmation holds; null: for good."""

    name: Name
    name_en: Annotated[str, Meta(max_length=60)] = ""
    needs_confirmation: bool = True
    by_briefing: bool = False
    way: Text = ""
    way_en: Text = ""
    months: Annotated[int, Meta(ge=1, le=600)] | None = None

    def wanted(self) -> Wanted:
        return Wanted(**msgspec.structs.asdict(self))


class NewSkill(SkillBody, kw_only=True, forbid_unknown_fields=True):
    """For a community and all below it."""

    community_id: UUID


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """`note`: which course, which certificate."""

    skill_id: UUID
    note: Text = ""


class Entry(Claim, forbid_unknown_fields=True):
    valid_until: date | None = None


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """The last day on which it counts; null: for good."""

    valid_until: date | None = None


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class HeldSkill(msgspec.Struct):
    """One skill of one member, every state it has had, and sign-ups to come that lack it."""

    held: Held
    history: list[Change]
    lacking: list[Lack]


class Holders(msgspec.Struct):
    skill: Skill
    held: list[Held]


@get("/api/v1/skills", guards=[signed_in])
async def get_skills(caller: Who) -> list[Skill]:
    """Skills that the caller's community knows."""
    return await skills.known_at((await tree.of_member(caller.member())).ancestor_ids)


@post("/api/v1/skills", guards=staff)
async def post_skill(data: JSONBody[NewSkill], caller: Who, now: Now, key: Key = None) -> Response[Kept]:
    """A new skill. 404 for an unknown community."""
    wanted = Wanted(**{name: getattr(data, name) for name in SkillBody.__struct_fields__})
    answer = await add_skill.once(request_key(caller, key, data, now, "add skill"), caller, data.community_id, wanted, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@put("/api/v1/skills/{skill_id:uuid}", guards=staff)
async def put_skill(skill_id: FromPath[UUID], data: JSONBody[SkillBody], caller: Who, now: Now) -> Kept:
    """Replaces what is said of it; confirmations stay."""
    return await change_skill(caller, skill_id, data.wanted(), now)


@post("/api/v1/skills/{skill_id:uuid}/retire", guards=staff, status_code=200)
async def post_retire(skill_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    """No longer offered to members and organisers. Places that need it still do."""
    return await retire_skill(caller, skill_id, now)


@post("/api/v1/skills/{skill_id:uuid}/bring-back", guards=staff, status_code=200)
async def post_bring_back(skill_id: FromPath[UUID], caller: Who, now: Now) -> Kept:
    return await retire_skill(caller, skill_id, now, is_back=True)


@get("/api/v1/skills/{skill_id:uuid}/members", guards=staff)
async def get_holders(skill_id: FromPath[UUID], caller: Who) -> Holders:
    """Who holds it, claims first, within the caller's reach."""
    return Holders(*await see_holders(caller, skill_id))


@get("/api/v1/me/skills", guards=[signed_in])
async def get_own(caller: Who) -> OwnSkills:
    """What the caller has claimed, and what the community knows besides."""
    return await see_own_skills(caller)


@post("/api/v1/me/skills", guards=[signed_in], status_code=200)
async def post_claim(data: JSONBody[Claim], caller: Who, now: Now) -> Claimed:
    """“I can do this.” Safe to repeat. Where a confirmation is needed, `way` of the skill says how."""
    return await claim_skill(caller, data.skill_id, data.note, now)


@post("/api/v1/me/skills/{held_id:int}/give-up", guards=[signed_in], status_code=200)
async def post_give_up(held_id: FromPath[HeldId], caller: Who, now: Now) -> TakenBack:
    """Sign-ups stand; those that need the skill are listed."""
    return await give_up_skill(caller, held_id, now)


@get("/api/v1/held-skills/claims", guards=staff)
async def get_claims(caller: Who) -> list[Held]:
    """What waits for a confirmation within the caller's reach, the oldest first."""
    return await see_claims(caller)


@get("/api/v1/held-skills/{held_id:int}", guards=staff)
async def get_held(held_id: FromPath[HeldId], caller: Who, now: Now) -> HeldSkill:
    return HeldSkill(*await see_held(caller, held_id, now))


@post("/api/v1/held-skills/{held_id:int}/confirm", guards=staff, status_code=200)
async def post_confirm(held_id: FromPath[HeldId], data: JSONBody[Confirmation], caller: Who, now: Now) -> Claimed:
    """Never for oneself. Again with another day renews it. Safe to repeat."""
    return await confirm_skill(caller, held_id, data.valid_until, now)


@post("/api/v1/held-skills/{held_id:int}/withdraw", guards=staff, status_code=200)
async def post_withdraw(held_id: FromPath[HeldId], data: JSONBody[Reason], caller: Who, now: Now) -> TakenBack:
    """Taken back: sign-ups to come that need it are listed, none is removed. Safe to repeat."""
    return await withdraw_skill(caller, held_id, data.reason, now)


@post("/api/v1/members/{member_id:uuid}/skills", guards=staff, status_code=200)
async def post_entry(member_id: FromPath[UUID], data: JSONBody[Entry], caller: Who, now: Now) -> Claimed:
    """Claimed and confirmed in one step, for a member who brings the proof. Safe to repeat."""
    return await enter_skill(caller, member_id, data.skill_id, data.note, data.valid_until, now)


routes: list[Any] = [
    get_skills,
    post_skill,
    put_skill,
    post_retire,
    post_bring_back,
    get_holders,
    get_own,
    post_claim,
    post_give_up,
    get_claims,
    get_held,
    post_confirm,
    post_withdraw,
    post_entry,
]
