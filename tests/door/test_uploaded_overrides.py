"""checkin.md G, I: an override made without a network does what it does with one, and no more than who sends it may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schedules import sql
from tests.door.doors import Door, log, put, stays
from tests.door.test_uploads import back_door, item, rows_of
from tests.given import Device, Person
from timebank.people import passes

WHY = "went home for the keys"


def supervisor(door: Door) -> Device:
    """Alice's phone: she may overrule."""
    return Device(door.people.alice.id, "member", door.people.alice.token)


async def made(person: Person) -> list[tuple[Any, ...]]:
    columns = ("in_at", "out_at", "minutes", "is_by_code", "is_late", "is_automatic")
    return [tuple(row[each] for each in columns) for row in await stays(person) if row["state"] == "counts"]


@pytest.mark.scenario("checkin-58", "checkin-52", "checkin-78")
@pytest.mark.parametrize("has_left", [True, False])
async def test_already_in_overruled_begins_the_same_stay_with_a_network_and_without(door: Door, has_left: bool) -> None:
    """The choir takes nobody back in. The second stay waits for a second person: class B."""
    await sql.rows("UPDATE activity SET allows_reentry = false")
    await put(door.people.carol, door.session)
    carols = await passes.issue(door.people.carol.id, door.people.now)
    alice = supervisor(door)
    steps = [(0, "in"), (30, "out"), (40, "in"), (90, "out")] if has_left else [(0, "in"), (40, "in"), (90, "out")]
    for minutes, direction in steps:
        await door.clock(minutes)
        why: dict[str, Any] = {"override": {"reason": WHY}} if minutes == 40 else {}
        answer = await door.scan(direction=direction, headers=alice.bearer, **why)
        assert answer.status_code == 201, answer.text
    await door.clock(100)
    items = [
        item(door, minutes, f"n-{minutes}", code=carols.text, direction=direction)
        | ({"override_reason": WHY} if minutes == 40 else {})
        for minutes, direction in steps
    ]
    answers = await rows_of(door, *items, desk=alice)
    assert {row["status"] for row in answers} == {201}
    first, second = await made(door.people.carol)
    assert [first, second] == await made(door.people.bob)
    assert (first[3], second[3]) == (has_left, False)
    assert (second[0], second[1]) == (door.start + timedelta(minutes=40), door.start + timedelta(minutes=90))
    flags = [(row["force_sent"], row["forced"]) for row in await log() if row["force_reason"]]
    assert flags == [(True, True)] * 2


@pytest.mark.scenario("checkin-58", "checkin-78")
@pytest.mark.parametrize("comes_first", [True, False])
async def test_who_may_not_overrule_begins_no_second_stay(door: Door, comes_first: bool) -> None:
    """Whether the way in before it is known already, or comes with another desk's queue."""
    await door.clock(180)
    early = item(door, 1, "m-1")
    forced = item(door, 40, "n-1", override_reason=WHY)
    for one, desk in [(early, await back_door(door)), (forced, door.desk)][:: 1 if comes_first else -1]:
        (row,) = await rows_of(door, one, desk=desk)
        assert row["status"] == 201
    assert [(stay[0], stay[3]) for stay in await made(door.people.bob)] == [(door.start + timedelta(minutes=1), True)]
    assert await sql.value("SELECT array_agg(kind) FROM door_conflict") == ["two_desks"]
    (kept,) = [row for row in await log() if row["nonce"] == "n-1"]
    assert (kept["force_sent"], kept["forced"], kept["force_reason"]) == (False, False, WHY)
