"""Who brought a new member along: points of the rules of that day, after that member's first confirmed hour (rules.md 10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql, walltimes
from schedules.errors import Malformed
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.outbox import intents
from timebank.people import households, members
from timebank.points import rates
from timebank.points.shares import OWN

FIRST_HOUR = 60
"""Minutes of class A or B on record and confirmed: class C, entered afterwards, brings nobody anything."""
WAITS = timedelta(days=365)
"""For that hour, from the day of joining."""


class RecruiterUnfit(Malformed):
    """Nobody who can have it: no active member, or somebody of the household of the new member or of who enters it.

    Facts: field, reason.
    """


class RecruitsOff(Malformed):
    """The rules pay nothing for it, so nothing of it is kept. Facts: field, reason."""


class Recruit(msgspec.Struct, frozen=True):
    """One that waits, or is to be settled now."""

    member_id: UUID
    recruiter_id: UUID
    community_id: UUID
    time_zone: str
    units: int
    policy_id: UUID
    is_served: bool


DUE = """
SELECT r.member_id, r.recruiter_id, p.community_id, c.time_zone, r.units, r.policy_id, served.minutes >= $2 AS is_served
  FROM recruit r JOIN member m ON m.id = r.member_id JOIN member p ON p.id = r.recruiter_id
  JOIN community c ON c.id = p.community_id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(l.service_minutes), 0) AS minutes FROM (
              SELECT DISTINCT ON (coalesce(s.attendance_id, s.first_id, s.id)) s.* FROM service_record s
               WHERE s.member_id = r.member_id ORDER BY coalesce(s.attendance_id, s.first_id, s.id), s.version DESC) l
        WHERE NOT l.is_withdrawn AND l.class IN ('A', 'B') AND NOT EXISTS (
              SELECT FROM stay_confirmation w WHERE w.attendance_id = l.attendance_id AND w.confirmed_at IS NULL)) served
 WHERE r.settled_at IS NULL
   AND (served.minutes >= $2 OR r.recorded_at < $1 OR m.state = 'left' OR p.state = 'left')
 ORDER BY r.recorded_at LIMIT $3
"""


async def record(member_id: UUID, recruiter_number: int, by: UUID, now: datetime) -> None:
    """In the transaction in which the member joins; what it pays is settled by the rules of that day. Locks nothing.

    Raises RecruitsOff, RecruiterUnfit.
    """
    node = await tree.of_member(member_id)
    try:
        policy = await policies.in_force(node.id, walltimes.day_of(now, node.time_zone))
    except NoPolicy:
        raise RecruitsOff(field="recruiter_number", reason="no rules") from None
    if policy.rules.recruit_units is None:
        raise RecruitsOff(field="recruiter_number", reason="the rules pay nothing")
    recruiter = await members.by_number(recruiter_number)
    # Nobody enters it for themselves or who they live with, and nobody is brought along by who they live with (rules-22).
    if recruiter is None or await households.share(recruiter, [member_id, by]):
        raise RecruiterUnfit(field="recruiter_number", reason="nobody, or too near")
    await sql.rows(
        "INSERT INTO recruit (member_id, recruiter_id, units, policy_id, recorded_by, recorded_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        member_id,
        recruiter,
        policy.rules.recruit_units,
        policy.id,
        by,
        now,
    )


async def due(now: datetime, at_most: int = 200) -> list[Recruit]:
    """Those whose hour is served, and those that will not be any more."""
    return [Recruit(**dict(row)) for row in await sql.rows(DUE, now - WAITS, FIRST_HOUR, at_most)]


async def settle(one: Recruit, now: datetime, what: str, what_en: str) -> bool:
    """Promises the points, or lets it lapse; whether it promised. Once; a repeat changes nothing.

    `what` is told on the recruiter's statement. Locks the row.
    """
    if not await sql.rows(
        "UPDATE recruit SET outcome = $2, settled_at = $3 WHERE member_id = $1 AND settled_at IS NULL RETURNING 1",
        one.member_id,
        "promised" if one.is_served else "lapsed",
        now,
    ):
        return False
    if one.is_served:
        rules = (await policies.find(one.policy_id)).rules
        zone = ZoneInfo(one.time_zone)
        await intents.promise(
            f"recruit:{one.member_id}",
            one.recruiter_id,
            one.units,
            earned_at=now,
            at=now,
            expires_at=rates.expires_at(now.astimezone(zone).date(), rules, zone),
            policy_id=one.policy_id,
            payload={"what": what, "what_en": what_en, **OWN.terms(rules)},
        )
    return one.is_served
