"""Sessions that lack people, certificates that run out, and asking suitable people to cover."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules import needs, sessions, shortage, signups, sql
from schedules.needs import Needs, RoleNeeds
from schedules.plans import RolePlan
from schedules.sessions import Session
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.test_skills import TWO, attended, confirm, first_aid
from timebank.actions.activities.cover import NothingToCover, ask_to_cover, see_at_risk, watch_session
from timebank.actions.people.skills import withdraw_skill
from timebank.jobs import watch_sessions
from timebank.people import held_skills
from timebank.people.callers import NotAllowed


async def asking(people: People, session: Session, **changes: Any) -> None:
    await needs.keep(session.activity_id, Needs(**changes), people.alice.id, people.now)


async def told(kind: str) -> list[UUID]:
    return [row["person_id"] for row in await sql.rows("SELECT person_id FROM message WHERE kind = $1", kind)]


@pytest.mark.scenario("schedule-26")
async def test_a_session_with_too_few_is_at_risk_from_the_set_time_and_the_organiser_is_warned_once(
    tx: None, people: People, now: datetime
) -> None:
    session = await given.session(people, at(18))
    await asking(people, session, minimum=2, warn_before=120)
    await given.sign_up(people.bob, session, now)
    early, due = session.starts_at - timedelta(minutes=121), session.starts_at - timedelta(minutes=120)
    assert (await shortage.at_risk(early), await watch_sessions.run(early)) == ([], 0)
    risks, _lacks = await see_at_risk(people.alice.caller, due)
    assert [(each.session_id, each.coming, each.missing) for each in risks] == [(session.id, 1, 1)]
    assert [await watch_sessions.run(due + timedelta(minutes=later)) for later in (0, 0, 30)] == [1, 0, 0]
    assert await told("session_lacks_people") == [people.alice.id]
    await given.sign_up(people.carol, session, now)
    assert await shortage.at_risk(due) == []
    assert await shortage.at_risk(session.starts_at) == [], "once it has begun there is nothing to warn of"


@pytest.mark.scenario("schedule-26")
async def test_a_session_without_a_leader_is_at_risk(tx: None, people: People, now: datetime) -> None:
    session = await given.session(people, at(18), roles=TWO)
    await asking(people, session, roles=(RoleNeeds(role="急救员", is_lead=True),))
    await signups.take(session.id, session.roles[1].id, people.bob.id, people.bob.id, now)
    assert [(each.lacks_leader, each.missing) for each in await shortage.at_risk(now)] == [(True, 0)]
    assert await watch_sessions.run(now) == 1
    assert await told("session_lacks_leader") == [people.alice.id]
    await signups.take(session.id, session.roles[0].id, people.carol.id, people.carol.id, now)
    assert await shortage.at_risk(now) == []


@pytest.mark.scenario("schedule-30")
async def test_a_certificate_that_now_ends_before_the_session_is_told_to_both_and_nobody_is_dropped(
    tx: None, people: People, now: datetime
) -> None:
    skill = await first_aid(people)
    session = await given.session(people, at(18, day=7), roles=TWO)
    await asking(people, session, roles=(RoleNeeds(role="急救员", skill_ids=(skill,)),))
    held = await confirm(people, people.bob, skill, date(2026, 12, 31))
    taken = await signups.take(session.id, session.roles[0].id, people.bob.id, people.bob.id, now)
    assert await watch_sessions.run(now) == 0
    await held_skills.confirm(held, people.erin.id, date(2026, 12, 1), now)  # the day was typed wrong
    assert [await watch_sessions.run(now), await watch_sessions.run(now)] == [1, 0]
    assert (await told("own_proof_expires"), await told("comer_proof_expires")) == ([people.bob.id], [people.alice.id])
    assert await sql.value("SELECT state FROM signup WHERE id = $1", taken.signup_id) == "confirmed"


@pytest.mark.scenario("schedule-33")
async def test_the_organiser_is_told_of_a_skill_that_was_taken_away(tx: None, people: People, now: datetime) -> None:
    skill = await first_aid(people)
    session = await given.session(people, at(18), roles=TWO)
    await asking(people, session, roles=(RoleNeeds(role="急救员", skill_ids=(skill,)),))
    held = await confirm(people, people.bob, skill)
    taken = await signups.take(session.id, session.roles[0].id, people.bob.id, people.bob.id, now)
    found = await withdraw_skill(people.erin.caller, held, "borrowed certificate", now)
    assert [each.signup_id for each in found.sign_ups] == [taken.signup_id]
    assert (await told("comer_lacks_skill"), await told("skill_withdrawn")) == ([people.alice.id], [people.bob.id])
    watch = await watch_session(people.alice.caller, session.id)
    assert [each.person.name for each in watch.lacks] == ["Bob"]


async def test_suitable_people_are_asked_once_and_answer_by_signing_up(tx: None, people: People, now: datetime) -> None:
    skill = await first_aid(people)
    session = await given.session(people, at(18), roles=(RolePlan(name="急救员", places=2),))
    await asking(people, session, roles=(RoleNeeds(role="急救员", skill_ids=(skill,)),))
    busy = await given.session(people, at(18), title="巡逻")
    for person in (people.bob, people.carol, people.erin):
        if person is not people.erin:
            await confirm(people, person, skill)
    await given.sign_up(people.carol, busy, now)
    asked = await ask_to_cover(people.alice.caller, session.id, session.roles[0].id, now)
    assert [each.name for each in asked.people] == ["Bob"], "Carol is elsewhere, nobody else holds the skill"
    assert await told("please_cover") == [people.bob.id]
    again = await ask_to_cover(people.dan.caller, session.id, session.roles[0].id, now)
    assert again.people == []
    assert (await signups.take(session.id, None, people.bob.id, people.bob.id, now)).answer == "free"
    assert [each.name for each in (await watch_session(people.alice.caller, session.id)).asked] == ["Bob"]


async def test_without_a_skill_those_are_asked_who_came_before(tx: None, people: People, now: datetime) -> None:
    old, new = await given.published(people, at(10, length=1), at(18))
    await attended(people.carol, old, now)
    asked = await ask_to_cover(people.alice.caller, new.id, new.roles[0].id, now)
    assert [each.name for each in asked.people] == ["Carol"]


async def test_nothing_is_asked_for_what_is_full_or_over_or_not_ones_own(tx: None, people: People, now: datetime) -> None:
    session = await given.session(people, at(18), places=0)
    role = session.roles[0].id
    with pytest.raises(NothingToCover):
        await ask_to_cover(people.alice.caller, session.id, role, now)
    with pytest.raises(NotAllowed):
        await ask_to_cover(people.bob.caller, session.id, role, now)
    other = await given.session(people, at(18))
    with pytest.raises(NothingToCover):
        await ask_to_cover(people.alice.caller, other.id, other.roles[0].id, other.starts_at)
    assert (await sessions.one(other.id)).taken == 0
