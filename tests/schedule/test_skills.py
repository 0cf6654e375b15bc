"""Places that need a skill, experience or a briefing, and windows that open earlier for some."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import answers, lacking, needs, sessions, signups, sql
from schedules.answers import Name
from schedules.needs import Needs, RoleNeeds
from schedules.plans import RolePlan
from schedules.sessions import Session
from tests.given import People, Person
from tests.schedule import given
from tests.schedule.given import at
from timebank.people import held_skills, skills
from timebank.people.skills import Wanted

TWO = (RolePlan(name="急救员", name_en="First aider", places=1), RolePlan(name="歌手", name_en="Singer", places=10))
DAY = date(2026, 11, 26)
"""Of the tests' session."""


async def first_aid(people: People, **changes: object) -> UUID:
    wanted = Wanted(name="急救", name_en="First aid", way="到社区服务站出示证书", way_en="Show the certificate at the office")
    return await skills.add(people.community, msgspec.structs.replace(wanted, **changes), people.erin.id, people.now)


async def needing(people: People, *roles: RoleNeeds, **changes: object) -> Session:
    """A choir on Thursday evening with one first aider and ten singers, asking what is given."""
    session = await given.session(people, at(18), roles=TWO)
    await needs.keep(session.activity_id, Needs(roles=roles, **changes), people.alice.id, people.now)  # type: ignore[arg-type]
    return session


async def name(person: Person, to: Session, now: datetime, role: int | None = None) -> Name:
    seen = await sessions.one(to.id, person.id)
    return answers.answer(seen, now, role_id=None if role is None else seen.roles[role].id).name


async def confirm(people: People, person: Person, skill_id: UUID, until: date | None = None) -> int:
    held = await held_skills.claim(skill_id, person.id, "", person.id, people.now)
    await held_skills.confirm(held, people.erin.id, until, people.now)
    return held


@pytest.mark.scenario("schedule-27")
async def test_a_place_that_needs_a_skill_is_closed_to_others_and_the_open_places_are_still_offered(
    tx: None, people: People, now: datetime
) -> None:
    skill = await first_aid(people)
    session = await needing(people, RoleNeeds(role="急救员", skill_ids=(skill,)))
    assert await name(people.bob, session, now, role=0) is Name.ROLE_MISSING
    assert await name(people.bob, session, now, role=1) is Name.FREE
    assert await name(people.bob, session, now) is Name.FREE
    with pytest.raises(answers.RoleMissing) as refused:
        await signups.take(session.id, session.roles[0].id, people.bob.id, people.bob.id, now)
    assert [need.name_en for need in refused.value.skills] == ["First aid"]
    assert (await signups.take(session.id, session.roles[1].id, people.bob.id, people.bob.id, now)).answer == "free"


@pytest.mark.scenario("schedule-28")
async def test_claimed_is_not_confirmed_and_the_answer_says_the_way(tx: None, people: People, now: datetime) -> None:
    skill = await first_aid(people)
    session = await needing(people, RoleNeeds(role="急救员", skill_ids=(skill,)))
    held = await held_skills.claim(skill, people.bob.id, "Red Cross, 2025", people.bob.id, now)
    found = answers.answer(await sessions.one(session.id, people.bob.id), now, role_id=session.roles[0].id)
    assert (found.name, found.lacks[0].standing) == (Name.ROLE_MISSING, "claimed")
    assert found.lacks[0].way_en == "Show the certificate at the office"
    await held_skills.confirm(held, people.erin.id, None, now)
    assert await name(people.bob, session, now, role=0) is Name.FREE


async def test_a_skill_that_needs_no_confirmation_is_enough_when_claimed(tx: None, people: People, now: datetime) -> None:
    skill = await first_aid(people, needs_confirmation=False)
    session = await needing(people, RoleNeeds(role="急救员", skill_ids=(skill,)))
    await held_skills.claim(skill, people.bob.id, "", people.bob.id, now)
    assert await name(people.bob, session, now, role=0) is Name.FREE


@pytest.mark.scenario("schedule-29")
@pytest.mark.parametrize(("until", "expected"), [(DAY, Name.FREE), (DAY - timedelta(days=1), Name.QUALIFICATION_MISSING)])
async def test_a_certificate_counts_on_the_day_of_the_session(
    tx: None, people: People, now: datetime, until: date, expected: Name
) -> None:
    skill = await first_aid(people)
    session = await needing(people, RoleNeeds(role="急救员", skill_ids=(skill,)))
    earlier = now - timedelta(days=3)  # on which it is valid either way
    await confirm(people, people.bob, skill, until)
    assert await name(people.bob, session, earlier, role=0) is expected


@pytest.mark.scenario("schedule-29")
async def test_a_session_over_midnight_needs_the_certificate_on_both_days(tx: None, people: People, now: datetime) -> None:
    skill = await first_aid(people)
    session = await given.session(people, at(22, length=4), roles=TWO)
    await needs.keep(session.activity_id, Needs(roles=(RoleNeeds(role="急救员", skill_ids=(skill,)),)), people.alice.id, now)
    await confirm(people, people.bob, skill, DAY)
    assert await name(people.bob, session, now, role=0) is Name.QUALIFICATION_MISSING
    to_midnight = await given.session(people, at(22, length=2, day=7), roles=TWO)
    await needs.copy(session.activity_id, to_midnight.activity_id, now)
    await confirm(people, people.carol, skill, DAY + timedelta(days=7))
    assert await name(people.carol, to_midnight, now, role=0) is Name.FREE, "ends at midnight: the next day is not in it"


async def test_an_organiser_passes_over_a_missing_skill_with_a_reason_and_it_is_listed(
    tx: None, people: People, now: datetime
) -> None:
    skill = await first_aid(people)
    session = await needing(people, RoleNeeds(role="急救员", skill_ids=(skill,)))
    await signups.take(
        session.id, session.roles[0].id, people.bob.id, people.alice.id, now, reason="is a doctor", is_override=True
    )
    assert [(each.person_id, each.standing) for each in await lacking.of_session(session.id)] == [(people.bob.id, "missing")]


@pytest.mark.scenario("schedule-33")
async def test_a_skill_taken_away_lists_the_sign_ups_and_removes_none(tx: None, people: People, now: datetime) -> None:
    skill = await first_aid(people)
    session = await needing(people, RoleNeeds(role="急救员", skill_ids=(skill,)))
    held = await confirm(people, people.bob, skill)
    taken = await signups.take(session.id, session.roles[0].id, people.bob.id, people.bob.id, now)
    assert await lacking.of_person(people.bob.id, now) == []
    await held_skills.withdraw(held, people.erin.id, "the certificate was another's", now)
    assert [each.signup_id for each in await lacking.of_person(people.bob.id, now, skill)] == [taken.signup_id]
    assert (await sessions.one(session.id, people.bob.id)).own is not None
    assert await sql.value("SELECT state FROM signup WHERE id = $1", taken.signup_id) == "confirmed"


# Experience


async def attended(person: Person, session: Session, now: datetime) -> None:
    """Was at this session, whatever the answer would be now."""
    taken = await signups.take(session.id, session.roles[-1].id, person.id, uuid4(), now, reason="x", is_override=True)
    await given.check_in(person, taken.signup_id, session.id, session.starts_at)
    await sql.rows("UPDATE attendance SET out_at = in_at, minutes = 0, version = 1 WHERE signup_id = $1", taken.signup_id)


@pytest.mark.scenario("schedule-31")
async def test_the_last_place_is_kept_while_only_first_timers_signed_up(tx: None, people: People, now: datetime) -> None:
    old, new = await given.published(people, at(10, length=1), at(18), places=2)
    await needs.keep(new.activity_id, Needs(roles=(RoleNeeds(role="歌手", keeps_experienced=True),)), people.alice.id, now)
    await attended(people.dan, old, now)
    assert await name(people.bob, new, now) is Name.FREE
    await given.sign_up(people.bob, new, now)
    assert await name(people.carol, new, now) is Name.EXPERIENCE_NEEDED
    with pytest.raises(answers.ExperienceNeeded):
        await given.sign_up(people.carol, new, now)
    assert await name(people.dan, new, now) is Name.FREE, "was there before"


@pytest.mark.scenario("schedule-31")
async def test_once_somebody_experienced_signed_up_the_last_place_is_for_everybody(
    tx: None, people: People, now: datetime
) -> None:
    old, new = await given.published(people, at(10, length=1), at(18), places=2)
    await needs.keep(new.activity_id, Needs(roles=(RoleNeeds(role="歌手", keeps_experienced=True),)), people.alice.id, now)
    await attended(people.dan, old, now)
    await given.sign_up(people.dan, new, now)
    assert await name(people.carol, new, now) is Name.FREE


# Earlier sign-up


@pytest.mark.scenario("schedule-38")
async def test_a_trusted_group_signs_up_earlier_and_each_sees_their_own_opening_time(
    tx: None, people: People, now: datetime
) -> None:
    session = await given.session(people, at(18), signup_before=60)
    group = uuid4()
    await sql.rows(
        "INSERT INTO trusted_group (id, community_id, name, minutes_earlier, made_by, made_at) "
        "VALUES ($1, $2, 'G', 30, $3, $4)",
        group,
        people.community,
        people.erin.id,
        now,
    )
    await sql.rows(
        "INSERT INTO trusted_person (group_id, person_id, added_by, added_at) VALUES ($1, $2, $3, $4)",
        group,
        people.bob.id,
        people.erin.id,
        now,
    )
    early = session.starts_at - timedelta(minutes=90)
    assert await name(people.bob, session, early) is Name.NOT_YET, "the activity does not name the group"
    await needs.keep(session.activity_id, Needs(group_ids=(group,)), people.alice.id, now)
    assert await name(people.bob, session, early) is Name.FREE
    assert await name(people.bob, session, early - timedelta(seconds=1)) is Name.NOT_YET
    for person, opens_at in ((people.bob, early), (people.carol, early + timedelta(minutes=30))):
        assert (await sessions.one(session.id, person.id)).signup_opens_at == opens_at
    assert await name(people.carol, session, early) is Name.NOT_YET


# Briefings to read


async def test_a_briefing_is_read_once_before_a_first_sign_up_and_anew_when_it_is_reworded(
    tx: None, people: People, now: datetime
) -> None:
    first, second = await given.published(people, at(12), at(18))
    await needs.keep(first.activity_id, Needs(briefing="Wear shoes"), people.alice.id, now)
    with pytest.raises(signups.BriefingUnread) as refused:
        await given.sign_up(people.bob, first, now)
    await needs.acknowledge(refused.value.briefing_id, people.bob.id, now)
    await given.sign_up(people.bob, first, now)
    await given.sign_up(people.bob, second, now)
    assert await needs.acknowledged(first.activity_id) == {people.bob.id: now}
    await needs.keep(first.activity_id, Needs(briefing="Wear shoes", minimum=3), people.alice.id, now)
    assert (await sessions.one(first.id, people.bob.id)).unread is None, "the words are the same"
    await needs.keep(first.activity_id, Needs(briefing="Wear boots"), people.alice.id, now)
    assert (await sessions.one(first.id, people.bob.id)).unread is not None
    assert (await sessions.one(first.id)).unread is None, "a stranger is told nothing"
    taken = await signups.take(first.id, None, people.carol.id, people.alice.id, now, reason="rang me")
    assert taken.answer == "free", "an organiser cannot read it for another: it is read later"
