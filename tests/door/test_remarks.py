"""What is written down at a desk about somebody whose code it could not check reaches the organiser."""

from __future__ import annotations

import pytest

from schedules import sql
from tests.door.doors import Door, log, stays
from tests.door.test_uploads import item, rows_of
from timebank.people import passes


async def conflicts_page(door: Door) -> str:
    """The conflicts page of the session, as Alice reads it."""
    door.people.alice.sign_in(door.client)
    found = await door.client.get(f"/organise/sessions/{door.session.id}/conflicts", headers={"accept-language": "en"})
    assert found.status_code == 200
    return found.text


@pytest.mark.scenario("checkin-79")
async def test_a_name_written_down_beside_a_code_that_leads_to_nobody_stands_on_the_conflicts_page(door: Door) -> None:
    await door.clock(60)
    named = item(door, 1, "n-1", code="TPEC-622W", reason="unjudged", remark="Mrs <Wang>, choir")
    (row,) = await rows_of(door, named)
    assert (row["status"], row["code"], row["disputed"]) == (404, "unknown_pass", True)
    assert await stays(door.people.bob) == []
    page = await conflicts_page(door)
    assert "Written down at the desk: Mrs &lt;Wang&gt;, choir" in page
    assert "TPEC-622W" in page


async def test_a_remark_that_is_too_long_is_malformed_and_keeps_nothing(door: Door) -> None:
    await door.clock(60)
    (row,) = await rows_of(door, item(door, 1, "n-1", remark="x" * 201))
    assert (row["status"], row["code"]) == (400, "malformed")
    assert await log() == []


@pytest.mark.scenario("checkin-79", "checkin-81")
async def test_who_was_turned_away_and_written_down_stands_on_the_conflicts_page_and_is_no_conflict_at_the_desk(
    door: Door,
) -> None:
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.clock(60)
    named = item(door, 1, "n-1", code=carols.text, reason="not_signed_up_here", remark="Carol, helps with the tea")
    for _ in range(2):
        (row,) = await rows_of(door, named)
        assert (row["status"], row["code"], row["disputed"]) == (409, "not_signed_up_here", False)
    await rows_of(door, item(door, 2, "n-2", code=carols.text, reason="not_signed_up_here"))
    assert [row["kind"] for row in await sql.rows("SELECT kind FROM door_conflict")] == ["refused_upload"]
    door.people.alice.sign_in(door.client)
    page = (await door.client.get("/organise/conflicts", headers={"accept-language": "en"})).text
    assert "Turned away without a network, and written down" in page
    assert "Written down at the desk: Carol, helps with the tea" in page
