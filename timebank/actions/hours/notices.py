"""Before a certificate the unit is told for some days who asks for one, where the rules say so (rules.md 5 and 10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules.errors import NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.hours import paper_wishes
from timebank.actions.hours.paper_wishes import Wish
from timebank.communities import tree
from timebank.hours import notices
from timebank.hours.certificates import NothingServed
from timebank.hours.notices import Notice
from timebank.people import audit, names
from timebank.people.callers import Caller, Right


class NoticeNotNeeded(Refusal):
    """The rules want no notice, or what the unit issues is no certificate. Facts: none."""


class Up(msgspec.Struct, frozen=True):
    """What every member of the unit reads: a masked name, the days, the minutes, and until when it is up."""

    masked_name: str
    first_on: date
    last_on: date
    minutes: int
    until_at: datetime
    time_zone: str


async def see_notices(caller: Caller, now: datetime) -> list[Up]:
    """Those that are up in the unit where the caller lives. Raises SignInNeeded."""
    home = await tree.of_member(caller.member())
    return [
        Up(names.masked(each.name), each.first_on, each.last_on, each.minutes, each.until_at, each.time_zone)
        for each in await notices.up(list(home.ancestor_ids), now)
    ]


async def count_notices(caller: Caller, now: datetime) -> int:
    """How many are up there: what their pages are told by. None for a stranger."""
    if caller.community_id is None:
        return 0
    return await notices.count_up(await tree.ancestors(caller.community_id), now)


@action
async def put_up_notice(caller: Caller, member_id: UUID, wish: Wish, now: datetime) -> Notice:
    """About the days for which a certificate is wanted; a repeat gives the one that stands.

    Raises SignInNeeded, NotFound, PeriodNotPossible, NothingServed, CertificateOver, NoticeNotNeeded.
    """
    wanted = await paper_wishes.wanted(caller, member_id, wish, now)
    if not wanted.notice_days:
        raise NoticeNotNeeded()
    until_at = now + timedelta(days=wanted.notice_days)
    unit_id, first_on, last_on = wanted.unit.id, wanted.first_on, wanted.last_on
    made = await notices.put_up(member_id, unit_id, first_on, last_on, caller.member(), now, until_at)
    if made is None:
        raise NothingServed(field="since")
    await audit.write(caller.id, "notice.put_up", f"member:{member_id}", now, on_behalf_of=member_id)
    return await notices.one(made)


@action
async def stop_notice(caller: Caller, notice_id: UUID, now: datetime) -> Notice:
    """By the member, or by whoever looks after members. Safe to repeat. Raises SignInNeeded, NotFound."""
    found = await notices.one(notice_id)
    if caller.member() != found.member_id:
        node = await tree.of_member(found.member_id)
        if not caller.may(Right.MANAGE_MEMBERS, node.ancestor_ids):
            raise NotFound(what="notice")
    if await notices.stop(notice_id, caller.member(), now):
        await audit.write(caller.id, "notice.stopped", f"member:{found.member_id}", now, on_behalf_of=found.member_id)
    return await notices.one(notice_id)
