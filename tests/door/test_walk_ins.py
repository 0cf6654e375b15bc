"""Who comes without a sign-up: a free place taken at the door, both or neither."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from schedules import needs, sql
from schedules.needs import Needs
from tests.afterwards import given as after
from tests.door import doors
from tests.door.doors import Door, another, log, put, stays
from tests.door.test_undo import undo
from tests.door.test_uploads import item, rows_of
from tests.schedule.given import counts_agree
from timebank.actions.hours.settle import settle_all
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw
from timebank.actions.uploads.undo import annul
from timebank.jobs import no_shows
from timebank.people import passes
from timebank.people.passes import Pass

GIVEN_BACK = "The place taken at the door was given back."


async def welcoming(door: Door, places: int = 2) -> Pass:
    """The choir takes walk-ins and has so many places, one of them Bob's; Carol's pass."""
    await sql.rows("UPDATE activity SET walk_ins = true WHERE id = $1", door.session.activity_id)
    await sql.rows("UPDATE session_role SET places = $2 WHERE session_id = $1", door.session.id, places)
    return await passes.issue(door.people.carol.id, door.start)


async def walk_in(door: Door, code: Pass | str, **more: Any) -> httpx.Response:
    headers = {"accept-language": "en"} | more.pop("headers", door.desk.bearer)
    body = {"session": str(door.session.id), "code": code if isinstance(code, str) else code.text} | more
    return await door.client.post("/api/v1/desk/walk-ins", json=body, headers=headers)


async def signups() -> list[tuple[str, str]]:
    found = await sql.rows("SELECT m.name, u.state FROM signup u JOIN member m ON m.id = u.person_id ORDER BY m.name")
    return [tuple(row) for row in found]


async def test_a_walk_in_takes_a_free_place_and_is_in(door: Door) -> None:
    carols = await welcoming(door)
    assert (await door.scan(carols)).json()["code"] == "not_signed_up_here"
    answer = await walk_in(door, carols, nonce="w-1")
    assert (answer.status_code, answer.json()["name"], answer.json()["role_en"]) == (201, "Carol", "Singer")
    assert (await walk_in(door, carols, nonce="w-1")).json() == answer.json()
    assert await signups() == [("Bob", "confirmed"), ("Carol", "confirmed")]
    (stay,) = await stays(door.people.carol)
    assert stay["is_by_code"] is True
    assert await counts_agree(door.session.id)


async def test_the_last_place_is_the_last(door: Door) -> None:
    carols = await welcoming(door, places=1)
    answer = await walk_in(door, carols)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_free_place")
    assert await signups() == [("Bob", "confirmed")]
    assert [row["reason"] for row in await log()] == ["not_signed_up_here"]
    assert await counts_agree(door.session.id)


async def test_nobody_under_age_walks_in_before_a_guardian_has_agreed(door: Door) -> None:
    carols = await welcoming(door)
    await sql.rows(
        "UPDATE member SET born_on = $2 WHERE id = $1", door.people.carol.id, door.start.date() - timedelta(days=5500)
    )
    answer = await walk_in(door, carols)
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_missing")
    assert await signups() == [("Bob", "confirmed")]


async def test_where_the_activity_wants_a_sign_up_nobody_walks_in(door: Door) -> None:
    carols = await passes.issue(door.people.carol.id, door.start)
    answer = await walk_in(door, carols)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_walk_ins")
    assert await signups() == [("Bob", "confirmed")]


@pytest.mark.scenario("checkin-38")
async def test_nobody_waited_for_who_walks_in_so_they_are_not_late(door: Door) -> None:
    """Neither at the desk nor in the attendance, nor when that is derived again from the scans."""
    carols = await welcoming(door)
    now = await door.clock(40)
    answer = await walk_in(door, carols, nonce="w-1")
    assert (answer.json()["title"], answer.json()["is_late"]) == ("Checked in", False)
    assert [stay["is_late"] for stay in await stays(door.people.carol)] == [False]
    assert (await settle_all([door.people.carol.id], door.start, door.people.alice.id, "looked again", now)).changes == []
    assert (await door.scan()).json()["is_late"] is True, "Bob had an appointment"
    assert (await settle_all([door.people.bob.id], door.start, door.people.alice.id, "looked again", now)).changes == []


@pytest.mark.scenario("checkin-38")
async def test_a_place_given_up_and_taken_again_at_the_door_is_no_appointment(door: Door) -> None:
    carols = await welcoming(door)
    await sign_up(door.people.carol.caller, door.session.id, door.start - timedelta(hours=30))
    signup = await sql.value("SELECT id FROM signup WHERE person_id = $1", door.people.carol.id)
    await withdraw(door.people.carol.caller, signup, door.start - timedelta(hours=29))
    await door.clock(40)
    assert (await walk_in(door, carols)).json()["is_late"] is False


@pytest.mark.scenario("checkin-38", "checkin-46")
async def test_an_upload_says_of_late_what_the_desk_online_would_have_said(door: Door) -> None:
    """Carol took a place after a quarter past nine; Bob had his. Both came at twenty to ten, at a desk without a network."""
    await doors.put(door.people.carol, door.session)
    signup = await sql.value("SELECT id FROM signup WHERE person_id = $1", door.people.carol.id)
    await sql.rows(
        "INSERT INTO signup_change (signup_id, state, at, by_id) VALUES ($1, 'confirmed', $2, $3)",
        signup,
        door.start + timedelta(minutes=16),
        door.people.carol.id,
    )
    carols = await passes.issue(door.people.carol.id, door.start)
    await door.clock(60)
    rows = await rows_of(door, item(door, 40, "n-1", code=carols.text), item(door, 40, "n-2"))
    assert [row["is_late"] for row in rows] == [False, True]
    late = [(await stays(person))[0]["is_late"] for person in (door.people.carol, door.people.bob)]
    assert late == [False, True]


@pytest.mark.parametrize("minutes, code", [(-31, "too_early"), (0, "ok"), (119, "ok"), (121, "ended")])
async def test_a_walk_in_meets_the_rules_of_the_door(door: Door, minutes: float, code: str) -> None:
    carols = await welcoming(door)
    await sql.rows("UPDATE activity SET signup_after = 0, signup_before = 10 WHERE id = $1", door.session.activity_id)
    await door.clock(minutes)
    answer = await walk_in(door, carols)
    assert answer.json()["code"] == code
    assert len(await signups()) == (2 if code == "ok" else 1), "turned away, the place is free again"
    assert await counts_agree(door.session.id)


async def test_who_was_turned_down_or_is_unknown_does_not_walk_in(door: Door) -> None:
    carols = await welcoming(door)
    assert (await walk_in(door, "nonsense")).json()["code"] == "unknown_pass"
    assert (await walk_in(door, carols.text[:-1] + ("A" if carols.text[-1] != "A" else "B"))).status_code == 404
    for state, code in (("rejected", "rejected"), ("cancelled", "cancelled"), ("waiting", "waitlisted")):
        await put(door.people.carol, door.session, state)
        assert (await walk_in(door, carols)).json()["code"] == code
    await put(door.people.carol, door.session, "withdrawn")
    assert (await walk_in(door, carols)).status_code == 201, "whoever withdrew may think again"


async def test_who_is_inside_elsewhere_or_suspended_does_not_walk_in(door: Door) -> None:
    carols = await welcoming(door)
    there = await another(door, 9, 2, door.people.carol)
    assert (await door.scan(carols, activities=[str(there.activity_id)])).status_code == 201
    assert (await walk_in(door, carols)).json()["code"] == "collides"
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", door.people.carol.id)
    assert (await walk_in(door, carols)).json()["code"] == "blocked"
    assert ("Carol", "confirmed") in await signups()
    assert len(await signups()) == 2


async def test_a_walk_in_who_has_to_answer_keeps_the_place_meanwhile(door: Door) -> None:
    carols = await welcoming(door)
    await needs.keep(door.session.activity_id, Needs(briefing="Mind the step"), door.people.alice.id, door.start)
    asked = await walk_in(door, carols)
    assert asked.json()["code"] == "incomplete"
    (question,) = asked.json()["open"]
    assert (await door.scan(carols, answers={question: True})).status_code == 201


async def test_who_has_a_place_is_checked_in_as_ever(door: Door) -> None:
    await welcoming(door)
    assert (await walk_in(door, door.bobs)).status_code == 201
    assert (await walk_in(door, door.bobs)).json()["code"] == "already_in"
    assert len(await stays(door.people.bob)) == 1


@pytest.mark.scenario("checkin-89")
async def test_who_may_not_scan_there_gives_no_places(door: Door) -> None:
    carols = await welcoming(door)
    far = await another(door, community_id=door.people.elsewhere, by=door.people.erin)
    for more in ({"headers": door.people.bob.bearer}, {"session": str(far.id)}):
        answer = await walk_in(door, carols, **more)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert await signups() == [("Bob", "confirmed")]


@pytest.mark.scenario("checkin-61", "schedule-74")
@pytest.mark.parametrize("how", ["desk", "page", "upload", "staff"])
async def test_an_undone_walk_in_gives_its_place_back_and_misses_nobody(door: Door, how: str) -> None:
    """Somebody came with Carol's card, and the desk sees it: the place is free again, and Carol is no no-show."""
    carols = await welcoming(door)
    assert (await walk_in(door, carols, nonce="w-1")).status_code == 201
    now = await door.clock(5)
    if how == "desk":
        for _ in "ab":
            undone = await undo(door, "w-1", "u-1")
            assert undone.status_code == 201
            assert undone.json()["detail"].startswith(f"Not checked in here now. {GIVEN_BACK} The scan"), "a repeat says so too"
    elif how == "page":
        door.desk.pair(door.client)
        form = {"nonce": "w-1", "sessions": str(door.session.id)}
        page = (await door.client.post("/desk/undo", data=form, headers={"accept-language": "zh"})).text
        door.client.cookies.clear()
        assert "现在这里没有签到。现场给出的名额已经退回。" in page
    elif how == "upload":
        taken = {"nonce": "u-1", "happened_at": now.isoformat(), "skew_ms": 0, "undoes": "w-1"}
        assert (await rows_of(door, taken))[0]["code"] == "annulled"
    else:
        await annul(door.people.alice.caller, (await log())[-1]["id"], "Not Carol's face", now)
    assert await signups() == [("Bob", "confirmed"), ("Carol", "withdrawn")]
    assert await counts_agree(door.session.id)
    assert await sql.value("SELECT taken FROM session_role WHERE session_id = $1", door.session.id) == 1
    await no_shows.run(after.over(door.session))
    assert await sql.value("SELECT count(*) FROM no_show WHERE person_id = $1", door.people.carol.id) == 0
    assert (await walk_in(door, carols, nonce="w-2")).status_code == 201, "and Carol may come herself"


async def test_whom_the_desk_noted_after_an_undone_walk_in_it_is_told_what_it_can_do_about(door: Door) -> None:
    carols = await welcoming(door)
    await walk_in(door, carols, nonce="w-1")
    await door.clock(5)
    await door.client.post("/api/v1/scans/undo", json={"nonce": "w-1", "undo_nonce": "u-1"}, headers=door.desk.bearer)
    now = await door.clock(10)
    (row,) = await rows_of(door, item(door, 6, "n-1", code=carols.typed_code, reason="unjudged"), sent_at=now)
    assert (row["code"], row["title"]) == ("withdrawn", "This sign-up was withdrawn.")
    assert "close of the day" in row["detail"]
    assert "Sign up again" not in row["detail"]


async def test_a_walk_in_who_was_scanned_again_keeps_the_place(door: Door) -> None:
    """And whoever had signed up beforehand keeps theirs, whatever is undone."""
    carols = await welcoming(door)
    await walk_in(door, carols, nonce="w-1")
    await door.clock(5)
    await door.scan(carols, nonce="n-2", direction="out")
    await door.scan(nonce="n-3")
    for nonce, undo_nonce in (("w-1", "u-1"), ("n-3", "u-3")):
        answer = await undo(door, nonce, undo_nonce)
        assert answer.status_code == 201
        assert GIVEN_BACK not in answer.json()["detail"]
    assert await signups() == [("Bob", "confirmed"), ("Carol", "confirmed")]
