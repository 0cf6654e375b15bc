"""Alarms on entries: computed from what was sent, shown with the rows, noted by somebody else; they change nothing."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from schedules import sql
from schedules.errors import Malformed, NotFound
from tests.afterwards import given
from tests.afterwards.test_hours import later
from tests.given import People
from timebank import database
from timebank.actions.hours.approve_hours import approve, reject
from timebank.actions.hours.close_day import close_day
from timebank.actions.hours.enter_hours import correct_record, enter_hours
from timebank.actions.hours.entry_alarms import note_alarm, see_alarm, see_alarms
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.hours import alarms
from timebank.hours.alarms import Group, OwnAlarm, Typed
from timebank.jobs import watch_entries
from timebank.people.callers import NotAllowed

NOON = datetime.fromisoformat("2026-11-26T12:00:00+08:00")


def group(*gaps: float, kind: str = "later") -> Group:
    """Entries of one enterer, so many seconds after noon."""
    made = (Typed(uuid4(), uuid4(), kind, 60, NOON + timedelta(seconds=each)) for each in gaps)
    return Group(uuid4(), date(2026, 11, 26), uuid4(), tuple(made))


@pytest.mark.parametrize(("gaps", "fast"), [((0, 60, 120), 0), ((0, 59, 130), 2), ((0, 30, 60, 300), 3), ((0, 0), 0), ((), 0)])
def test_what_is_typed_within_a_minute_is_fast(gaps: tuple[float, ...], fast: int) -> None:
    assert len(alarms.hurried(group(*gaps), 1)) == fast


def test_a_list_that_is_confirmed_in_one_go_is_not_fast() -> None:
    assert alarms.hurried(group(0, 5, 10, kind="stay"), 1) == []


def test_a_correction_counts_instead_of_what_it_corrects() -> None:
    stay = uuid4()
    first = Typed(uuid4(), stay, "later", 700, NOON)
    after = Typed(uuid4(), stay, "later", 30, NOON + timedelta(hours=1))
    both = Group(uuid4(), NOON.date(), uuid4(), (first, after))
    assert alarms.long_day(both, 699) == []
    assert alarms.long_day(Group(uuid4(), NOON.date(), uuid4(), (first,)), 699) == [first.id]
    assert alarms.long_day(Group(uuid4(), NOON.date(), uuid4(), (first,)), 700) == []


async def enter(people: People, *minutes: int, by: Any = None, apart: float = 5, **changes: Any) -> list[UUID]:
    """Entries for Bob, so many minutes apart."""
    by = by or people.bob.caller
    return [
        await enter_hours(
            by,
            later(people, service_minutes=each, **changes),
            people.now + timedelta(minutes=place * apart),
            people.bob.id,
        )
        for place, each in enumerate(minutes)
    ]


@pytest.mark.usefixtures("tx")
@pytest.mark.scenario("checkin-110")
async def test_more_than_twelve_hours_of_a_day_are_shown_with_their_rows_and_nothing_else_happens(people: People) -> None:
    made = await enter(people, 400, 320)
    assert await watch_entries.run(people.now + timedelta(hours=1)) == 0, "twelve hours are not more than twelve"
    made += await enter(people, 5)
    later_on = people.now + timedelta(hours=2)
    assert [await watch_entries.run(later_on) for _ in range(2)] == [1, 0]
    (alarm,) = await see_alarms(people.erin.caller)
    assert (alarm.kind, alarm.name, alarm.measured, alarm.threshold, alarm.is_open) == ("person_day", "Bob", 725, 720, True)
    seen = await see_alarm(people.erin.caller, alarm.id)
    assert {entry.id for entry in seen.entries} == set(made)
    assert {row["state"] for row in await sql.rows("SELECT state FROM hours_entry")} == {"pending"}, "it decides nothing"
    assert (await approve(people.erin.caller, made[0], later_on)).is_news
    await reject(people.erin.caller, made[1], "no", later_on)
    with pytest.raises(NotAllowed):
        await see_alarms(people.alice.caller)


@pytest.mark.usefixtures("tx")
async def test_many_and_fast_entries_of_one_enterer_are_alarms_by_the_policy(people: People) -> None:
    rules = Rules(alarm_day_entries=3, alarm_gap_minutes=2, alarm_day_minutes=None)
    await policies.publish(people.community, people.now.date(), rules, None, people.now)
    await enter(people, 900, 10, 10, by=people.alice.caller, apart=3)
    assert await watch_entries.run(people.now + timedelta(hours=1)) == 0
    await enter_hours(people.alice.caller, later(people), people.now + timedelta(minutes=7), people.bob.id)
    assert await watch_entries.run(people.now + timedelta(hours=1)) == 2
    found = {alarm.kind: alarm for alarm in await see_alarms(people.erin.caller)}
    assert {kind: (alarm.name, alarm.measured, alarm.threshold) for kind, alarm in found.items()} == {
        "enterer_day": ("Alice", 4, 3),
        "enterer_speed": ("Alice", 2, 2),
    }


@pytest.mark.usefixtures("tx")
async def test_a_list_confirmed_at_once_is_counted_by_its_lines(people: People) -> None:
    await policies.publish(people.community, people.now.date(), Rules(alarm_day_entries=1), None, people.now)
    session = await given.choir(people, people.bob, people.carol)
    for person in (people.bob, people.carol):
        await given.was_in(person, session, 0, 90, is_by_code=False)
    await close_day(people.alice.caller, session.id, [], given.over(session))
    await watch_entries.run(given.over(session))
    assert [(each.kind, each.measured) for each in await see_alarms(people.erin.caller)] == [("enterer_day", 2)]


@pytest.mark.usefixtures("tx")
async def test_what_comes_after_a_look_opens_it_again_and_those_concerned_cannot_look(
    people: People, client: httpx.AsyncClient
) -> None:
    (first,) = await enter(people, 800)
    bob = await given.coordinator(people.bob, people)
    await watch_entries.run(people.now + timedelta(hours=1))
    (alarm,) = await see_alarms(people.erin.caller)
    with pytest.raises(OwnAlarm):
        await note_alarm(bob, alarm.id, "all is well", people.now + timedelta(hours=2))
    with pytest.raises(Malformed):
        await note_alarm(people.erin.caller, alarm.id, " ", people.now + timedelta(hours=2))
    people.erin.sign_in(client)
    page = {"accept": "text/html", "accept-language": "en"}
    path = f"/office/entries/{alarm.id}"
    tile = r'href="/office/entries">[^/]*</a></h3><p><span class="figure">(\d+)</span>'
    assert re.findall(tile, (await client.get("/office", headers=page)).text) == ["1"]
    assert "Many hours on one day: Bob" in (await client.get("/office/entries", headers=page)).text
    assert (await client.post(path, data={"note": ""}, headers=page)).status_code == 400
    await client.put("/test/clock", json={"now": (people.now + timedelta(hours=2)).isoformat()})
    assert (await client.post(path, data={"note": "He moved house"}, headers=page)).status_code == 303
    shown = (await client.get(path, headers=page)).text
    assert ("He moved house" in shown, "nobody has looked" in shown) == (True, False)
    assert re.findall(tile, (await client.get("/office", headers=page)).text) == ["0"]
    less = later(people, service_minutes=790, reason="less")
    record = (await approve(people.erin.caller, first, people.now + timedelta(hours=2))).record_id
    await correct_record(people.bob.caller, record, less, people.now + timedelta(hours=3))
    await watch_entries.run(people.now + timedelta(hours=4))
    (alarm,) = await see_alarms(people.erin.caller)
    assert (alarm.is_open, alarm.measured) == (True, 790)


@pytest.mark.usefixtures("tx")
async def test_an_alarm_is_seen_within_reach_only_and_kept_for_good(people: People) -> None:
    await enter(people, 800)
    await watch_entries.run(people.now)
    (alarm,) = await see_alarms(people.erin.caller)
    elsewhere = msgspec.structs.replace(
        people.erin.caller, grants=(msgspec.structs.replace(people.erin.grants[0], community_id=people.elsewhere),)
    )
    assert await see_alarms(elsewhere) == []
    with pytest.raises(NotFound):
        await see_alarm(elsewhere, alarm.id)
    for table in ("entry_alarm", "entry_alarm_row"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction():
                await sql.rows(f"DELETE FROM {table}")
