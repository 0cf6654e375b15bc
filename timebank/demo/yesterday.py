"""A session that is over and not settled: one was ticked off by hand, one forgot to check out, one did not come."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from timebank.actions.hours.call_roll import call_roll
from timebank.demo import notices
from timebank.demo.crowd import Coming
from timebank.demo.diary import Event
from timebank.demo.happenings import Happenings
from timebank.demo.neighbourhood import Neighbourhood, Session
from timebank.demo.neighbours import Neighbours
from timebank.demo.occasions import Occasion, Task, Words
from timebank.demo.residents import Resident
from timebank.jobs import close_sessions, no_shows
from timebank.people.callers import Caller

GARDEN = Occasion(
    title=Words("口袋花园养护", "Tending the pocket garden"),
    content=Words("松土、浇水、修枝，给花箱换土。", "Loosening, watering, pruning, new soil for the boxes."),
    place=Words("3号楼前的口袋花园", "The garden before Building 3"),
    at="15:00",
    minutes=120,
    tasks=(Task("养护员", "Gardener", 8),),
    category="environment",
    risks=Words("用剪刀、铲子时戴手套；天热多喝水。", "Gloves for shears and spades; drink enough when it is hot."),
)


async def take_place(drawn: Neighbourhood, happenings: Happenings, neighbours: Neighbours, by: Caller) -> None:
    """Six were expected: two came and went by the code, one never checked out, one is ticked by hand, one stayed away.

    One excused herself in time. What the jobs do about it is done.
    """
    day = neighbours.today - timedelta(days=1)
    start = datetime.combine(day, time(GARDEN.hour), drawn.zone)
    event = Event(GARDEN, drawn.tree.communities[0], None, [start])
    unit = notices.unit_of(event.community, drawn.teams[0].name)
    notice = happenings.notices[id(event)] = await notices.put_up(event, by, unit, None, start - timedelta(days=8))
    people = [_coming(start, each, number) for number, each in enumerate(neighbours.take(day, 6))]
    session = Session(event, 0, start, people)
    for coming in people:
        await happenings.sign_up(session, coming)
    await happenings.withdraw(session, people[5])
    for coming in people:
        await happenings.come(session, coming)
    for coming in people:
        await happenings.go(session, coming)
    seen = happenings.signups[notice.session_ids[0], people[3].person.id]
    await _settle(by, notice.session_ids[0], seen, drawn.now)


def _coming(start: datetime, person: Resident, number: int) -> Coming:
    """The first three check in, the first two check out; the last takes the sign-up back."""
    signed_up_at = start - timedelta(days=4, hours=number)
    came = start + timedelta(minutes=2 * number - 3) if number < 3 else None
    left = start + timedelta(minutes=GARDEN.minutes + number) if number < 2 else None
    withdrew = signed_up_at + timedelta(hours=12) if number == 5 else None
    return Coming(person, 0, signed_up_at, withdrew, came, left, False)


async def _settle(by: Caller, session_id: UUID, seen: UUID, now: datetime) -> None:
    await close_sessions.run(now)
    await call_roll(by, session_id, [seen], now)
    await no_shows.run(now)
