"""checkin.md C and I: queues of several desks at once, uploads beside scans, undos beside the credit job; with real commits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests import given
from tests.door import doors, phones
from tests.door.doors import Door, another, log, stays
from tests.door.test_uploads import item, rows_of, upload
from tests.given import People
from tests.races import crowd
from timebank.actions.door import unknown_codes
from timebank.actions.uploads import upload as together
from timebank.hours import summaries
from timebank.outbox import intents
from timebank.people import passes
from timebank.points.wallets import balance

pytestmark = pytest.mark.race


@pytest_asyncio.fixture(loop_scope="session")
async def door(committed: str, client: httpx.AsyncClient, people: People) -> AsyncIterator[Door]:
    opened = await doors.opened(people, client)
    await opened.clock(240)
    yield opened
    await crowd.sound()


@pytest.mark.scenario("checkin-78")
async def test_two_desks_that_upload_one_person_at_once_make_one_attendance_and_one_credit(door: Door) -> None:
    other = await given.device("desk", "Back door", door.people.community, door.people.now)
    front = [item(door, 1, "n-1"), item(door, 60, "n-2", direction="out")]
    back = [item(door, 3, "m-1"), item(door, 61, "m-2", direction="out")]
    answers = await asyncio.gather(rows_of(door, *front), rows_of(door, *back, desk=other))
    assert sorted(row["code"] for rows in answers for row in rows) == ["duplicate_offline", "ok", "ok", "ok"]
    (stay,) = [row for row in await stays(door.people.bob) if row["state"] == "counts"]
    assert (stay["in_at"], stay["out_at"]) == (door.start + timedelta(minutes=1), door.start + timedelta(minutes=60))
    await _keep_all()
    assert (await balance(door.people.bob.id, door.start + timedelta(days=1))).available == 75


@pytest.mark.scenario("checkin-81")
async def test_a_queue_sent_five_times_at_once_is_kept_once_and_answered_alike(door: Door) -> None:
    await doors.put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    queue = [
        item(door, 1, "n-1"),
        item(door, 2, "n-2", code=carols.text),
        item(door, 3, "n-3", code="nonsense", reason="unknown_pass"),
        item(door, 60, "n-4", direction="out"),
    ]
    answers = await asyncio.gather(*(upload(door, *queue) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json()["items"] == answers[0].json()["items"] for answer in answers)
    assert [row["code"] for row in answers[0].json()["items"]] == ["ok", "ok", "unknown_pass", "ok"]
    assert len(await log()) == 4
    assert await sql.value("SELECT count(*) FROM attendance") == 2


@pytest.mark.scenario("checkin-81", "checkin-78")
async def test_a_long_queue_goes_in_lanes_and_sent_three_times_at_once_it_is_kept_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group of each person beside the others, of three requests; nobody's second scan overtakes the first."""
    monkeypatch.setattr(together, "TOGETHER", 6)
    beside = _beside(monkeypatch)
    queue = []
    for place, person in enumerate((door.people.bob, door.people.carol, door.people.dan, door.people.erin)):
        if person != door.people.bob:
            await doors.put(person, door.session)
        code = (await passes.issue(person.id, door.people.now)).text
        for turn in range(8):
            way = "out" if turn % 2 else "in"
            queue.append(item(door, place + turn * 10, f"n-{place}-{turn}", code=code, direction=way))
    first = await rows_of(door, *queue)
    assert {row["status"] for row in first} == {201}, first
    assert max(beside) == together.LANES
    await sql.rows("UPDATE activity SET allows_reentry = true")
    later = [item(door, 100 + place, f"m-{place}", code=queue[place * 8]["code"]) for place in range(4)]
    later += [item(door, 110 + place, f"o-{place}", code=queue[place * 8]["code"], direction="out") for place in range(4)]
    answers = await asyncio.gather(*(rows_of(door, *later) for _ in range(3)))
    assert answers[0] == answers[1] == answers[2]
    assert {row["status"] for row in answers[0]} == {201}, answers[0]
    assert len(await log()) == 40
    assert await sql.value("SELECT count(*) FROM attendance WHERE state = 'counts' AND out_at IS NULL") == 0


@pytest.mark.scenario("checkin-81")
async def test_phones_that_show_another_code_each_time_go_in_lanes_as_they_came(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever shows a card on the way in and the phone on the way out is one person."""
    monkeypatch.setattr(together, "TOGETHER", 5)
    queue = []
    for place, person in enumerate((door.people.bob, door.people.carol, door.people.dan, door.people.erin)):
        if person != door.people.bob:
            await doors.put(person, door.session)
        phone, card = await phones.enrolled(person, door.start), (await passes.issue(person.id, door.people.now)).text
        for turn, minute in enumerate((place / 10, 20 + place / 10, 40 + place / 10, 60 + place / 10)):
            shown = card if turn == place else phone.shows(door.start + timedelta(minutes=minute))
            queue.append(item(door, minute, f"n-{place}-{turn}", code=shown, direction="out" if turn % 2 else "in"))
    await sql.rows("UPDATE activity SET allows_reentry = true")
    beside = _beside(monkeypatch)
    assert {(row["status"], row["code"]) for row in await rows_of(door, *queue)} == {(201, "ok")}
    assert max(beside) > 1
    assert await sql.value("SELECT count(*) FROM door_conflict") == 0
    assert await sql.value("SELECT max(version) FROM service_record") == 1


async def test_codes_of_nobody_are_bounded_in_lanes_too(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "TOGETHER", 5)
    monkeypatch.setattr(unknown_codes, "MOST", 7)
    rows = await rows_of(door, *(item(door, number / 10, f"n-{number}", code=f"junk {number}") for number in range(40)))
    assert sorted(row["status"] for row in rows) == [404] * 7 + [503] * 33
    assert len(await log()) == 7


async def test_an_upload_leaves_half_of_the_free_connections_to_the_doors(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "TOGETHER", 1)
    beside = _beside(monkeypatch)
    people = (door.people.bob, door.people.carol, door.people.dan, door.people.erin)
    for person in people[1:]:
        await doors.put(person, door.session)
    queue = [
        item(door, place, f"n-{place}", code=(await passes.issue(each.id, door.people.now)).text)
        for place, each in enumerate(people)
    ]
    pool = sql.engine().pool
    assert pool is not None
    taken = [await pool.acquire() for _ in range(pool.get_max_size() - 5)]
    try:
        assert {row["status"] for row in await rows_of(door, *queue)} == {201}
    finally:
        for connection in taken:
            await pool.release(connection)
    assert max(beside) == 2


def _beside(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many groups were under way whenever one began."""
    kept, inside, seen = together._keep, set[int](), [0]

    async def counted(*asked: Any) -> Any:
        mine = len(seen)
        inside.add(mine)
        seen.append(len(inside))
        try:
            return await kept(*asked)
        finally:
            inside.discard(mine)

    monkeypatch.setattr(together, "_keep", counted)
    return seen


async def test_uploads_for_two_sessions_of_one_person_at_once_leave_nobody_in_two_places(door: Door) -> None:
    """Two groups lock the same people in another order of sessions: each waits, none is lost."""
    other = await given.device("desk", "Back door", door.people.community, door.people.now)
    reading = await another(door, 10, 2, person=door.people.bob)
    await doors.put(door.people.carol, door.session)
    await doors.put(door.people.carol, reading)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    at_reading = {"activities": [str(reading.activity_id)]}
    for number in range(5):
        front = [item(door, number, f"n-{number}"), item(door, number, f"c-{number}", code=carols.text)]
        back = [
            item(door, 61 + number, f"m-{number}", **at_reading),
            item(door, 61 + number, f"d-{number}", code=carols.text, **at_reading),
        ]
        answers = await asyncio.gather(rows_of(door, *front), rows_of(door, *back, desk=other))
        assert {row["status"] for rows in answers for row in rows} == {201}
    for person in (door.people.bob, door.people.carol):
        first, later = [row for row in await stays(person) if row["state"] == "counts"]
        assert (first["in_at"], first["out_at"]) == (door.start, door.start + timedelta(minutes=61))
        assert (later["in_at"], later["out_at"]) == (door.start + timedelta(minutes=61), None)


async def test_an_upload_beside_a_scan_of_the_same_person_loses_neither(door: Door) -> None:
    await door.clock(30)
    for number in range(5):
        scanned, uploaded = await asyncio.gather(
            door.scan(nonce=f"s-{number}", direction="out" if number % 2 else "in"),
            rows_of(door, item(door, number, f"n-{number}"), sent_at=door.start + timedelta(minutes=30)),
        )
        assert scanned.status_code in (201, 409), scanned.text
        assert [row["status"] for row in uploaded] == [201]
        await door.clock(30 + number + 1)
    assert len(await log()) == 10
    inside = [row for row in await stays(door.people.bob) if row["out_at"] is None and row["state"] == "counts"]
    assert len(inside) <= 1


@pytest.mark.scenario("checkin-61", "checkin-63")
async def test_an_undo_beside_the_credit_job_leaves_no_points_and_no_hours(door: Door) -> None:
    """Whichever comes first: nothing was booked, or it was booked back."""
    for number, person in enumerate((door.people.bob, door.people.carol, door.people.dan, door.people.erin)):
        await doors.put(person, door.session)
        held = await passes.issue(person.id, door.people.now)
        await door.clock()
        assert (await door.scan(held, nonce=f"n-{number}")).status_code == 201
        await door.clock(90)
        assert (await door.scan(held, nonce=f"o-{number}", direction="out")).status_code == 201
        pending = await sql.rows("SELECT id FROM intent WHERE state = 'pending'")
        taken = {"nonce": f"o-{number}", "undo_nonce": f"u-{number}"}
        undo = door.client.post("/api/v1/scans/undo", json=taken, headers=door.desk.bearer)
        answer, _ = await asyncio.gather(undo, asyncio.gather(*(intents.keep(row["id"]) for row in pending)))
        assert answer.status_code == 201, answer.text
        await _keep_all()
        assert (await balance(person.id, door.start + timedelta(days=1))).available == 0
        assert (await summaries.sums(person.id)).total == 0


async def _keep_all() -> None:
    for row in await sql.rows("SELECT id FROM intent WHERE state = 'pending' ORDER BY created_at"):
        await intents.keep(row["id"])
