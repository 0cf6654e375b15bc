"""Two first-timers at the last places, two taps on one code, two organisers who ask: with real commits."""

from __future__ import annotations

import asyncio

import pytest

from schedules import needs, sessions, sql
from schedules.answers import ExperienceNeeded
from schedules.needs import Needs, RoleNeeds
from tests.given import People
from tests.races.test_signups import crowd, outcomes
from tests.schedule import given
from tests.schedule.given import at
from timebank.actions.activities.briefings import issue_briefing_code, take_briefing_code
from timebank.actions.activities.cover import ask_to_cover
from timebank.actions.activities.team_sign_up import sign_up_team
from timebank.actions.people.teams import add_team, change_team, choose_people, come_along, nominate_myself
from timebank.actions.signups.sign_up import sign_up
from timebank.people import briefing_codes, skills
from timebank.people.skills import Wanted
from timebank.people.teams import Wanted as Team

pytestmark = pytest.mark.race


@pytest.mark.scenario("schedule-31")
async def test_of_many_first_timers_at_once_nobody_takes_the_kept_place(committed: str, people: People) -> None:
    session = await given.session(people, places=3)
    kept = Needs(roles=(RoleNeeds(role="歌手", keeps_experienced=True),))
    await needs.keep(session.activity_id, kept, people.alice.id, people.now)
    found = await outcomes([sign_up(person.caller, session.id, people.now) for person in await crowd(people, 12)])
    assert found == {"ok": 2, ExperienceNeeded.__name__: 10}
    assert (await sessions.one(session.id)).taken == 2
    assert await given.counts_agree(session.id)


@pytest.mark.scenario("schedule-32")
async def test_many_taps_on_one_code_confirm_once(committed: str, people: People) -> None:
    skill = await skills.add(people.community, Wanted(name="厨房卫生", by_briefing=True), people.erin.id, people.now)
    code = (await issue_briefing_code(people.alice.caller, skill, "", 15, people.now)).code_id
    mark = briefing_codes.mark(code)
    taken = await asyncio.gather(*(take_briefing_code(people.bob.caller, code, mark, people.now) for _ in range(8)))
    assert sum(each.is_new for each in taken) == 1
    assert (await briefing_codes.one(code)).confirmed == 1
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'briefing_confirmed'") == 1


async def test_two_organisers_ask_each_person_once(committed: str, people: People) -> None:
    skill = await skills.add(people.community, Wanted(name="急救", needs_confirmation=False), people.erin.id, people.now)
    session = await given.session(people)
    wanted = Needs(roles=(RoleNeeds(role="歌手", skill_ids=(skill,)),))
    await needs.keep(session.activity_id, wanted, people.alice.id, people.now)
    for person in await crowd(people, 10):
        await sql.rows(
            "INSERT INTO held_skill (skill_id, person_id, state, changed_at) VALUES ($1, $2, 'claimed', $3)",
            skill,
            person.id,
            people.now,
        )
    role = session.roles[0].id
    asked = await asyncio.gather(
        *(ask_to_cover(organiser.caller, session.id, role, people.now) for organiser in (people.alice, people.dan))
    )
    assert sum(len(each.people) for each in asked) == 10
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'please_cover'") == 10


async def test_a_team_and_its_members_sign_up_at_once_without_a_deadlock(committed: str, people: People) -> None:
    team = (await add_team(people.alice.caller, people.community, Team(name="队", aims="x"), people.now)).team_id
    crew = [people.bob, *await crowd(people, 8)]
    for person in crew:
        await nominate_myself(person.caller, team, "", people.now)
    await choose_people(people.alice.caller, team, [person.id for person in crew], True, "", people.now)
    await change_team(people.alice.caller, team, Team(name="队", aims="x", leader_id=people.bob.id), people.now)
    for person in crew:
        await come_along(person.caller, team, True, people.now)
    first, second = await given.published(people, at(12), at(18), places=6)
    found = await outcomes(
        [
            *(sign_up_team(people.bob.caller, team, each.id, each.roles[0].id, people.now) for each in (first, second)),
            *(sign_up(person.caller, each.id, people.now) for each in (first, second) for person in crew[1:]),
        ]
    )
    assert found["ok"] >= 2, "both tours went through; whoever was too late was refused"
    for each in (first, second):
        assert (await sessions.one(each.id)).taken == 6
        assert await given.counts_agree(each.id)
