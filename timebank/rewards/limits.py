"""How much of a reward one person or one household takes in a calendar period (ledger-70, ledger-71)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Malformed

Takers = Literal["person", "household"]
Period = Literal["day", "week", "month", "quarter", "year", "ever"]
MOST = 1000


class LimitNotFit(Malformed):
    """Facts: field, reason."""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many units of the reward, for each person or each household, in each calendar period on the place's wall."""

    who: Takers
    period: Period
    units: Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class Reached(msgspec.Struct, frozen=True):
    """Nothing more of it before `again_on`, a local day; None: never again."""

    limit: Limit
    again_on: date | None


async def set_for(reward_id: UUID, limits: Sequence[Limit]) -> None:
    """These and no others: one for a person and one for a household at most. Raises LimitNotFit. Safe to repeat."""
    if len({limit.who for limit in limits}) < len(limits):
        raise LimitNotFit(field="limits", reason="one for a person and one for a household")
    for limit in limits:
        if not 0 < limit.units <= MOST:
            raise LimitNotFit(field=limit.who, reason=f"1 to {MOST}")
    await sql.rows("DELETE FROM reward_limit WHERE reward_id = $1 AND who <> ALL ($2)", reward_id, [one.who for one in limits])
    for limit in limits:
        await sql.rows(
            "INSERT INTO reward_limit (reward_id, who, period, units) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (reward_id, who) DO UPDATE SET period = excluded.period, units = excluded.units",
            reward_id,
            limit.who,
            limit.period,
            limit.units,
        )


async def of(reward_ids: Sequence[UUID]) -> dict[UUID, list[Limit]]:
    """The limits of these rewards, the person's first."""
    found = await sql.rows(
        "SELECT reward_id, who, period, units FROM reward_limit WHERE reward_id = ANY ($1) ORDER BY who DESC", list(reward_ids)
    )
    limits: dict[UUID, list[Limit]] = {}
    for row in found:
        limits.setdefault(row["reward_id"], []).append(Limit(row["who"], row["period"], row["units"]))
    return limits


REACHED = """
SELECT l.reward_id, l.who, l.period, l.units, (b.begins + CASE l.period WHEN 'quarter' THEN interval '3 months'
       WHEN 'ever' THEN NULL ELSE ('1 ' || l.period)::interval END)::date AS again_on
  FROM stock s JOIN reward_limit l ON l.reward_id = s.reward_id JOIN place p ON p.id = s.place_id
  JOIN community c ON c.id = p.community_id
 CROSS JOIN LATERAL (SELECT CASE WHEN l.period <> 'ever' THEN date_trunc(l.period, $3::timestamptz AT TIME ZONE c.time_zone) END
                         AS begins) b
 WHERE s.place_id = $2
   AND ledger.taken($1, l.reward_id, l.who, coalesce(b.begins AT TIME ZONE c.time_zone, '-infinity'), $3) >= l.units
 ORDER BY l.who
"""


async def reached(member_id: UUID, place_id: UUID, now: datetime) -> dict[UUID, Reached]:
    """The rewards of a place of which this member can have no more now. Told beforehand; the ledger judges under its locks."""
    found = await sql.rows(REACHED, member_id, place_id, now)
    return {row["reward_id"]: Reached(Limit(row["who"], row["period"], row["units"]), row["again_on"]) for row in found}
