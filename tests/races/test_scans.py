"""checkin.md C: many scans at once, with real commits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextvars import Context
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from schedules import attendance, forgotten, open_stays, scans, sql
from schedules.calling_off import PeopleCame
from schedules.scans import Entry
from tests import given
from tests.door import doors
from tests.door.doors import Door, another, log, stays
from tests.given import People
from timebank import database
from timebank.actions.activities.call_off import call_off_session
from timebank.people import passes

pytestmark = pytest.mark.race
MANY = 50


@pytest_asyncio.fixture(loop_scope="session")
async def door(committed: str, client: httpx.AsyncClient, people: People) -> AsyncIterator[Door]:
    opened = await doors.opened(people, client)
    await opened.clock()
    yield opened


def codes_of(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(answer.json()["code"] for answer in answers)


@pytest.mark.scenario("checkin-20")
async def test_fifty_scans_of_one_pass_let_one_in(door: Door) -> None:
    answers = await asyncio.gather(*(door.scan() for _ in range(MANY)))
    assert codes_of(answers) == {"ok": 1, "already_in": MANY - 1}
    assert len(await stays(door.people.bob)) == 1
    assert len(await log()) == MANY, "every refusal is kept"


@pytest.mark.scenario("checkin-20", "ledger-16")
async def test_two_desks_at_the_same_instant_make_one_record_and_one_credit(door: Door) -> None:
    other = await given.device("desk", "Back door", door.people.community, door.people.now)
    for _ in range(5):
        both = [door.scan(headers=desk.bearer) for desk in (door.desk, other)]
        assert codes_of(await asyncio.gather(*both)) == {"ok": 1, "already_in": 1}
        await door.clock(60)
        both = [door.scan(headers=desk.bearer, direction="out") for desk in (door.desk, other)]
        answers = await asyncio.gather(*both)
        assert codes_of(answers) == {"ok": 2}, "two ways out in a row are both kept"
        assert len({answer.json()["attendance_id"] for answer in answers}) == 1
        await door.clock()
    assert len(await stays(door.people.bob)) == 5
    assert await sql.value("SELECT count(*) FROM intent") == 5
    assert await sql.value("SELECT count(*) FROM service_record") == 5


@pytest.mark.scenario("checkin-13")
async def test_a_repeat_waits_for_nobody(door: Door) -> None:
    """Somebody's sign-up is held by a large upload, and the desk asks again for an answer that it has lost."""
    first = await door.scan(nonce="n-1")
    holder = await asyncpg.connect(sql.engine().config["dsn"])
    try:
        async with holder.transaction():
            assert await holder.fetch("SELECT FROM signup WHERE person_id = $1 FOR UPDATE", door.people.bob.id)
            again = await door.scan(nonce="n-1")
            assert (again.status_code, again.json()) == (201, first.json())
    finally:
        await holder.close()


@pytest.mark.scenario("checkin-21")
async def test_fifty_requests_with_one_nonce_are_one_scan(door: Door) -> None:
    answers = await asyncio.gather(*(door.scan(nonce="n-1") for _ in range(MANY)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await stays(door.people.bob)) == 1
    assert len(await log()) == 1


@pytest.mark.scenario("checkin-14")
async def test_one_nonce_for_two_passes_at_once_is_good_for_one(door: Door) -> None:
    await doors.put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    for round_ in range(5):
        answers = await asyncio.gather(*(door.scan(held, nonce=f"n-{round_}") for held in (door.bobs, carols) * 5))
        counted = codes_of(answers)
        assert counted["ok"] == 5, counted
        assert counted["nonce_conflict"] == 5, counted
        for person in (door.people.bob, door.people.carol):
            if (await stays(person)) and (await stays(person))[-1]["out_at"] is None:
                await door.clock(round_ + 1)
                held = door.bobs if person is door.people.bob else carols
                assert (await door.scan(held, direction="out")).status_code == 201


async def test_nobody_is_let_in_at_two_doors_at_once(door: Door) -> None:
    other = await another(door, person=door.people.bob)
    for _ in range(5):
        answers = await asyncio.gather(
            *(door.scan(activities=[str(session.activity_id)]) for session in (door.session, other) * 10)
        )
        assert {answer.status_code for answer in answers} == {201, 409}
        counted = codes_of(answers)
        assert (counted["ok"], counted["already_elsewhere"]) == (1, 10), counted
        inside = await sql.rows("SELECT 1 FROM attendance WHERE person_id = $1 AND out_at IS NULL", door.people.bob.id)
        assert len(inside) == 1
        await door.scan(direction="out", activities=[str(door.session.activity_id), str(other.activity_id)])


async def test_a_session_is_called_off_or_entered_and_never_both(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan is judged and not written yet when the organiser calls off, who waits and is told that somebody came."""
    judged, go_on = asyncio.Event(), asyncio.Event()
    keep = scans.keep

    async def slowly(entries: Sequence[Entry]) -> None:
        judged.set()
        await go_on.wait()
        await keep(entries)

    monkeypatch.setattr(scans, "keep", slowly)
    scan = asyncio.create_task(door.scan())
    await judged.wait()
    alice = door.people.alice.caller
    off = asyncio.create_task(call_off_session(alice, door.session.id, "Storm", door.start))
    await asyncio.sleep(0.3)
    go_on.set()
    assert (await scan).status_code == 201
    with pytest.raises(PeopleCame):
        await off


async def test_a_stay_that_another_door_ended_meanwhile_earns_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob's way out of X is judged and not written yet when Y, where the next session has begun, ends the stay for him.

    X's window has closed. Defect guarded: points of class A for a stay that says nobody scanned out.
    """
    other = await another(door, 12, person=door.people.bob)
    await door.let_in()
    await door.clock(180)
    judged, entered, keep = asyncio.Event(), asyncio.Event(), scans.keep

    async def slowly(entries: Sequence[Entry]) -> None:
        if entries[0].scan.direction == "out":
            judged.set()
            await entered.wait()
        await keep(entries)

    monkeypatch.setattr(scans, "keep", slowly)
    leaving = asyncio.create_task(door.scan(direction="out"))
    await judged.wait()
    assert (await door.scan(activities=[str(other.activity_id)])).status_code == 201
    entered.set()
    assert (await leaving).json()["minutes"] == 120
    first, _ = await stays(door.people.bob)
    assert first["is_automatic"]
    assert await sql.value("SELECT count(*) FROM service_record") == 0
    assert await sql.value("SELECT count(*) FROM intent") == 0
    assert [row["direction"] for row in await log()] == ["in", "in", "out"]


@pytest.mark.scenario("ledger-15")
async def test_fifty_check_outs_with_one_nonce_promise_once(door: Door) -> None:
    await door.let_in()
    await door.clock(90)
    answers = await asyncio.gather(*(door.scan(direction="out", nonce="n-2") for _ in range(MANY)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await sql.value("SELECT count(*) FROM intent") == 1


async def test_many_people_come_in_at_once(door: Door) -> None:
    people = [await given.member(f"Guest {n}", f"1990001{n:04}", door.people.building, door.people.now) for n in range(MANY)]
    held = []
    for person in people:
        await doors.put(person, door.session)
        held.append(await passes.issue(person.id, door.people.now))
    answers = await asyncio.gather(*(door.scan(card, nonce=uuid4().hex) for card in held))
    assert codes_of(answers) == {"ok": MANY}
    answer = await door.client.get(f"/api/v1/sessions/{door.session.id}/attendance", headers=door.desk.bearer)
    assert answer.json() == {"expected": 1, "here": MANY, "left": 0, "late": 0}


@pytest.mark.scenario("checkin-25")
async def test_the_facts_lock_the_sign_up(door: Door) -> None:
    """Break the lock in door_look and this fails, whatever the races happen to do."""
    async with database.transaction():
        await sql.value(
            "SELECT facts FROM door_look(json_build_array(json_build_object('n', 0, 'member', $1::uuid, 'scanner', $1, "
            "'activities', $2::uuid[], 'nonce', 'n', 'at', $3::timestamptz)), interval '12 hours')",
            door.people.bob.id,
            [door.session.activity_id],
            door.start,
        )
        free = await asyncpg.connect(sql.engine().config["dsn"])
        try:
            with pytest.raises(asyncpg.LockNotAvailableError):
                await free.fetch("SELECT 1 FROM signup WHERE person_id = $1 FOR UPDATE NOWAIT", door.people.bob.id)
        finally:
            await free.close()


async def left_open(person_id: UUID, late: datetime) -> Entry:
    """What ends the person's stay at the planned end."""
    stay = await open_stays.find(
        await sql.value("SELECT id FROM attendance WHERE person_id = $1 AND out_at IS NULL", person_id)
    )
    assert stay
    return Entry(scan=forgotten._scan(stay, late), closed=attendance.forget(stay.inside))


async def test_stays_that_a_group_ends_are_locked_in_one_order_whatever_that_of_its_scans(door: Door) -> None:
    """Two groups with the same two people, each the other way round, would wait each for each."""
    await doors.put(door.people.carol, door.session)
    for code in (door.bobs, await passes.issue(door.people.carol.id, door.start)):
        assert (await door.scan(code)).status_code == 201
    found = await sql.rows("SELECT id, person_id FROM attendance ORDER BY id")
    late = door.session.closes_at
    downwards = [await left_open(row["person_id"], late) for row in reversed(found)]

    async def end() -> None:
        async with database.transaction():
            await sql.rows("SELECT set_config(name, '30s', true) FROM unnest('{lock_timeout,statement_timeout}'::text[]) name")
            await scans.keep(downwards)

    async with database.transaction():
        await sql.rows("SELECT FROM attendance WHERE id = $1 FOR NO KEY UPDATE", found[0]["id"])
        group = asyncio.create_task(end(), context=Context())
        async with asyncio.timeout(9):
            while await sql.value("SELECT count(*) = 0 FROM pg_locks WHERE NOT granted"):
                await sql.value("SELECT pg_sleep(0.01)")
        await sql.rows("SELECT FROM attendance WHERE id = $1 FOR NO KEY UPDATE NOWAIT", found[1]["id"])
    await group
    assert await sql.value("SELECT count(*) FROM attendance WHERE is_automatic") == 2
