"""A guardian's consent: nothing about a child without it, no place for the young without it, taken back at any time."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from schedules import rosters, sessions, sql
from schedules.errors import NotFound, Refusal
from schedules.room_wishes import NewWish
from schedules.wishes import Wish as Booked
from tests.conftest import NOW
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.test_gifts import rules
from tests.people.test_members import joining
from tests.schedule import given
from tests.spaces import rooms
from timebank.actions.activities.see_activity import see_sessions
from timebank.actions.activities.tasks import take_task
from timebank.actions.guardians.births import set_birth
from timebank.actions.guardians.consents import end_consent, record_consent, see_consents, see_own_consents
from timebank.actions.people.members import create_member
from timebank.actions.points.gifts import Wish as Gift
from timebank.actions.points.gifts import give
from timebank.actions.rewards.order_reward import order_reward
from timebank.actions.rewards.redeem import Order
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.room_line import wait_for_room
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.actions.signups.withdraw import take_back, withdraw, withdraw_from_here
from timebank.people import guardians
from timebank.people.callers import NotAllowed
from timebank.people.guardians import (
    ConsentHeld,
    ConsentMissing,
    Given,
    GuardianNotThere,
    GuardianUnfit,
    OfAge,
    PaperMissing,
    WrongDay,
)
from timebank.people.members import GuardianNeeded
from timebank.web import told as _told  # noqa: F401  fills the table
from timebank.web.refusals import problem

TODAY = date(2026, 11, 26)
YES = Given(relation="parent", how="paper", given_on=TODAY, guardian_name="王芳", paper_at="folder 3")
FIFTEEN, TWELVE, GROWN = date(2011, 3, 1), date(2014, 3, 1), date(2008, 11, 26)


async def born(person: Person, on: date) -> Person:
    await sql.rows("UPDATE member SET born_on = $2 WHERE id = $1", person.id, on)
    return person


async def number(person: Person) -> int:
    return int(await sql.value("SELECT number FROM member WHERE id = $1", person.id))


async def agreed(people: People, **other: Any) -> UUID:
    """A guardian has agreed for Carol; Erin has recorded it."""
    return (await record_consent(people.erin.caller, people.carol.id, msgspec.structs.replace(YES, **other), NOW)).consent_id


async def test_a_child_is_taken_in_with_the_guardians_consent_and_not_without(tx: None, people: People) -> None:
    """rules-19: all in one transaction; where the consent does not fit, nothing of the child is kept."""
    wish = joining(people, name="小明", born_on=TWELVE)
    for refusal, asked in (
        (GuardianNeeded, wish),
        (PaperMissing, msgspec.structs.replace(wish, guardian=msgspec.structs.replace(YES, paper_at=" "))),
        (GuardianUnfit, msgspec.structs.replace(wish, guardian=msgspec.structs.replace(YES, guardian_name=""))),
    ):
        with pytest.raises(refusal):
            await create_member(people.erin.caller, asked, NOW)
        assert await sql.value("SELECT count(*) FROM member WHERE name = '小明'") == 0
    made = await create_member(people.erin.caller, msgspec.structs.replace(wish, guardian=YES), NOW)
    [kept] = (await see_consents(people.erin.caller, made, NOW)).consents
    assert (kept.guardian, kept.how, kept.paper_at, kept.given_on, kept.recorded_by) == (
        "王芳",
        "paper",
        "folder 3",
        TODAY,
        "Erin",
    )
    with pytest.raises(OfAge):
        await create_member(people.erin.caller, joining(people, born_on=GROWN, guardian=YES), NOW)


@pytest.mark.parametrize("born_on", [FIFTEEN, date(2008, 11, 27)], ids=["fifteen", "eighteen tomorrow"])
async def test_the_young_take_no_place_before_a_guardian_has_agreed(tx: None, people: People, born_on: date) -> None:
    session = await given.session(people)
    carol = await born(people.carol, born_on)
    with pytest.raises(ConsentMissing) as own:
        await sign_up(carol.caller, session.id, NOW)
    with pytest.raises(ConsentMissing) as for_her:
        await sign_up_for(people.alice.caller, session.id, carol.id, "she said so", NOW, is_override=True)
    assert "Ask the coordinator of your community" in problem(own.value, "en")["detail"]
    assert "on the member's page" in problem(for_her.value, "en")["detail"]
    assert "请社区管理员在该成员的页面上登记" in problem(for_her.value, "zh")["detail"]
    await agreed(people)
    assert (await sign_up(carol.caller, session.id, NOW)).state == "confirmed"


async def test_who_is_eighteen_or_whose_age_nobody_knows_needs_nobody(tx: None, people: People) -> None:
    session = await given.session(people)
    assert (await sign_up((await born(people.carol, GROWN)).caller, session.id, NOW)).state == "confirmed"
    assert (await sign_up(people.bob.caller, session.id, NOW)).state == "confirmed"
    with pytest.raises(OfAge):
        await agreed(people)


async def test_under_fourteen_one_comes_with_the_guardian(tx: None, people: People) -> None:
    session = await given.session(people)
    carol = await born(people.carol, TWELVE)
    await agreed(people, guardian_number=await number(people.bob), guardian_name="")
    with pytest.raises(GuardianNotThere):
        await sign_up(carol.caller, session.id, NOW)
    await sign_up(people.bob.caller, session.id, NOW)
    assert (await sign_up(carol.caller, session.id, NOW)).state == "confirmed"


async def test_taken_back_by_guardian_member_or_staff_the_places_to_come_are_free(tx: None, people: People) -> None:
    session = await given.session(people)
    carol = await born(people.carol, FIFTEEN)
    for who, others in ((people.bob, "guardian"), (carol, "member"), (people.erin, "staff")):
        consent_id = await agreed(people, guardian_number=await number(people.bob), guardian_name="")
        taken = await sign_up(carol.caller, session.id, NOW)
        with pytest.raises(NotFound):
            await end_consent(people.alice.caller, consent_id, NOW)
        assert (await end_consent(who.caller, consent_id, NOW)).withdrawn == 1, others
        assert (await end_consent(who.caller, consent_id, NOW)).withdrawn == 0, "safe to repeat"
        assert (await rosters.find(taken.signup_id)).state == "cancelled"
        with pytest.raises(ConsentMissing):
            await sign_up(carol.caller, session.id, NOW)
    assert len((await see_own_consents(carol.caller, NOW)).own.consents) == 3


async def test_without_a_consent_a_child_begins_nothing_that_would_be_kept(tx: None, people: People) -> None:
    """rules-19: no booking, no turn in line, no gift, no order; from 14 on a member books."""
    await rules(people)
    room, shelf = await rooms.room(people.community), await purse.shelf(people, 1)
    use, carol = rooms.span("10:00-11:00"), await born(people.carol, TWELVE)
    begun: list[Callable[[], Awaitable[object]]] = [
        lambda: book_space(carol.caller, Booked(room, use), NOW),
        lambda: book_space(people.erin.caller, Booked(room, use), NOW, for_member=carol.id),
        lambda: wait_for_room(carol.caller, NewWish(space_ids=[room], within=use, minutes=60), NOW),
        lambda: give(carol.caller, Gift(1, 100), NOW),
        lambda: order_reward(carol.caller, shelf.place, Order(shelf.reward, 1000, "order-01"), NOW),
    ]
    for begin in begun:
        with pytest.raises(ConsentMissing) as refused:
            await begin()
        assert refused.value.facts["is_own"] == (begin is not begun[1]), "staff read what staff can do"
    await born(carol, FIFTEEN)
    assert (await book_space(carol.caller, Booked(room, use), NOW)).value.state == "confirmed"


@pytest.mark.parametrize("ends", ["withdraws", "from here on", "taken off"])
async def test_a_guardian_who_does_not_come_takes_the_child_off_the_list_and_both_are_told(
    tx: None, people: People, ends: str
) -> None:
    session = await given.session(people)
    carol = await born(people.carol, TWELVE)
    await agreed(people, guardian_number=await number(people.bob), guardian_name="")
    guardians_own = await sign_up(people.bob.caller, session.id, NOW)
    taken = await sign_up(carol.caller, session.id, NOW)
    if ends == "withdraws":
        await withdraw(people.bob.caller, guardians_own.signup_id, NOW)
    elif ends == "from here on":
        await withdraw_from_here(people.bob.caller, guardians_own.signup_id, NOW)
    else:
        await take_back(people.alice.caller, guardians_own.signup_id, "the hall is small", NOW)
    assert ((await rosters.find(taken.signup_id)).state, (await sessions.one(session.id)).taken) == ("cancelled", 0)
    told = await sql.rows("SELECT person_id FROM message WHERE kind = 'child_without_guardian'")
    assert {row["person_id"] for row in told} == {people.bob.id, carol.id}


async def test_somebody_older_keeps_the_place_when_the_guardian_does_not_come(tx: None, people: People) -> None:
    session = await given.session(people)
    carol = await born(people.carol, FIFTEEN)
    await agreed(people, guardian_number=await number(people.bob), guardian_name="")
    guardians_own = await sign_up(people.bob.caller, session.id, NOW)
    taken = await sign_up(carol.caller, session.id, NOW)
    await withdraw(people.bob.caller, guardians_own.signup_id, NOW)
    assert (await rosters.find(taken.signup_id)).state == "confirmed"


async def test_who_is_kept_from_a_place_reads_it_beforehand_on_board_and_page(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """The list of what I can sign up for holds it only once it is true; then the button is there, before it is not."""
    session = await given.session(people)
    page, carol = f"/activities/{session.activity_id}", await born(people.carol, FIFTEEN)
    carol.sign_in(client)
    for age, said in ((FIFTEEN, "a guardian has to agree first"), (TWELVE, "who signs up first")):
        await born(carol, age)
        text = (await client.get(page)).text
        assert said in text
        assert f"{page}/sign-up" not in text
        assert [each.answer.is_open for each in await see_sessions(carol.caller, NOW, None, NOW)] == [False]
        if age == FIFTEEN:
            await agreed(people, guardian_number=await number(people.bob), guardian_name="")
            assert f"{page}/sign-up" in (await client.get(page)).text
    await sign_up(people.bob.caller, session.id, NOW)
    assert [each.answer.name for each in await see_sessions(carol.caller, NOW, None, NOW)] == ["free"]


async def test_a_task_without_a_fixed_hour_is_a_place_as_well(tx: None, people: People) -> None:
    carol = await born(people.carol, FIFTEEN)
    with pytest.raises(ConsentMissing):
        await take_task(carol.caller, uuid4(), None, NOW)
    with pytest.raises(NotFound):
        await take_task(people.bob.caller, uuid4(), None, NOW)


async def test_a_place_that_a_consent_took_along_is_told_in_a_sentence_of_its_own(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """Not as if the organiser had done it, and never as the word that the history keeps."""
    session = await given.session(people)
    carol = await born(people.carol, FIFTEEN)
    consent_id = await agreed(people)
    await sign_up(carol.caller, session.id, NOW)
    await end_consent(carol.caller, consent_id, NOW)
    for reader, page in ((carol, f"/activities/{session.activity_id}"), (people.alice, f"/organise/sessions/{session.id}")):
        reader.sign_in(client)
        text = html.unescape((await client.get(page)).text)
        assert "A guardian's consent is missing." in text
        assert "consent_ended" not in text
        assert "taken you off" not in text


async def test_a_guardian_who_is_no_member_is_told_to_become_one(tx: None, people: People) -> None:
    session = await given.session(people)
    carol = await born(people.carol, TWELVE)
    await agreed(people)
    with pytest.raises(GuardianNotThere) as refused:
        await sign_up(carol.caller, session.id, NOW)
    assert "not a member yet" in problem(refused.value, "en")["detail"]


@pytest.mark.parametrize(
    ("refusal", "other"),
    [
        (GuardianUnfit, {"guardian_name": "  "}),
        (GuardianUnfit, {"guardian_number": 2**53}),
        (PaperMissing, {"paper_at": ""}),
        (WrongDay, {"given_on": date(2026, 11, 27)}),
        (WrongDay, {"given_on": date(2010, 1, 1)}),
    ],
)
async def test_a_consent_that_does_not_fit_is_refused(
    tx: None, people: People, refusal: type[Refusal], other: dict[str, Any]
) -> None:
    await born(people.carol, FIFTEEN)
    with pytest.raises(refusal):
        await agreed(people, **other)


async def test_one_stands_at_a_time_and_nobody_records_their_own(tx: None, people: People) -> None:
    await born(people.carol, FIFTEEN)
    await born(people.erin, FIFTEEN)
    await agreed(people)
    with pytest.raises(ConsentHeld):
        await agreed(people)
    with pytest.raises(NotAllowed):
        await record_consent(people.erin.caller, people.erin.id, YES, NOW)
    with pytest.raises(NotAllowed):
        await record_consent(people.bob.caller, people.carol.id, YES, NOW)
    await end_consent(people.erin.caller, (await guardians.of_member(people.carol.id))[0].id, NOW)
    with pytest.raises(GuardianUnfit):
        await agreed(people, guardian_number=await number(people.erin), guardian_name="")


async def test_staff_fill_the_form_and_the_member_and_the_guardian_read_it(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    await born(people.carol, FIFTEEN)
    people.erin.sign_in(client)
    page = f"/office/members/{people.carol.id}"
    assert "No guardian has agreed yet." in (await client.get(page)).text
    assert f'href="{page}/guardian/form"' in (await client.get(f"{page}/guardian")).text
    sheet, blank = (await client.get(f"{page}/guardian/form")).text, (await client.get("/office/guardian-form")).text
    assert ("<dd>Carol</dd>" in sheet, "<dd>Carol</dd>" in blank, "Signature of the guardian" in blank) == (True, False, True)
    typed = {
        "guardian_number": str(await number(people.bob)),
        "how": "paper",
        "relation": "parent",
        "given_on": "2026-11-20",
        "key": "k" * 8,
    }
    wrong = await client.post(f"{page}/guardian", data=typed | {"paper_at": ""})
    assert (wrong.status_code, 'id="paper_at-wrong"' in wrong.text) == (400, True)
    done = await client.post(f"{page}/guardian", data=typed | {"paper_at": "folder 3"})
    assert done.status_code == 303
    assert "folder 3" in (await client.get(f"{page}/guardian")).text
    for reader in (people.carol, people.bob):
        reader.sign_in(client)
        own = await client.get("/me/guardian")
        assert "Bob" in own.text
    assert 'action="/me/guardian/' in own.text


async def test_no_sheet_is_printed_for_who_is_of_age(tx: None, people: People, client: httpx.AsyncClient) -> None:
    await born(people.carol, date(1990, 3, 1))
    for reader, path in (
        (people.carol, "/me/guardian/form"),
        (people.erin, f"/office/members/{people.carol.id}/guardian/form"),
    ):
        reader.sign_in(client)
        page = (await client.get(path)).text
        assert ("From 18 on no guardian has to agree." in page, "Signature of the guardian" in page) == (True, False)


async def test_a_day_of_birth_is_set_right_and_what_follows_holds_at_once(
    tx: None, people: People, client: httpx.AsyncClient
) -> None:
    """A member of fifteen who was entered without it loses the places to come, and is signed up by no tap of their own."""
    session = await given.session(people)
    taken = await sign_up(people.carol.caller, session.id, NOW)
    people.erin.sign_in(client)
    page = f"/office/members/{people.carol.id}"
    assert f'action="{page}/birth"' in (await client.get(f"{page}/guardian")).text
    wrong = await client.post(f"{page}/birth", data={"born_on": "2131-01-01"})
    assert (wrong.status_code, 'id="born_on-wrong"' in wrong.text, "2131-01-01" in wrong.text) == (400, True, True)
    assert (await client.post(f"{page}/birth", data={"born_on": "2011-03-01"})).status_code == 303
    assert (await rosters.find(taken.signup_id)).state == "cancelled"
    with pytest.raises(ConsentMissing):
        await sign_up(people.carol.caller, session.id, NOW)
    assert (await set_birth(people.erin.caller, people.carol.id, None, NOW)).minor is None
    with pytest.raises(NotAllowed):
        await set_birth(people.erin.caller, people.erin.id, FIFTEEN, NOW)
    with pytest.raises(NotAllowed):
        await set_birth(people.bob.caller, people.carol.id, FIFTEEN, NOW)
