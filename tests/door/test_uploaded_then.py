"""checkin.md, "Decision order": an upload is judged by what was so when the scan happened, not by what has followed since."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schedules import sql
from tests import given
from tests.door.doors import Door, put, stays
from tests.door.test_questions import need
from tests.door.test_uploads import item, rows_of
from timebank.actions.activities.call_off import call_off_activity, call_off_session
from timebank.actions.people.members import restore_member, suspend_member
from timebank.actions.signups.withdraw import take_back, withdraw
from timebank.people import held_skills, passes

Deed = Callable[[Door, datetime], Awaitable[Any]]


async def suspended(door: Door, now: datetime) -> None:
    await suspend_member(door.people.erin.caller, door.people.bob.id, "A quarrel", now)


async def restored(door: Door, now: datetime) -> None:
    await restore_member(door.people.erin.caller, door.people.bob.id, now)


async def signup_of(door: Door) -> UUID:
    return UUID(str(await sql.value("SELECT id FROM signup WHERE person_id = $1", door.people.bob.id)))


async def withdrawn(door: Door, now: datetime) -> None:
    await withdraw(door.people.bob.caller, await signup_of(door), now)


async def taken_off(door: Door, now: datetime) -> None:
    await take_back(door.people.alice.caller, await signup_of(door), "Somebody else comes", now)


async def called_off(door: Door, now: datetime) -> None:
    await call_off_session(door.people.alice.caller, door.session.id, "Storm", now)


async def all_called_off(door: Door, now: datetime) -> None:
    await call_off_activity(door.people.alice.caller, door.session.activity_id, "Storm", now)


async def first_aider(door: Door, now: datetime) -> int:
    """Singers need first aid, and Bob's is confirmed from that instant on."""
    await need(door, None)
    held = await sql.value("SELECT id FROM held_skill")
    await sql.rows("INSERT INTO held_skill_change (held_id, state, at) VALUES ($1, 'confirmed', $2)", held, now)
    return int(held)


async def proof_taken_back(door: Door, now: datetime) -> None:
    held = await first_aider(door, now - timedelta(hours=1))
    await held_skills.withdraw(held, door.people.erin.id, "It was somebody else's", now)


AFTERWARDS = [suspended, withdrawn, taken_off, called_off, all_called_off, proof_taken_back]


@pytest.mark.scenario("checkin-46", "checkin-30", "checkin-31", "checkin-28", "checkin-26", "checkin-35")
@pytest.mark.parametrize("deed", AFTERWARDS, ids=lambda deed: deed.__name__)
async def test_who_was_let_in_before_it_happened_has_the_stay(door: Door, deed: Deed) -> None:
    await deed(door, await door.clock(-5))
    await door.clock(180)
    came, _, late = await rows_of(door, item(door, -10, "n-1"), item(door, 90, "n-2", direction="out"), item(door, 100, "n-3"))
    assert (came["status"], came["code"], came["disputed"]) == (201, "ok", False)
    assert [(stay["in_at"], stay["state"]) for stay in await stays(door.people.bob)] == [
        (door.start - timedelta(minutes=10), "counts")
    ]
    # What happened after the deed is judged by the deed, and shown.
    assert (late["status"], late["disputed"]) == (409, True)


@pytest.mark.scenario("checkin-30", "checkin-78")
@pytest.mark.parametrize("before, since, code", [(suspended, restored, "blocked"), (withdrawn, put, "withdrawn")])
async def test_what_stood_against_a_scan_then_does_so_though_it_is_over(
    door: Door, before: Deed, since: Any, code: str
) -> None:
    await before(door, await door.clock(-5))
    if since is restored:
        await restored(door, await door.clock(30))
    else:
        signup, at = await signup_of(door), await door.clock(30)
        await sql.rows("UPDATE signup SET state = 'confirmed', changed_at = $2 WHERE id = $1", signup, at)
        await sql.rows("INSERT INTO signup_change (signup_id, state, at) VALUES ($1, 'confirmed', $2)", signup, at)
    await door.clock(180)
    (row,) = await rows_of(door, item(door, 5, "n-1"))
    assert (row["code"], row["disputed"]) == (code, True)
    assert await stays(door.people.bob) == []
    assert await sql.value("SELECT kind FROM door_conflict") == "refused_upload"
    (later,) = await rows_of(door, item(door, 40, "n-2"))
    assert later["code"] == "ok"


@pytest.mark.scenario("checkin-35")
async def test_a_proof_that_came_later_was_missing_at_the_door(door: Door) -> None:
    await first_aider(door, door.start + timedelta(minutes=30))
    await door.clock(180)
    early, later = await rows_of(door, item(door, 5, "n-1"), item(door, 40, "n-2"))
    assert (early["code"], later["code"]) == ("qualification_missing", "ok")


async def test_who_was_put_on_the_list_after_the_scan_had_stood_there(door: Door) -> None:
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await put(door.people.carol, door.session)
    signup = await sql.value("SELECT id FROM signup WHERE person_id = $1", door.people.carol.id)
    await sql.rows(
        "INSERT INTO signup_change (signup_id, state, at) VALUES ($1, 'confirmed', $2)",
        signup,
        door.start + timedelta(minutes=20),
    )
    await door.clock(60)
    (row,) = await rows_of(door, item(door, 5, "n-1", code=carols.text, reason="unjudged"))
    assert row["code"] == "ok"


@pytest.mark.scenario("checkin-66")
async def test_a_card_of_a_key_that_was_removed_since_stays_on_the_list_of_conflicts(door: Door) -> None:
    await sql.rows("UPDATE pass_key SET removed_at = $1", door.start + timedelta(minutes=30))
    await door.clock(60)
    (row,) = await rows_of(door, item(door, 5, "n-1"))
    assert (row["code"], row["disputed"]) == ("unknown_pass", True)


async def test_a_group_asks_what_was_so_in_as_many_statements_as_one_scan(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """For nobody's scan by itself; only what is refused is told with statements of its own."""
    said: list[str] = []

    async def counted(one: Any, statement: str, *values: Any, **more: Any) -> Any:
        said.append(statement)
        return await fetch(one, statement, *values, **more)

    items = []
    for number in range(20):
        person = await given.member(f"Neighbour {number}", f"1996{number:07}", door.people.building, door.people.now)
        await put(person, door.session)
        held = await passes.issue(person.id, door.people.now)
        items.append(item(door, number, f"n-{number}", code=held.text))
    await door.clock(180)
    counts = []
    fetch = asyncpg.Connection.fetch
    monkeypatch.setattr(asyncpg.Connection, "fetch", counted)
    for some in (items[:1], items[1:]):
        said.clear()
        await rows_of(door, *some)
        counts.append(len(said))
    assert counts[0] == counts[1]
