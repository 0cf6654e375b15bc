"""One session is edited alone, added or copied: everything that hangs on its time moves along, and nobody is dropped."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from schedules import calling_off, edits, occupancy, sessions, singles, sql
from schedules.calling_off import SessionOver
from schedules.edits import CalledOffAlready, Changed, NotCovered, UnderWay
from schedules.errors import Malformed, NotFound
from schedules.intervals import Interval
from schedules.occupancy import SpaceTaken
from schedules.plans import Cover
from schedules.sessions import Session
from schedules.singles import NotPublic
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at

pytestmark = pytest.mark.usefixtures("tx")


async def moved(session: Session, now: datetime, hours: float = 0, **changes: object) -> Changed:
    as_it_is, later = edits.as_edit(session), timedelta(hours=hours)
    wanted = msgspec.structs.replace(as_it_is, starts=as_it_is.starts + later, ends=as_it_is.ends + later, **changes)
    return await edits.edit(session.id, wanted, now)


@pytest.mark.scenario("schedule-17")
async def test_every_time_that_hangs_on_the_start_moves_with_it(people: People) -> None:
    session = await given.session(people, signup_before=1440, signup_after=15, withdraw_before=120)
    after = (await moved(session, people.now, 24)).after
    for name in (
        "starts_at",
        "ends_at",
        "opens_at",
        "closes_at",
        "signup_opens_at",
        "signup_closes_at",
        "withdraw_until",
        "late_from",
    ):
        assert getattr(after, name) - getattr(session, name) == timedelta(hours=24), name
    assert (after.sequence, after.changed_at) == (1, people.now)


@pytest.mark.scenario("schedule-50")
async def test_who_has_something_else_at_the_new_time_is_named_and_nobody_is_dropped(people: People) -> None:
    evening, morning = await given.session(people), await given.session(people, at(9.5), title_en="Morning choir")
    for person in (people.bob, people.carol):
        await given.sign_up(person, evening, people.now)
    await given.sign_up(people.bob, morning, people.now)
    changed = await moved(evening, people.now, -8)
    assert changed.fields == ("time",)
    assert {one.person_id: one.clash and one.clash.title_en for one in changed.people} == {
        people.bob.id: "Morning choir",
        people.carol.id: None,
    }
    assert changed.after.taken == 2
    assert await given.counts_agree(evening.id)


async def test_within_the_grace_a_moved_session_clashes_with_nothing(people: People) -> None:
    evening, next_one = await given.session(people), await given.session(people, at(20))
    for session in (evening, next_one):
        await given.sign_up(people.bob, session, people.now)
    assert (await moved(evening, people.now, 0.5 + 0.25)).people[0].clash is None
    assert (await moved(await sessions.one(evening.id), people.now, 0.25)).people[0].clash is not None


@pytest.mark.scenario("schedule-17")
async def test_a_room_moves_with_its_session_or_nothing_does(people: People) -> None:
    room = await given.room(people)
    session = await given.session(people, at(18, space_id=room))
    await given.session(people, at(14, space_id=room))
    with pytest.raises(SpaceTaken):
        async with sql.savepoint():
            await moved(session, people.now, -3.5)
    half_over = await moved(await sessions.one(session.id), people.now, 0.5)
    assert half_over.after.space_id == room
    whole = Interval(people.now, people.now + timedelta(days=2))
    standing = [one for one in await occupancy.read([room], whole, people.now) if one.session_id == session.id]
    assert [one.starts_at for one in standing] == [session.starts_at + timedelta(minutes=30)]
    out = await edits.edit(
        session.id, msgspec.structs.replace(edits.as_edit(half_over.after), space_id=None, place="Yard"), people.now
    )
    assert (out.fields, out.after.place) == (("place",), "Yard")
    assert len(await occupancy.read([room], whole, people.now)) == 1


async def test_saying_the_same_again_changes_nothing_and_raises_no_sequence(people: People) -> None:
    session = await given.session(people)
    await given.sign_up(people.bob, session, people.now)
    changed = await moved(session, people.now)
    assert (changed.fields, changed.people, changed.after.sequence) == ((), (), 0)


async def test_what_cannot_be_edited_says_why(people: People) -> None:
    session = await given.session(people)
    for hours, field in ((-15, "starts"),):
        with pytest.raises(Malformed) as refused:
            await moved(session, people.now, hours)
        assert refused.value.field == field
    as_it_is = edits.as_edit(session)
    for changes in ({"ends": as_it_is.starts}, {"ends": as_it_is.starts + timedelta(days=2)}, {"place": "  "}):
        with pytest.raises(Malformed):
            await edits.edit(session.id, msgspec.structs.replace(as_it_is, **changes), people.now)
    with pytest.raises(NotFound):
        await edits.edit(session.id, msgspec.structs.replace(as_it_is, places={uuid4(): 3}), people.now)
    with pytest.raises(SessionOver):
        await moved(session, session.ends_at, 24)
    taken = await given.sign_up(people.bob, session, people.now)
    await given.check_in(people.bob, taken.signup_id, session.id, session.starts_at)
    with pytest.raises(UnderWay):
        await moved(session, people.now, 24)
    off = await given.session(people, at(20))
    await calling_off.call_off([off.id], "rain", people.now)
    with pytest.raises(CalledOffAlready):
        await moved(off, people.now, 24)


async def test_a_risky_session_is_moved_only_to_a_day_that_its_insurance_covers(people: People) -> None:
    cover = Cover(insurer="PICC", policy_number="1", valid_from=date(2026, 11, 20), valid_until=date(2026, 11, 30))
    session = await given.session(people, may_endanger=True, cover=cover)
    await moved(session, people.now, 24)
    with pytest.raises(NotCovered):
        await moved(await sessions.one(session.id), people.now, 24 * 7)


async def test_a_published_activity_gets_a_further_session_and_a_draft_does_not(people: People) -> None:
    session = await given.session(people)
    more = await singles.add(session.activity_id, at(9, day=3), singles.roles_of(session), people.now)
    assert [one.id for one in await sessions.of_activity(session.activity_id)] == [session.id, more.id]
    assert [(role.name, role.places) for role in more.roles] == [("歌手", 10)]
    with pytest.raises(Malformed):
        await singles.add(session.activity_id, at(9, day=-3), singles.roles_of(session), people.now)
    draft_id = await given.draft(people)
    with pytest.raises(NotPublic):
        await singles.add(draft_id, at(9, day=3), (), people.now)


@pytest.mark.scenario("schedule-17")
async def test_a_week_is_copied_with_its_derived_times_and_where_a_room_is_taken_without_it(people: People) -> None:
    room = await given.room(people)
    found = await given.published(people, at(18, space_id=room), at(9, day=1), signup_before=60)
    await given.session(people, at(18.5, day=7, space_id=room))
    copied = await singles.copy(found, 7, "Chunhui", people.now)
    assert [one.starts_at for one in copied.made] == [one.starts_at + timedelta(days=7) for one in found]
    first = copied.made[0]
    assert (first.space_id, first.wanted_space, first.place) == (None, room, "Chunhui")
    assert copied.without_room == [first.id]
    assert first.signup_opens_at == first.starts_at - timedelta(minutes=60)
    again = await singles.copy(found, 7, "Chunhui", people.now)
    assert (again.made, [one.id for one in again.there]) == ([], [one.id for one in found])
