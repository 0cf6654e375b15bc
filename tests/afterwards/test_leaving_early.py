"""Whoever has to go early says so, or the desk does: left early, the real hours, and no no-show (checkin-57)."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from schedules import no_shows, sql
from schedules.errors import NotFound
from schedules.leaving import LeftAtNotPossible
from tests.afterwards import given
from tests.door.doors import Door, stays
from tests.given import People
from timebank.actions.hours.approve_hours import approve
from timebank.actions.hours.call_roll import note_fact
from timebank.actions.hours.close_day import close_day, see_day
from timebank.actions.hours.leave_early import EndedAlready, leave_early
from timebank.actions.hours.settle import settle_all
from timebank.jobs import close_sessions
from timebank.jobs import no_shows as job

pytestmark = pytest.mark.usefixtures("tx")


@pytest.mark.scenario("checkin-57")
async def test_a_member_who_has_to_go_has_the_real_hours_and_is_no_no_show(door: Door) -> None:
    people = door.people
    await door.let_in(0)
    (stay,) = await stays(people.bob)
    moment = await door.clock(50)
    body = {"reason": "the child is ill"}
    for _ in range(2):
        told = await door.client.post(f"/api/v1/attendances/{stay['id']}/left-early", json=body, headers=people.bob.bearer)
        assert (told.status_code, told.json()["minutes"]) == (200, 50)
        await door.clock(55)
    (stay,) = await stays(people.bob)
    assert (stay["out_at"], stay["minutes"], stay["is_by_code"], stay["is_automatic"]) == (moment, 50, False, False)
    over = given.over(door.session)
    await close_sessions.run(over)
    await job.run(over)
    assert await no_shows.of_session(door.session.id, over) == []
    (line,) = (await see_day(people.alice.caller, door.session.id)).lines
    assert (line.left_early, line.fact_reason, line.standing, line.scanned) == (True, "the child is ill", "open", 50)
    (entry,) = (await close_day(people.alice.caller, door.session.id, [], over)).entry_ids
    assert (await approve(people.erin.caller, entry, over)).units == 75, "no code was scanned: a second person confirms"
    log = await sql.rows("SELECT source, direction, operator_id FROM scan WHERE direction = 'out'")
    assert [tuple(row) for row in log] == [("manual", "out", people.bob.id)]


@pytest.mark.scenario("checkin-57")
async def test_who_scans_out_before_the_end_keeps_class_a_and_may_still_say_why(door: Door) -> None:
    await door.let_in(0)
    await door.let_out(60)
    (stay,) = await stays(door.people.bob)
    page = await door.client.get(f"/attendance/{stay['id']}", headers=door.people.bob.bearer | {"accept-language": "en"})
    assert "Why I left early" in page.text
    assert "I have to go early" not in page.text, "who has left is not leaving"
    moment = await door.clock(61)
    sent = await door.client.post(
        f"/attendance/{stay['id']}/early", data={"reason": "bus"}, headers=door.people.bob.bearer | {"accept": "text/html"}
    )
    assert sent.headers["location"] == f"/attendance/{stay['id']}"
    (stay,) = await stays(door.people.bob)
    assert (stay["minutes"], stay["is_by_code"], stay["out_at"]) == (60, True, moment - timedelta(minutes=1))
    assert await sql.value("SELECT reason FROM signup_fact WHERE kind = 'left_early'") == "bus"


@pytest.mark.scenario("checkin-57")
async def test_who_is_in_finds_the_way_to_leave_early_on_the_pages_where_they_look(door: Door) -> None:
    await door.let_in(0)
    (stay,) = await stays(door.people.bob)
    english = door.people.bob.bearer | {"accept-language": "en"}
    for path in ("/me", f"/activities/{door.session.activity_id}"):
        page = (await door.client.get(path, headers=english)).text
        assert f'<a href="/attendance/{stay["id"]}">I have to go early' in page, path
    await door.let_out(60)
    for path in ("/me", f"/activities/{door.session.activity_id}"):
        assert f'href="/attendance/{stay["id"]}"' in (await door.client.get(path, headers=english)).text, path


@pytest.mark.scenario("schedule-83")
async def test_the_close_of_a_running_session_cries_no_wolf(door: Door) -> None:
    await door.let_in(0)
    english = door.people.alice.bearer | {"accept-language": "en"}
    page = (await door.client.get(f"/organise/sessions/{door.session.id}/close", headers=english)).text
    assert "✓ is in" in page
    assert "not checked out" not in page
    assert "To look at" not in page


@pytest.mark.scenario("checkin-57")
async def test_the_desk_says_so_for_somebody_and_another_member_cannot(door: Door) -> None:
    await door.let_in(0)
    (stay,) = await stays(door.people.bob)
    await door.clock(30)
    path = f"/api/v1/attendances/{stay['id']}/left-early"
    assert (await door.client.post(path, json={}, headers=door.people.carol.bearer)).status_code == 404
    assert (await door.client.post(path, json={})).status_code == 401
    early = {"left_at": (door.start + timedelta(minutes=-30)).isoformat()}
    assert (await door.client.post(path, json=early, headers=door.desk.bearer)).status_code == 400
    assert (await door.client.post(path, json={}, headers=door.desk.bearer)).json()["minutes"] == 30
    assert await sql.value("SELECT by_id FROM signup_fact") == door.desk.id


async def test_nobody_leaves_a_session_early_that_is_over(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session)
    with pytest.raises(EndedAlready):
        await leave_early(people.bob.caller, stay, "", session.ends_at)
    with pytest.raises(NotFound):
        await leave_early(people.carol.caller, stay, "", session.starts_at)


@pytest.mark.scenario("checkin-57", "schedule-80")
async def test_the_organiser_notes_when_somebody_left(people: People, client: httpx.AsyncClient) -> None:
    session = await given.choir(people, people.bob, people.carol)
    await given.was_in(people.bob, session)
    now = session.starts_at + timedelta(minutes=70)
    people.alice.sign_in(client)
    await client.put("/test/clock", json={"now": now.isoformat()})
    signup = await given.signup_of(people.bob, session)
    form = {"about": f"{signup}:{people.bob.id}", "kind": "left_early", "reason": "doctor"}
    path = f"/organise/sessions/{session.id}/facts"
    for typed, status in (("99:99", 400), ("10:30", 400), ("09:40", 303)):
        assert (await client.post(path, data=form | {"left": typed}, headers={"accept": "text/html"})).status_code == status
    assert await sql.value("SELECT minutes FROM attendance") == 40
    roll = (await client.get(f"/organise/sessions/{session.id}/roll", headers={"accept-language": "en"})).text
    noted = roll[roll.index("Left early, or excused") :]
    assert noted.index("Bob") < noted.index("doctor") < noted.index('<span class="tag">left early</span>')
    # The door missed Carol altogether: that she left is the organiser's word that she had been there.
    await note_fact(people.alice.caller, await given.signup_of(people.carol, session), "left_early", "felt unwell", now)
    await job.run(given.over(session))
    assert await no_shows.of_session(session.id, given.over(session)) == []


async def test_what_the_log_says_of_a_word_is_what_the_stay_says(people: People) -> None:
    """An upload that comes later derives the stays of a person anew: the word stands as it was given."""
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session)
    now = session.starts_at + timedelta(minutes=60)
    assert (await leave_early(people.bob.caller, stay, "", now, now - timedelta(minutes=20))).minutes == 40
    before = dict(await sql.one("SELECT * FROM attendance"))
    await settle_all([people.bob.id], session.opens_at, people.alice.id, "looked again", given.over(session))
    assert dict(await sql.one("SELECT * FROM attendance")) == before


async def test_a_time_before_the_check_in_is_refused(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 10)
    now = session.starts_at + timedelta(minutes=30)
    with pytest.raises(LeftAtNotPossible):
        await leave_early(people.bob.caller, stay, "", now, session.starts_at)
    with pytest.raises(LeftAtNotPossible):
        await leave_early(people.bob.caller, stay, "", now, now + timedelta(seconds=1))


@pytest.mark.scenario("checkin-57")
async def test_who_came_after_the_planned_end_can_be_noted_as_left_without_a_time(door: Door) -> None:
    await door.let_in(125)
    (stay,) = await stays(door.people.bob)
    await note_fact(door.people.alice.caller, stay["signup_id"], "left_early", "had to go", await door.clock(140))
    (stay,) = await stays(door.people.bob)
    assert (stay["out_at"], stay["minutes"]) == (stay["in_at"], 0)


async def test_left_early_is_said_of_the_stay_that_it_was_said_of(door: Door) -> None:
    """Bob comes back after an errand that he spoke of, and stays to the end."""
    await door.let_in(0)
    await door.let_out(30)
    (first,) = await stays(door.people.bob)
    moment = await door.clock(31)
    await leave_early(door.people.bob.caller, first["id"], "to the bank", moment)
    await door.let_in(45)
    await door.let_out(120)
    lines = (await see_day(door.people.alice.caller, door.session.id)).lines
    said = {line.in_at: (line.left_early, line.fact_reason) for line in lines}
    assert [said[stay["in_at"]] for stay in await stays(door.people.bob)] == [(True, "to the bank"), (False, "")]
