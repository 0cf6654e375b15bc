"""What a group of scans reads does not grow with what lies beside it."""

from __future__ import annotations

from secrets import token_hex

import httpx
import pytest
import pytest_asyncio

from schedules import standing
from tests.door.beside import ACTIVITIES, FEW, LOG, SESSIONS, STAYS, UNDONE, bobs, fill, read_by
from tests.door.doors import Door, opened
from tests.given import People
from timebank import servers
from timebank.actions.door import door as doors
from timebank.actions.uploads import upload_facts

TABLES = ("scan", "scan_undo", "session", "attendance")


@pytest_asyncio.fixture(loop_scope="session")
async def door(running: servers.Running, committed: str, client: httpx.AsyncClient, people: People) -> Door:
    """Bob has come for years, the desk has scanned all day, and next door a lot is on. The planner knows it."""
    door = await opened(people, client)
    here = door.session.activity_id
    await fill(
        running,
        committed,
        (LOG, door.desk.id, door.session.id, door.start),
        (UNDONE, door.desk.id, door.start),
        (ACTIVITIES, here),
        (SESSIONS, here, door.start, 0),
        (SESSIONS, here, door.start, 1),
        (STAYS, here, people.bob.id, door.start),
    )
    return door


@pytest.mark.scenario("checkin-81")
async def test_a_queue_is_not_compared_with_all_that_its_desk_ever_scanned(door: Door) -> None:
    async def ask() -> None:
        past = await upload_facts.past(door.desk.id, ["before 1", "before 2", *(token_hex(4) for _ in range(50))])
        assert set(past.rows) == set(past.undone) == {"before 1", "before 2"}

    assert await read_by(ask, *TABLES) < FEW


async def test_a_look_at_a_door_reads_no_other_doors_and_no_years(door: Door) -> None:
    async def ask() -> None:
        (known,) = await doors.look([bobs(door)])
        assert [place.session for place in known.schedule.places] == [str(door.session.id)]

    assert await read_by(ask, *TABLES) < FEW


async def test_what_somebodys_scans_are_settled_with_reads_none_of_years_ago(door: Door) -> None:
    bob = door.people.bob.id

    async def ask() -> None:
        assert standing.histories([bob], await standing.take([bob], door.start, door.start))[bob].rows == []

    # Of each session that Bob was ever signed up for it is asked when it was.
    assert await read_by(ask, *TABLES) < 300 + FEW
