"""What scans that come or go late make of attendance, who may take them back, and what stays as a person has decided it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from schedules import leaving, sql, standing
from schedules.undos import NoSuchScan, OwnScan
from tests import given
from tests.afterwards import given as afterwards
from tests.door.doors import Door, another, log, stays
from tests.door.test_uploads import item, rows_of
from timebank.actions.hours.call_roll import call_roll
from timebank.actions.hours.close_day import close_day
from timebank.actions.hours.see_door_log import see_last_scans
from timebank.actions.hours.settle import settle_all
from timebank.actions.uploads.undo import annul, undo
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.people.callers import Caller


def bob_at_the_desk(door: Door) -> Caller:
    """Bob is signed in at the door's desk as its steward."""
    there = {"device_id": door.desk.id, "device_kind": "desk", "device_community_id": door.people.community}
    return msgspec.structs.replace(door.people.bob.caller, **there)


async def by_phone(door: Door, minutes: float) -> None:
    """Bob taps on the venue's code."""
    moment = await door.clock(minutes)
    path = door.venue(moment).removeprefix("http://testserver")
    form = {"direction": "in", "nonce": "phone-1"}
    told = await door.client.post(path, data=form, headers=door.people.bob.bearer | {"accept": "text/html"})
    assert told.status_code == 303, told.text


def taken(door: Door, minutes: float, nonce: str) -> dict[str, Any]:
    """An undo made offline."""
    moment = door.start + timedelta(minutes=minutes)
    return {"nonce": f"undo {nonce}", "happened_at": moment.isoformat(), "skew_ms": 0, "undoes": nonce}


@pytest.mark.scenario("checkin-61")
async def test_nobody_undoes_what_their_own_phone_did_for_them(door: Door) -> None:
    """A steward's phone is a scanner as well, and their own check-in has the same one."""
    await given.grant(door.people.bob.id, "steward", door.people.community, door.people.now)
    await by_phone(door, 1)
    with pytest.raises(OwnScan):
        await undo(door.people.bob.caller, "phone-1", "u-1", await door.clock(2))
    body = {"sent_at": door.start.isoformat(), "items": [taken(door, 2, "phone-1")]}
    answer = await door.client.post("/api/v1/scans/uploads", json=body, headers=door.people.bob.bearer)
    assert [(row["status"], row["code"]) for row in answer.json()["items"]] == [(409, "own_scan")]
    assert await see_last_scans(door.people.bob.caller, await door.clock(3)) == []
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]
    assert await sql.value("SELECT count(*) FROM scan_undo") == 0


@pytest.mark.scenario("checkin-61")
async def test_who_stands_at_a_desk_undoes_no_scan_about_themselves_and_somebody_else_does(door: Door) -> None:
    await door.clock()
    assert (await door.scan(nonce="n-1")).status_code == 201
    now = await door.clock(2)
    assert await see_last_scans(bob_at_the_desk(door), now) == []
    with pytest.raises(OwnScan):
        await undo(bob_at_the_desk(door), "n-1", "u-1", now)
    alice = msgspec.structs.replace(bob_at_the_desk(door), member_id=door.people.alice.id)
    assert len(await see_last_scans(alice, now)) == 1
    assert (await undo(alice, "n-1", "u-1", now)).person_id == door.people.bob.id
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


async def test_an_undo_of_ones_own_scan_that_comes_before_the_scan_holds_nothing_back(door: Door) -> None:
    """An undo by a steward who is not signed in any more names them all the same: it was kept with the operator."""
    await door.clock(60)
    await sql.rows(
        "INSERT INTO scan_undo (nonce, scanner_id, scan_nonce, operator_id, happened_at, received_at, counts_at) "
        "VALUES ('u-1', $1, 'n-1', $2, $3, $3, $3)",
        door.desk.id,
        door.people.bob.id,
        door.start + timedelta(minutes=5),
    )
    await rows_of(door, item(door, 1, "n-1"))
    await settle_all([door.people.bob.id], door.start, door.people.alice.id, "looked again", door.start)
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]


async def ticked(door: Door, minutes: float) -> int:
    """Alice ticks Bob on the roll; the number of the way in."""
    now = await door.clock(minutes)
    signup: UUID = await sql.value("SELECT id FROM signup WHERE person_id = $1", door.people.bob.id)
    await call_roll(door.people.alice.caller, door.session.id, [signup], now)
    return int((await log())[0]["id"])


async def test_who_called_the_roll_takes_a_tick_back_with_a_reason_and_not_as_a_desk_does(door: Door) -> None:
    await ticked(door, 200)
    nonce = (await log())[0]["nonce"]
    with pytest.raises(NoSuchScan):
        await undo(door.people.alice.caller, nonce, "u-1", await door.clock(201))


@pytest.mark.scenario("checkin-61")
async def test_a_tick_that_was_made_after_the_window_is_annulled_like_any_scan(door: Door) -> None:
    way_in = await ticked(door, 24 * 60)
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]
    await annul(door.people.alice.caller, way_in, "It was his brother", await door.clock(25 * 60))
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


async def test_a_way_in_after_the_window_by_override_is_annulled_like_any_scan(door: Door) -> None:
    await given.grant(door.people.carol.id, "supervisor", door.people.community, door.people.now)
    await door.clock(160)
    answer = await door.scan(headers=door.people.carol.bearer, nonce="n-1", override={"reason": "the bus was late"})
    assert answer.status_code == 201, answer.text
    await door.clock(165)
    assert (await door.scan(nonce="n-2", direction="out")).status_code == 201
    (way_in, _) = [row["id"] for row in await log()]
    await annul(door.people.alice.caller, way_in, "Nobody was there any more", await door.clock(170))
    assert [row["state"] for row in await stays(door.people.bob)] == ["annulled"]


async def test_an_override_after_the_window_opens_a_stay_whatever_else_is_in_the_queue(door: Door) -> None:
    await given.grant(door.people.carol.id, "supervisor", door.people.community, door.people.now)
    now = await door.clock(170)
    late = item(door, 160, "n-1", override_reason="the bus was late")
    body = {"sent_at": now.isoformat(), "items": [late]}
    answer = await door.client.post("/api/v1/scans/uploads", json=body, headers=door.people.carol.bearer)
    assert [row["code"] for row in answer.json()["items"]] == ["ok"]
    (stay,) = await stays(door.people.bob)
    assert (stay["state"], stay["in_at"]) == ("counts", door.start + timedelta(minutes=160))


@pytest.mark.scenario("checkin-75")
async def test_hours_that_the_organiser_has_confirmed_are_not_lengthened_by_late_scans(door: Door) -> None:
    await policies.publish(
        door.people.community, door.people.now.date(), Rules(class_a="after_confirmation"), None, door.people.now
    )
    await door.let_in(60)
    await door.let_out(120)
    over = afterwards.over(door.session)
    assert (await close_day(door.people.alice.caller, door.session.id, [], over)).confirmed == 1
    (before,) = await stays(door.people.bob)
    await door.clock(24 * 60)
    await rows_of(door, item(door, 0, "n-9"), sent_at=over)
    assert await stays(door.people.bob) == [before]
    assert [row["amount"] for row in await sql.rows("SELECT amount FROM intent")] == [100]
    assert "hours_kept" in [row["kind"] for row in await sql.rows("SELECT kind FROM door_conflict")]


async def test_a_word_after_the_window_ends_a_stay_as_a_scan_would_and_stands_when_it_is_derived_anew(door: Door) -> None:
    await door.let_in(0)
    now = await door.clock(200)
    closed = await leaving.leave((await stays(door.people.bob))[0]["id"], now, door.people.alice.id, now)
    assert closed is not None
    assert (closed.out_at, closed.minutes) == (door.session.ends_at, 120)
    (before,) = await stays(door.people.bob)
    assert (before["is_automatic"], before["out_scan"], before["version"]) == (True, None, 1)
    await settle_all([door.people.bob.id], door.start, door.people.alice.id, "looked again", now)
    assert await stays(door.people.bob) == [before]


@pytest.mark.scenario("checkin-58")
async def test_who_comes_in_again_after_the_window_ended_the_stay_before_at_its_planned_end(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_reentry = true, allows_many = true WHERE id = $1", door.session.activity_id)
    await given.grant(door.people.carol.id, "supervisor", door.people.community, door.people.now)
    await door.let_in(0)
    now = await door.clock(160)
    answer = await door.scan(headers=door.people.carol.bearer, nonce="n-2", override={"reason": "came back for the chairs"})
    assert answer.status_code == 201, answer.text
    first, again = before = await stays(door.people.bob)
    assert (first["out_at"], first["minutes"], first["is_automatic"]) == (door.session.ends_at, 120, True)
    assert again["out_at"] is None
    await settle_all([door.people.bob.id], door.start, door.people.alice.id, "looked again", now)
    assert await stays(door.people.bob) == before


async def test_a_stay_left_open_long_ago_is_ended_by_a_way_in_of_today_although_the_closing_job_was_away(door: Door) -> None:
    second = await another(door, 9 + 5 * 24, 2, person=door.people.bob)
    await door.let_in()
    await door.clock(5 * 24 * 60 + 60)
    (row,) = await rows_of(door, item(door, 5 * 24 * 60 + 1, "n-1", activities=[str(second.activity_id)]))
    assert row["code"] == "ok"
    first, later = await stays(door.people.bob)
    assert (first["out_at"], first["is_automatic"]) == (door.session.ends_at, True)
    assert (later["session_id"], later["out_at"]) == (second.id, None)


async def test_the_log_says_undone_only_where_it_is(door: Door) -> None:
    """An undo that comes before its scan, and was made more than a quarter of an hour after it, counts for nothing."""
    await door.clock(180)
    (first,) = await rows_of(door, taken(door, 60, "n-1"))
    assert first["code"] == "annulled", "nobody knows of the scan yet"
    await rows_of(door, item(door, 1, "n-1"))
    assert [row["state"] for row in await stays(door.people.bob)] == ["counts"]
    address = f"/api/v1/sessions/{door.session.id}/scans"
    answer = await door.client.get(address, headers=door.people.alice.bearer)
    assert answer.status_code == 200, answer.text
    assert [row["row"]["undone_at"] for row in answer.json()["lines"]] == [None]


async def test_what_lies_far_ahead_is_neither_locked_nor_read_for_a_scan_of_today(door: Door) -> None:
    """Who has signed up for a year of Thursdays waits for nothing but today."""
    await another(door, 9 + 7 * 24, 2, person=door.people.bob)
    now = await door.clock(60)
    found = standing.histories([door.people.bob.id], await standing.take([door.people.bob.id], now, now))
    assert list(found[door.people.bob.id].terms) == [door.session.id]
