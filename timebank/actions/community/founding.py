"""The first hour of an installation: a community, its first policy, and somebody who may do the rest from the pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.actions.community.communities import CommunityNameNeeded
from timebank.communities import policies, tree
from timebank.people import audit, households, members, passes, passwords, phones, roles
from timebank.people.members import NewMember
from timebank.points import accounts

RULES_ZH = "每服务一小时得一积分，每满一刻钟计一次。积分不过期，服务时长永久保留。"
RULES_EN = "An hour of service earns one point, counted in quarters of an hour. Points do not expire. Hours stay for good."


class FoundedBefore(Refusal):
    """A community stands here; the next ones are made below it. Facts: none."""


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """What is founded. `phone` as people write it; `password` as `passwords.prepare` gives it, empty for codes by phone."""

    name: str
    name_en: str = ""
    kind: tree.Kind = "community"
    time_zone: str = "Asia/Shanghai"
    coordinator: str
    phone: str
    password: str = ""


@action
async def found_community(wanted: Founding, now: datetime) -> UUID:
    """The root of the tree, its policy from today on with the start values, and a coordinator, whom nobody could appoint.

    Answers that person's id. Waits for another founding that is under way. Raises FoundedBefore, CommunityNameNeeded,
    NotAPhoneNumber, NameNeeded.
    """
    if not wanted.name.strip():
        raise CommunityNameNeeded(field="name", reason="empty")
    # Two who found at once: the second waits here, then sees the first's community.
    await sql.rows("SELECT pg_advisory_xact_lock(hashtext('found community'))")
    if await sql.value("SELECT EXISTS (SELECT FROM community)"):
        raise FoundedBefore()
    here = now.astimezone(ZoneInfo(wanted.time_zone))
    root = await tree.add(wanted.kind, wanted.name.strip(), wanted.time_zone, name_en=wanted.name_en.strip())
    made = await members.create(NewMember(await households.add(root), wanted.coordinator, phones.normal(wanted.phone)), here)
    if wanted.password:
        await passwords.keep(made, "password", wanted.password, now)
    await accounts.open_for(made)
    await passes.issue(made, now)
    await roles.grant(made, "coordinator", root, None, now)
    await policies.publish(root, here.date(), policies.Rules(), made, now, RULES_ZH, RULES_EN)
    await audit.write(None, "community.founded", f"community:{root}", now, coordinator_id=made)
    return made
