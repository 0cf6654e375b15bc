"""Who has time on a day: for what is arranged beside the drawn year, so that nobody has two things on one day there either."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from uuid import UUID

from timebank.demo.moving_in import today
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.residents import Resident


class Neighbours:
    """Grown residents of the first community, each asked once; and on which days anybody has something already."""

    def __init__(self, drawn: Neighbourhood) -> None:
        self.today = today(drawn)
        self.busy: dict[UUID, set[date]] = defaultdict(set)
        for session in drawn.sessions:
            for coming in session.people:
                self.busy[coming.person.id].add(session.starts_at.astimezone(drawn.zone).date())
        played = {each.id for each in drawn.cast.values()}
        node = drawn.tree.communities[0].id
        self.others = [
            each
            for each in drawn.people.residents
            if each.phone and 25 <= each.age(self.today) <= 70 and node in each.path and each.id not in played
        ]
        Random(f"neighbours {drawn.seed}").shuffle(self.others)  # noqa: S311 - a seed, not a secret

    def take(self, day: date, count: int) -> list[Resident]:
        """So many who have nothing that day and were not asked yet."""
        found = [each for each in self.others if day not in self.busy[each.id]][:count]
        self.others = [each for each in self.others if each not in found]
        return found

    def day_of(self, person: Resident, after: int) -> date:
        """The first day, at least so many days ahead, on which the person has nothing; they have something then."""
        day = self.today + timedelta(days=after)
        while day in self.busy[person.id]:
            day += timedelta(days=1)
        self.busy[person.id].add(day)
        return day
