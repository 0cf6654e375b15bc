"""Looks through what is new in the scan log and puts what is odd on its community's list. Changes nothing else (PIPL 24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import oddities, oddity_kinds, oddity_rules, sql
from schedules.oddities import Batch, Row, Touched
from schedules.oddity_kinds import KindName
from schedules.oddity_limits import Limits
from timebank.actions.action import action
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.communities.tree import Node
from timebank.people import findings

SETTLED = timedelta(minutes=5)
"""Rows are looked at when they are this old: by then every request that began before them has ended, a large upload too, whose
last rows bear the time at which it was received."""
BEGINNING, END = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(9999, 1, 1, tzinfo=ZoneInfo("UTC"))


class Lead(msgspec.Struct, frozen=True, order=True):
    """What is to be looked into: `about` is the subject, with its local day or month."""

    kind: KindName
    about: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.about}"


def lead_of(name: str) -> Lead | None:
    """The lead of that name; None for a kind that is gone."""
    kind, _, about = name.partition(" ")
    return Lead(kind, about) if kind in oddity_kinds.KINDS else None


@action
async def leads(batch: Batch) -> list[Lead]:
    """Everything that the batch may have made odd, each once."""
    found = {Lead("one_household", f"{desk} {month}") for desk, month in await findings.lone_desks(batch)}
    return sorted(found | await _leads([one for one in await oddities.touched(batch) if one.kind != "one_household"]))


@action
async def undo_leads(batch: Batch) -> list[Lead]:
    """Whose undoing of scans the batch of undos may have made odd."""
    return sorted(await _leads(await oddities.touched_undos(batch)))


async def _leads(seen: Sequence[Touched]) -> set[Lead]:
    found: set[Lead] = set()
    zones = await _zones({one.subject for one in seen if oddity_kinds.KINDS[one.kind].span != "all"})
    for one in seen:
        found |= {Lead(one.kind, about) for about in _abouts(one, zones)}
    return found


def _abouts(one: Touched, zones: dict[str, ZoneInfo]) -> list[str]:
    span = oddity_kinds.KINDS[one.kind].span
    if span == "all":
        return [one.subject]
    if (zone := zones.get(one.subject)) is None:
        return []
    first, last = (moment.astimezone(zone).date() for moment in (one.first_at, one.last_at))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return list(dict.fromkeys(f"{one.subject} {day if span == 'day' else f'{day:%Y-%m}'}" for day in days))


ZONES = """
SELECT w.id::text, c.time_zone FROM (SELECT id, community_id FROM member UNION ALL SELECT id, community_id FROM device) w
  JOIN community c ON c.id = w.community_id WHERE w.id = ANY ($1::text[]::uuid[])
"""


async def _zones(subjects: set[str]) -> dict[str, ZoneInfo]:
    """The clocks of these members and devices."""
    return {row["id"]: ZoneInfo(row["time_zone"]) for row in await sql.rows(ZONES, sorted(subjects))}


@action
async def look_into(lead: Lead, now: datetime) -> bool:
    """Whether something new was found. Safe to repeat, and in two processes. Locks the finding."""
    subject, _, period = lead.about.partition(" ")
    since, until = BEGINNING, END
    if period:
        zone = (await _zones({subject}))[subject]
        since, until = _window(period, zone)
    people = await findings.household_of_desk(UUID(subject), period) if lead.kind == "one_household" else None
    rows = await oddities.rows_about(lead.kind, subject, since, until, people)
    if not rows:
        return False
    node = await _node_of(rows)
    limits = await _limits(node, rows[-1])
    lives_with = await findings.lives_with([one for row in rows for one in (row.person_id, row.operator_id) if one])
    shown = oddity_rules.shows(lead.kind, rows, limits, lives_with)
    if not shown:
        return False
    return await findings.keep(lead.kind, lead.about, node.id, [row.id for row in shown], now)


def _window(period: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local day (2026-11-26) or month (2026-11)."""
    is_month = period.count("-") == 1
    first = date.fromisoformat(f"{period}-01" if is_month else period)
    after = (first + timedelta(days=32)).replace(day=1) if is_month else first + timedelta(days=1)
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)


async def _node_of(rows: list[Row]) -> Node:
    """Whose coordinators look at it: those of the last activity at which it happened; without any, those of the desk."""
    sessions = [row.session_id for row in rows if row.session_id]
    if sessions:
        found = await sql.value(
            "SELECT a.community_id FROM session s JOIN activity a ON a.id = s.activity_id WHERE s.id = $1", sessions[-1]
        )
    else:
        found = await sql.value(
            "SELECT community_id FROM (SELECT id, community_id FROM device UNION ALL SELECT id, community_id FROM member) w "
            "WHERE w.id = $1",
            rows[-1].scanner_id,
        )
    return await tree.node(UUID(str(found)))


async def _limits(node: Node, last: Row) -> Limits:
    """Those of the local day of the last row; without a policy, the start values."""
    try:
        day = last.at.astimezone(ZoneInfo(node.time_zone)).date()
        return (await policies.in_force(node.id, day)).rules.review
    except NoPolicy:
        return Limits()
