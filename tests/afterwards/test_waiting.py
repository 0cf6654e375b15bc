"""Whoever may confirm hours or stays is told that some wait: once a day, by day, and never about themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

import timebank.web.letters  # noqa: F401
from schedules import sql
from tests.afterwards import given
from tests.afterwards.test_confirmation import at_the_door, by_phone
from tests.afterwards.test_hours import later, sent
from tests.given import People, Person
from tests.jobs.notes import told
from timebank.actions.hours.approve_hours import approve, reject
from timebank.actions.hours.close_day import close_day
from timebank.actions.hours.enter_hours import enter_hours
from timebank.jobs import tell_waiting
from timebank.web import post

pytestmark = pytest.mark.usefixtures("tx")

NOON = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
"""Thursday of the tests, noon in Shanghai."""
DAY = timedelta(days=1)


async def letters(person: Person) -> list[tuple[str, str]]:
    """Title and path of what somebody was told."""
    found = await told(person.id)
    return [
        (post.read(one["kind"], one["facts"], "en").title, one["path"]) for one in found if one["key"].startswith("waiting:")
    ]


@pytest.mark.scenario("checkin-110")
async def test_who_may_confirm_hours_is_told_how_many_wait_once_a_day_until_they_are_decided(people: People) -> None:
    _, made = await sent(people, 120, 90)
    await enter_hours(people.bob.caller, later(people), people.now)
    for minutes in (0, 5, 300):
        await tell_waiting.run(NOON + timedelta(minutes=minutes))
    assert await letters(people.erin) == [("Hours to confirm: 3", "/organise/hours")]
    for person in (people.alice, people.bob, people.carol, people.dan):
        assert await letters(person) == [], f"{person.name} decides about none of them"
    for entry_id in made:
        await approve(people.erin.caller, entry_id, NOON)
    await tell_waiting.run(NOON + DAY)
    assert [title for title, _ in await letters(people.erin)] == ["Hours to confirm: 3", "Hours to confirm: 1"]
    (left,) = await sql.rows("SELECT id FROM hours_entry WHERE state = 'pending'")
    await reject(people.erin.caller, left["id"], "Nobody knows of it", NOON + DAY)
    assert await tell_waiting.run(NOON + 2 * DAY) == 0


async def test_nobody_is_told_of_hours_of_their_own_or_of_those_they_live_with(people: People) -> None:
    await enter_hours(people.bob.caller, later(people), people.now)
    await given.coordinator(people.bob, people)
    await given.coordinator(people.carol, people)
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.carol.id, people.bob.household_id)
    await tell_waiting.run(NOON)
    assert await letters(people.bob) == await letters(people.carol) == []
    assert len(await letters(people.erin)) == 1


async def test_nobody_is_told_of_a_list_on_which_they_are_or_which_they_run(people: People) -> None:
    await sent(people, 120)
    for person in (people.alice, people.bob):
        await given.coordinator(person, people)
    await tell_waiting.run(NOON)
    assert await letters(people.alice) == await letters(people.bob) == []
    assert len(await letters(people.erin)) == 1


@pytest.mark.parametrize(("hours", "is_told"), [(-3.01, False), (-3, True), (8.99, True), (9, False)])
async def test_nobody_is_told_at_night(people: People, hours: float, is_told: bool) -> None:
    await enter_hours(people.bob.caller, later(people), people.now)
    await tell_waiting.run(NOON + timedelta(hours=hours))
    assert bool(await letters(people.erin)) is is_told


@pytest.mark.scenario("checkin-75")
@pytest.mark.parametrize("is_near", [False, True], ids=["the organiser's to say", "the organiser lives with him"])
async def test_stays_that_wait_for_the_organiser_are_told_the_day_after(
    people: People, client: httpx.AsyncClient, is_near: bool
) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    await by_phone(door, people.bob, 0, "in")
    await by_phone(door, people.bob, 120, "out")
    if is_near:
        await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.bob.id, people.alice.household_id)
    assert await tell_waiting.run(NOON) == 0, "today the organiser closes it without being told"
    await tell_waiting.run(NOON + DAY)
    asked, other = (people.erin, people.alice) if is_near else (people.alice, people.erin)
    assert await letters(asked) == [("Stays to confirm: 1", "/organise/close")]
    assert await letters(other) == []
    await close_day(asked.caller, door.session.id, [], NOON + DAY)
    assert await tell_waiting.run(NOON + 2 * DAY) == 0


async def test_who_has_both_to_confirm_has_one_message(people: People, client: httpx.AsyncClient) -> None:
    door = await at_the_door(people, client, confirms_self=True)
    await by_phone(door, people.bob, 0, "in")
    await by_phone(door, people.bob, 120, "out")
    await enter_hours(people.carol.caller, later(people), people.now)
    await given.coordinator(people.alice, people)
    await tell_waiting.run(NOON + DAY)
    assert await letters(people.alice) == [("Hours to confirm: 1, stays: 1", "/organise/hours")]
