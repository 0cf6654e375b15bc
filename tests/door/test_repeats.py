"""checkin.md B: repeats and idempotency."""

from __future__ import annotations

import pytest

from schedules import sql
from tests.door.doors import Door, another, log, stays
from tests.schedule.given import at, published, sign_up
from timebank.people import passes


@pytest.mark.scenario("checkin-12")
async def test_a_fresh_scan_of_somebody_inside_says_since_when_and_where(door: Door) -> None:
    await door.let_in()
    await door.clock(5)
    answer = await door.scan()
    assert (answer.status_code, answer.json()["code"]) == (409, "already_in")
    assert answer.json()["first_at"] == door.start.isoformat()
    assert answer.json()["desk"] == "Hall door"
    assert answer.json()["detail"] == "Since 09:00 (Hall door). Nothing more to do."
    assert len(await stays(door.people.bob)) == 1


@pytest.mark.scenario("checkin-13")
async def test_the_same_nonce_gets_the_same_answer(door: Door) -> None:
    first = await door.scan(nonce="n-1")
    await door.clock(3)
    second = await door.scan(nonce="n-1")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert len(await stays(door.people.bob)) == 1
    assert len(await log()) == 1


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_the_log_keeps_no_note_of_staff_and_a_repeat_tells_those_of_now(door: Door, direction: str) -> None:
    await door.let_in()
    await sql.rows(
        "UPDATE activity SET staff_note = 'badges in the box', allows_many = true WHERE id = $1", door.session.activity_id
    )
    for note in ("hears badly", ""):
        await sql.rows("UPDATE member SET staff_note = $2 WHERE id = $1", door.people.bob.id, note)
        told = (await door.scan(nonce="n-2", direction=direction)).json()
        assert told["notes"] == [*filter(None, [note]), *(["badges in the box"] if direction == "in" else [])]
    assert await sql.value("SELECT answer::text FROM scan WHERE nonce = 'n-2'")
    assert await sql.rows("SELECT FROM scan WHERE answer::text ~ 'hears|badges'") == []


@pytest.mark.scenario("checkin-13")
async def test_the_repeat_of_a_check_out_is_the_same_too(door: Door) -> None:
    await door.let_in()
    await door.clock(90)
    first = await door.scan(direction="out", nonce="n-2")
    await door.clock(91)
    assert (await door.scan(direction="out", nonce="n-2")).json() == first.json()


@pytest.mark.scenario("checkin-14")
async def test_a_nonce_used_for_another_pass_is_a_conflict(door: Door) -> None:
    await sign_up(door.people.carol, door.session, door.people.now)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.scan(nonce="n-1")
    answer = await door.scan(carols, nonce="n-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "nonce_conflict")
    assert len(await log()) == 1
    assert await stays(door.people.carol) == []


@pytest.mark.scenario("checkin-14")
async def test_a_nonce_used_for_a_way_in_is_no_way_out_and_not_good_for_another_session(door: Door) -> None:
    """Defect guarded: the way out was told the old way in, with 201, and Bob stayed in."""
    other = await another(door, 14, person=door.people.bob)
    activities = [str(door.session.activity_id), str(other.activity_id)]
    assert (await door.scan(nonce="n-1", session=str(door.session.id))).status_code == 201
    for more in ({"direction": "out"}, {"session": str(other.id), "activities": activities}):
        answer = await door.scan(nonce="n-1", **more)
        assert (answer.status_code, answer.json()["code"]) == (409, "nonce_conflict"), more
    assert (await door.scan(nonce="n-1", session=str(door.session.id))).status_code == 201
    assert len(await log()) == 1


@pytest.mark.scenario("checkin-14")
async def test_a_nonce_of_a_refused_scan_is_judged_again_for_its_pass_and_refused_to_another(door: Door) -> None:
    await door.clock(-31)
    assert (await door.scan(nonce="n-1")).json()["code"] == "too_early"
    assert (await door.scan("something else", nonce="n-1")).json()["code"] == "nonce_conflict"
    await door.clock(-29)
    assert (await door.scan(nonce="n-1")).status_code == 201
    assert [row["reason"] for row in await log()] == ["too_early", "ok"]


@pytest.mark.scenario("checkin-15")
async def test_multiple_entry_makes_a_record_for_each_nonce(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_many = true WHERE id = $1", door.session.activity_id)
    await door.scan(nonce="n-1")
    await door.scan(nonce="n-1")
    assert len(await stays(door.people.bob)) == 1
    await door.clock(30)
    assert (await door.scan(nonce="n-2")).status_code == 201
    first, second = await stays(door.people.bob)
    assert (first["minutes"], first["out_at"]) == (30, second["in_at"]), "stays follow each other and never overlap"
    assert (await door.let_out(90))["minutes"] == 60


@pytest.mark.scenario("checkin-16")
async def test_two_sessions_of_one_activity_are_entered_once_each(door: Door) -> None:
    morning, afternoon = await published(door.people, at(9, 1), at(14, 1), title="Tea")
    for session in (morning, afternoon):
        await sign_up(door.people.carol, session, door.people.now)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    activities = [str(morning.activity_id)]
    await door.clock(0)
    assert (await door.scan(carols, activities=activities)).json()["session"]["id"] == str(morning.id)
    assert (await door.scan(carols, activities=activities)).json()["code"] == "already_in"
    await door.clock(5 * 60)
    assert (await door.scan(carols, activities=activities)).json()["session"]["id"] == str(afternoon.id)
    first, second = await stays(door.people.carol)
    assert first["is_automatic"]
    assert first["out_at"] == morning.ends_at, "nobody scanned out: the planned end"
    assert second["out_at"] is None


@pytest.mark.scenario("checkin-18")
async def test_an_answer_that_got_lost_is_given_again_hours_later(door: Door) -> None:
    first = await door.scan(nonce="n-1", happened_at=door.start.isoformat())
    await door.clock(180)
    again = await door.scan(nonce="n-1", happened_at=door.start.isoformat())
    assert again.status_code == 201
    assert again.json() == first.json()
    assert len(await stays(door.people.bob)) == 1


@pytest.mark.scenario("checkin-12")
async def test_a_repeat_names_the_desk_in_the_readers_language(door: Door) -> None:
    await sql.rows("UPDATE device SET name = '大厅签到台', name_en = 'Hall desk' WHERE id = $1", door.desk.id)
    await door.let_in()
    for language, desk in (("en", " (Hall desk)"), ("zh", "（大厅签到台）")):
        told = (await door.scan(headers=door.desk.bearer | {"accept-language": language})).json()
        assert f"09:00{desk}" in told["detail"]
    assert (told["desk"], told["desk_en"]) == ("大厅签到台", "Hall desk")


@pytest.mark.scenario("checkin-52")
async def test_who_may_not_come_back_is_told_since_when(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_reentry = false WHERE id = $1", door.session.activity_id)
    await door.let_in()
    await door.let_out(30)
    answer = await door.scan()
    assert (answer.status_code, answer.json()["code"]) == (409, "already_in")
    assert answer.json()["first_at"] == door.start.isoformat()


@pytest.mark.scenario("checkin-52")
async def test_where_coming_back_is_allowed_the_second_stay_counts_on_its_own(door: Door) -> None:
    await door.let_in()
    assert (await door.let_out(30))["minutes"] == 30
    await door.let_in(60)
    assert (await door.let_out(90))["minutes"] == 30
    assert [row["entry"] for row in await stays(door.people.bob)] == [1, 2]


async def test_nobody_is_in_two_places(door: Door) -> None:
    """The same person at a second door while the first session lasts; and after it, when only the check-out was forgotten."""
    second = await another(door, 10, 2, person=door.people.bob)
    await door.let_in()
    await door.clock(60)
    answer = await door.scan(activities=[str(second.activity_id)])
    assert (answer.status_code, answer.json()["code"]) == (409, "already_elsewhere")
    assert [session["id"] for session in answer.json()["elsewhere"]] == [str(door.session.id)]
    await door.clock(151)
    assert (await door.scan(activities=[str(second.activity_id)])).status_code == 201
    first, later = await stays(door.people.bob)
    assert first["is_automatic"]
    assert first["minutes"] == 120
    assert later["out_at"] is None
    assert await sql.value("SELECT count(*) FROM service_record") == 0, "a forgotten check-out waits for a second person"


@pytest.mark.scenario("checkin-12")
async def test_who_came_back_is_told_since_when_the_present_stay_lasts(door: Door) -> None:
    await door.let_in()
    await door.let_out(30)
    await door.let_in(60)
    await door.clock(65)
    told = (await door.scan()).json()
    assert told["detail"] == "Since 10:00 (Hall door). Nothing more to do."
    assert (told["first_at"], told["has_left"]) == (door.start.isoformat(), False)


@pytest.mark.scenario("checkin-52")
async def test_who_may_not_come_back_is_not_told_to_be_inside(door: Door) -> None:
    await sql.rows("UPDATE activity SET allows_reentry = false WHERE id = $1", door.session.activity_id)
    await door.let_in()
    await door.let_out(30)
    told = (await door.scan()).json()
    assert (told["title"], told["has_left"]) == ("Was here already and has left.", True)
    assert told["detail"] == "In since 09:00 (Hall door), then out. This activity takes nobody back in."


@pytest.mark.scenario("checkin-51")
async def test_a_second_way_out_says_that_it_changed_nothing(door: Door) -> None:
    await door.let_in()
    assert not (await door.let_out(38))["was_out"]
    told = await door.let_out(60)
    assert (told["title"], told["detail"], told["was_out"]) == ("Checked out already", "Left at 09:38. 38 min counted.", True)
