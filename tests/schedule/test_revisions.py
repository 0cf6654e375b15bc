"""A series is changed, split or ended: the past stays, nobody is dropped, single edits survive field by field."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest

from schedules import calling_off, edits, generator, occupancy, revisions, series, sessions, walltimes
from schedules.answers import ActivityCancelled
from schedules.edits import Edit
from schedules.errors import Malformed
from schedules.intervals import Interval
from schedules.plans import RolePlan
from schedules.revisions import Revision, SeriesEnded
from schedules.sessions import Session
from tests.given import People
from tests.schedule import given, repeats
from tests.schedule.repeats import TUESDAY, days_of, weekly

pytestmark = pytest.mark.usefixtures("tx")
WEEK = timedelta(weeks=1)


async def of(series_id: UUID, now: datetime) -> list[Session]:
    return await sessions.of_series(series_id, now)


async def revised(people: People, series_id: UUID, from_on: date | None = None, **changes: object) -> Revision:
    wanted = msgspec.structs.replace((await series.find(series_id)).template, **changes)
    return await revisions.revise(series_id, wanted, from_on, people.alice.id, people.now)


def hour(session: Session) -> time:
    return walltimes.local_of(session.starts_at, session.time_zone).time()


@pytest.mark.scenario("schedule-11", "booking-68")
async def test_from_this_session_on_splits_the_series(people: People) -> None:
    series_id, before = await repeats.made(people)
    revision = await revised(people, series_id, TUESDAY + 3 * WEEK, starts=time(19), ends=time(20))
    assert revision.is_split
    old, new = await of(series_id, people.now), await of(revision.series_id, people.now)
    assert [one.id for one in old + new] == [one.id for one in before]
    assert ({hour(one) for one in old}, {hour(one) for one in new}) == ({time(18)}, {time(19)})
    assert (await series.find(series_id)).ended_on == TUESDAY + 3 * WEEK
    assert (await series.find(revision.series_id)).follows_id == series_id
    later = people.now + 5 * WEEK
    await generator.make(series_id, later)
    await generator.make(revision.series_id, later)
    assert len(await of(series_id, people.now)) == 3
    assert days_of(await of(revision.series_id, people.now))[-1] == date(2027, 2, 23)


@pytest.mark.scenario("schedule-11")
async def test_past_sessions_with_their_sign_ups_and_attendance_stay_untouched(people: People) -> None:
    series_id, before = await repeats.made(people)
    taken = await given.sign_up(people.bob, before[0], people.now)
    await given.check_in(people.bob, taken.signup_id, before[0].id, before[0].starts_at)
    later = before[1].ends_at
    wanted = msgspec.structs.replace((await series.find(series_id)).template, starts=time(9), ends=time(10), place="Hall")
    await revisions.revise(series_id, wanted, None, people.alice.id, later)
    assert [await sessions.one(one.id) for one in before[1:2]] == before[1:2]
    first = await sessions.one(before[0].id)
    assert (first.starts_at, first.place, first.sequence, first.taken) == (before[0].starts_at, "Yard", 0, 1)
    assert {hour(one) for one in await of(series_id, later)} == {time(9)}


@pytest.mark.scenario("schedule-12")
async def test_sign_ups_move_to_the_new_series_with_their_session_and_the_change_names_them(people: People) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[4], people.now)
    revision = await revised(people, series_id, TUESDAY + 4 * WEEK, starts=time(19), ends=time(20, 30))
    moved = next(one for one in revision.changed if one.before.id == before[4].id)
    assert [person.person_id for person in moved.people] == [people.bob.id]
    assert moved.after.series_id == revision.series_id
    assert (moved.moves, moved.after.taken, moved.after.sequence) == (True, 1, 1)
    assert moved.after.opens_at == moved.after.starts_at - timedelta(minutes=30)


@pytest.mark.scenario("schedule-13")
@pytest.mark.parametrize("scope", ["all", "following"])
async def test_what_was_edited_at_one_session_survives_field_by_field(people: People, scope: str) -> None:
    series_id, before = await repeats.made(people)
    by_time, by_place, by_places, by_note = before[2:6]
    as_is = edits.as_edit
    later = msgspec.structs.replace(
        as_is(by_time), starts=as_is(by_time).starts + timedelta(hours=2), ends=as_is(by_time).ends + timedelta(hours=2)
    )
    await edits.edit(by_time.id, later, people.now)
    await edits.edit(by_place.id, msgspec.structs.replace(as_is(by_place), place="Library"), people.now)
    await edits.edit(by_places.id, msgspec.structs.replace(as_is(by_places), places={by_places.roles[0].id: 3}), people.now)
    await edits.edit(by_note.id, msgspec.structs.replace(as_is(by_note), note="Bring a lamp"), people.now)
    revision = await revised(
        people,
        series_id,
        None if scope == "all" else TUESDAY + WEEK,
        starts=time(17),
        ends=time(18),
        place="Hall",
        note="All welcome",
        roles=(RolePlan(name="歌手", name_en="Singer", places=20),),
    )
    found = {one.id: one for one in await of(revision.series_id, people.now)}

    def seen(session: Session) -> tuple[object, ...]:
        one = found[session.id]
        return hour(one), one.place, one.roles[0].places, one.note

    assert seen(by_time) == (time(20), "Hall", 20, "All welcome")
    assert seen(by_place) == (time(17), "Library", 20, "All welcome")
    assert seen(by_places) == (time(17), "Hall", 3, "All welcome")
    assert seen(by_note) == (time(17), "Hall", 20, "Bring a lamp")
    assert seen(before[6]) == (time(17), "Hall", 20, "All welcome")
    await generator.make(revision.series_id, people.now)
    assert len(await of(revision.series_id, people.now)) == len(found)


@pytest.mark.scenario("schedule-14")
async def test_a_new_rule_keeps_sessions_with_sign_ups_and_lets_empty_ones_go(people: People) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[1], people.now)
    revision = await revised(people, series_id, rule="FREQ=WEEKLY;BYDAY=WE")
    assert [one.id for one in revision.stays] == [before[1].id]
    assert [one.id for one in revision.goes] == [one.id for one in before if one.id != before[1].id]
    found = await of(series_id, people.now)
    assert days_of(found) == sorted([TUESDAY + WEEK, *(TUESDAY + timedelta(days=1) + n * WEEK for n in range(8))])
    gone = await sessions.one(before[0].id)
    assert gone.is_called_off
    with pytest.raises(ActivityCancelled):
        await given.sign_up(people.carol, gone, people.now)


async def test_a_date_that_the_rule_has_again_comes_back_as_the_series_is_now(people: People) -> None:
    room = await given.room(people)
    series_id, before = await repeats.made(people, space_id=room, place="Gate")
    await revised(people, series_id, rule="FREQ=WEEKLY;BYDAY=WE")
    await revised(people, series_id, rule="FREQ=WEEKLY;BYDAY=TU", starts=time(19), ends=time(20))
    found = await of(series_id, people.now)
    assert [one.id for one in found] == [one.id for one in before]
    assert {(hour(one), one.space_id, one.roles[0].places) for one in found} == {(time(19), room, 10)}
    standing = await occupancy.read([room], Interval(people.now, people.now + 10 * WEEK), people.now)
    assert {one.session_id for one in standing} == {one.id for one in found}


@pytest.mark.scenario("schedule-15")
async def test_a_session_that_was_called_off_stays_off_when_the_series_is_edited(people: People) -> None:
    series_id, before = await repeats.made(people)
    await calling_off.call_off([before[3].id], "Spring festival", people.now)
    await revised(people, series_id, starts=time(19), ends=time(20))
    split = await revised(people, series_id, TUESDAY + WEEK, starts=time(20), ends=time(21))
    found = await of(split.series_id, people.now)
    assert [one.id for one in found if one.is_called_off] == [before[3].id]
    assert len(set(days_of(found))) == len(found) == 7


@pytest.mark.scenario("schedule-16")
async def test_a_series_that_ends_keeps_sessions_with_sign_ups(people: People) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[5], people.now)
    revision = await revisions.end(series_id, TUESDAY + 2 * WEEK, people.now)
    assert [one.id for one in revision.stays] == [before[5].id]
    assert len(revision.goes) == 5
    assert [one.id for one in await of(series_id, people.now)] == [before[0].id, before[1].id, before[5].id]
    await generator.make(series_id, people.now + 10 * WEEK)
    assert len(await of(series_id, people.now)) == 3
    with pytest.raises(SeriesEnded):
        await revised(people, series_id, starts=time(8))


async def test_rooms_move_with_the_series_and_the_old_times_are_free(people: People) -> None:
    room, other = await given.room(people), await given.room(people, "Library")
    series_id, _ = await repeats.made(people, space_id=room, place="Gate")
    await revised(people, series_id, starts=time(18, 30), ends=time(20))
    await revised(people, series_id, TUESDAY + WEEK, space_id=other)
    whole = Interval(people.now, people.now + 10 * WEEK)
    assert len(await occupancy.read([room], whole, people.now)) == 1
    assert len(await occupancy.read([other], whole, people.now)) == 7


async def test_roles_follow_the_series_and_one_that_is_gone_keeps_its_people(people: People) -> None:
    series_id, before = await repeats.made(people)
    await given.sign_up(people.bob, before[0], people.now)
    await revised(people, series_id, roles=(RolePlan(name="指挥", name_en="Conductor", places=1),))
    found = await of(series_id, people.now)
    assert [(role.name_en, role.places, role.taken) for role in found[0].roles] == [("Conductor", 1, 0), ("Singer", 0, 1)]
    assert [(role.name_en, role.places) for role in found[1].roles] == [("Conductor", 1)]


async def test_fewer_places_in_the_series_drop_nobody(people: People) -> None:
    series_id, before = await repeats.made(people)
    for person in (people.bob, people.carol):
        await given.sign_up(person, before[0], people.now)
    await revised(people, series_id, roles=(RolePlan(name="歌手", name_en="Singer", places=1),))
    first = (await of(series_id, people.now))[0]
    assert (first.roles[0].taken, first.roles[0].excess) == (2, 1)
    assert await given.counts_agree(first.id)


async def test_a_count_goes_on_counting_after_a_split(people: People) -> None:
    series_id, before = await repeats.made(people, rule="FREQ=WEEKLY;COUNT=5")
    rest = series.remaining(await series.find(series_id), TUESDAY + 2 * WEEK)
    assert (rest.rule, rest.first_on) == ("FREQ=WEEKLY;COUNT=3", TUESDAY + 2 * WEEK)
    revision = await revisions.revise(series_id, rest, TUESDAY + 2 * WEEK, people.alice.id, people.now)
    assert (revision.stays, revision.goes) == ([], [])
    assert len(await of(series_id, people.now)) + len(await of(revision.series_id, people.now)) == len(before)


async def test_a_rule_that_makes_no_sense_changes_nothing(people: People) -> None:
    series_id, before = await repeats.made(people)
    with pytest.raises(Malformed):
        await revised(people, series_id, rule="FREQ=WEEKLY;UNTIL=20200101")
    assert await of(series_id, people.now) == before


def test_a_template_says_what_is_wrong_with_it() -> None:
    for field, wanted in [
        ("place", weekly(place=" ")),
        *((field, weekly(**{field: "Yard\u202e"})) for field in ("place", "note", "note_en")),
        ("roles.1.name", weekly(roles=weekly().roles * 2)),
        ("roles.0.name", weekly(roles=(RolePlan(name="\u200b"),))),
        ("roles.0.name_en", weekly(roles=(RolePlan(name="歌手", name_en="Sin\x00ger"),))),
        ("rule", weekly(rule="X")),
    ]:
        with pytest.raises(Malformed) as refused:
            series.check(wanted)
        assert refused.value.field == field
    assert Edit(starts=datetime(2026, 12, 1, 9), ends=datetime(2026, 12, 1, 10)).places == {}  # noqa: DTZ001
