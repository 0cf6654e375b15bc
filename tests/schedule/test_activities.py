"""Planning, publishing and calling off, on real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import activities, agendas, drafts, occupancy, published_sessions, sessions, sql, walltimes
from schedules.activities import AlreadyOver, NotADraft, Unfinished
from schedules.calling_off import PeopleCame, SessionOver
from schedules.errors import Malformed, NotFound
from schedules.intervals import Interval
from schedules.occupancy import OverlapsItself, SpaceTaken
from schedules.plans import Cover, RolePlan
from tests.given import ZONE, People
from tests.schedule import given
from tests.schedule.given import at
from timebank.actions.activities.call_off import call_off_activity, call_off_session
from timebank.actions.activities.plan_activity import RoomElsewhere, plan_activity, rewrite_activity
from timebank.actions.activities.publish_activity import publish_activity
from timebank.people import audit
from timebank.people.callers import NotAllowed

HOUR = timedelta(hours=1)


async def occupied(room: UUID, people: People) -> list[tuple[datetime, UUID | None]]:
    week = Interval(people.now - timedelta(days=1), people.now + timedelta(days=14))
    return [(found.starts_at, found.session_id) for found in await occupancy.read([room], week, people.now)]


async def test_a_plan_becomes_a_draft_with_sessions_roles_and_windows(tx: None, people: People) -> None:
    roles = (RolePlan(name="歌手", name_en="Singer", places=8), RolePlan(name="钢琴", name_en="Piano", places=1))
    made = await given.draft(people, at(18), at(18, day=7), roles=roles, opens_before=20, closes_after=10)
    activity, dated = await activities.find(made), await sessions.of_activity(made)
    assert (activity.state, activity.organiser_id, activity.time_zone) == ("draft", people.alice.id, ZONE)
    assert [session.starts_at for session in dated] == [datetime(2026, *day, 10, 0, tzinfo=UTC) for day in ((11, 26), (12, 3))]
    assert dated[0].opens_at == dated[0].starts_at - timedelta(minutes=20)
    assert dated[0].closes_at == dated[0].ends_at + timedelta(minutes=10)
    assert [(role.name, role.places) for role in dated[1].roles] == [("歌手", 8), ("钢琴", 1)]


@pytest.mark.scenario("schedule-6")
async def test_a_session_over_midnight_is_listed_under_its_starting_date(tx: None, people: People) -> None:
    night = await given.session(people, at(22, 4))
    assert walltimes.day_of(night.starts_at, night.time_zone) == date(2026, 11, 26)
    friday = walltimes.midnight(date(2026, 11, 27), ZONE)
    assert night.id in [found.id for found in await published_sessions.listed(None, friday - 24 * HOUR, friday)]
    assert night.id not in [found.id for found in await published_sessions.listed(None, friday + 3 * HOUR, friday + 24 * HOUR)]
    assert [found.id for found in await published_sessions.listed(None, friday + HOUR, friday + 24 * HOUR)] == [night.id], (
        "it is still running"
    )


@pytest.mark.scenario("schedule-18")
async def test_several_days_are_one_session_a_day(tx: None, people: People) -> None:
    dated = await given.published(people, at(9, 8), at(9, 8, day=1), at(9, 8, day=2))
    assert [walltimes.day_of(session.opens_at, ZONE).day for session in dated] == [26, 27, 28]


async def test_publishing_takes_the_room_for_every_session(tx: None, people: People) -> None:
    room = await given.room(people)
    dated = await given.published(people, at(18, space_id=room), at(18, day=7, space_id=room))
    assert await occupied(room, people) == [(session.starts_at, session.id) for session in dated]
    assert dated[0].place == "Dance room"


async def test_a_draft_takes_no_room(tx: None, people: People) -> None:
    room = await given.room(people)
    await given.draft(people, at(18, space_id=room))
    assert await occupied(room, people) == []


async def test_a_taken_room_is_named_with_free_times_and_nothing_is_published(tx: None, people: People) -> None:
    room = await given.room(people)
    first = await given.session(people, at(18, space_id=room))
    second = await given.draft(people, at(10, space_id=room), at(19, space_id=room), title="舞蹈")
    with pytest.raises(SpaceTaken) as refused:
        await publish_activity(people.alice.caller, second, people.now)
    assert (refused.value.by, refused.value.free_from) == ("合唱", first.ends_at)
    assert refused.value.alternatives
    assert (await activities.find(second)).state == "draft"
    assert len(await occupied(room, people)) == 1, "all or nothing: the morning was given back"


async def test_two_sessions_of_one_activity_cannot_share_a_room(tx: None, people: People) -> None:
    room = await given.room(people)
    made = await given.draft(people, at(18, space_id=room), at(18.5, space_id=room))
    with pytest.raises(OverlapsItself):
        await publish_activity(people.alice.caller, made, people.now)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"risks": " "}, ["risks"]),
        ({"content": "", "kind": "class", "is_service": False}, ["content"]),
        ({"roles": ()}, ["roles"]),
        ({"may_endanger": True}, ["cover"]),
        ({"sessions": ()}, ["sessions"]),
    ],
)
async def test_what_is_missing_is_named_before_anybody_signs_up(
    tx: None, people: People, changes: dict[str, object], missing: list[str]
) -> None:
    made = await plan_activity(people.alice.caller, msgspec.structs.replace(given.plan(people), **changes), people.now)
    with pytest.raises(Unfinished) as refused:
        await publish_activity(people.alice.caller, made.activity_id, people.now)
    assert refused.value.missing == missing


async def test_a_cover_that_is_taken_out_of_the_draft_is_gone(tx: None, people: People) -> None:
    cover = Cover(insurer="PICC", policy_number="77", valid_from=date(2026, 11, 26), valid_until=date(2027, 11, 26))
    made = await given.draft(people, may_endanger=True, cover=cover)
    await rewrite_activity(people.alice.caller, made, given.plan(people, may_endanger=True), people.now)
    assert (await activities.find(made)).cover is None
    with pytest.raises(Unfinished) as refused:
        await publish_activity(people.alice.caller, made, people.now)
    assert refused.value.missing == ["cover"]


async def test_an_activity_that_may_endanger_needs_a_cover_that_holds_that_day(tx: None, people: People) -> None:
    """rules-12"""
    late = Cover(insurer="PICC", policy_number="77", valid_from=date(2026, 11, 27), valid_until=date(2027, 11, 26))
    made = await given.draft(people, may_endanger=True, cover=late)
    with pytest.raises(Unfinished):
        await publish_activity(people.alice.caller, made, people.now)
    in_time = msgspec.structs.replace(late, valid_from=date(2026, 11, 26))
    await rewrite_activity(people.alice.caller, made, given.plan(people, may_endanger=True, cover=in_time), people.now)
    await publish_activity(people.alice.caller, made, people.now)
    assert (await activities.find(made)).cover == in_time


async def test_the_past_cannot_be_published(tx: None, people: People) -> None:
    made = await given.draft(people, at(6))
    with pytest.raises(AlreadyOver):
        await publish_activity(people.alice.caller, made, people.now)


async def test_a_draft_is_rewritten_as_a_whole(tx: None, people: People) -> None:
    made = await given.draft(people, at(18), at(18, day=7))
    wanted = given.plan(people, at(19), title="晨练", roles=(RolePlan(name="领队", places=2),))
    await rewrite_activity(people.alice.caller, made, wanted, people.now)
    assert [entry.did for entry in await audit.about(f"activity:{made}")] == ["activity.rewritten", "activity.planned"]
    assert await drafts.as_plan(made) == wanted


async def test_what_is_public_is_not_rewritten_and_not_published_twice(tx: None, people: People) -> None:
    session = await given.session(people)
    with pytest.raises(NotADraft):
        await rewrite_activity(people.alice.caller, session.activity_id, given.plan(people), people.now)
    with pytest.raises(NotADraft):
        await publish_activity(people.alice.caller, session.activity_id, people.now)


@pytest.mark.scenario("schedule-17")
async def test_every_derived_time_of_a_copy_moves_along(tx: None, people: People) -> None:
    windows = {"signup_before": 2880, "signup_after": 15, "withdraw_before": 120, "opens_before": 20, "closes_after": 10}
    first = await given.session(people, **windows)
    copied = await plan_activity(people.alice.caller, await drafts.as_plan(first.activity_id, days_later=7), people.now)
    copy = (await sessions.of_activity(copied.activity_id))[0]
    for moment in ("starts_at", "ends_at", "opens_at", "closes_at", "signup_opens_at", "signup_closes_at", "withdraw_until"):
        assert getattr(copy, moment) - getattr(first, moment) == timedelta(days=7), moment


@pytest.mark.scenario("schedule-3")
async def test_a_draft_remembers_the_start_that_the_clocks_skip(tx: None, people: People) -> None:
    """The page shows it before anything is published; a copy a day later is at the usual time again."""
    await sql.rows("UPDATE community SET time_zone = 'Europe/Berlin' WHERE id = $1", people.community)
    skipping = at(2.5, 2, day=(date(2027, 3, 28) - date(2026, 11, 26)).days)
    made = await given.draft(people, skipping)
    session = (await sessions.of_activity(made))[0]
    assert session.skipped_start == skipping.starts
    assert walltimes.local_of(session.starts_at, session.time_zone).hour == 3
    copied = await plan_activity(people.alice.caller, await drafts.as_plan(made, days_later=1), people.now)
    copy = (await sessions.of_activity(copied.activity_id))[0]
    assert copy.skipped_start is None
    assert walltimes.local_of(copy.starts_at, copy.time_zone).hour == 2


async def test_a_session_called_off_frees_the_room_and_keeps_the_sign_ups(tx: None, people: People) -> None:
    room = await given.room(people)
    first, second = await given.published(people, at(18, space_id=room), at(18, day=7, space_id=room))
    await given.sign_up(people.bob, first, people.now)
    await call_off_session(people.alice.caller, first.id, "Storm", people.now)
    found = await sessions.one(first.id, people.bob.id)
    assert (found.state, found.call_off_reason, found.sequence, found.changed_at) == ("cancelled", "Storm", 1, people.now)
    assert found.own is not None
    assert found.own.state == "confirmed"
    assert [session_id for _, session_id in await occupied(room, people)] == [second.id]
    again = await call_off_session(people.alice.caller, first.id, "Storm", people.now)
    assert again.session_ids == [], "a repeat changes nothing"


@pytest.mark.scenario("schedule-91", "checkin-111")
async def test_a_cancelled_activity_keeps_past_attendance(tx: None, people: People) -> None:
    first, second = await given.published(people, at(18), at(18, day=7))
    taken = await given.sign_up(people.bob, first, people.now)
    await given.check_in(people.bob, taken.signup_id, first.id, first.starts_at)
    called_off = await call_off_activity(people.alice.caller, first.activity_id, "Hall sold", first.starts_at + HOUR)
    assert called_off.session_ids == [second.id]
    kept = await sessions.one(first.id)
    assert kept.state == "planned", "what is taking place goes on"
    assert not kept.is_called_off
    assert await sql.value("SELECT count(*) FROM attendance WHERE session_id = $1 AND state = 'counts'", first.id) == 1
    (seen,) = [item for item in await agendas.of_person(people.bob.id, first.starts_at + HOUR) if item.session_id == first.id]
    assert not seen.is_called_off


async def test_a_session_to_which_people_came_or_that_is_over_is_not_called_off(tx: None, people: People) -> None:
    session = await given.session(people)
    taken = await given.sign_up(people.bob, session, people.now)
    with pytest.raises(SessionOver):
        await call_off_session(people.alice.caller, session.id, "Storm", session.ends_at)
    await given.check_in(people.bob, taken.signup_id, session.id, session.starts_at)
    with pytest.raises(PeopleCame) as refused:
        await call_off_session(people.alice.caller, session.id, "Storm", session.starts_at)
    assert refused.value.people == 1


async def test_calling_off_needs_a_reason(tx: None, people: People) -> None:
    session = await given.session(people)
    for act, of in ((call_off_session, session.id), (call_off_activity, session.activity_id)):
        with pytest.raises(Malformed):
            await act(people.alice.caller, of, "  ", people.now)


async def test_only_who_runs_activities_here_or_above_may_plan_publish_and_call_off(tx: None, people: People) -> None:
    """Alice and Dan hold the role at the community, Erin above it; Bob holds none. Only Erin reaches the one beside it."""
    made = await given.draft(people)
    session = (await sessions.of_activity(made))[0]
    for act in (
        lambda: plan_activity(people.bob.caller, given.plan(people), people.now),
        lambda: rewrite_activity(people.bob.caller, made, given.plan(people), people.now),
        lambda: publish_activity(people.bob.caller, made, people.now),
        lambda: call_off_activity(people.bob.caller, made, "x", people.now),
        lambda: call_off_session(people.bob.caller, session.id, "x", people.now),
        lambda: plan_activity(people.alice.caller, given.plan(people, community_id=people.elsewhere), people.now),
        lambda: plan_activity(people.alice.caller, given.plan(people, community_id=people.sub_district), people.now),
        lambda: rewrite_activity(people.alice.caller, made, given.plan(people, community_id=people.elsewhere), people.now),
    ):
        with pytest.raises(NotAllowed):
            await act()
    await plan_activity(people.dan.caller, given.plan(people, community_id=people.grid), people.now)
    await plan_activity(people.erin.caller, given.plan(people, community_id=people.elsewhere), people.now)
    await publish_activity(people.erin.caller, made, people.now)


async def test_rooms_are_of_the_activitys_own_branch(tx: None, people: People) -> None:
    here, above = await given.room(people), await given.room(people, "Great hall", people.sub_district)
    below, beside = await given.room(people, "Grid room", people.grid), await given.room(people, "Far room", people.elsewhere)
    for room in (here, above, below):
        await given.draft(people, at(18, space_id=room))
    with pytest.raises(RoomElsewhere):
        await given.draft(people, at(18, space_id=beside))


async def test_what_is_not_there_is_not_found(tx: None, people: People) -> None:
    for asked in (activities.find(uuid4()), sessions.one(uuid4()), activities.find_by_number(10**12)):
        with pytest.raises(NotFound):
            await asked
