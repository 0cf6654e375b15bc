"""checkin.md F: leaving; and what the ledger asks of a check-out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from schedules import attendance, sql
from tests.door import doors
from tests.door.doors import Door, log, stays
from tests.given import People
from timebank.actions.activities.call_off import call_off_activity
from timebank.outbox import intents
from timebank.people import passes


async def records() -> list[Any]:
    return await sql.rows("SELECT * FROM service_record ORDER BY recorded_at")


async def promises() -> list[Any]:
    return await sql.rows("SELECT * FROM intent ORDER BY created_at, business_key")


@pytest.mark.scenario("checkin-49")
@pytest.mark.parametrize(
    "came, left, tolerance, minutes",
    [(0, 90, 0, 90), (-30, 150, 0, 120), (-30, 150, 10, 140), (-5, 125, 10, 130), (20, 20.5, 0, 0), (-30, -10, 0, 0)],
)
async def test_minutes_are_clipped_to_the_planned_time(
    door: Door, came: float, left: float, tolerance: int, minutes: int
) -> None:
    await sql.rows("UPDATE activity SET tolerance = $2 WHERE id = $1", door.session.activity_id, tolerance)
    await door.let_in(came)
    told = await door.let_out(left)
    assert told["minutes"] == minutes
    (stay,) = await stays(door.people.bob)
    assert stay["in_at"] == door.start + timedelta(minutes=came), "the way out leaves the way in as it was"
    assert stay["out_at"] == door.start + timedelta(minutes=left)


def test_the_last_part_of_a_minute_is_not_counted(now: datetime) -> None:
    start, end = now, now + timedelta(hours=1)
    assert attendance.counted(start, start + timedelta(seconds=59), start, end, 0) == 0
    assert attendance.counted(start, start + timedelta(seconds=119), start, end, 0) == 1


@pytest.mark.scenario("checkin-50")
async def test_a_way_out_without_a_way_in_is_noted_and_blocks_nothing(door: Door) -> None:
    told = await door.let_out(10)
    assert told["lacks_entry"] is True
    assert told["attendance_id"] is None
    assert (await log())[0]["lacks_entry"]
    await door.let_in(11)
    assert (await door.let_out(41))["minutes"] == 30


@pytest.mark.scenario("checkin-51")
async def test_of_two_ways_out_the_first_counts(door: Door) -> None:
    await door.let_in()
    first = await door.let_out(60)
    second = await door.let_out(90)
    assert second["minutes"] == 60
    assert second["at"] == first["at"]
    assert [row["direction"] for row in await log()] == ["in", "out", "out"]
    assert len(await records()) == 1


@pytest.mark.scenario("checkin-51")
async def test_unless_there_is_a_way_in_between(door: Door) -> None:
    await door.let_in()
    await door.let_out(60)
    await door.let_in(70)
    assert (await door.let_out(90))["minutes"] == 20


@pytest.mark.scenario("ledger-1")
async def test_a_check_out_writes_attendance_record_and_promise_together(door: Door) -> None:
    await door.let_in(0)
    told = await door.let_out(90)
    (record,) = await records()
    assert (record["class"], record["service_minutes"], record["activity_name"], record["place"]) == ("A", 90, "合唱", "Yard")
    assert (record["service_content"], record["person_in_charge"]) == ("Singing with neighbours", "Alice")
    assert (record["organising_unit"], str(record["served_on"])) == ("Chunhui residents' committee", "2026-11-26")
    (promise,) = await promises()
    assert (promise["amount"], promise["state"]) == (150, "pending")
    assert promise["business_key"] == f"attendance:{told['attendance_id']}:v1"
    assert told["points"] == 150
    assert await intents.keep(promise["id"]) == "done"
    transfers = await sql.rows("SELECT t.kind, t.amount, a.code FROM transfer t JOIN account a ON a.id = t.from_account")
    assert [tuple(row) for row in transfers] == [("credit", 150, "issuance")]
    assert await sql.value("SELECT balance_after FROM posting") == 150
    assert await sql.value("SELECT count(*) FROM lot") == 1


@pytest.mark.scenario("ledger-2")
async def test_without_its_promise_there_is_neither_attendance_nor_record(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await door.let_in(0)

    async def refuse(*args: object, **more: object) -> None:
        await sql.rows("INSERT INTO intent (id) VALUES (NULL)")

    monkeypatch.setattr(intents, "promise_all", refuse)
    await door.clock(90)
    answer = await door.scan(direction="out", nonce="n-2")
    assert answer.status_code >= 500
    assert answer.json()["detail"]
    (stay,) = await stays(door.people.bob)
    assert stay["out_at"] is None
    assert await records() == []
    assert len(await log()) == 1
    monkeypatch.undo()
    assert (await door.scan(direction="out", nonce="n-2")).status_code == 201


@pytest.mark.scenario("schedule-91", "checkin-111")
async def test_who_is_inside_when_the_activity_is_called_off_leaves_with_hours_and_points(door: Door) -> None:
    """What takes place goes on: the way out counts, and so does somebody who comes late."""
    await doors.put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.let_in()
    await call_off_activity(door.people.alice.caller, door.session.activity_id, "Hall sold", await door.clock(10))
    assert (await door.scan(carols)).status_code == 201
    told = await door.let_out(60)
    assert (told["minutes"], told["points"]) == (60, 100)
    assert len(await records()) == 1


@pytest.mark.scenario("ledger-8")
async def test_hours_are_exact_where_points_have_a_grain(door: Door) -> None:
    await door.let_in(0)
    told = await door.let_out(52)
    assert (told["minutes"], told["points"]) == (52, 75)
    assert (await records())[0]["service_minutes"] == 52


@pytest.mark.scenario("ledger-9")
async def test_less_than_a_grain_is_hours_and_no_points(door: Door) -> None:
    await door.let_in(0)
    told = await door.let_out(14)
    assert (told["minutes"], told["points"]) == (14, 0)
    (promise,) = await promises()
    assert (promise["state"], promise["reason"]) == ("nothing", "below_grain")


@pytest.mark.scenario("ledger-11", "checkin-41")
async def test_past_midnight_there_is_one_attendance_one_promise_and_one_day(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    late = await doors.opened(people, client, hour=23)
    await late.clock()
    await late.let_in()
    await late.let_out(120)
    assert len(await stays(people.bob)) == 1
    assert len(await promises()) == 1
    assert str((await records())[0]["served_on"]) == "2026-11-26"
    assert (await promises())[0]["amount"] == 200


@pytest.mark.scenario("ledger-13")
async def test_what_is_no_voluntary_service_gives_neither_record_nor_promise(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    meeting = await doors.opened(people, client, kind="meeting", is_service=False)
    await meeting.let_in()
    told = await meeting.let_out(90)
    assert told["minutes"] == 90
    assert told["points"] is None
    assert told["waits"] is False
    assert await records() == []
    assert await promises() == []


@pytest.mark.scenario("ledger-15")
async def test_a_check_out_sent_twice_promises_once(door: Door) -> None:
    await door.let_in()
    await door.clock(90)
    first = await door.scan(direction="out", nonce="n-2")
    second = await door.scan(direction="out", nonce="n-2")
    assert first.json() == second.json()
    assert len(await promises()) == 1
    assert len(await records()) == 1


async def test_a_forced_entry_waits_for_a_second_person(door: Door) -> None:
    """rules.md 2: a forced entry is class B; no record and no promise before somebody confirms."""
    await door.clock(-40)
    answer = await door.scan(override={"reason": "helps with the chairs"}, headers=door.people.alice.bearer)
    assert answer.status_code == 201
    assert answer.json()["forced"] is True
    assert (await door.let_out(90))["waits"] is True
    assert await records() == []
    assert await promises() == []
    assert (await log())[0]["force_reason"] == "helps with the chairs"


@pytest.mark.parametrize("record", ["B", "C"])
async def test_the_database_refuses_a_record_without_a_second_person(door: Door, record: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await sql.rows(
            "INSERT INTO service_record (id, member_id, version, class, source, activity_name, served_on, place, "
            "service_content, service_minutes, organising_unit, person_in_charge, entered_by, recorded_at) "
            "VALUES (gen_random_uuid(), $1, 1, $2, 'later', 'a', '2026-11-26', 'b', 'c', 1, 'd', 'e', $1, now())",
            door.people.bob.id,
            record,
        )


async def test_minutes_of_nothing_make_no_record(door: Door) -> None:
    await door.let_in(-30)
    assert (await door.let_out(-10))["minutes"] == 0
    assert await records() == []
