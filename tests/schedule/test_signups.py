"""Signing up and withdrawing, on real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from schedules import answers, calling_off, rosters, sessions, sql
from schedules.answers import Collides, Full, NotYet, SignedUp, SignUpEnded
from schedules.errors import Malformed, NotFound
from schedules.plans import RolePlan
from schedules.signups import HasAttended, NotSignedUp, WithdrawTooLate
from tests.given import People, member
from tests.schedule import given
from tests.schedule.given import at
from timebank import database
from timebank.actions.activities.change_places import change_places
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.actions.signups.withdraw import take_back, withdraw
from timebank.people import callers, members
from timebank.people.callers import NOBODY, NotAllowed, SignInNeeded

HOUR = timedelta(hours=1)


async def test_a_sign_up_takes_a_place(tx: None, people: People) -> None:
    session = await given.session(people, places=3)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    assert taken.answer == "free"
    found = await sessions.one(session.id, people.bob.id)
    assert (found.roles[0].left, found.own and found.own.state) == (2, "confirmed")
    assert await given.counts_agree(session.id)


async def test_a_sign_up_takes_six_statements(tx: None, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lock the member against leaving, ask for a guardian's consent and whether they were ever missed, lock the sign-ups,
    read the session, take a place.
    """
    session, sent, rows = await given.session(people), [], sql.rows

    async def counted(statement: str, *values: object) -> list[asyncpg.Record]:
        sent.append(statement)
        return await rows(statement, *values)

    monkeypatch.setattr(sql, "rows", counted)
    await sign_up(people.bob.caller, session.id, people.now)
    assert len(sent) == 6, sent


async def test_a_second_sign_up_says_signed_up_and_changes_nothing(tx: None, people: People) -> None:
    session = await given.session(people, places=3)
    first = await sign_up(people.bob.caller, session.id, people.now)
    with pytest.raises(SignedUp) as refused:
        await sign_up(people.bob.caller, session.id, people.now)
    assert refused.value.signup_id == first.signup_id
    assert (await sessions.one(session.id)).taken == 1


@pytest.mark.scenario("schedule-21")
async def test_no_places_is_none_and_no_number_is_any_number(tx: None, people: People) -> None:
    closed, unlimited = await given.session(people, places=0), await given.session(people, at(21), places=None)
    with pytest.raises(Full):
        await sign_up(people.bob.caller, closed.id, people.now)
    for person in (people.bob, people.carol, people.dan, people.erin):
        await sign_up(person.caller, unlimited.id, people.now)
    assert (await sessions.one(unlimited.id)).roles[0].left is None


@pytest.mark.scenario("schedule-22")
async def test_only_confirmed_sign_ups_and_offers_count_against_the_places(tx: None, people: People) -> None:
    """A request waits outside the count; so does somebody in line."""
    session = await given.session(people, places=1)
    for person, state in ((people.carol, "requested"), (people.dan, "waiting")):
        await sql.rows(
            "INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $6)",
            uuid4(),
            session.id,
            session.roles[0].id,
            person.id,
            state,
            people.now,
        )
    await sign_up(people.bob.caller, session.id, people.now)
    assert await given.counts_agree(session.id)
    with pytest.raises(Full):
        await sign_up(people.erin.caller, session.id, people.now)


async def test_the_database_itself_holds_more_places_than_planned_to_be_impossible(tx: None, people: People) -> None:
    session = await given.session(people, places=1)
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.savepoint():
            await sql.rows("UPDATE session_role SET taken = 2 WHERE session_id = $1", session.id)


async def test_with_several_roles_one_has_to_be_named(tx: None, people: People) -> None:
    session = await given.session(people, roles=(RolePlan(name="a", places=1), RolePlan(name="b", places=1)))
    with pytest.raises(Malformed):
        await sign_up(people.bob.caller, session.id, people.now)
    with pytest.raises(NotFound):
        await sign_up(people.bob.caller, session.id, people.now, role_id=uuid4())
    taken = await sign_up(people.bob.caller, session.id, people.now, role_id=session.roles[1].id)
    assert taken.role_id == session.roles[1].id


@pytest.mark.scenario("schedule-45")
async def test_a_clash_names_the_session_in_the_way(tx: None, people: People) -> None:
    first, second = await given.session(people, at(18)), await given.session(people, at(18.5), title="巡逻")
    await sign_up(people.bob.caller, first.id, people.now)
    with pytest.raises(Collides) as refused:
        await sign_up(people.bob.caller, second.id, people.now)
    assert (refused.value.session_id, refused.value.title) == (first.id, "合唱")


@pytest.mark.scenario("schedule-46", "schedule-47")
async def test_within_the_grace_it_is_tight_and_the_neighbour_is_named(tx: None, people: People) -> None:
    first, second = await given.session(people, at(18)), await given.session(people, at(19.25))
    third = await given.session(people, at(16.5))
    await sign_up(people.bob.caller, first.id, people.now)
    for session in (second, third):
        taken = await sign_up(people.bob.caller, session.id, people.now)
        assert taken.answer == "tight"
        assert taken.clash is not None
        assert taken.clash.session_id == first.id


async def test_sessions_called_off_and_places_given_back_clash_with_nothing(tx: None, people: People) -> None:
    first, second = await given.session(people, at(18)), await given.session(people, at(18))
    third = await given.session(people, at(18))
    taken = await sign_up(people.bob.caller, first.id, people.now)
    await withdraw(people.bob.caller, taken.signup_id, people.now)
    await sign_up(people.bob.caller, second.id, people.now)
    await calling_off.call_off([second.id], "Storm", people.now)
    assert (await sign_up(people.bob.caller, third.id, people.now)).answer == "free"


@pytest.mark.scenario("schedule-34", "schedule-35")
async def test_the_window_of_sign_up_holds(tx: None, people: People) -> None:
    session = await given.session(people, signup_before=60, signup_after=10)
    with pytest.raises(NotYet) as early:
        await sign_up(people.bob.caller, session.id, people.now)
    assert early.value.opens_at == session.starts_at - HOUR
    with pytest.raises(SignUpEnded):
        await sign_up(people.bob.caller, session.id, session.starts_at + timedelta(minutes=10))
    await sign_up(people.bob.caller, session.id, session.starts_at - HOUR)


async def test_a_suspended_member_is_blocked(tx: None, people: People) -> None:
    session = await given.session(people)
    await members.set_state(people.bob.id, "suspended", "a talk is due")
    caller = await callers.identify(people.bob.token, None, people.now)
    with pytest.raises(answers.Blocked) as refused:
        await sign_up(caller, session.id, people.now)
    assert refused.value.facts == {}, "the reason is for staff only"


async def test_drafts_and_strangers_are_turned_away(tx: None, people: People) -> None:
    draft = (await sessions.of_activity(await given.draft(people)))[0]
    with pytest.raises(NotFound):
        await sign_up(people.bob.caller, draft.id, people.now)
    with pytest.raises(SignInNeeded):
        await sign_up(NOBODY, draft.id, people.now)


@pytest.mark.scenario("schedule-63", "schedule-66")
async def test_a_withdrawal_frees_the_place_and_the_history_tells_who_when_and_why(tx: None, people: People) -> None:
    session = await given.session(people, places=1)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    await withdraw(people.bob.caller, taken.signup_id, people.now + HOUR, "Grandson is ill")
    await sign_up(people.carol.caller, session.id, people.now + HOUR)
    history = await rosters.history(taken.signup_id)
    assert [(change.state, change.by_id, change.at, change.reason) for change in history] == [
        ("confirmed", people.bob.id, people.now, ""),
        ("withdrawn", people.bob.id, people.now + HOUR, "Grandson is ill"),
    ]
    assert await given.counts_agree(session.id)


async def test_who_withdrew_may_sign_up_again_in_another_role(tx: None, people: People) -> None:
    session = await given.session(people, roles=(RolePlan(name="a", places=1), RolePlan(name="b", places=1)))
    first = await sign_up(people.bob.caller, session.id, people.now, role_id=session.roles[0].id)
    await withdraw(people.bob.caller, first.signup_id, people.now)
    again = await sign_up(people.bob.caller, session.id, people.now, role_id=session.roles[1].id)
    assert again.signup_id == first.signup_id
    signup = await rosters.find(again.signup_id)
    assert (signup.role, signup.state, signup.sequence) == ("b", "confirmed", 2)
    assert [change.state for change in await rosters.history(again.signup_id)] == ["confirmed", "withdrawn", "confirmed"]
    assert await given.counts_agree(session.id)


@pytest.mark.scenario("schedule-64")
async def test_after_the_deadline_only_the_organiser_takes_a_place_back(tx: None, people: People) -> None:
    session = await given.session(people, withdraw_before=120)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    deadline = session.starts_at - 2 * HOUR
    with pytest.raises(WithdrawTooLate) as refused:
        await withdraw(people.bob.caller, taken.signup_id, deadline)
    assert (refused.value.until, refused.value.organiser_id) == (deadline, people.alice.id)
    with pytest.raises(Malformed):
        await take_back(people.alice.caller, taken.signup_id, " ", deadline)
    await take_back(people.alice.caller, taken.signup_id, "Rang to say so", deadline)
    assert (await rosters.find(taken.signup_id)).state == "cancelled"
    assert await given.counts_agree(session.id)


async def test_who_was_checked_in_keeps_the_place(tx: None, people: People) -> None:
    session = await given.session(people)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    await given.check_in(people.bob, taken.signup_id, session.id, session.opens_at)
    with pytest.raises(HasAttended):
        await withdraw(people.bob.caller, taken.signup_id, session.opens_at)
    with pytest.raises(HasAttended):
        await take_back(people.alice.caller, taken.signup_id, "x", session.opens_at)


async def test_a_place_is_given_back_once_and_only_by_its_owner(tx: None, people: People) -> None:
    session = await given.session(people)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    with pytest.raises(NotFound):
        await withdraw(people.carol.caller, taken.signup_id, people.now)
    with pytest.raises(NotAllowed):
        await take_back(people.carol.caller, taken.signup_id, "x", people.now)
    await withdraw(people.bob.caller, taken.signup_id, people.now)
    with pytest.raises(NotSignedUp):
        await withdraw(people.bob.caller, taken.signup_id, people.now)
    assert (await sessions.one(session.id)).taken == 0


@pytest.mark.scenario("schedule-25")
async def test_by_hand_the_maximum_holds_and_going_beyond_is_an_override_with_a_reason(tx: None, people: People) -> None:
    session = await given.session(people, places=1)
    await sign_up(people.bob.caller, session.id, people.now)
    alice = people.alice.caller
    with pytest.raises(Full):
        await sign_up_for(alice, session.id, people.carol.id, "Asked by phone", people.now)
    with pytest.raises(Malformed):
        await sign_up_for(alice, session.id, people.carol.id, "", people.now, is_override=True)
    taken = await sign_up_for(alice, session.id, people.carol.id, "Plays the piano", people.now, is_override=True)
    role = (await sessions.one(session.id)).roles[0]
    assert (role.taken, role.left, role.excess) == (2, 0, 1)
    assert (await rosters.find(taken.signup_id)).override_reason == "Plays the piano"
    kept = await sql.one("SELECT actor_id, on_behalf_of FROM audit WHERE action = 'signup.made'")
    assert (kept["actor_id"], kept["on_behalf_of"]) == (people.alice.id, people.carol.id)
    with pytest.raises(Full):
        await sign_up(people.dan.caller, session.id, people.now)
    await withdraw(people.carol.caller, taken.signup_id, people.now)
    assert (await sessions.one(session.id)).roles[0].excess == 0
    with pytest.raises(Full):
        await sign_up(people.dan.caller, session.id, people.now)


@pytest.mark.scenario("schedule-48")
async def test_an_organiser_passes_over_a_clash_only_with_a_reason(tx: None, people: People) -> None:
    first, second = await given.session(people, at(18)), await given.session(people, at(18))
    await sign_up(people.bob.caller, first.id, people.now)
    with pytest.raises(Collides):
        await sign_up_for(people.alice.caller, second.id, people.bob.id, "Asked by phone", people.now)
    taken = await sign_up_for(people.alice.caller, second.id, people.bob.id, "Half each", people.now, is_override=True)
    assert taken.clash is not None
    assert taken.clash.session_id == first.id
    assert (await rosters.history(taken.signup_id))[0].is_override


async def test_no_override_passes_over_a_suspension_or_a_session_called_off(tx: None, people: People) -> None:
    session, gone = await given.session(people), await given.session(people)
    await members.set_state(people.bob.id, "suspended", "")
    with pytest.raises(answers.Blocked):
        await sign_up_for(people.alice.caller, session.id, people.bob.id, "x", people.now, is_override=True)
    await calling_off.call_off([gone.id], "Storm", people.now)
    with pytest.raises(answers.ActivityCancelled):
        await sign_up_for(people.alice.caller, gone.id, people.carol.id, "x", people.now, is_override=True)


async def test_only_an_organiser_here_signs_others_up(tx: None, people: People) -> None:
    session = await given.session(people)
    with pytest.raises(NotAllowed):
        await sign_up_for(people.bob.caller, session.id, people.carol.id, "x", people.now)
    with pytest.raises(NotFound):
        await sign_up_for(people.alice.caller, session.id, uuid4(), "x", people.now)


async def test_nobody_is_signed_up_by_an_organiser_of_another_community(tx: None, people: People) -> None:
    session = await given.session(people)
    far = await member("Grace", "19900000007", people.elsewhere, people.now)
    with pytest.raises(NotAllowed):
        await sign_up_for(people.alice.caller, session.id, far.id, "x", people.now, is_override=True)
    assert (await sessions.one(session.id)).taken == 0


@pytest.mark.scenario("schedule-24")
async def test_lowered_places_drop_nobody_and_the_excess_is_told(tx: None, people: People) -> None:
    session = await given.session(people, places=3)
    for person in (people.bob, people.carol, people.dan):
        await sign_up(person.caller, session.id, people.now)
    role = session.roles[0].id
    lowered = await change_places(people.alice.caller, session.id, role, 1, people.now)
    assert lowered.excess == 2
    assert (await sessions.one(session.id)).taken == 3
    raised = await change_places(people.alice.caller, session.id, role, 4, people.now)
    assert raised.excess == 0
    await sign_up(people.erin.caller, session.id, people.now)
    unlimited = await change_places(people.alice.caller, session.id, role, None, people.now)
    assert (unlimited.excess, (await sessions.one(session.id)).roles[0].left) == (0, None)


@pytest.mark.scenario("schedule-39")
async def test_what_is_open_to_me_is_what_the_sign_up_accepts(tx: None, people: People) -> None:
    free, full, tight = await given.session(people), await given.session(people, places=0), await given.session(people, at(20))
    closed = await given.session(people, at(10), signup_before=10)
    own = await given.session(people, at(18.75, day=0, length=1))
    await sign_up(people.bob.caller, own.id, people.now)
    for session in (free, full, tight, closed, own):
        seen = await sessions.one(session.id, people.bob.id)
        is_open = answers.answer(seen, people.now).is_open
        try:
            await sign_up(people.bob.caller, session.id, people.now)
        except Exception:  # whatever the refusal
            assert not is_open, session
        else:
            assert is_open, session


async def test_my_sign_ups_are_mine_alone_and_come_by_time(tx: None, people: People) -> None:
    later, sooner = await given.session(people, at(18, day=7)), await given.session(people)
    for session in (later, sooner):
        await sign_up(people.bob.caller, session.id, people.now)
    await sign_up(people.carol.caller, sooner.id, people.now)
    mine = await rosters.of_person(people.bob.id)
    assert [signup.session_id for signup in mine] == [sooner.id, later.id]
    assert [signup.session_id for signup in await rosters.of_person(people.bob.id, after=mine[0].id)] == [later.id]
    assert [signup.session_id for signup in await rosters.of_person(people.bob.id, ends_after=sooner.ends_at)] == [later.id]
