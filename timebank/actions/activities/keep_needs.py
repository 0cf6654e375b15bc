"""What an activity asks of the people who come, as its organiser sets it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, needs
from schedules.errors import Malformed
from schedules.needs import Needs
from timebank.actions.action import action
from timebank.communities import partners, tree
from timebank.communities.partners import Partner
from timebank.people import audit, skills, trusted_groups
from timebank.people.callers import Caller, Right
from timebank.people.skills import Skill
from timebank.people.trusted_groups import Group


class NeedsChoices(msgspec.Struct, frozen=True):
    """What can be asked here: skills, groups and partners of the activity's branch, also those in use that have ended since."""

    skills: list[Skill]
    groups: list[Group]
    partners: list[Partner]


@action
async def see_needs(caller: Caller, activity_id: UUID) -> tuple[Needs, NeedsChoices]:
    """For who runs it. Raises SignInNeeded, NotAllowed, NotFound."""
    above = await tree.ancestors((await activities.find(activity_id)).community_id)
    caller.require(Right.RUN_ACTIVITIES, above)
    standing = await needs.of_activity(activity_id)
    found = await _choices(above)
    known = {each.id for each in found.skills}
    asked = dict.fromkeys(skill_id for role in standing.roles for skill_id in role.skill_ids if skill_id not in known)
    retired = [await skills.one(skill_id) for skill_id in asked]
    return standing, msgspec.structs.replace(found, skills=found.skills + retired)


async def _choices(above: list[UUID]) -> NeedsChoices:
    return NeedsChoices(await skills.known_at(above), await trusted_groups.known_at(above), await partners.known_at(above))


@action
async def keep_needs(caller: Caller, activity_id: UUID, wanted: Needs, now: datetime) -> Needs:
    """Replaces all of it, for drafts and for what is public; sign-ups made before stay. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, MinimumBeyondPlaces.
    Malformed for a role, skill, group or partner that is not the activity's own.
    """
    above = await tree.ancestors((await activities.find(activity_id)).community_id)
    caller.require(Right.RUN_ACTIVITIES, above)
    await needs.check_minimum(activity_id, wanted.minimum)
    before = await needs.of_activity(activity_id)
    choices = await _choices(above)
    for number, role in enumerate(wanted.roles):
        stood = {skill_id for each in before.roles if each.role == role.role for skill_id in each.skill_ids}
        _check(f"roles.{number}.skill_ids", role.skill_ids, {each.id for each in choices.skills} | stood)
    _check("group_ids", wanted.group_ids, {each.id for each in choices.groups} | set(before.group_ids))
    _check("partner_ids", wanted.partner_ids, {each.id for each in choices.partners} | set(before.partner_ids))
    await needs.keep(activity_id, wanted, caller.member(), now)
    await audit.write(caller.id, "activity.needs_changed", f"activity:{activity_id}", now)
    return await needs.of_activity(activity_id)


def _check(field: str, wanted: tuple[UUID, ...], known: set[UUID]) -> None:
    if not set(wanted) <= known:
        raise Malformed(field=field, reason="not one of this community or of one above it")
