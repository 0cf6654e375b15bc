"""The stays of one person while further scans become known: `presence.derive`, without beginning anew for each of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime
from uuid import UUID

from schedules import presence
from schedules.presence import Event, Stay, Terms
from schedules.standing import History


class Course:
    """What is known of one person, and the stays after each event. A queue brings its scans by order of happening: each is one
    step on. One that happened before others, or takes the place of a tick of the roll, is gone through from there again.
    Nothing is gone through before somebody asks: of a queue that is sent once more nobody does.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self._events: list[Event] = []
        self._after: list[list[Stay]] = []

    @property
    def terms(self) -> dict[UUID, Terms]:
        return self.history.terms

    @property
    def events(self) -> list[Event]:
        """In order of happening, without the ticks of the roll that a scan has taken the place of."""
        self._known()
        return self._events

    def add(self, event: Event) -> None:
        """The evidence is part of the history from now on."""
        events = self.events
        self.history.events.append(event)
        if any(known.is_roll for known in (event, *events)):
            self._begin()
            return
        place = bisect_right(events, event.order, key=lambda known: known.order)
        events.insert(place, event)
        self._go_on(place)

    def stays(self) -> list[Stay]:
        """Of all that is known. Nothing is closed by the clock."""
        return self._known()[-1]

    def before(self, at: datetime) -> list[Stay]:
        """As the events before that instant tell; whoever is inside then has no way out yet."""
        return self._known()[bisect_left(self.events, at, key=lambda known: known.at)]

    def up_to(self, at: datetime) -> list[Stay]:
        """As the events up to that instant tell, itself counted in."""
        return self._known()[bisect_right(self.events, at, key=lambda known: known.at)]

    def inside(self, at: datetime) -> Stay | None:
        """The stay that is open at that instant, as `presence.inside_at`; none once its session's window has closed."""
        stays = self.before(at)
        if not stays or stays[-1].out_at is not None or at > self.terms[stays[-1].session_id].closes_at:
            return None
        return stays[-1]

    def _known(self) -> list[list[Stay]]:
        """The stays before the first event, and after each."""
        if not self._after:
            self._begin()
        return self._after

    def _begin(self) -> None:
        self._events = sorted(presence.without_displaced(self.history.events), key=lambda event: event.order)
        self._after = [[]]
        self._go_on(0)

    def _go_on(self, place: int) -> None:
        """From the event at this place."""
        del self._after[place + 1 :]
        for event in self._events[place:]:
            stays = self._after[-1].copy()
            presence.advance(stays, event, self.terms)
            self._after.append(stays)
