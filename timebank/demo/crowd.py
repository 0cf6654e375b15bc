"""Who comes to what: signs up when, withdraws, comes late, stays away. Nothing here touches the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from timebank.demo.diary import Event
from timebank.demo.residents import People, Resident, by_community
from timebank.demo.tree import Size

YOUNGEST, ELDEST = 18, 82
AT_HOME = 0.9
"""How many of ten help in their own community rather than in another."""
TURNOUT_OF_SERVICES = 0.85
"""Of the places."""
STAYS_AWAY, WITHDRAWS, COMES_LATE, BY_DESK = 0.05, 0.04, 0.08, 0.45


class Coming(msgspec.Struct, frozen=True):
    """One person and one session. Instants are aware; no `in_at`: stayed away."""

    person: Resident
    task: int
    signed_up_at: datetime
    withdrew_at: datetime | None
    in_at: datetime | None
    out_at: datetime | None
    by_desk: bool


class Crowd:
    """Chooses people so that nobody has two things on one day, and nobody comes to fewer than chance would have it."""

    def __init__(self, people: People, regulars: Sequence[Resident], size: Size, now: datetime, rng: Random) -> None:
        self.rng, self.now, self.turnout = rng, now, size.turnout
        today = now.date()
        self.busy: dict[UUID, set[date]] = defaultdict(set)
        grown = [each for each in people.residents if YOUNGEST <= each.age(today) <= ELDEST]
        self.guests = by_community(grown)
        known = {each.id for each in regulars}
        others = [each for each in grown if each.id not in known]
        self.volunteers = [*regulars, *rng.sample(others, size.volunteers - len(regulars))]
        self.volunteers_of = by_community(self.volunteers)

    def at(self, event: Event, number: int, share: float) -> list[Coming]:
        """Everybody who signs up for the session `number` of the event; `share` of those who usually would."""
        turnout = share * (TURNOUT_OF_SERVICES if event.is_service else self.rng.uniform(*self.turnout))
        start = event.starts[number]
        wanted = [max(1, round(task.places * min(1.0, turnout * self.rng.uniform(0.7, 1.3)))) for task in event.occasion.tasks]
        people = self._choose(event, start.date(), sum(wanted))
        tasks = [task for task, count in enumerate(wanted) for _ in range(count)]
        return [self._coming(event, person, task, start) for person, task in zip(people, tasks, strict=False)]

    def expect(self, event: Event, person: Resident) -> Coming:
        """Somebody who has signed up for what runs now and is about to come through the door; has nothing else that day."""
        self.busy[person.id].add(event.starts[0].date())
        return Coming(person, 0, event.starts[0] - timedelta(days=2), None, None, None, False)

    def _choose(self, event: Event, day: date, count: int) -> list[Resident]:
        community_id = event.community.id
        if event.is_service:
            near, far = self.volunteers_of[community_id], self.volunteers
        else:
            near, far = self.guests[community_id], self.guests[community_id]
        chosen: dict[UUID, Resident] = {}
        for _ in range(count * 8):
            if len(chosen) == count:
                break
            pool = near if near and self.rng.random() < AT_HOME else far
            # Some come often and many seldom: the square of a uniform number prefers the front of the list.
            person = pool[int(len(pool) * self.rng.random() ** 2)]
            if day not in self.busy[person.id] and person.id not in chosen:
                chosen[person.id] = person
        for person_id in chosen:
            self.busy[person_id].add(day)
        return list(chosen.values())

    def _coming(self, event: Event, person: Resident, task: int, start: datetime) -> Coming:
        """What lies after now has not happened yet; who will come later has signed up by now."""
        rng = self.rng
        latest = self.now - timedelta(minutes=rng.randint(10, 2000))
        signed_up_at = min(start - timedelta(days=rng.randint(1, 6), minutes=rng.randint(0, 600)), latest)
        withdrew_at = signed_up_at + timedelta(hours=rng.randint(1, 12)) if rng.random() < WITHDRAWS else None
        if (withdrew_at and withdrew_at < self.now) or rng.random() < STAYS_AWAY:
            return Coming(person, task, signed_up_at, withdrew_at, None, None, False)
        is_late = rng.random() < COMES_LATE
        in_at = start + timedelta(minutes=rng.randint(16, 25) if is_late else rng.randint(-12, 3), seconds=rng.randint(0, 59))
        out_at = start + event.length + timedelta(minutes=rng.randint(-6, 8), seconds=rng.randint(0, 59))
        by_desk = rng.random() < BY_DESK or person.phone is None
        return Coming(
            person,
            task,
            signed_up_at,
            None,
            in_at if in_at < self.now else None,
            out_at if out_at < self.now else None,
            by_desk,
        )
