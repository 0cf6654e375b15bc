"""Whether a member's final no-shows make an organiser decide about each of their sign-ups (schedule-81)."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from schedules import no_shows, sql
from schedules.answers import Missed
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Rules
from timebank.points import rates


async def missed_by(member_id: UUID | None, now: datetime) -> Missed | None:
    """What `answers.answer` takes, by today's policy where the member lives; None where nothing stands against them.

    Reads only, one statement for who was never missed. Older ones fall out of the count by themselves, and one becomes final
    by its time, whether or not the job has written it down.
    """
    if member_id is None or not await sql.rows(
        "SELECT 1 FROM no_show WHERE person_id = $1 AND state IN ('notified', 'final') LIMIT 1", member_id
    ):
        return None
    node = await tree.of_member(member_id)
    zone = ZoneInfo(node.time_zone)
    today = now.astimezone(zone).date()
    try:
        rules = (await policies.in_force(node.id, today)).rules
    except NoPolicy:
        rules = Rules()
    since = datetime.combine(rates.months_after(today, -rules.no_show_months), time(), zone)
    count = await no_shows.count_final(member_id, since, now)
    limit = rules.no_shows_before_approval
    return Missed(count, rules.no_show_months) if limit is not None and count >= limit else None
