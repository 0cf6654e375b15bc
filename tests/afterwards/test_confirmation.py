"""Class A hours that wait for the organiser: told to the member, confirmed at the close of the day, credited once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from schedules import sql
from tests.afterwards import given
from tests.door import doors
from tests.door.doors import Door
from tests.given import People, Person
from timebank import database
from timebank.actions.hours.approve_hours import approve
from timebank.actions.hours.close_day import Other, close_day, see_day
from timebank.actions.hours.stay import see_stay
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.hours import records
from timebank.points import reconcile

pytestmark = pytest.mark.usefixtures("tx")


async def by_phone(door: Door, person: Person, minutes: float, direction: str) -> None:
    """The person taps on the venue's code."""
    moment = await door.clock(minutes)
    headers = person.bearer | {"accept": "text/html", "accept-language": "en"}
    path = door.venue(moment).removeprefix("http://testserver")
    told = await door.client.post(path, data={"direction": direction, "nonce": f"{direction} {moment}"}, headers=headers)
    assert told.status_code == 303, told.text


async def at_the_door(people: People, client: httpx.AsyncClient, **changes: Any) -> Door:
    door = await doors.opened(people, client, **changes)
    await door.clock()
    return door


async def credited() -> list[int]:
    return [row["amount"] for row in await sql.rows("SELECT amount FROM intent ORDER BY created_at")]


@pytest.mark.scenario("checkin-75")
async def test_who_checked_in_alone_is_credited_once_and_only_after_the_organiser_confirmed(
    people: People, client: httpx.AsyncClient
) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    await by_phone(door, people.bob, 0, "in")
    await by_phone(door, people.bob, 120, "out")
    over = given.over(door.session)
    (stay,) = await doors.stays(people.bob)
    assert (stay["is_self"], stay["is_by_code"]) == (True, True)
    assert await sql.value("SELECT class FROM service_record") == "A", "the hours are recorded at once"
    assert await credited() == []
    assert (await see_stay(people.bob.caller, stay["id"], over)).points == "waits_for_organiser"
    page = await client.get(f"/attendance/{stay['id']}", headers=people.bob.bearer | {"accept-language": "en"})
    assert "waits for the organiser" in page.text
    assert (await reconcile.read()).findings == [], "to wait is no mistake of the ledger"
    (line,) = (await see_day(people.alice.caller, door.session.id)).lines
    assert (line.standing, line.scanned, line.credited, line.units) == ("waits", 120, 120, 0)
    told = [await close_day(people.alice.caller, door.session.id, [], over) for _ in range(2)]
    assert [(each.entry_ids, each.confirmed) for each in told] == [([], 1), ([], 0)]
    assert await credited() == [200]
    (line,) = (await see_day(people.alice.caller, door.session.id)).lines
    assert (line.standing, line.hour_class, line.units) == ("recorded", "A", 200)
    assert (await see_stay(people.bob.caller, stay["id"], over)).points == "on_the_way"


@pytest.mark.scenario("checkin-75")
@pytest.mark.parametrize(("comes", "leaves"), [("desk", "phone"), ("phone", "desk")])
async def test_who_was_alone_at_one_end_of_the_stay_waits_too(
    people: People, client: httpx.AsyncClient, comes: str, leaves: str
) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    for minutes, way, by in ((0, "in", comes), (60, "out", leaves)):
        if by == "phone":
            await by_phone(door, people.bob, minutes, way)
        else:
            await door.clock(minutes)
            assert (await door.scan(direction=way)).status_code == 201
    assert await credited() == []
    (stay,) = await doors.stays(people.bob)
    scanned = records.Scanned(
        member_id=people.bob.id,
        attendance_id=stay["id"],
        version=2,
        session_id=door.session.id,
        minutes=60,
        ends_by_self=leaves == "phone",
        entered_by=people.alice.id,
        recorded_at=given.over(door.session),
        reason="scans that came late",
    )
    again = await records.keep_scanned([scanned])
    assert again[stay["id"]].needs_confirmation, "the next version waits as well"


@pytest.mark.scenario("checkin-75")
async def test_whom_the_desk_let_in_and_out_does_not_wait_nor_does_anybody_where_the_activity_says_nothing(
    people: People, client: httpx.AsyncClient
) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    await door.let_in(0)
    await door.let_out(60)
    assert await credited() == [100]
    plain = await doors.another(door, hour=13)
    door = Door(people, door.desk, plain, door.bobs, client)
    await doors.put(people.bob, plain)
    await by_phone(door, people.bob, 0, "in")
    await by_phone(door, people.bob, 60, "out")
    assert await credited() == [100, 100]


@pytest.mark.scenario("checkin-75")
async def test_a_community_may_want_the_organisers_word_for_every_scanned_stay(
    people: People, client: httpx.AsyncClient
) -> None:
    await policies.publish(people.community, people.now.date(), Rules(class_a="after_confirmation"), None, people.now)
    door = await at_the_door(people, client)
    await door.let_in(0)
    told = await door.let_out(120)
    assert (told["points"], told["waits"]) == (None, True)
    assert (await close_day(people.alice.caller, door.session.id, [], given.over(door.session))).confirmed == 1
    assert await credited() == [200]


async def test_nobody_confirms_for_themselves_or_their_household(people: People, client: httpx.AsyncClient) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.bob.id, people.alice.household_id)
    await by_phone(door, people.bob, 0, "in")
    await by_phone(door, people.bob, 90, "out")
    over = given.over(door.session)
    told = await close_day(people.alice.caller, door.session.id, [], over)
    assert (told.confirmed, told.left) == (0, 1)
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction():
            await sql.rows("UPDATE stay_confirmation SET confirmed_by = member_id, confirmed_at = now()")
    assert (await close_day(people.dan.caller, door.session.id, [], over)).confirmed == 1
    assert await credited() == [150]


async def test_other_minutes_for_a_stay_that_waits_go_to_a_second_person_and_are_credited_once(
    people: People, client: httpx.AsyncClient
) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    await by_phone(door, people.bob, 0, "in")
    await by_phone(door, people.bob, 120, "out")
    (stay,) = await doors.stays(people.bob)
    over = given.over(door.session)
    told = await close_day(people.alice.caller, door.session.id, [Other(stay["id"], 60, "went at ten")], over)
    assert (len(told.entry_ids), told.confirmed) == (1, 0)
    assert (await close_day(people.alice.caller, door.session.id, [], over)).confirmed == 0, "it is with a second person"
    assert (await approve(people.erin.caller, told.entry_ids[0], over)).units == 100
    assert (await close_day(people.alice.caller, door.session.id, [], over + timedelta(hours=1))).confirmed == 0
    assert await credited() == [100]
    seen = await see_stay(people.bob.caller, stay["id"], over)
    assert (seen.points, seen.units) == ("on_the_way", 100)
    assert (await reconcile.read()).findings == []
