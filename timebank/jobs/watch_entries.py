"""Looks for entries that are many or fast and notes them for people to look at; it changes nothing about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

import msgspec

from timebank.communities import policies
from timebank.communities.policies import NoPolicy, Rules
from timebank.database import transaction
from timebank.hours import alarms
from timebank.hours.alarms import Group, Kind
from timebank.jobs import items

NAME = "watch entries"


class Raised(msgspec.Struct, frozen=True):
    """An alarm that is due: entries that are not in it yet are among these."""

    kind: Kind
    group: Group
    threshold: int
    entry_ids: tuple[UUID, ...]


async def run(now: datetime) -> int:
    """Each alarm in a transaction of its own. Safe to repeat, and in two workers."""

    async def keep(one: Raised) -> None:
        async with transaction():
            await alarms.raise_alarm(one.kind, one.group, one.threshold, one.entry_ids, now)

    return await items.each(NAME, await due(now), keep, now, name=_name)


def _name(one: Raised) -> str:
    return f"{one.kind} {one.group.about_id} {one.group.day}"


async def due(now: datetime) -> list[Raised]:
    """What goes beyond the policy of its day and is not noted, or not with all of its entries."""
    people, enterers = await alarms.by_person(now), await alarms.by_enterer(now)
    known, rules = await alarms.known([*people, *enterers]), await _rules([*people, *enterers])
    looks: list[tuple[Kind, list[Group], str, Callable[[Group, int], list[UUID]]]] = [
        ("person_day", people, "alarm_day_minutes", alarms.long_day),
        ("enterer_day", enterers, "alarm_day_entries", alarms.many),
        ("enterer_speed", enterers, "alarm_gap_minutes", alarms.hurried),
    ]
    found = []
    for kind, groups, setting, look in looks:
        for group in groups:
            threshold: int | None = getattr(rules[group.community_id, group.day], setting)
            entries = look(group, threshold) if threshold else []
            if set(entries) - known.get((kind, group.about_id, group.day), set()) and threshold:
                found.append(Raised(kind, group, threshold, tuple(entries)))
    return found


async def _rules(groups: list[Group]) -> dict[tuple[UUID, date], Rules]:
    found: dict[tuple[UUID, date], Rules] = {}
    for place in {(group.community_id, group.day) for group in groups}:
        try:
            found[place] = (await policies.in_force(*place)).rules
        except NoPolicy:
            found[place] = Rules()
    return found
