"""An event is written down by its organiser and published an hour later."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from schedules.plans import Cover, Plan, RolePlan, SessionPlan
from timebank.actions.activities.plan_activity import plan_activity
from timebank.actions.activities.publish_activity import publish_activity
from timebank.demo.diary import Event
from timebank.demo.occasions import Words
from timebank.demo.tree import Node
from timebank.people.callers import Caller

INSURER = "示例财产保险公司"


def unit_of(node: Node, name: Words) -> Words:
    """A team of a community, as the one who organises."""
    return Words(f"{node.name}{name.zh}", f"{name.en}, {node.name_en}")


class Notice(msgspec.Struct, frozen=True):
    """What hangs on the board: the activity, its sessions in order of time, the roles of each."""

    activity_id: UUID
    session_ids: list[UUID]
    role_ids: list[list[UUID]]


async def put_up(event: Event, by: Caller, unit: Words, space_id: UUID | None, at: datetime) -> Notice:
    """`unit` organises, `by` is in charge; `space_id` is the room's, none outdoors."""
    planned = await plan_activity(by, _plan(event, unit, by.name, space_id), at)
    await publish_activity(by, planned.activity_id, at + timedelta(hours=1))
    found = await sql.rows(
        "SELECT s.id, array_agg(r.id ORDER BY r.position) AS roles FROM session s JOIN session_role r ON r.session_id = s.id "
        "WHERE s.activity_id = $1 GROUP BY s.id ORDER BY s.starts_at",
        planned.activity_id,
    )
    return Notice(planned.activity_id, [row["id"] for row in found], [row["roles"] for row in found])


def _plan(event: Event, unit: Words, in_charge: str, space_id: UUID | None) -> Plan:
    occasion = event.occasion
    return Plan(
        community_id=event.node.id,
        kind=occasion.kind,
        is_service=event.is_service,
        title=occasion.title.zh,
        title_en=occasion.title.en,
        content=occasion.content.zh,
        content_en=occasion.content.en,
        category=occasion.category,
        organising_unit=unit.zh,
        organising_unit_en=unit.en,
        person_in_charge=in_charge,
        risks=occasion.risks.zh,
        risks_en=occasion.risks.en,
        may_endanger=occasion.may_endanger,
        has_waiting_list=True,
        walk_ins=occasion.walk_ins,
        confirms_self=occasion.confirms_self,
        cover=_cover(event) if occasion.may_endanger else None,
        roles=tuple(RolePlan(name=task.zh, name_en=task.en, places=task.places) for task in occasion.tasks),
        sessions=tuple(_session(event, start, space_id) for start in event.starts),
    )


def _cover(event: Event) -> Cover:
    last = event.starts[-1].date()
    return Cover(
        insurer=INSURER,
        policy_number=f"DEMO-{last.year}-01",
        valid_from=event.starts[0].date(),
        valid_until=last + timedelta(days=1),
    )


def _session(event: Event, start: datetime, space_id: UUID | None) -> SessionPlan:
    """A place that is none of our rooms has one line for both languages."""
    begins, place = start.replace(tzinfo=None), event.occasion.place
    outdoors = "" if space_id else f"{place.zh} · {place.en}" if place.zh else event.community.name
    return SessionPlan(starts=begins, ends=begins + event.length, space_id=space_id, place=outdoors)
