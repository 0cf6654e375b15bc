"""Activities as they come about: written down, published, signed up for, entered and left, by the actions that people use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from schedules import sql
from schedules.plans import Cover, Plan, RolePlan, SessionPlan
from timebank.actions.check_out import FIRST
from timebank.actions.plan_activity import plan_activity
from timebank.actions.publish_activity import publish_activity
from timebank.actions.sign_up import sign_up
from timebank.actions.withdraw import withdraw
from timebank.database import transaction
from timebank.demo.almanac import Almanac
from timebank.demo.crowd import Coming
from timebank.demo.diary import Event
from timebank.demo.door import Door, Doorway
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood, Session, planned_at
from timebank.demo.spending import Spending
from timebank.outbox import intents
from timebank.people.callers import Grant
from timebank.points.earning import business_key

INSURER = "示例财产保险公司"


class Happenings:
    """Keeps the ids that one deed leaves for the next."""

    def __init__(self, drawn: Neighbourhood, space_of: Mapping[UUID, UUID], door: Door, spending: Spending) -> None:
        self.drawn, self.space_of, self.door, self.spending = drawn, space_of, door, spending
        self.of_event: dict[int, tuple[UUID, list[UUID], list[list[UUID]]]] = {}
        """Event -> its id, its sessions in order of time, the roles of each."""
        self.signups: dict[tuple[UUID, UUID], UUID] = {}
        """Session and person -> sign-up."""

    def enter(self, almanac: Almanac) -> None:
        """Puts everything that has happened by now where it belongs."""
        for event in self.drawn.events:
            almanac.put(planned_at(event, self.drawn.now), "plan", partial(self.announce, event))
        for session in self.drawn.sessions:
            for coming in session.people:
                self._enter(almanac, session, coming)

    def _enter(self, almanac: Almanac, session: Session, coming: Coming) -> None:
        almanac.put(coming.signed_up_at, "sign up", lambda: self.sign_up(session, coming))
        if coming.withdrew_at:
            almanac.put(coming.withdrew_at, "withdraw", lambda: self.withdraw(session, coming))
        if coming.in_at:
            almanac.put(coming.in_at, "in", lambda: self.come(session, coming))
        if coming.out_at:
            almanac.put(coming.out_at, "out", lambda: self.go(session, coming))

    async def announce(self, event: Event) -> None:
        """The organiser writes it down and publishes it an hour later."""
        team, at = self.drawn.team_of(event), planned_at(event, self.drawn.now)
        leader = acting(team.leader, Grant("organiser", event.community.id))
        planned = await plan_activity(leader, self._plan(event), at)
        await publish_activity(leader, planned.activity_id, at + timedelta(hours=1))
        found = await sql.rows(
            "SELECT s.id, array_agg(r.id ORDER BY r.position) AS roles FROM session s "
            "JOIN session_role r ON r.session_id = s.id WHERE s.activity_id = $1 GROUP BY s.id ORDER BY s.starts_at",
            planned.activity_id,
        )
        self.of_event[id(event)] = planned.activity_id, [row["id"] for row in found], [row["roles"] for row in found]

    def _plan(self, event: Event) -> Plan:
        occasion, team = event.occasion, self.drawn.team_of(event)
        last = event.starts[-1].date()
        return Plan(
            community_id=event.node.id,
            kind=occasion.kind,
            is_service=event.is_service,
            title=occasion.title.zh,
            title_en=occasion.title.en,
            content=occasion.content.zh,
            content_en=occasion.content.en,
            category=occasion.category,
            organising_unit=f"{event.community.name}{team.name.zh}",
            person_in_charge=team.leader.name,
            risks=occasion.risks,
            may_endanger=occasion.may_endanger,
            cover=Cover(
                insurer=INSURER,
                policy_number=f"DEMO-{last.year}-01",
                valid_from=event.starts[0].date(),
                valid_until=last + timedelta(days=1),
            )
            if occasion.may_endanger
            else None,
            roles=tuple(RolePlan(name=task.zh, name_en=task.en, places=task.places) for task in occasion.tasks),
            sessions=tuple(self._session(event, start) for start in event.starts),
        )

    def _session(self, event: Event, start: datetime) -> SessionPlan:
        begins = start.replace(tzinfo=None)
        return SessionPlan(
            starts=begins,
            ends=begins + event.length,
            space_id=self.space_of[event.room.id] if event.room else None,
            place="" if event.room else event.occasion.place.zh,
        )

    def _ids(self, session: Session) -> tuple[UUID, UUID, list[UUID]]:
        """The activity, the session, its roles."""
        activity_id, sessions, roles = self.of_event[id(session.event)]
        return activity_id, sessions[session.number], roles[session.number]

    async def sign_up(self, session: Session, coming: Coming) -> None:
        _, session_id, roles = self._ids(session)
        taken = await sign_up(acting(coming.person), session_id, coming.signed_up_at, roles[coming.task])
        self.signups[session_id, coming.person.id] = taken.signup_id

    async def withdraw(self, session: Session, coming: Coming) -> None:
        _, session_id, _ = self._ids(session)
        if coming.withdrew_at:
            await withdraw(acting(coming.person), self.signups[session_id, coming.person.id], coming.withdrew_at, "临时有事")

    def _doorway(self, session: Session) -> Doorway:
        activity_id, session_id, _ = self._ids(session)
        return Doorway(session.event.community, activity_id, session_id)

    async def come(self, session: Session, coming: Coming) -> None:
        if coming.in_at:
            await self.door.pass_through(self._doorway(session), coming, "in", coming.in_at)

    async def go(self, session: Session, coming: Coming) -> None:
        """Out, and a second later the points are there."""
        if coming.out_at is None:
            return
        left = await self.door.pass_through(self._doorway(session), coming, "out", coming.out_at)
        if left.points and left.attendance_id:
            await self._credit(left.attendance_id, coming.out_at + timedelta(seconds=1))
            self.spending.earned(coming.person, left.points, coming.out_at)

    async def _credit(self, attendance_id: UUID, at: datetime) -> None:
        intent_id = await sql.value("SELECT id FROM intent WHERE business_key = $1", business_key(attendance_id, FIRST))
        async with transaction():
            await intents.keep(intent_id, at)
