"""How far the end of a guardian's consent reaches: whoever is not there yet, tasks that were taken, nobody who is of age."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from schedules import rosters, sql, tasks
from tests.conftest import NOW
from tests.given import People
from tests.people.test_guardians import FIFTEEN, TWELVE, agreed, born, number
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.test_tasks import DECEMBER, SATURDAY
from timebank.actions.activities.tasks import agree_task, take_task
from timebank.actions.guardians.consents import end_consent, see_own_consents
from timebank.actions.hours.enter_hours import enter_hours
from timebank.actions.leaving.leave import ByStaff, let_leave
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw
from timebank.hours.entries import Later
from timebank.people.erasure import erase
from timebank.people.guardians import ConsentMissing, GuardianRecords, GuardianUnfit, PaperMissing

LATER = Later(
    activity_name="Choir",
    served_on=date(2026, 11, 20),
    place="Yard",
    service_content="Sang",
    service_minutes=60,
    organising_unit="Committee",
    person_in_charge="Alice",
    reason="no network",
)
pytestmark = pytest.mark.usefixtures("tx")


async def state(signup_id: UUID) -> str:
    return (await rosters.find(signup_id)).state


async def ended(people: People, consent_id: UUID, now: datetime = NOW) -> int:
    return (await end_consent(people.erin.caller, consent_id, now)).withdrawn


async def test_until_the_doors_close_it_frees_the_place_of_who_is_not_there_yet(people: People) -> None:
    session, carol = await given.session(people), await born(people.carol, FIFTEEN)
    begun = session.starts_at + timedelta(minutes=1)
    consent_id = await agreed(people)
    taken = await sign_up(carol.caller, session.id, NOW)
    assert await ended(people, consent_id, begun) == 1
    assert await state(taken.signup_id) == "cancelled"


async def test_who_is_there_already_stays(people: People) -> None:
    session, carol = await given.session(people), await born(people.carol, FIFTEEN)
    begun = session.starts_at + timedelta(minutes=1)
    consent_id = await agreed(people)
    taken = await sign_up(carol.caller, session.id, NOW)
    await given.check_in(carol, taken.signup_id, session.id, begun)
    assert await ended(people, consent_id, begun) == 0
    assert await state(taken.signup_id) == "confirmed"


async def test_once_the_member_is_of_age_it_touches_nothing(people: People) -> None:
    carol = await born(people.carol, FIFTEEN)
    consent_id = await agreed(people, guardian_number=await number(people.bob), guardian_name="")
    later = NOW + timedelta(days=4 * 365)
    session = (await given.published(people, at(18, day=4 * 365 + 10)))[0]
    taken = await sign_up(carol.caller, session.id, later)
    assert (await see_own_consents(people.bob.caller, later)).given == []
    assert (await end_consent(people.bob.caller, consent_id, later)).withdrawn == 0
    assert await state(taken.signup_id) == "confirmed"


async def test_a_task_that_was_taken_goes_back_and_no_time_is_agreed(people: People) -> None:
    session, carol = await given.session(people, at(9, 3, day=9), signup_before=60), await born(people.carol, FIFTEEN)
    task_id = await tasks.plan(session.activity_id, msgspec.structs.replace(DECEMBER, places=3), people.alice.id, people.now)
    consent_id = await agreed(people)
    await take_task(carol.caller, task_id, SATURDAY, NOW)
    assert await ended(people, consent_id) == 1
    assert await tasks.of_person(carol.id, NOW) == []
    told = await sql.value("SELECT count(*) FROM message WHERE kind = 'task_given_back' AND person_id = $1", people.alice.id)
    assert told == 1
    await tasks.take(task_id, carol.id, SATURDAY, NOW)  # as though it had been taken before the rule
    with pytest.raises(ConsentMissing):
        await agree_task(people.alice.caller, task_id, carol.id, SATURDAY, NOW)


@pytest.mark.parametrize("born_on", [FIFTEEN, TWELVE])
async def test_hours_of_the_young_are_typed_in_where_a_guardian_has_agreed(people: People, born_on: date) -> None:
    """Where the consent was taken back since, from 14 on the hours of the days before still count."""
    carol = await born(people.carol, born_on)
    with pytest.raises(ConsentMissing):
        await enter_hours(carol.caller, LATER, NOW)
    with pytest.raises(ConsentMissing):
        await enter_hours(people.alice.caller, LATER, NOW, carol.id)
    consent_id = await agreed(people, given_on=LATER.served_on)
    await enter_hours(carol.caller, LATER, NOW)
    await ended(people, consent_id, NOW)
    if born_on == TWELVE:
        with pytest.raises(ConsentMissing):
            await enter_hours(carol.caller, LATER, NOW)
    else:
        await enter_hours(carol.caller, LATER, NOW)
        with pytest.raises(ConsentMissing):
            await enter_hours(carol.caller, msgspec.structs.replace(LATER, served_on=date(2026, 11, 1)), NOW)


@pytest.mark.parametrize("died", [True, False], ids=["died", "left"])
async def test_who_has_died_answers_for_nobody_and_who_left_has_taken_nothing_back(people: People, died: bool) -> None:
    session, carol = await given.session(people), await born(people.carol, FIFTEEN)
    await agreed(people, guardian_number=await number(people.bob), guardian_name="")
    taken = await sign_up(carol.caller, session.id, NOW)
    await let_leave(people.erin.caller, people.bob.id, ByStaff("a letter came", died=died), NOW)
    assert (await state(taken.signup_id)) == ("cancelled" if died else "confirmed")
    young = (await see_own_consents(carol.caller, NOW)).own.minor
    assert young is not None
    assert young.has_consent is not died
    told = "SELECT person_id FROM message WHERE kind = 'guardian_gone'"
    assert [row["person_id"] for row in await sql.rows(told)] == ([carol.id] if died else [])


@pytest.mark.parametrize("who", ["guardian", "member"])
async def test_letters_to_the_other_name_nobody_whose_data_are_gone(people: People, who: str) -> None:
    """rules-17: about the consent, its end, and a child's place that went with the guardian's."""
    session, carol = await given.session(people), await born(people.carol, TWELVE)
    consent_id = await agreed(people, guardian_number=await number(people.bob), guardian_name="")
    guardians_own = await sign_up(people.bob.caller, session.id, NOW)
    await sign_up(carol.caller, session.id, NOW)
    await withdraw(people.bob.caller, guardians_own.signup_id, NOW)
    await ended(people, consent_id)
    goes, stays = (people.bob, carol) if who == "guardian" else (carol, people.bob)
    left = "SELECT count(*) FROM message WHERE person_id = $1 AND facts::text LIKE $2"
    assert await sql.value(left, stays.id, f"%{goes.name}%") >= 2
    await let_leave(people.erin.caller, goes.id, ByStaff("moved", erases=True), NOW)
    await erase(goes.id, NOW)
    assert await sql.value(left, stays.id, f"%{goes.name}%") == 0
    assert await sql.value("SELECT count(*) FROM message WHERE person_id = $1 AND facts <> '{}'", goes.id) == 0


@pytest.mark.parametrize("name", ["\u202e\u200b", "王\n芳", "Carol"])
async def test_a_guardian_has_a_name_that_can_be_read_and_is_somebody_else(people: People, name: str) -> None:
    await born(people.carol, FIFTEEN)
    with pytest.raises(GuardianUnfit):
        await agreed(people, guardian_name=name)


async def test_where_the_paper_lies_can_be_read(people: People) -> None:
    await born(people.carol, FIFTEEN)
    with pytest.raises(PaperMissing):
        await agreed(people, paper_at="\u202e\u200b")


async def test_a_guardian_on_the_staff_lets_a_colleague_record_it(people: People) -> None:
    await born(people.carol, FIFTEEN)
    with pytest.raises(GuardianRecords):
        await agreed(people, guardian_number=await number(people.erin), guardian_name="")
