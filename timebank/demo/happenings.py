"""Activities as they come about: written down, published, signed up for, entered and left, by the actions that people use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from schedules import sql
from timebank.actions.door.check_out import FIRST
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw
from timebank.database import transaction
from timebank.demo import notices
from timebank.demo.almanac import Almanac
from timebank.demo.crowd import Coming
from timebank.demo.diary import Event
from timebank.demo.door import Door, Doorway
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood, Session, planned_at
from timebank.demo.notices import Notice
from timebank.demo.spending import Spending
from timebank.outbox import intents
from timebank.people.callers import Grant
from timebank.points.earning import business_key


class Happenings:
    """Keeps the ids that one deed leaves for the next."""

    def __init__(self, drawn: Neighbourhood, space_of: Mapping[UUID, UUID], door: Door, spending: Spending) -> None:
        self.drawn, self.space_of, self.door, self.spending = drawn, space_of, door, spending
        self.notices: dict[int, Notice] = {}
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
        team = self.drawn.team_of(event)
        leader = acting(team.leader, Grant("organiser", event.community.id))
        space_id = self.space_of[event.room.id] if event.room else None
        unit = notices.unit_of(event.community, team.name)
        self.notices[id(event)] = await notices.put_up(event, leader, unit, space_id, planned_at(event, self.drawn.now))

    def _session_id(self, session: Session) -> UUID:
        return self.notices[id(session.event)].session_ids[session.number]

    async def sign_up(self, session: Session, coming: Coming) -> None:
        session_id = self._session_id(session)
        role_id = self.notices[id(session.event)].role_ids[session.number][coming.task]
        taken = await sign_up(acting(coming.person), session_id, coming.signed_up_at, role_id)
        self.signups[session_id, coming.person.id] = taken.signup_id

    async def withdraw(self, session: Session, coming: Coming) -> None:
        session_id = self._session_id(session)
        if coming.withdrew_at:
            await withdraw(acting(coming.person), self.signups[session_id, coming.person.id], coming.withdrew_at, "临时有事")

    def _doorway(self, session: Session) -> Doorway:
        return Doorway(session.event.community, self.notices[id(session.event)].activity_id, self._session_id(session))

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
