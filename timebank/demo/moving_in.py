"""People move in: the tree, its rules, households, members, passes and roles, through the bulk verbs of their rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TypeVar

from timebank.actions.people.members import set_pin
from timebank.communities import policies
from timebank.communities import tree as communities
from timebank.communities.policies import Rules
from timebank.database import transaction
from timebank.demo import cast
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.progress import Progress
from timebank.demo.residents import Resident
from timebank.people import households, members, passes, passwords, roles
from timebank.people.callers import Caller, Grant
from timebank.people.members import GUARDIAN_UNTIL, NewMember
from timebank.points import accounts

AT_ONCE = 2000
"""Rows of one statement."""
T = TypeVar("T")

RULES_ZH = "每服务一小时得一积分，满十五分钟起算；积分长期有效。服务时长永久保存，不因兑换减少。"
RULES_EN = "An hour of service earns one point, counted in quarter hours. Points do not expire. Hours stay for good."
HERE = Rules(issues_certificates=True, support_month_units=2000)
PRACTICE = Rules(units_per_hour=6000, grain_minutes=1, support_month_units=2000)
PRACTICE_ZH = "练习网格：每服务一分钟得一积分，方便试用。"
PRACTICE_EN = "For practice: a minute of service earns one point."


def coordinator(drawn: Neighbourhood) -> Caller:
    """The coordinator of the sub-district, who may do all of this from the pages too."""
    return acting(drawn.cast["coordinator"], Grant("coordinator", drawn.tree.top.id))


def acting(person: Resident, *grants: Grant) -> Caller:
    """The resident as the one who asks."""
    return Caller(
        member_id=person.id,
        household_id=person.household_id,
        community_id=person.community_id,
        name=person.name,
        language="zh",
        grants=grants,
    )


async def everybody(drawn: Neighbourhood, progress: Progress) -> None:
    """The tree and its rules, then everybody in the order in which they joined."""
    begun_at = morning(drawn, today(drawn) - timedelta(days=1200))
    progress.stage("Communities", len(drawn.tree.nodes))
    async with transaction():
        await communities.add_many(
            communities.NewNode(node.id, node.parent_id, node.kind, node.name, node.name_en, str(drawn.zone))  # type: ignore[arg-type]
            for node in drawn.tree.nodes
        )
        await policies.publish(drawn.tree.top.id, begun_at.date(), HERE, None, begun_at, RULES_ZH, RULES_EN)
        await policies.publish(drawn.tree.practice.id, begun_at.date(), PRACTICE, None, begun_at, PRACTICE_ZH, PRACTICE_EN)
    progress.step(len(drawn.tree.nodes))
    progress.stage("Residents", len(drawn.people.residents))
    for some in chunks(drawn.people.households):
        async with transaction():
            await households.add_many([households.Household(each.id, each.community_id, each.label) for each in some])
    for joined_on, group in _by_joining(drawn):
        for part in chunks(group):
            async with transaction():
                await members.create_many([_new(each) for each in part], morning(drawn, joined_on))
                await accounts.open_many([each.id for each in part])
            progress.step(len(part))


def today(drawn: Neighbourhood) -> date:
    """The local day."""
    return drawn.now.astimezone(drawn.zone).date()


def morning(drawn: Neighbourhood, day: date) -> datetime:
    """Nine o'clock there."""
    return datetime.combine(day, time(9), drawn.zone)


def _new(each: Resident) -> NewMember:
    return NewMember(
        each.household_id, each.name, each.phone or "", sex=each.sex, born_on=each.born_on, skills=each.skills, id=each.id
    )


def _by_joining(drawn: Neighbourhood) -> Iterable[tuple[date, list[Resident]]]:
    """Groups that joined on one day, earliest first; the young joined after their fourteenth birthday."""
    last = today(drawn)
    found: dict[date, list[Resident]] = defaultdict(list)
    for each in drawn.people.residents:
        quarter = last - timedelta(days=(last - each.joined_on).days // 91 * 91)
        is_old_enough = members.age(each.born_on, quarter) >= GUARDIAN_UNTIL
        found[quarter if is_old_enough else last - timedelta(days=1)].append(each)
    return sorted(found.items())


async def staff(drawn: Neighbourhood, progress: Progress) -> None:
    """Roles; passes for all who ever come to something; passwords and a PIN for the cast."""
    since = morning(drawn, today(drawn) - timedelta(days=372))
    by = coordinator(drawn)
    first = [grant for grant in drawn.grants if grant[0] == by.member_id]
    others = [grant for grant in drawn.grants if grant[0] != by.member_id]
    visitors = {coming.person.id for session in drawn.sessions for coming in session.people}
    wanted = [*visitors, *({each.id for each in drawn.cast.values()} - visitors)]
    progress.stage("Roles and cards", len(drawn.grants) + len(wanted))
    async with transaction():
        await roles.grant_many(first, None, since)
        await roles.grant_many(others, by.member_id, since)
    progress.step(len(drawn.grants))
    for some in chunks(wanted):
        async with transaction():
            await passes.issue_many(some, since)
        progress.step(len(some))
    hashed = await passwords.prepare(cast.PASSWORD)
    async with transaction():
        for part in cast.CAST:
            if part.phone:
                await passwords.keep(drawn.cast[part.key].id, "password", hashed, since)
    for key in ("volunteer", "without_phone"):
        await set_pin(by, drawn.cast[key].id, cast.PIN, since)


def chunks(things: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while some := list(islice(rest, AT_ONCE)):
        yield some
