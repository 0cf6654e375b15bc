"""What other rules would mean: the settings that differ, sums that anybody can follow, and who has been told other sums."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from schedules import sql, walltimes
from timebank.communities import spells
from timebank.communities.policies import Bonus, Rules
from timebank.communities.tree import Node
from timebank.points.examples import Example, examples


class Difference(msgspec.Struct, frozen=True):
    """A setting that would be another one; those of the review list as `review.<name>`."""

    field: str
    old: Any
    new: Any


class Sum(msgspec.Struct, frozen=True):
    """An example by the rules of before, where there are any, and by the draft."""

    example: Example
    old_units: int | None


class Told(msgspec.Struct, frozen=True):
    """Members who have, or wait for, a place at sessions of service that the rules would pay, and how many such sessions."""

    members: int
    sessions: int


TOLD = f"""
{spells.UNDER}
SELECT count(DISTINCT u.person_id)::int AS members, count(DISTINCT s.id)::int AS sessions
  FROM under JOIN activity a ON a.community_id = under.id AND a.is_service
  JOIN session s ON s.activity_id = a.id AND s.state = 'planned' AND s.starts_at >= $3
   AND ($4::timestamptz IS NULL OR s.starts_at < $4)
  JOIN signup u ON u.session_id = s.id AND u.state IN ('requested', 'confirmed', 'waiting', 'offered')
"""


async def told_before(node: Node, first_on: date, last_on: date | None) -> Told:
    """Whom the rules concern who signed up before: each was shown what the session earns (ledger-114). One statement."""
    until = walltimes.midnight(last_on + spells.DAY, node.time_zone) if last_on else None
    found = await sql.one(TOLD, node.id, first_on, walltimes.midnight(first_on, node.time_zone), until)
    return Told(**dict(found))


def differences(old: Rules | None, new: Rules) -> Iterator[Difference]:
    """In the order of the settings; without rules before, all that differ from the start values."""
    before = old or Rules()
    for field in Rules.__struct_fields__:
        if field == "review":
            continue
        if getattr(before, field) != getattr(new, field):
            yield Difference(field, getattr(before, field), getattr(new, field))
    for field in new.review.__struct_fields__:
        if getattr(before.review, field) != getattr(new.review, field):
            yield Difference(f"review.{field}", getattr(before.review, field), getattr(new.review, field))


def sums(old: Rules | None, new: Rules) -> list[Sum]:
    """The same examples by both, of every category and window that either names."""
    categories = tuple(dict.fromkeys([*new.category_percents, *(old.category_percents if old else ())]))
    windows: tuple[Bonus, ...] = tuple(dict.fromkeys([*new.bonuses, *(old.bonuses if old else ())]))
    before = [each.units for each in examples(old, categories, windows)] if old else []
    now = examples(new, categories, windows)
    return [Sum(example, before[place] if before else None) for place, example in enumerate(now)]
