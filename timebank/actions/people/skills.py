"""Skills of members: the catalogue, claiming, confirming, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import lacking, walltimes
from schedules.errors import Malformed
from schedules.lacking import Lack
from timebank.actions.action import action
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, held_skills, skills
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.people.held_skills import Change, HasRunOut, Held, OwnSkill
from timebank.people.skills import Skill, Wanted


class OwnSkills(msgspec.Struct, frozen=True):
    """What a member has claimed, and what the community knows besides."""

    held: list[Held]
    others: list[Skill]


class Kept(msgspec.Struct, frozen=True):
    """A skill of the catalogue."""

    skill_id: UUID


class Claimed(msgspec.Struct, frozen=True):
    held_id: int


class TakenBack(msgspec.Struct, frozen=True):
    """`sign_ups`: places to come that need the skill. They stand, and their organisers decide (schedule-33)."""

    held_id: int
    sign_ups: list[Lack]


# The catalogue


@action
async def add_skill(caller: Caller, community_id: UUID, wanted: Wanted, now: datetime) -> Kept:
    """Known to the community and all below it. Raises SignInNeeded, NotAllowed, NotFound, SkillKnown, Malformed."""
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(community_id))
    _check(wanted)
    made = await skills.add(community_id, wanted, caller.member(), now)
    await audit.write(caller.id, "skill.added", f"skill:{made}", now, name=wanted.name)
    return Kept(made)


@action
async def change_skill(caller: Caller, skill_id: UUID, wanted: Wanted, now: datetime) -> Kept:
    """Raises SignInNeeded, NotAllowed, NotFound, SkillKnown, Malformed. Safe to repeat."""
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors((await skills.one(skill_id)).community_id))
    _check(wanted)
    await skills.change(skill_id, wanted)
    await audit.write(caller.id, "skill.changed", f"skill:{skill_id}", now, name=wanted.name)
    return Kept(skill_id)


@action
async def retire_skill(caller: Caller, skill_id: UUID, now: datetime, is_back: bool = False) -> Kept:
    """No longer offered; with `is_back`, offered again. Raises SignInNeeded, NotAllowed, NotFound. Safe to repeat."""
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors((await skills.one(skill_id)).community_id))
    await skills.retire(skill_id, None if is_back else now)
    await audit.write(caller.id, "skill.brought_back" if is_back else "skill.retired", f"skill:{skill_id}", now)
    return Kept(skill_id)


def _check(wanted: Wanted) -> None:
    if not wanted.name.strip():
        raise Malformed(field="name", reason="a name")


# A member's own


@action
async def see_own_skills(caller: Caller) -> OwnSkills:
    """Raises SignInNeeded."""
    held = await held_skills.of_member(caller.member())
    has = {each.skill_id for each in held if each.state != "withdrawn"}
    known = await skills.known_at((await tree.of_member(caller.member())).ancestor_ids)
    return OwnSkills([each for each in held if each.state != "withdrawn"], [each for each in known if each.id not in has])


@action
async def claim_skill(caller: Caller, skill_id: UUID, note: str, now: datetime) -> Claimed:
    """“I can do this.” Raises SignInNeeded, NotFound for one that is not offered. Safe to repeat."""
    return Claimed(await held_skills.claim(skill_id, caller.member(), note, caller.member(), now))


@action
async def give_up_skill(caller: Caller, held_id: int, now: datetime) -> TakenBack:
    """The caller's own claim or confirmation, taken back. Raises SignInNeeded, and NotAllowed for another's. Safe to repeat."""
    held = await held_skills.one(held_id)
    if held.person_id != caller.member():
        raise NotAllowed(right=Right.MANAGE_MEMBERS.value)
    await held_skills.withdraw(held_id, caller.member(), "", now)
    found = await lacking.of_person(held.person_id, now, held.skill_id)
    await messages.promise(_to_organisers(found, held), now)
    return TakenBack(held_id, found)


# Staff


async def _require_reach(caller: Caller, person_id: UUID, skill_id: UUID) -> None:
    """Staff of where the member lives, or of the community whose skill it is. Raises SignInNeeded, NotAllowed, NotFound."""
    of_skill = await tree.ancestors((await skills.one(skill_id)).community_id)
    if not caller.may(Right.MANAGE_MEMBERS, of_skill):
        caller.require(Right.MANAGE_MEMBERS, (await tree.of_member(person_id)).ancestor_ids)


async def _require_power(caller: Caller, person_id: UUID, skill_id: UUID) -> None:
    """As `_require_reach`, and never for oneself: raises OwnSkill."""
    await _require_reach(caller, person_id, skill_id)
    if caller.member() == person_id:
        raise OwnSkill()


@action
async def see_claims(caller: Caller) -> list[Held]:
    """What waits for a confirmation within the caller's reach. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.MANAGE_MEMBERS)
    return await held_skills.claims(caller.nodes(Right.MANAGE_MEMBERS))


@action
async def see_held(caller: Caller, held_id: int, now: datetime) -> tuple[Held, list[Change], list[Lack]]:
    """One skill of one member, every state it has had, and sign-ups to come that lack it.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    held = await held_skills.one(held_id)
    await _require_reach(caller, held.person_id, held.skill_id)
    return held, await held_skills.history(held_id), await lacking.of_person(held.person_id, now, held.skill_id)


@action
async def see_holders(caller: Caller, skill_id: UUID) -> tuple[Skill, list[Held]]:
    """Who holds a skill, claims first, within the caller's reach. Raises SignInNeeded, NotAllowed, NotFound."""
    caller.require(Right.MANAGE_MEMBERS)
    return await skills.one(skill_id), await held_skills.of_skill(skill_id, caller.nodes(Right.MANAGE_MEMBERS))


@action
async def confirm_skill(caller: Caller, held_id: int, valid_until: date | None, now: datetime) -> Claimed:
    """Staff have seen the proof: it counts until that day inclusive, or for good. Again with another day renews it.

    Raises SignInNeeded, NotAllowed, NotFound, OwnSkill, HasRunOut; Malformed without a day where confirmations run out.
    """
    held = await held_skills.one(held_id)
    await _require_power(caller, held.person_id, held.skill_id)
    await _check_day(held.person_id, held.months, valid_until, now)
    if await held_skills.confirm(held_id, caller.member(), valid_until, now):
        await _tell_confirmed(held, caller, valid_until, now)
    return Claimed(held_id)


@action
async def enter_skill(
    caller: Caller, member_id: UUID, skill_id: UUID, note: str, valid_until: date | None, now: datetime
) -> Claimed:
    """Claimed and confirmed in one step, for a member who brings the proof and has no phone. Raises as `confirm_skill`."""
    await _require_power(caller, member_id, skill_id)
    await _check_day(member_id, (await skills.one(skill_id)).months, valid_until, now)
    held_id = await held_skills.claim(skill_id, member_id, note, caller.member(), now)
    if await held_skills.confirm(held_id, caller.member(), valid_until, now):
        await _tell_confirmed(await held_skills.one(held_id), caller, valid_until, now)
    return Claimed(held_id)


@action
async def withdraw_skill(caller: Caller, held_id: int, reason: str, now: datetime) -> TakenBack:
    """Taken back by staff: sign-ups stay, and their organisers are told (schedule-33). Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, OwnSkill, Malformed without a reason.
    """
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; the member reads it")
    held = await held_skills.one(held_id)
    await _require_power(caller, held.person_id, held.skill_id)
    if await held_skills.withdraw(held_id, caller.member(), reason, now):
        await audit.write(
            caller.id, "skill.withdrawn", f"member:{held.person_id}", now, on_behalf_of=held.person_id, skill=held.skill
        )
        await messages.promise(
            [
                Message(
                    key=f"skill:{held_id}:withdrawn:{now.isoformat()}:{held.person_id}",
                    person_id=held.person_id,
                    kind="skill_withdrawn",
                    facts={"skill": held.skill, "skill_en": held.skill_en, "reason": reason.strip()},
                    path="/me/skills",
                )
            ],
            now,
        )
    found = await lacking.of_person(held.person_id, now, held.skill_id)
    await messages.promise(_to_organisers(found, held), now)
    return TakenBack(held_id, found)


async def _check_day(member_id: UUID, months: int | None, valid_until: date | None, now: datetime) -> None:
    if months is not None and valid_until is None:
        raise Malformed(field="valid_until", reason="the last day on which the certificate is valid")
    zone = (await tree.of_member(member_id)).time_zone
    if valid_until is not None and valid_until < walltimes.day_of(now, zone):
        raise HasRunOut(field="valid_until")


async def _tell_confirmed(held: Held, caller: Caller, valid_until: date | None, now: datetime) -> None:
    await audit.write(
        caller.id,
        "skill.confirmed",
        f"member:{held.person_id}",
        now,
        on_behalf_of=held.person_id,
        skill=held.skill,
        valid_until=valid_until,
    )
    told = Message(
        key=f"skill:{held.id}:confirmed:{now.isoformat()}:{held.person_id}",
        person_id=held.person_id,
        kind="skill_confirmed" if valid_until is None else "skill_confirmed_until",
        facts={"skill": held.skill, "skill_en": held.skill_en, "valid_on": valid_until and valid_until.isoformat()},
        path="/me/skills",
    )
    await messages.promise([told], now)


def _to_organisers(found: Sequence[Lack], held: Held) -> list[Message]:
    """Once for each sign-up that lacks the skill now."""
    return [
        Message(
            key=f"lacks:{each.signup_id}:{each.skill_id}:withdrawn:{each.organiser_id}",
            person_id=each.organiser_id,
            kind="comer_lacks_skill",
            facts={
                "title": each.title,
                "title_en": each.title_en,
                "starts_at": each.starts_at.isoformat(),
                "ends_at": each.ends_at.isoformat(),
                "time_zone": each.time_zone,
                "name": held.person,
                "skill": each.skill,
                "skill_en": each.skill_en,
                "role": each.role,
                "role_en": each.role_en,
            },
            path=f"/organise/sessions/{each.session_id}",
            useful_until=each.starts_at,
        )
        for each in found
    ]
