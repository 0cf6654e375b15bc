"""Briefings: a code that confirms a skill at their end (schedule-32), and words that are read before signing up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import activities, needs, walltimes
from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, briefing_codes, held_skills, skills
from timebank.people.briefing_codes import BriefingCode, Confirmed
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.people.held_skills import OwnSkill
from timebank.people.skills import Skill

LONGEST = 12 * 60
"""Minutes that a code may hold: for the end of a briefing, not for a poster."""


class Issued(msgspec.Struct, frozen=True):
    """`path` is what the QR opens."""

    code_id: UUID
    path: str
    expires_at: datetime


class ByBriefing(msgspec.Struct, frozen=True):
    """`valid_until` none: for good. `is_new`: this code had not confirmed the member before."""

    code_id: UUID
    valid_until: date | None
    is_new: bool


@action
async def see_briefings(caller: Caller) -> tuple[list[Skill], list[BriefingCode]]:
    """Skills that the caller may confirm by a code, and the codes that they issued. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    found = await skills.in_reach(caller.nodes(Right.RUN_ACTIVITIES))
    return [each for each in found if each.by_briefing and not each.retired_at], await briefing_codes.of_issuer(caller.member())


@action
async def issue_briefing_code(caller: Caller, skill_id: UUID, occasion: str, minutes: int, now: datetime) -> Issued:
    """Who runs activities in the community that knows the skill, or below it.

    Raises SignInNeeded, NotAllowed, NotFound, NotByBriefing, Malformed.
    """
    if not 1 <= minutes <= LONGEST:
        raise Malformed(field="minutes", reason=f"from 1 to {LONGEST} minutes")
    caller.require(Right.RUN_ACTIVITIES)
    reach = {above for node in await tree.nodes(caller.nodes(Right.RUN_ACTIVITIES)) for above in node.ancestor_ids}
    skill = await skills.one(skill_id)
    if skill.community_id not in reach:
        caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(skill.community_id))
    expires_at = now + timedelta(minutes=minutes)
    made = await briefing_codes.issue(skill_id, occasion, caller.member(), expires_at, now)
    await audit.write(caller.id, "briefing_code.issued", f"skill:{skill_id}", now, code=made)
    return Issued(made, briefing_codes.path(made), expires_at)


@action
async def see_briefing_code(caller: Caller, code_id: UUID) -> tuple[BriefingCode, list[Confirmed]]:
    """For who issued it, and for staff of the skill's community. Raises SignInNeeded, NotAllowed, NotFound."""
    code = await briefing_codes.one(code_id)
    await _require_own(caller, code)
    return code, await briefing_codes.confirmed(code_id)


@action
async def withdraw_briefing_code(caller: Caller, code_id: UUID, now: datetime) -> None:
    """Confirms nobody any more. Raises SignInNeeded, NotAllowed, NotFound. Safe to repeat."""
    code = await briefing_codes.one(code_id)
    await _require_own(caller, code)
    await briefing_codes.withdraw(code_id, now)
    await audit.write(caller.id, "briefing_code.withdrawn", f"skill:{code.skill_id}", now, code=code_id)


async def _require_own(caller: Caller, code: BriefingCode) -> None:
    if code.issued_by != caller.member():
        caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(code.community_id))


@action
async def open_briefing_code(caller: Caller, code_id: UUID, mark: str) -> tuple[BriefingCode, bool]:
    """What a member sees who opened the address, and whether it confirmed them already. Changes nothing.

    Raises SignInNeeded, NotFound.
    """
    code = await briefing_codes.genuine(code_id, mark)
    return code, await briefing_codes.has_confirmed(code_id, caller.member())


@action
async def take_briefing_code(caller: Caller, code_id: UUID, mark: str, now: datetime) -> ByBriefing:
    """The caller was at the briefing: the skill is confirmed, once for this code. Safe to repeat.

    Raises SignInNeeded, NotFound, BriefingOver, BriefingWithdrawn, OwnSkill for who issued it, NotAllowed for the suspended.
    """
    code, member_id = await briefing_codes.genuine(code_id, mark), caller.member()
    held_id = await held_skills.claim(code.skill_id, member_id, "", member_id, now)
    before = await held_skills.one(held_id)
    if await briefing_codes.has_confirmed(code_id, member_id):
        return ByBriefing(code_id, before.valid_until, False)
    code.check(now)
    if code.issued_by == member_id:
        raise OwnSkill()
    if caller.is_suspended:
        raise NotAllowed(right="")
    zone = (await tree.of_member(member_id)).time_zone
    valid_until = held_skills.months_later(walltimes.day_of(now, zone), code.months) if code.months else None
    if before.state == "confirmed":  # a briefing never shortens what is confirmed already
        valid_until = None if None in (valid_until, before.valid_until) else max(valid_until, before.valid_until)  # type: ignore[type-var]
    is_new = await held_skills.confirm(held_id, code.issued_by, valid_until, now, code_id=code_id)
    if is_new:
        await _tell(code, member_id, now)
    return ByBriefing(code_id, valid_until, is_new)


async def _tell(code: BriefingCode, member_id: UUID, now: datetime) -> None:
    told = Message(
        key=f"briefing:{code.id}:{member_id}",
        person_id=member_id,
        kind="briefing_confirmed",
        facts={"skill": code.skill, "skill_en": code.skill_en, "issuer": code.issuer, "occasion": code.occasion},
        path="/me/skills",
    )
    await messages.promise([told], now)


@action
async def acknowledge_briefing(caller: Caller, activity_id: UUID, briefing_id: int, now: datetime) -> None:
    """The caller has read the briefing of an activity; the first time is kept. Safe to repeat.

    Raises SignInNeeded, NotFound also for an earlier wording: then the page shows the new one.
    """
    activity = await activities.find(activity_id)
    found = await needs.briefing(activity_id)
    if activity.state == "draft" or found is None or found.id != briefing_id:
        raise NotFound(what="briefing")
    await needs.acknowledge(briefing_id, caller.member(), now)
