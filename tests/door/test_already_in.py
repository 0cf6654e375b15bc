"""A desk's "already in" is evidence only where the server, at that instant, would have said so or let the person in."""

from __future__ import annotations

import pytest

from schedules import sql
from tests.door import doors
from tests.door.doors import Door, log, stays
from tests.door.test_door_log import page
from tests.door.test_uploads import item, rows_of
from timebank.hours import summaries


async def claimed(door: Door, came: float = 1, went: float = 100) -> list[str]:
    """The desk says "already in" of a way in and of a way out; the nonces that an organiser is shown."""
    answers = await rows_of(
        door,
        item(door, came, "n-1", reason="already_in"),
        item(door, went, "n-2", direction="out", reason="already_in"),
    )
    assert [row["code"] for row in answers] == ["already_in", "already_in"], "each is kept with the desk's own word"
    return [row["nonce"] for row in answers if row["disputed"]]


async def nothing_came_of_it(door: Door, *shown: str) -> None:
    assert await stays(door.people.bob) == []
    assert await sql.value("SELECT count(*) FROM presence") == 0
    assert (await summaries.sums(door.people.bob.id)).total == 0
    assert await sql.value("SELECT count(*) FROM intent") == 0
    assert len(await log()) == 2
    found = await sql.rows(
        "SELECT c.nonce FROM door_conflict x JOIN scan c ON c.id = x.scan_id WHERE x.kind = 'disputed' "
        "AND x.session_id = $1 AND x.person_id = $2 ORDER BY c.nonce",
        door.session.id,
        door.people.bob.id,
    )
    assert tuple(row["nonce"] for row in found) == shown


@pytest.mark.scenario("checkin-78")
@pytest.mark.parametrize("state", ["withdrawn", "cancelled", "rejected", "requested", "offered"])
async def test_already_in_makes_no_stay_of_a_sign_up_that_gives_no_place(door: Door, state: str) -> None:
    await doors.put(door.people.bob, door.session, state)
    await door.clock(180)
    assert await claimed(door) == ["n-1", "n-2"]
    await nothing_came_of_it(door, "n-1", "n-2")
    detail = await sql.value("SELECT detail ->> 'server' FROM door_conflict LIMIT 1")
    assert detail not in (None, "ok", "already_in"), "the organiser reads what the server says"


@pytest.mark.scenario("checkin-78")
async def test_already_in_makes_no_stay_at_a_session_that_was_called_off(door: Door) -> None:
    await sql.rows("UPDATE session SET state = 'cancelled' WHERE id = $1", door.session.id)
    await door.clock(180)
    assert await claimed(door) == ["n-1", "n-2"]
    await nothing_came_of_it(door, "n-1", "n-2")


@pytest.mark.scenario("checkin-78")
@pytest.mark.parametrize("came", [-60, 175])
async def test_already_in_begins_no_stay_outside_the_window(door: Door, came: float) -> None:
    await door.clock(190)
    assert (await claimed(door, came, 176))[:1] == ["n-1"]
    assert await stays(door.people.bob) == []
    assert await sql.value("SELECT count(*) FROM intent") == 0


@pytest.mark.scenario("checkin-78")
async def test_an_override_reason_on_a_refusal_overrules_nothing(door: Door) -> None:
    """Who turned somebody away passed nothing over: not even with the right to."""
    await doors.put(door.people.bob, door.session, "cancelled")
    await door.clock(180)
    (row,) = await rows_of(door, item(door, 1, "n-1", reason="already_in", override_reason="as told"))
    assert (row["code"], row["disputed"]) == ("already_in", True)
    assert await stays(door.people.bob) == []


@pytest.mark.scenario("checkin-78")
async def test_already_in_is_evidence_where_the_way_in_never_reached_the_server(door: Door) -> None:
    await door.clock(180)
    (row,) = await rows_of(door, item(door, 3, "n-1", reason="already_in"))
    assert (row["code"], row["disputed"]) == ("already_in", True), "the server would have let Bob in: the organiser is shown it"
    assert len(await stays(door.people.bob)) == 1
    second = await doors.another(door, 10, 2, person=door.people.bob)
    (row,) = await rows_of(door, item(door, 60, "n-2", reason="already_in", activities=[str(second.activity_id)]))
    assert row["code"] == "already_in"
    assert len(await stays(door.people.bob)) == 2, "inside elsewhere: as an admission, the person went in there"


@pytest.mark.scenario("checkin-78")
async def test_the_organiser_reads_what_the_desk_said_and_what_the_server_objects(door: Door) -> None:
    await doors.put(door.people.bob, door.session, "rejected")
    await door.clock(180)
    await rows_of(door, item(door, 1, "n-1", reason="already_in"))
    shown = await page(door, f"/organise/sessions/{door.session.id}/conflicts")
    assert "The desk says: in already. The server says: could not be Bob" in shown
    assert "The server: This sign-up" in shown
