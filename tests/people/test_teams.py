"""Teams: recruited, recommended, self-nominated, then chosen with a record; and a team that signs up together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from timebank.actions.activities.team_sign_up import sign_up_team
from timebank.actions.people.teams import (
    add_team,
    answer_team,
    change_team,
    choose_people,
    come_along,
    leave_team,
    nominate_myself,
    recommend,
    see_team,
)
from timebank.people import teams
from timebank.people.callers import NotAllowed
from timebank.people.teams import NotSo, TeamClosed, Wanted
from timebank.web import clock

PATROL = Wanted(name="巡逻队", name_en="Patrol", aims="Walks at night")


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


async def a_team(people: People, **changes: Any) -> UUID:
    return (await add_team(people.alice.caller, people.community, PATROL, people.now)).team_id


async def with_members(people: People) -> UUID:
    """Bob leads and Carol is in it."""
    team = await a_team(people)
    for person in (people.bob, people.carol):
        await nominate_myself(person.caller, team, "", people.now)
    await choose_people(people.alice.caller, team, [people.bob.id, people.carol.id], True, "", people.now)
    wanted = Wanted(name=PATROL.name, aims=PATROL.aims, leader_id=people.bob.id)
    await change_team(people.alice.caller, team, wanted, people.now)
    return team


async def test_three_ways_lead_in_and_each_by_the_members_own_word(tx: None, people: People, now: datetime) -> None:
    team = await a_team(people)
    assert (await nominate_myself(people.bob.caller, team, "strong", now)).state == "applied"
    assert (await recommend(people.alice.caller, team, people.carol.id, "", now)).state == "asked"
    with pytest.raises(NotAllowed):
        await recommend(people.bob.caller, team, people.erin.id, "", now)
    counted = await choose_people(people.alice.caller, team, [people.bob.id, people.carol.id], True, "", now)
    assert counted.count == 1, "who has not said yes cannot be chosen"
    await answer_team(people.carol.caller, team, True, now)
    assert (await recommend(people.bob.caller, team, people.erin.id, "", now)).state == "asked", "Bob is a member now"
    await choose_people(people.alice.caller, team, [people.carol.id], False, "too many", now)
    ways = {each.name: (each.way, each.state) for each in await teams.people(team, ("chosen", "not_chosen", "asked"))}
    assert ways == {
        "Bob": ("nominated", "chosen"),
        "Carol": ("recruited", "not_chosen"),
        "Erin": ("recommended", "asked"),
    }
    seen = await see_team(people.alice.caller, team)
    assert (seen.team.applied, seen.team.chosen) == (2, 1)
    newest = seen.history[0]
    assert (newest.name, newest.state, newest.by) == ("Carol", "not_chosen", "Alice")
    kinds = [row["kind"] for row in await sql.rows("SELECT kind FROM message ORDER BY kind")]
    assert kinds == ["team_asked", "team_asked", "team_chosen", "team_not_chosen"]


async def test_a_repeat_is_refused_and_a_full_team_takes_nobody_in(tx: None, people: People, now: datetime) -> None:
    team = await a_team(people)
    await nominate_myself(people.bob.caller, team, "", now)
    with pytest.raises(NotSo):
        await nominate_myself(people.bob.caller, team, "", now)
    await leave_team(people.bob.caller, team, "", now)
    assert (await nominate_myself(people.bob.caller, team, "", now)).state == "applied"
    await teams.change(team, Wanted(name="x", aims="y", is_recruiting=False))
    with pytest.raises(TeamClosed):
        await nominate_myself(people.carol.caller, team, "", now)


async def test_the_leaders_tap_signs_up_who_said_so_and_asks_the_others(tx: None, people: People, now: datetime) -> None:
    team = await with_members(people)
    session = await given.session(people, at(18), places=10)
    role = session.roles[0].id
    with pytest.raises(NotAllowed):
        await sign_up_team(people.carol.caller, team, session.id, role, now)
    going = await sign_up_team(people.bob.caller, team, session.id, role, now)
    assert ([each.name for each in going.signed_up], [each.name for each in going.asked]) == (["Bob"], ["Carol"])
    again = await sign_up_team(people.bob.caller, team, session.id, role, now)
    assert [(each.name, why) for each, why in again.not_possible] == [("Bob", "signed_up")]
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'team_goes'") == 1, "asked once"
    await come_along(people.carol.caller, team, True, now)
    last = await sign_up_team(people.bob.caller, team, session.id, role, now)
    assert [each.name for each in last.signed_up] == ["Carol"]
    change = await sql.one(
        "SELECT c.by_id, c.reason FROM signup_change c JOIN signup u ON u.id = c.signup_id WHERE u.person_id = $1",
        people.carol.id,
    )
    assert (change["by_id"], change["reason"]) == (people.bob.id, PATROL.name)
    assert await given.counts_agree(session.id)


async def test_who_leaves_takes_the_word_along(tx: None, people: People, now: datetime) -> None:
    team = await with_members(people)
    await come_along(people.bob.caller, team, True, now)
    await leave_team(people.bob.caller, team, "", now)
    seen = await see_team(people.alice.caller, team)
    assert (seen.team.leader_id, seen.team.members) == (None, 1)
    with pytest.raises(NotSo):
        await come_along(people.bob.caller, team, True, now)


async def test_the_pages_of_a_team(tx: None, people: People, client: httpx.AsyncClient, now: datetime) -> None:
    people.alice.sign_in(client)
    form = {"community_id": str(people.community), "name": "Patrol", "aims": "", "is_recruiting": "1", "key": uuid4().hex}
    refused = await client.post("/teams/new", data=form)
    assert (refused.status_code, 'value="Patrol"' in refused.text) == (400, True), "what was typed stays"
    made = await client.post("/teams/new", data={**form, "aims": "Walks at night"})
    address = made.headers["location"]
    client.cookies.clear()
    for path in ("/teams", address):
        assert "Walks at night" in (await client.get(path)).text
    people.bob.sign_in(client)
    assert (await client.post(f"{address}/nominate-myself", data={"note": "strong"})).status_code == 303
    people.alice.sign_in(client)
    page = await client.get(address, headers={"accept-language": "en"})
    assert "strong" in page.text
    nobody = await client.post(f"{address}/choose", data={"do": "yes"})
    assert nobody.status_code == 400
    chosen = await client.post(f"{address}/choose", data={"do": "yes", "people": str(people.bob.id)})
    assert chosen.status_code == 303
    people.bob.sign_in(client)
    session = await given.session(people, at(18))
    team = UUID(address.rpartition("/")[2])
    await teams.change(team, Wanted(name="Patrol", aims="x", leader_id=people.bob.id))
    assert "You are in this team." in (await client.get(address, headers={"accept-language": "en"})).text
    going = await client.post(f"{address}/sign-up", data={"place": f"{session.id} {session.roles[0].id}"})
    assert (going.status_code, "Bob" in going.text) == (200, True)
    assert (await client.post(f"{address}/sign-up", data={"place": "x y"})).status_code == 400
