"""An absence that was dropped because of a scan, and what becomes of it once the scan is undone (checkin-103, checkin-61)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from schedules import no_shows, sql
from schedules.no_shows import NoShow
from tests.afterwards import given
from tests.door.doors import Door, log, stays
from tests.door.test_uploads import item, rows_of
from timebank.actions.hours.call_roll import note_fact
from timebank.actions.hours.no_shows import object_to_no_show, report_no_show
from timebank.actions.uploads.undo import annul
from timebank.jobs import no_shows as job
from timebank.web import post
from timebank.web.letters import afterwards as _letters  # noqa: F401

HOURS = timedelta(hours=1)


async def came_after_all(door: Door, hours: float = 1) -> NoShow:
    """Bob is proposed at the close; then a desk uploads his scan, and that falls. What there was."""
    now = given.over(door.session, hours)
    await job.run(now)
    await door.client.put("/test/clock", json={"now": now.isoformat()})
    await rows_of(door, item(door, 5, "n-1"))
    await job.run(now)
    (missed,) = await no_shows.of_session(door.session.id, now)
    assert missed.state == "dropped"
    return missed


async def taken_back(door: Door, hours: float) -> None:
    (row, *_) = await log()
    await annul(door.people.alice.caller, row["id"], "It was Carol with Bob's card", given.over(door.session, hours))
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


@pytest.mark.scenario("checkin-103", "checkin-61")
async def test_an_absence_dropped_for_a_scan_that_staff_annul_is_proposed_anew_and_told_anew(door: Door) -> None:
    first = await came_after_all(door)
    await taken_back(door, 24)
    again_at = given.over(door.session, 25)
    for _ in range(2):
        await job.run(again_at)
    before, again = sorted(await no_shows.of_session(door.session.id, again_at), key=lambda one: one.round)
    assert (before.id, before.state) == (first.id, "dropped"), "what was decided then stays written"
    assert (again.round, again.state, again.changed_at, again.told_at) == (2, "proposed", again_at, None), "never dated back"
    assert [change.cause for change in await no_shows.history(again.id)] == ["undone"]
    (told,) = await given.messages("no_show_again")
    assert (told["person_id"], told["key"]) == (door.people.bob.id, f"no-show:{again.id}:proposed")
    assert "that check-in was taken back" in post.read(told["kind"], json.loads(told["facts"]), "en").text
    told_at = again_at + 2 * HOURS
    await given.deliver(told["key"], told_at)
    await job.run(told_at)
    assert (await no_shows.find(again.id, told_at)).objects_until == told_at + 48 * HOURS
    for _ in range(2):
        await job.run(told_at + 48 * HOURS)
    assert [row["state"] for row in await sql.rows("SELECT state FROM no_show ORDER BY round")] == ["dropped", "final"]
    assert await sql.value("SELECT count(*) FROM no_show_change WHERE no_show_id = $1", again.id) == 3
    assert len(await given.messages("no_show_again")) == 1


async def test_the_member_objects_to_the_second_round_as_to_the_first(door: Door) -> None:
    await came_after_all(door)
    await taken_back(door, 24)
    await job.run(given.over(door.session, 25))
    again = max(await no_shows.of_session(door.session.id, door.start), key=lambda one: one.round)
    headers = door.people.bob.bearer | {"accept": "text/html", "accept-language": "en"}
    shown = await door.client.get(f"/me/no-shows/{again.id}", headers=headers)
    assert "the check-in that spoke for it was taken back" in shown.text
    objected = await object_to_no_show(door.people.bob.caller, again.id, "I was there", given.over(door.session, 26))
    assert objected.state == "objection"


@pytest.mark.parametrize("excused", [True, False])
async def test_who_is_excused_meanwhile_or_came_in_again_is_not_proposed_anew(door: Door, excused: bool) -> None:
    missed = await came_after_all(door)
    await taken_back(door, 24)
    if excused:
        await note_fact(door.people.alice.caller, missed.signup_id, "excused", "rang", given.over(door.session, 24))
    else:
        await rows_of(door, item(door, 7, "n-2"))
    await job.run(given.over(door.session, 25))
    assert await sql.value("SELECT count(*) FROM no_show") == 1


async def test_what_a_person_has_decided_stays_decided_when_a_scan_is_undone(door: Door) -> None:
    now = given.over(door.session)
    await job.run(now)
    (missed,) = await no_shows.of_session(door.session.id, now)
    await no_shows.correct(missed.id, door.people.dan.id, "I saw him", now)
    await door.client.put("/test/clock", json={"now": now.isoformat()})
    await rows_of(door, item(door, 5, "n-1"))
    await taken_back(door, 24)
    await job.run(given.over(door.session, 25))
    assert await sql.value("SELECT count(*) FROM no_show") == 1


async def test_after_more_than_a_week_only_a_person_brings_it_up_again(door: Door) -> None:
    first = await came_after_all(door)
    await taken_back(door, 24 * 8)
    late = given.over(door.session, 24 * 8 + 1)
    await job.run(late)
    assert await sql.value("SELECT count(*) FROM no_show") == 1
    reported = await report_no_show(door.people.alice.caller, door.session.id, door.people.bob.id, "not there", late)
    assert (reported.round, reported.state, reported.reported_by) == (2, "proposed", door.people.alice.id)
    repeated = await report_no_show(door.people.dan.caller, door.session.id, door.people.bob.id, "not there", late)
    assert repeated.id == reported.id != first.id
