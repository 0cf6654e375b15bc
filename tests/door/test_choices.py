"""checkin.md, "Decision order": several sessions at once are offered in the order in which the desk's own list has them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schedules import sql
from tests.door.doors import Door, another


@pytest.mark.scenario("checkin-8")
async def test_what_is_a_choice_is_offered_by_its_start(door: Door) -> None:
    one, two = sorted([door.session, await another(door, person=door.people.bob)], key=lambda each: each.id)
    # Whichever got which id: the lower one starts later.
    await sql.rows("UPDATE session SET starts_at = starts_at + $2 WHERE id = $1", one.id, timedelta(minutes=10))
    answer = await door.scan(activities=[str(one.activity_id), str(two.activity_id)])
    assert [choice["id"] for choice in answer.json()["choices"]] == [str(two.id), str(one.id)]
