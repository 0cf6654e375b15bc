"""schedule.md M and J: the board agrees with the scan log, and a roll-call says who was missed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from schedules import sql
from schedules.rolls import RollClosed, RollNotOpen
from tests.afterwards import given
from tests.door import doors
from tests.door.doors import Door, put
from tests.given import People
from timebank.actions.hours.call_roll import call_roll, note_fact, see_roll
from timebank.jobs import close_sessions
from timebank.jobs import no_shows as job
from timebank.people import passes
from timebank.people.callers import NotAllowed

pytestmark = pytest.mark.usefixtures("tx")


@pytest.mark.scenario("schedule-102")
async def test_the_roll_and_the_doors_agree_with_the_scan_log(door: Door) -> None:
    people = door.people
    carols, dans = await passes.issue(people.carol.id, people.now), await passes.issue(people.dan.id, people.now)
    for person in (people.carol, people.dan, people.erin):
        await put(person, door.session)
    await door.let_in(0)
    await door.clock(20)
    assert (await door.scan(carols)).status_code == 201
    await door.scan(dans)
    await door.scan(dans)  # already in: in the log, but no entry
    await door.let_out(30)
    answer = await door.client.get(f"/api/v1/sessions/{door.session.id}/roll", headers=people.alice.bearer)
    roll = answer.json()
    assert {name: roll[name] for name in ("expected", "here", "late", "left", "inside")} == {
        "expected": 1,
        "here": 2,
        "late": 2,
        "left": 1,
        "inside": 2,
    }
    (desk,) = roll["doors"]
    assert (desk["name"], desk["came"], desk["went"]) == ("Hall door", 3, 1)
    logged = await sql.rows("SELECT direction FROM scan WHERE session_id = $1 AND reason = 'ok'", door.session.id)
    assert [row["direction"] for row in logged].count("in") == desk["came"]
    assert [row["direction"] for row in logged].count("out") == desk["went"]


@pytest.mark.scenario("schedule-102")
async def test_phones_hands_and_the_job_are_doors_of_their_own(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await given.was_in(people.bob, session)
    await sql.rows(
        "INSERT INTO device (id, kind, name, community_id, made_at) SELECT scanner_id, 'desk', 'Gate', $1, now() FROM scan",
        people.community,
    )
    carols = await given.was_in(people.carol, session)
    # The log is kept as it is; a second stay is made as a phone makes it.
    own = await sql.value(
        "INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, person_id, happened_at, "
        "received_at) VALUES ('self', $1, 'self', 'in', 'x', 'ok', $2, $1, now(), now()) RETURNING id",
        people.carol.id,
        session.id,
    )
    await sql.rows("UPDATE attendance SET in_scan = $2, is_self = true WHERE id = $1", carols, own)
    await call_roll(people.alice.caller, session.id, [await given.signup_of(people.dan, session)], session.starts_at)
    await close_sessions.run(session.closes_at)
    roll = await see_roll(people.alice.caller, session.id)
    assert [(each.door.source, each.name, each.door.came, each.door.went) for each in roll.doors] == [
        ("desk", "Gate", 1, 0),
        ("job", "", 0, 3),
        ("manual", "Alice", 1, 0),
        ("self", "", 1, 0),
    ]
    assert roll.inside == 0


@pytest.mark.scenario("schedule-103")
async def test_the_list_of_arrivals_without_an_exit_holds_exactly_these(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await given.was_in(people.bob, session, 0)
    await given.was_in(people.carol, session, 0, 60)
    roll = await see_roll(people.alice.caller, session.id)
    assert [each.person.name for each in roll.not_completed] == ["Bob"]
    assert (roll.count("expected"), roll.count("here"), roll.count("left"), roll.inside) == (1, 1, 1, 1)


@pytest.mark.scenario("schedule-78", "checkin-104")
async def test_who_was_not_ticked_is_proposed_and_told_only_after_the_end(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await given.was_in(people.carol, session, 0)
    called = await call_roll(
        people.alice.caller, session.id, [await given.signup_of(people.bob, session)], session.starts_at + timedelta(minutes=40)
    )
    assert [row.result for row in called.rows] == ["recorded"]
    assert called.proposed == 1
    missed = await sql.one("SELECT person_id, reported_by, state FROM no_show")
    assert tuple(missed) == (people.dan.id, people.alice.id, "proposed")
    (told,) = await given.messages("no_show_proposed")
    assert told["due_at"] == session.closes_at, "who comes late is not told that they were missed"


@pytest.mark.scenario("checkin-65")
async def test_each_tick_has_its_own_result_and_a_repeat_changes_nothing(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol)
    other = await given.choir(people, people.dan, hour=10)
    await put(people.dan, session)
    await given.was_in(people.carol, session, 0, 30)
    await given.was_in(people.dan, other, 0, 60)
    elsewhere = await given.signup_of(people.bob, await given.choir(people, people.bob, hour=15))
    ticks = [elsewhere, *[await given.signup_of(person, session) for person in (people.bob, people.carol, people.dan)]]
    called = await call_roll(people.alice.caller, session.id, ticks, given.over(session))
    assert [row.result for row in called.rows] == ["not_on_the_list", "recorded", "already", "already_elsewhere"]
    assert called.proposed == 0, "somebody saw all of them"
    again = await call_roll(people.alice.caller, session.id, ticks, given.over(session, 2))
    assert [row.result for row in again.rows] == ["not_on_the_list", "already", "already", "already_elsewhere"]
    stay = await sql.one("SELECT * FROM attendance WHERE person_id = $1", people.bob.id)
    assert (stay["in_at"], stay["out_at"], stay["minutes"]) == (session.starts_at, session.ends_at, 120)
    assert stay["is_by_code"] is False
    assert await sql.value("SELECT count(*) FROM service_record") == 0, "class B waits for a second person"
    log = await sql.rows("SELECT source, direction, operator_id FROM scan WHERE person_id = $1 ORDER BY id", people.bob.id)
    assert [tuple(row) for row in log] == [("manual", "in", people.alice.id), ("manual", "out", people.alice.id)]


@pytest.mark.scenario("checkin-65", "checkin-30", "checkin-35", "checkin-27")
async def test_a_tick_follows_the_rules_of_a_scan_and_no_bad_one_stops_the_others(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", people.bob.id)
    bobs, carols, dans = [await given.signup_of(person, session) for person in (people.bob, people.carol, people.dan)]
    await sql.rows("UPDATE signup SET state = 'requested' WHERE id = $1", carols)
    called = await call_roll(people.alice.caller, session.id, [bobs, uuid4(), carols, dans], given.over(session))
    assert [row.result for row in called.rows] == ["blocked", "not_on_the_list", "not_approved", "recorded"]
    assert called.proposed == 0, "somebody saw all of them"
    assert await sql.rows("SELECT person_id FROM attendance") == await sql.rows("SELECT $1::uuid AS person_id", people.dan.id)


async def test_the_page_says_who_was_not_written_down_and_why(door: Door) -> None:
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", door.people.bob.id)
    door.people.alice.sign_in(door.client)
    door.client.headers["accept-language"] = "en"
    ticked = {"present": str(await given.signup_of(door.people.bob, door.session))}
    page = await door.client.post(f"/organise/sessions/{door.session.id}/roll", data=ticked)
    assert "Bob was not written down." in page.text
    assert "This membership is suspended." in page.text


async def test_a_tick_takes_a_proposed_no_show_back(people: People) -> None:
    session = await given.choir(people, people.bob)
    await given.missed(people, session, people.bob)
    await call_roll(people.alice.caller, session.id, [await given.signup_of(people.bob, session)], given.over(session, 5))
    assert await sql.value("SELECT state FROM no_show") == "dropped"
    assert await sql.value("SELECT state FROM message WHERE kind = 'no_show_proposed'") == "withdrawn"


async def test_a_roll_has_its_time(people: People) -> None:
    session = await given.choir(people, people.bob)
    with pytest.raises(RollNotOpen):
        await call_roll(people.alice.caller, session.id, [], session.opens_at - timedelta(seconds=1))
    early = await call_roll(people.alice.caller, session.id, [], session.starts_at - timedelta(seconds=1))
    assert early.proposed == 0
    with pytest.raises(RollClosed):
        await call_roll(people.alice.caller, session.id, [], session.ends_at + timedelta(days=14, seconds=1))
    with pytest.raises(NotAllowed):
        await call_roll(people.bob.caller, session.id, [], session.starts_at)


@pytest.mark.scenario("schedule-80")
async def test_somebody_excused_stands_on_the_roll_as_such(people: People) -> None:
    session = await given.choir(people, people.bob)
    await given.missed(people, session, people.bob)
    signup = await given.signup_of(people.bob, session)
    for _ in range(2):
        await note_fact(people.alice.caller, signup, "excused", "rang in the morning", given.over(session))
    roll = await see_roll(people.alice.caller, session.id)
    assert (roll.count("excused"), roll.count("expected")) == (1, 0)
    assert await sql.value("SELECT state FROM no_show") == "dropped"
    await job.run(given.over(session, 3))
    assert await sql.value("SELECT count(*) FROM no_show") == 1


@pytest.mark.scenario("checkin-54", "checkin-56", "schedule-84")
async def test_a_forgotten_check_out_is_closed_once_at_the_planned_end_and_the_member_is_told(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 10)
    await close_sessions.run(session.closes_at - timedelta(seconds=1))
    assert await sql.value("SELECT out_at FROM attendance") is None
    for hours in (0, 1):
        await close_sessions.run(session.closes_at + timedelta(hours=hours))
    row = await sql.one("SELECT * FROM attendance")
    assert (row["out_at"], row["minutes"], row["is_automatic"], row["version"]) == (session.ends_at, 110, True, 1)
    assert row["is_by_code"] is False
    assert await sql.value("SELECT count(*) FROM scan WHERE source = 'job'") == 1
    assert await sql.value("SELECT count(*) FROM service_record") == 0
    (told,) = await given.messages("stay_closed")
    assert (told["person_id"], told["path"]) == (people.bob.id, f"/me/stays/{stay}")


@pytest.mark.scenario("schedule-84")
async def test_whose_stay_is_closed_weeks_late_is_told_once_and_has_all_the_time_to_ask(people: People) -> None:
    session = await given.choir(people, people.bob)
    await given.was_in(people.bob, session, 10)
    for hours in (0, 1):
        await close_sessions.run(session.closes_at + timedelta(days=14, hours=hours))
    (told,) = await given.messages("stay_closed")
    assert told["person_id"] == people.bob.id


async def test_whoever_is_let_in_elsewhere_after_forgetting_is_told_too(door: Door) -> None:
    await door.let_in(0)
    later = await doors.another(door, hour=15, person=door.people.bob)
    await door.clock(6 * 60)
    answer = await door.scan(activities=[str(later.activity_id)])
    assert answer.status_code == 201, answer.text
    await close_sessions.run(await door.clock(6 * 60 + 1))
    (told,) = await given.messages("stay_closed")
    assert told["person_id"] == door.people.bob.id
