"""schedule.md J: proposed, notified, objection, final; told before it counts, and never by one person alone."""

from __future__ import annotations

import json
from datetime import timedelta

import asyncpg
import httpx
import pytest

from schedules import no_shows, rolls, sql
from schedules.absences import NotOnTheList, NotOverYet, WasThere
from schedules.answers import Missed
from schedules.errors import Malformed, NotFound
from schedules.no_shows import CannotDecide, NothingToDecide, ObjectionTooLate
from tests.afterwards import given
from tests.door.doors import put
from tests.given import People
from tests.schedule.given import at, published
from timebank import database
from timebank.actions.hours.no_shows import (
    correct_no_show,
    decide_no_show,
    object_to_no_show,
    report_no_show,
    see_no_show,
    see_open_no_shows,
    see_own_no_shows,
    tell_in_person,
)
from timebank.actions.signups.missed import missed_by
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.jobs import no_shows as job
from timebank.people.callers import NotAllowed
from timebank.web import post
from timebank.web.letters import afterwards as _letters  # noqa: F401

pytestmark = pytest.mark.usefixtures("tx")

HOURS = timedelta(hours=1)


@pytest.mark.scenario("schedule-74", "checkin-103")
async def test_whoever_did_not_come_is_proposed_after_the_grace_and_told(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol)
    await given.was_in(people.carol, session, 0, 120)
    await job.run(session.closes_at - timedelta(seconds=1))
    assert await no_shows.of_session(session.id, people.now) == []
    await job.run(session.closes_at)
    (missed,) = await no_shows.of_session(session.id, session.closes_at)
    assert (missed.person_id, missed.state, missed.reported_by) == (people.bob.id, "proposed", None)
    (told,) = await given.messages("no_show_proposed")
    assert told["person_id"] == people.bob.id
    letter = post.read(told["kind"], json.loads(told["facts"]), "en")
    assert "within 48 h of" in letter.text
    assert "Choir" in letter.title


@pytest.mark.scenario("schedule-74")
async def test_the_48_hours_run_from_the_delivery_not_from_the_proposal(people: People) -> None:
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    missed = await no_shows.find(found, told_at)
    assert (missed.state, missed.told_at, missed.objects_until) == ("notified", told_at, told_at + 48 * HOURS)
    await job.run(told_at + 48 * HOURS - timedelta(seconds=1))
    assert (await no_shows.find(found, told_at)).state == "notified"
    assert (await no_shows.find(found, told_at + 48 * HOURS)).state == "final", "whether or not the job has run"
    await job.run(told_at + 48 * HOURS)
    assert await sql.value("SELECT state FROM no_show") == "final"


async def test_the_hours_are_those_of_the_policy(people: People) -> None:
    await policies.publish(people.community, people.now.date(), Rules(objection_hours=5), None, people.now)
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    assert (await no_shows.find(found, told_at)).objects_until == told_at + 5 * HOURS


async def test_the_job_may_run_as_often_as_it_likes(people: People) -> None:
    session = await given.choir(people, people.bob)
    for hours in (1, 2, 3):
        await job.run(given.over(session, hours))
    assert await sql.value("SELECT count(*) FROM no_show") == 1
    assert len(await given.messages("no_show_proposed")) == 1
    assert await sql.value("SELECT count(*) FROM no_show_change") == 1


async def test_a_week_later_the_past_is_not_dug_up(people: People) -> None:
    session = await given.choir(people, people.bob)
    await job.run(session.closes_at + timedelta(days=8))
    assert await no_shows.of_session(session.id, people.now) == []


@pytest.mark.scenario("schedule-75")
async def test_while_the_message_cannot_be_delivered_nothing_becomes_final_and_staff_see_it(people: People) -> None:
    session = await given.choir(people, people.bob)
    found = await given.missed(people, session, people.bob)
    await given.deliver(f"no-show:{found}:proposed", people.now, "failed")
    long_after = given.over(session, 24 * 30)
    await job.run(long_after)
    assert (await no_shows.find(found, long_after)).state == "proposed"
    (seen,) = await see_open_no_shows(people.alice.caller, long_after)
    assert seen.undelivered == "no such phone"
    told = await tell_in_person(people.alice.caller, found, long_after)
    assert (told.state, told.objects_until) == ("notified", long_after + 48 * HOURS)
    assert (await see_open_no_shows(people.alice.caller, long_after)) == []


@pytest.mark.scenario("schedule-76")
async def test_an_objection_in_time_stops_the_clock_until_somebody_else_decides(people: People) -> None:
    session = await given.choir(people, people.bob)
    reported = await report_no_show(people.alice.caller, session.id, people.bob.id, "not seen", given.over(session))
    await given.deliver(f"no-show:{reported.id}:proposed", given.over(session))
    objected = await object_to_no_show(people.bob.caller, reported.id, "I sat at the back", given.over(session, 48))
    assert objected.state == "objection"
    much_later = given.over(session, 500)
    await job.run(much_later)
    assert (await no_shows.find(reported.id, much_later)).state == "objection"
    with pytest.raises(CannotDecide):
        await decide_no_show(people.alice.caller, reported.id, "I know best", much_later, stands=True)
    with pytest.raises(Malformed):
        await decide_no_show(people.dan.caller, reported.id, "  ", much_later, stands=True)
    decided = await decide_no_show(people.dan.caller, reported.id, "Asked three people", much_later, stands=True)
    assert decided.state == "final"
    (told,) = await given.messages("no_show_stands")
    assert "Asked three people" in told["facts"]
    with pytest.raises(NothingToDecide):
        await decide_no_show(people.dan.caller, reported.id, "Again", much_later, stands=False)


@pytest.mark.scenario("schedule-76")
async def test_the_database_itself_refuses_the_reporter_as_judge(people: People) -> None:
    session = await given.choir(people, people.bob)
    reported = await report_no_show(people.alice.caller, session.id, people.bob.id, "", given.over(session))
    await object_to_no_show(people.bob.caller, reported.id, "I was there", given.over(session))
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction():
            await sql.rows("UPDATE no_show SET state = 'final', decided_by = $2 WHERE id = $1", reported.id, people.alice.id)


async def test_nobody_decides_about_their_own_or_their_households(people: People) -> None:
    session = await given.choir(people, people.dan)
    found, told_at = await given.notified(people, session, people.dan)
    await object_to_no_show(people.dan.caller, found, "I was ill", told_at)
    with pytest.raises(CannotDecide):
        await decide_no_show(people.dan.caller, found, "I was ill", told_at, stands=False)
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.alice.id, people.dan.household_id)
    with pytest.raises(CannotDecide):
        await decide_no_show(people.alice.caller, found, "He was ill", told_at, stands=False)
    with pytest.raises(NotAllowed):
        await decide_no_show(people.bob.caller, found, "He was ill", told_at, stands=False)


async def test_an_objection_too_late_is_refused_whether_or_not_the_job_has_run(people: People) -> None:
    session = await given.choir(people, people.bob)
    found = await given.missed(people, session, people.bob)
    told_at = given.over(session)
    await given.deliver(f"no-show:{found}:proposed", told_at)
    with pytest.raises(ObjectionTooLate):
        await object_to_no_show(people.bob.caller, found, "Sorry", told_at + 48 * HOURS)
    with pytest.raises(NotFound):
        await object_to_no_show(people.carol.caller, found, "Not mine", told_at)
    with pytest.raises(Malformed):
        await object_to_no_show(people.bob.caller, found, " ", told_at)


@pytest.mark.scenario("schedule-77")
async def test_who_reported_who_decided_and_the_comments_stay_readable_for_the_member(people: People) -> None:
    session = await given.choir(people, people.bob)
    reported = await report_no_show(people.alice.caller, session.id, people.bob.id, "waited until ten", given.over(session))
    await object_to_no_show(people.bob.caller, reported.id, "bus", given.over(session))
    await decide_no_show(people.dan.caller, reported.id, "the bus ran", given.over(session), stands=True)
    seen = await see_no_show(people.bob.caller, reported.id, given.over(session))
    assert [(step.change.state, step.by and step.by.name, step.change.comment) for step in seen.steps] == [
        ("proposed", "Alice", "waited until ten"),
        ("objection", "Bob", "bus"),
        ("final", "Dan", "the bus ran"),
    ]
    with pytest.raises(NotFound):
        await see_no_show(people.carol.caller, reported.id, people.now)
    (own,) = await see_own_no_shows(people.bob.caller, given.over(session))
    assert own.no_show.state == "final"


@pytest.mark.scenario("schedule-77")
async def test_without_an_objection_it_is_final_and_the_history_says_that_a_rule_did_it(people: People) -> None:
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    await job.run(told_at + 49 * HOURS)
    history = await no_shows.history(found)
    assert [(change.state, change.cause, change.by_id) for change in history] == [
        ("proposed", "no_attendance", None),
        ("notified", "message", None),
        ("final", "no_objection", None),
    ]


async def test_one_that_could_not_be_written_down_takes_no_turn_of_the_others_while_it_rests(people: People) -> None:
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    late = told_at + 49 * HOURS
    assert await no_shows.unopposed(late) == [found]
    await sql.rows("INSERT INTO job_failure VALUES ($1, $2, 'down', 1, $3, $3, $3)", job.NAME, str(found), late + HOURS)
    assert (await no_shows.unopposed(late), await no_shows.unopposed(late + 2 * HOURS)) == ([], [found])


@pytest.mark.scenario("schedule-79", "checkin-105")
@pytest.mark.parametrize("state", [None, "withdrawn", "cancelled", "waiting", "requested", "rejected"])
async def test_a_report_about_somebody_without_a_place_is_refused(people: People, state: str | None) -> None:
    session = await given.choir(people)
    if state:
        await put(people.bob, session, state)
    with pytest.raises(NotOnTheList):
        await report_no_show(people.alice.caller, session.id, people.bob.id, "", given.over(session))
    await job.run(given.over(session))
    assert await no_shows.of_session(session.id, people.now) == []


async def test_a_report_waits_for_the_end_and_comes_to_nothing_about_somebody_who_was_there(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol)
    with pytest.raises(NotOverYet):
        await report_no_show(people.alice.caller, session.id, people.bob.id, "", session.ends_at - timedelta(seconds=1))
    await given.was_in(people.bob, session, 0, 60)
    with pytest.raises(WasThere):
        await report_no_show(people.alice.caller, session.id, people.bob.id, "", given.over(session))
    with pytest.raises(NotAllowed):
        await report_no_show(people.bob.caller, session.id, people.carol.id, "", given.over(session))
    first = await report_no_show(people.alice.caller, session.id, people.carol.id, "", given.over(session))
    assert (await report_no_show(people.dan.caller, session.id, people.carol.id, "", given.over(session))).id == first.id


@pytest.mark.scenario("schedule-80")
async def test_whoever_is_excused_or_left_early_or_was_let_off_late_is_no_no_show(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await rolls.note(await given.signup_of(people.bob, session), "excused", people.alice.id, "rang", people.now)
    await given.was_in(people.carol, session, 0, 20)
    await rolls.note(await given.signup_of(people.carol, session), "left_early", people.alice.id, "", people.now)
    await put(people.dan, session, "cancelled")
    await job.run(given.over(session))
    assert await no_shows.of_session(session.id, people.now) == []
    with pytest.raises(WasThere):
        await report_no_show(people.alice.caller, session.id, people.bob.id, "", given.over(session))


@pytest.mark.scenario("schedule-81", "checkin-106")
async def test_only_final_ones_of_the_last_months_count(people: People) -> None:
    await policies.publish(people.community, people.now.date(), Rules(no_shows_before_approval=1), None, people.now)
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    assert await missed_by(people.bob.id, told_at) is None, "nobody is judged before the time to object is over"
    assert await missed_by(people.bob.id, told_at + 48 * HOURS) == Missed(1, 6), "whether or not the job has run"
    assert await missed_by(people.bob.id, told_at + timedelta(days=180)) == Missed(1, 6)
    assert await missed_by(people.bob.id, told_at + timedelta(days=190)) is None, "older ones fall out by themselves"
    await correct_no_show(people.dan.caller, found, "He had told us", told_at + 50 * HOURS)
    assert await missed_by(people.bob.id, told_at + 51 * HOURS) is None


@pytest.mark.scenario("schedule-81")
@pytest.mark.parametrize("limit, needs", [(1, True), (2, False), (None, False)])
async def test_the_number_is_the_policys(people: People, limit: int | None, needs: bool) -> None:
    await policies.publish(people.community, people.now.date(), Rules(no_shows_before_approval=limit), None, people.now)
    session = await given.choir(people, people.bob)
    _, told_at = await given.notified(people, session, people.bob)
    assert (await missed_by(people.bob.id, told_at + 48 * HOURS) is not None) is needs


@pytest.mark.scenario("schedule-81", "schedule-41")
async def test_with_too_many_an_organiser_decides_about_each_sign_up_and_the_member_sees_why(
    people: People, client: httpx.AsyncClient
) -> None:
    await policies.publish(people.community, people.now.date(), Rules(no_shows_before_approval=1), None, people.now)
    _, told_at = await given.notified(people, await given.choir(people, people.bob), people.bob)
    later = told_at + 48 * HOURS
    (next_one,) = await published(people, at(9, 2, day=7))
    await client.put("/test/clock", json={"now": later.isoformat()})
    shown = (await client.get(f"/api/v1/sessions/{next_one.id}", headers=people.bob.bearer)).json()["answer"]
    assert (shown["name"], shown["missed"]) == ("needs_approval", {"count": 1, "months": 6})
    page = await client.get(
        f"/activities/{next_one.activity_id}", headers=people.bob.bearer | {"accept-language": "en", "accept": "text/html"}
    )
    assert "You were missed 1 time within 6 months" in page.text
    assert (await sign_up(people.bob.caller, next_one.id, later)).state == "requested"
    assert (await sign_up(people.carol.caller, next_one.id, later)).state == "confirmed"
    assert (await sign_up_for(people.alice.caller, next_one.id, people.dan.id, "agreed", later)).state == "confirmed"
    (third,) = await published(people, at(15, 2, day=7))
    assert (await sign_up_for(people.alice.caller, third.id, people.bob.id, "agreed", later)).state == "requested"


@pytest.mark.scenario("schedule-82")
async def test_a_final_one_that_was_wrong_is_corrected_with_a_reason_and_every_state_remains(people: People) -> None:
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    await job.run(told_at + 48 * HOURS)
    with pytest.raises(Malformed):
        await correct_no_show(people.dan.caller, found, "", told_at + 50 * HOURS)
    corrected = await correct_no_show(people.dan.caller, found, "She had the wrong list", told_at + 50 * HOURS)
    assert corrected.state == "dropped"
    history = await no_shows.history(found)
    assert [change.state for change in history] == ["proposed", "notified", "final", "dropped"]
    assert history[-1].comment == "She had the wrong list"
    (told,) = await given.messages("no_show_dropped")
    assert told["person_id"] == people.bob.id
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction():
            await sql.rows("DELETE FROM no_show_change")


async def test_whoever_turns_out_to_have_been_there_is_no_no_show(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol)
    found, told_at = await given.notified(people, session, people.bob)
    quiet = await given.missed(people, session, people.carol)
    await given.was_in(people.bob, session, 0, 100)
    await given.was_in(people.carol, session, 0, 100)
    assert (await no_shows.find(found, told_at)).state == "dropped", "before the job has looked"
    await job.run(told_at)
    assert await sql.value("SELECT count(*) FROM no_show WHERE state = 'dropped'") == 2
    assert [told["person_id"] for told in await given.messages("no_show_dropped")] == [people.bob.id]
    assert await sql.value("SELECT state FROM message WHERE key = $1", f"no-show:{quiet}:proposed") == "withdrawn"
