"""checkin.md I: many scans of one person in one queue are judged together and come to what each alone would have come to."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from schedules import presence, sql
from schedules.courses import Course
from schedules.presence import Event, Terms
from schedules.sql import Busy
from schedules.standing import History
from tests.conftest import NOW
from tests.door.doors import Door, another, log, put, stays
from tests.door.test_uploads import item, rows_of
from timebank.actions.uploads import upload
from timebank.actions.uploads.queue import Item, Timed, timed, waves
from timebank.actions.uploads.queue import lanes as lanes_of
from timebank.people import passes


class TakeBack(Exception):
    """Ends a run: nothing of it stays."""


async def queue(door: Door, seed: int) -> list[dict[str, Any]]:
    """Of Bob and Carol on one morning, at two sessions, in whatever order: let in, out, refused, undone, twice."""
    chance = random.Random(seed)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    reading = await another(door, 10, 2)
    await sql.rows("UPDATE activity SET allows_reentry = $1", chance.random() < 0.5)
    for person in (door.people.bob, door.people.carol):
        for session in (door.session, reading):
            await put(person, session)
    found = []
    for number in range(24):
        where = chance.choice([door.session, door.session, reading])
        found.append(
            item(
                door,
                chance.choice([number, chance.randrange(-20, 170)]),
                chance.choice([f"n-{number}", f"n-{number}", "n-7"]),
                code=chance.choice([door.bobs.text, door.bobs.text, carols.text]),
                direction=chance.choice(["in", "in", "out"]),
                reason=chance.choice(["ok", "ok", "ok", "already_in", "already_elsewhere", "too_late"]),
                activities=[str(where.activity_id)],
                session=str(where.id),
            )
        )
    return found


async def outcome(door: Door, items: list[dict[str, Any]]) -> dict[str, Any]:
    """What is answered and what stands after it; nothing of it stays."""
    found: dict[str, Any] = {}
    try:
        async with sql.savepoint():
            answers = await rows_of(door, *items)
            again = await rows_of(door, *items)
            counting = [row for person in (door.people.bob, door.people.carol) for row in await stays(person)]
            columns = ("person_id", "session_id", "in_at", "out_at", "minutes", "is_late", "is_by_code", "is_automatic")
            found = {
                "answers": answers,
                "again": again,
                "stays": [tuple(row[each] for each in columns) for row in counting if row["state"] == "counts"],
                "log": sorted((row["nonce"], row["reason"], str(row["signup_id"])) for row in await log()),
                "beside": sorted(map(tuple, await sql.rows(BESIDE)), key=str),
                "minutes": await sql.value("SELECT sum(service_minutes) FROM service_record"),
            }
            raise TakeBack
    except TakeBack:
        return found


BESIDE = """
SELECT x.kind, x.person_id, c.nonce, o.nonce FROM door_conflict x
  LEFT JOIN scan c ON c.id = x.scan_id LEFT JOIN scan o ON o.id = x.other_scan
"""


@pytest.mark.scenario("checkin-78", "checkin-81", "checkin-52")
@pytest.mark.parametrize("seed", range(4))
async def test_scans_of_one_person_in_one_group_come_to_what_they_come_to_one_by_one(
    door: Door, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = await queue(door, seed)
    await door.clock(240)
    together = await outcome(door, items)
    monkeypatch.setattr(upload, "TOGETHER", 1)
    monkeypatch.setattr(upload, "LANES", 1)  # a test is one transaction, and lanes have one each: tests/races/test_uploads.py
    assert together == await outcome(door, items)
    assert together["stays"], "somebody was there"


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_of_several_lanes_one_has_all_scans_of_a_person_of_a_nonce_and_of_nobody(seed: int, count: int) -> None:
    chance, people = random.Random(seed), [uuid4() for _ in range(40)]
    sent = [queued(place) for place in range(200)]
    whose = {place: chance.choice(people) for place in range(200)}
    sent += [timed(200 + n, sent[n].item, NOW, NOW) for n in (7, 9)] + [queued(place) for place in range(300, 320)]
    whose |= {207: chance.choice(people), 209: chance.choice(people)}
    lanes = lanes_of(sent, count, whose)
    assert sorted(one.place for lane in lanes for one in lane) == [*range(200), 207, 209, *range(300, 320)]
    for held in (
        [{whose.get(one.place) for one in lane} for lane in lanes],
        [{one.item.nonce for one in lane} for lane in lanes],
    ):
        assert sum(map(len, held)) == len(set[object]().union(*held))
    assert min(len(lane) for lane in lanes) > 140 / count


def test_the_first_group_of_a_lane_may_be_smaller_than_the_others() -> None:
    sent = [queued(place) for place in range(100)]
    assert [len(wave) for wave in waves(sent, 40, 10, {})] == [10, 40, 40, 10]
    assert [one.place for wave in waves(sent, 40, 10, {}) for one in wave] == list(range(100))


def queued(place: int) -> Timed:
    return timed(place, Item(nonce=f"n-{place}", code=f"c-{place}", happened_at=NOW, activities=(uuid4(),)), NOW, NOW)


@pytest.mark.scenario("checkin-81")
async def test_many_scans_of_one_person_share_a_transaction(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, groups = upload._keep, []

    async def counted(caller: Any, wave: list[Timed], now: Any) -> Any:
        groups.append(len(wave))
        return await kept(caller, wave, now)

    monkeypatch.setattr(upload, "_keep", counted)
    monkeypatch.setattr(upload, "TOGETHER", 40)
    monkeypatch.setattr(upload, "LANES", 1)
    await door.clock(240)
    await rows_of(door, *(item(door, number / 10, f"n-{number}") for number in range(100)))
    assert groups == [40, 40, 20]


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError])
async def test_a_group_that_met_another_goes_again_as_a_group(
    door: Door, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, groups = upload._keep, []

    async def met(caller: Any, wave: list[Timed], now: Any) -> Any:
        groups.append(len(wave))
        if len(groups) == 1:
            raise error()
        return await kept(caller, wave, now)

    monkeypatch.setattr(upload, "_keep", met)
    await door.clock(240)
    told = await rows_of(door, *(item(door, number, f"n-{number}") for number in range(20)))
    assert groups == [20, 20]
    assert {row["status"] for row in told} == {201}


async def test_of_a_group_with_a_bad_one_the_others_go_in_halves(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, groups = upload._keep, []

    async def fell(caller: Any, wave: list[Timed], now: Any) -> Any:
        groups.append(len(wave))
        if "n-5" in [one.item.nonce for one in wave]:
            raise ZeroDivisionError
        return await kept(caller, wave, now)

    monkeypatch.setattr(upload, "_keep", fell)
    await door.clock(240)
    told = await rows_of(door, *(item(door, number, f"n-{number}") for number in range(16)))
    assert groups == [16, 8, 4, 4, 2, 1, 1, 2, 8], "by order of happening, and the bad one alone at last"
    assert [row["nonce"] for row in told if row["status"] != 201] == ["n-5"]


async def test_where_no_connection_is_free_a_group_waits_once_and_not_each_for_each(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = []

    async def waits(caller: Any, wave: list[Timed], now: Any) -> Any:
        groups.append(len(wave))
        raise Busy

    monkeypatch.setattr(upload, "_keep", waits)
    await door.clock(240)
    told = await rows_of(door, *(item(door, number, f"n-{number}") for number in range(20)))
    assert groups == [20]
    assert {(row["status"], row["code"]) for row in told} == {(503, "busy")}


async def test_answers_of_an_earlier_scan_are_known_to_the_later_one_of_the_same_queue(door: Door) -> None:
    question = uuid4()
    await sql.rows(
        "INSERT INTO door_question (id, activity_id, position, kind, text, is_required, made_by, made_at) "
        "VALUES ($1, $2, 0, 'text', 'Shoe size?', true, $3, $4)",
        question,
        door.session.activity_id,
        door.people.alice.id,
        door.people.now,
    )
    await sql.rows("UPDATE activity SET allows_many = true")
    await door.clock(60)
    words = {str(question): "43"}
    answers = await rows_of(door, item(door, 1, "n-1"), item(door, 2, "n-2", answers=words), item(door, 3, "n-3"))
    assert [row["questions_open"] for row in answers] == [True, False, False], "the second answers itself"
    assert await sql.value("SELECT count(*) FROM door_answer") == 1


async def test_a_course_goes_on_as_if_it_had_begun_with_all_that_it_knows(door: Door) -> None:
    """In any order of arrival, with ticks of the roll that a scan displaces."""
    terms = {}
    for _ in range(2):
        one = Terms(
            session_id=uuid4(),
            activity_id=uuid4(),
            starts_at=door.start,
            ends_at=door.start + timedelta(hours=2),
            closes_at=door.start + timedelta(hours=2),
            late_after=15,
            tolerance=15,
            allows_reentry=True,
            allows_many=False,
        )
        terms[one.session_id] = one
    signups = {each: uuid4() for each in terms}
    for seed in range(40):
        chance = random.Random(seed)
        events = [_event(chance, signups, door) for _ in range(12)]
        course = Course(History(events=events[:4], terms=terms, rows=[]))
        for known, event in enumerate(events[4:], 5):
            course.add(event)
            at = door.start + timedelta(minutes=chance.randrange(150))
            so_far = events[:known]
            assert course.stays() == presence.derive(so_far, terms, presence.BEFORE_ALL), f"seed {seed}"
            assert course.inside(at) == presence.inside_at(presence.without_displaced(so_far), terms, at), f"seed {seed}"


def _event(chance: random.Random, signups: dict[Any, Any], door: Door) -> Event:
    session_id = chance.choice(list(signups))
    is_roll = chance.random() < 0.1
    return Event(
        scanner_id=door.desk.id,
        nonce=str(chance.random()),
        person_id=door.people.bob.id,
        signup_id=signups[session_id],
        session_id=session_id,
        direction="in" if is_roll else chance.choice(["in", "out"]),
        source="manual" if is_roll else "upload",
        at=door.start + timedelta(minutes=chance.randrange(150)),
        force_sent=chance.random() < 0.1,
        is_roll=is_roll,
    )
