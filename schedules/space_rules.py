"""Rules beside a space's own figures, as staff write them down: for one space, for those that count together, or for a branch.

`quotas` says what a limit means and `rules` applies it. A rule is never changed, only ended and made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound
from schedules.quotas import Limit
from schedules.spaces import Space

MOST = {"longest": 100_000, "notice": 100_000, "horizon": 3660, "bookings": 1000, "minutes": 500_000, "at_once": 100}
"""The most that an amount may be: minutes, days or bookings."""
QUOTAS = frozenset({"bookings", "minutes"})


class WrongRule(Malformed):
    """The parts of a rule do not go together. Facts: field, reason."""


class SpaceRule(Limit, frozen=True, kw_only=True):
    """A limit and for what it is: `space_id`, else the spaces of the community and below with the word, empty for all."""

    community_id: UUID
    space_id: UUID | None = None
    quota_group: str = ""


FIELDS = SpaceRule.__struct_fields__
COLUMNS = ", ".join(f"r.{name}" for name in FIELDS)


def check(rule: Limit) -> None:
    """Raises WrongRule for a rule that means nothing."""
    if rule.amount is not None and not 0 <= rule.amount <= MOST[rule.kind]:
        raise WrongRule(field="amount", reason=f"0 to {MOST[rule.kind]}")
    if rule.kind in ("longest", "at_once") and rule.amount == 0:
        raise WrongRule(field="amount", reason="at least 1")
    if (rule.per is not None) != (rule.kind in QUOTAS or rule.kind == "at_once"):
        raise WrongRule(field="per", reason="a quota is for a person, a household or a team; other rules are not")
    if (rule.period is not None) != (rule.kind in QUOTAS):
        raise WrongRule(field="period", reason="a quota has a period; other rules have none")
    if (rule.days is not None) != (rule.period == "rolling") or not 1 <= (rule.days or 1) <= 730:
        raise WrongRule(field="days", reason="1 to 730 days, for a rolling period alone")
    if not set(rule.weekdays) <= set(range(7)):
        raise WrongRule(field="weekdays", reason="0 (Monday) to 6 (Sunday)")
    if (rule.opens is None) != (rule.closes is None) or any(at and at.tzinfo for at in (rule.opens, rule.closes)):
        raise WrongRule(field="opens", reason="both times, local, or none")
    if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
        raise WrongRule(field="valid_until", reason="the season ends before it begins")


async def add(rule: SpaceRule, by: UUID, now: datetime) -> UUID:
    """The rule holds for bookings made from now on; its id. Raises WrongRule."""
    check(rule)
    made = uuid4()
    kept = msgspec.structs.replace(rule, id=made, weekdays=list(rule.weekdays))
    places = ", ".join(f"${place}" for place in range(1, len(FIELDS) + 3))
    await sql.rows(
        f"INSERT INTO space_rule ({', '.join(FIELDS)}, made_by, made_at) VALUES ({places})",
        *msgspec.structs.astuple(kept),
        by,
        now,
    )
    return made


async def end(rule_id: UUID, by: UUID, now: datetime) -> None:
    """The rule holds no more. Safe to repeat."""
    await sql.rows("UPDATE space_rule SET ended_by = $2, ended_at = $3 WHERE id = $1 AND ended_at IS NULL", rule_id, by, now)


async def one(rule_id: UUID) -> SpaceRule:
    """A rule, also one that has ended. Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM space_rule r WHERE id = $1", rule_id)
    if found is None:
        raise NotFound(what="rule")
    return SpaceRule(**dict(found.items()))


async def of_space(space: Space) -> list[SpaceRule]:
    """Every rule that holds for a space, whoever it is for: those of the space first, then of its word, then of its branch."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM space_rule r WHERE r.ended_at IS NULL AND rule_is_for(r, $1, branch_of($2), $3) "
        "ORDER BY r.space_id IS NULL, r.quota_group = '', r.kind, r.made_at",
        space.id,
        space.community_id,
        space.quota_group,
    )
    return [SpaceRule(**dict(row.items())) for row in found]


class Early(msgspec.Struct, frozen=True):
    """How many days ahead a group books a space; without one, all spaces of its branch. No amount of days: without limit."""

    group_id: UUID
    days: int | None
    space_id: UUID | None
    space: str
    space_en: str


async def early(group_ids: Sequence[UUID]) -> list[Early]:
    """How early groups may book where that is not as for everybody, at all times of the week; the earliest first."""
    found = await sql.rows(
        "SELECT r.group_id, r.amount AS days, r.space_id, coalesce(s.name, '') AS space, coalesce(s.name_en, '') AS space_en "
        "FROM space_rule r LEFT JOIN space s ON s.id = r.space_id "
        "WHERE r.group_id = ANY ($1) AND r.kind = 'horizon' AND r.ended_at IS NULL AND r.weekdays = '{}' AND r.opens IS NULL "
        "AND r.quota_group = '' AND (s.id IS NULL OR s.state = 'open') ORDER BY r.amount DESC NULLS FIRST, s.name",
        list(group_ids),
    )
    return [Early(**dict(row.items())) for row in found]


async def for_everybody(spaces: Sequence[Space]) -> dict[UUID, list[Limit]]:
    """Of several spaces, the limits that hold for everybody: what a list of rooms looks at."""
    found: dict[UUID, list[Limit]] = {space.id: [] for space in spaces}
    rows = await sql.rows(
        f"SELECT s.id AS for_space, {COLUMNS} FROM space s JOIN space_rule r ON r.ended_at IS NULL AND r.group_id IS NULL "
        "AND rule_is_for(r, s.id, branch_of(s.community_id), s.quota_group) WHERE s.id = ANY($1)",
        list(found),
    )
    for row in rows:
        found[row["for_space"]].append(SpaceRule(**{name: row[name] for name in FIELDS}))
    return found
