"""A later start: days have passed since the demo was loaded. Something runs again now, and the weeks ahead are filled."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from schedules import sql
from schedules.occupancy import SpaceTaken
from timebank.actions.signups.sign_up import sign_up
from timebank.demo import diary, notices, rooms
from timebank.demo.cast import CAST
from timebank.demo.diary import Diary, Event, PlacedRoom
from timebank.demo.notices import Notice
from timebank.demo.occasions import Words
from timebank.demo.tree import Node
from timebank.people import members
from timebank.people.callers import Caller, Grant

NODES = "SELECT id, kind, name, name_en, ancestor_ids FROM community WHERE kind = $1 ORDER BY name"
ORGANISERS = """
SELECT DISTINCT ON (g.community_id) g.community_id, m.id, m.name FROM role_grant g JOIN member m ON m.id = g.member_id
 WHERE g.role = 'organiser' AND g.ended_at IS NULL ORDER BY g.community_id, g.granted_at, m.number
"""
REGULARS = """
SELECT m.id, m.household_id, m.community_id, m.name FROM member m JOIN community c ON c.id = m.community_id
 WHERE $1 = ANY(c.ancestor_ids) AND m.state = 'active'
   AND (SELECT count(*) FROM service_record r WHERE r.member_id = m.id) >= 2 ORDER BY m.number LIMIT 3
"""


async def liven(now: datetime) -> None:
    """Safe to repeat: what runs or is planned already stays as it is. The pool is open."""
    communities, grids = await _nodes("community"), await _nodes("grid")
    zone = ZoneInfo(await sql.value("SELECT time_zone FROM community LIMIT 1"))
    book = await _diary(communities, zone, now)
    organisers = await _organisers()
    led = [community for community in communities if community.id in organisers]
    for event in _running(book, led[:1], grids, now) if not await _runs(now) else []:
        await _expect(event, await _put_up(event, organisers[event.community.id], now), now)
    last = await sql.value("SELECT max(starts_at) FROM session WHERE starts_at > $1", now)
    for event in diary.ahead(book, led, now, last.astimezone(zone).date() if last else None):
        await _put_up(event, organisers[event.community.id], now)


async def _runs(now: datetime) -> bool:
    return bool(await sql.value("SELECT EXISTS (SELECT FROM session WHERE starts_at <= $1 AND ends_at > $1)", now))


def _running(book: Diary, communities: list[Node], grids: list[Node], now: datetime) -> list[Event]:
    """A service that has begun, in the practice grid where there is one."""
    events = [event for event in diary.running_now(book, communities, now) if event.is_service]
    practice = [grid for grid in grids if grid.name_en.endswith("(practice)") and communities[0].id in grid.path]
    return [diary.for_practice(event, practice[0] if practice else None) for event in events]


async def _nodes(kind: str) -> list[Node]:
    return [
        Node(row["id"], row["kind"], row["name"], row["name_en"], tuple(row["ancestor_ids"]))
        for row in await sql.rows(NODES, kind)
    ]


async def _organisers() -> dict[UUID, Caller]:
    """One organiser of each community that has any."""
    return {
        row["community_id"]: Caller(
            member_id=row["id"], name=row["name"], language="zh", grants=(Grant("organiser", row["community_id"]),)
        )
        for row in await sql.rows(ORGANISERS)
    }


async def _diary(communities: list[Node], zone: ZoneInfo, now: datetime) -> Diary:
    """The rooms as they stand, and what occupies them from yesterday on."""
    of = {community.id: community for community in communities}
    placed = [
        PlacedRoom(row["id"], of[row["community_id"]], kind)
        for row in await sql.rows("SELECT id, community_id, name FROM space WHERE state = 'open' ORDER BY key")
        if row["community_id"] in of and (kind := rooms.kind_of(row["name"]))
    ]
    book = Diary(placed, zone, Random(f"{now:%Y-%m-%d %H}"))  # noqa: S311 - a seed, not a secret
    by_id = {each.id: each for each in placed}
    for row in await sql.rows(
        "SELECT s.id, o.use_from, o.busy_until FROM occupancy o JOIN leaf l ON l.key = o.space_key "
        "JOIN space_part p ON p.part_id = l.space_id JOIN space s ON s.id = p.space_id "
        "WHERE o.active AND o.busy_until > $1",
        now - timedelta(days=1),
    ):
        if row["id"] in by_id:
            book.take(by_id[row["id"]], row["use_from"].astimezone(zone), row["busy_until"].astimezone(zone))
    return book


async def _put_up(event: Event, by: Caller, now: datetime) -> Notice | None:
    """None where somebody took the room meanwhile."""
    space_id = event.room.id if event.room else None
    unit = notices.unit_of(event.community, Words("志愿队", "Volunteers"))
    try:
        return await notices.put_up(event, by, unit, space_id, now - timedelta(days=1))
    except SpaceTaken:
        return None


async def _expect(event: Event, notice: Notice | None, now: datetime) -> None:
    """The volunteer of the cast is expected at what runs now, and two or three who often help."""
    volunteer = next(part for part in CAST if part.key == "volunteer")
    known = await members.by_phone(volunteer.phone or "")
    ids = [known] if known else []
    ids += [row["id"] for row in await sql.rows(REGULARS, event.community.id) if row["id"] != known]
    for member_id in ids[: event.occasion.tasks[0].places - 1] if notice else []:
        await sign_up(Caller(member_id=member_id), notice.session_ids[0], now, notice.role_ids[0][0])  # type: ignore[union-attr]
