"""Reminders before the start, once each; what is moved, withdrawn or over gets another or none."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import sql
from schedules.sessions import Session
from schedules.wishes import Wish
from tests import given
from tests.given import People, Person
from tests.jobs.notes import by_webhook, told
from tests.people.gateways import gateway
from tests.races.crowd import beside
from tests.schedule.given import at, session
from tests.spaces import rooms
from timebank.actions.activities import remind as actions_remind
from timebank.actions.rooms.book_space import book_space
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.jobs import deliver, remind
from timebank.pages.meaning import Faults
from timebank.pages.organise import plan_form, plan_meaning
from timebank.people import callers, senders
from timebank.settings import Settings
from timebank.web import post

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KIND = "session_reminder"


async def place(person: Person, of: Session, made_at: datetime, state: str = "confirmed") -> UUID:
    """A sign-up as it stands in the table since `made_at`."""
    made = uuid4()
    await sql.rows(
        "INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at) "
        "VALUES ($1, $2, (SELECT id FROM session_role WHERE session_id = $2 LIMIT 1), $3, $4, $5, $5)",
        made,
        of.id,
        person.id,
        state,
        made_at,
    )
    return made


async def reminders(person: Person) -> list[dict[str, Any]]:
    return await told(person.id, KIND)


@pytest.mark.scenario("schedule-68")
async def test_one_reminder_three_hours_before_however_often_the_job_runs(tx: None, people: People, now: datetime) -> None:
    choir = await session(people)
    await place(people.bob, choir, now)
    due = choir.starts_at - 3 * HOUR
    await remind.run(due - MINUTE)
    assert await reminders(people.bob) == []
    for minutes in (0, 0, 1, 60):
        await remind.run(due + minutes * MINUTE)
    [one] = await reminders(people.bob)
    assert (one["due_at"], one["useful_until"], one["is_reminder"]) == (due, choir.starts_at, True)


@pytest.mark.scenario("schedule-68")
async def test_two_workers_write_one_reminder_each(committed: str, people: People, now: datetime) -> None:
    choir = await session(people)
    for person in (people.bob, people.carol):
        await place(person, choir, now)
    due = choir.starts_at - 3 * HOUR
    await asyncio.gather(*(beside(remind.run(due)) for _ in range(4)))
    assert [len(await reminders(person)) for person in (people.bob, people.carol)] == [1, 1]


@pytest.mark.scenario("schedule-70")
async def test_a_session_that_is_moved_takes_its_reminder_along(tx: None, people: People, now: datetime) -> None:
    choir = await session(people)
    await place(people.bob, choir, now)
    await _move(choir, HOUR)
    due = choir.starts_at - 3 * HOUR
    await remind.run(due)
    assert await reminders(people.bob) == []
    await remind.run(due + HOUR)
    [one] = await reminders(people.bob)
    assert one["facts"]["starts_at"] == (choir.starts_at + HOUR).isoformat()


@pytest.mark.scenario("schedule-70")
async def test_a_reminder_that_waits_to_be_sent_is_moved_or_taken_back(
    tx: None, people: People, settings: Settings, now: datetime
) -> None:
    choir = await session(people)
    await place(people.bob, choir, now)
    due = choir.starts_at - 3 * HOUR
    await remind.run(due)
    await _move(choir, HOUR)
    assert await deliver.run(due, settings) == 0
    [one] = await reminders(people.bob)
    assert (one["state"], one["due_at"], one["useful_until"]) == ("pending", due + HOUR, choir.starts_at + HOUR)
    assert await deliver.run(due + HOUR, settings) == 1
    await _move(choir, timedelta(days=1))
    await remind.run(due + HOUR + timedelta(days=1))
    assert [one["state"] for one in await reminders(people.bob)] == ["sent", "pending"], "another day, another reminder"
    await sql.rows("UPDATE session SET state = 'cancelled' WHERE id = $1", choir.id)
    assert await deliver.run(due + HOUR + timedelta(days=1), settings) == 0
    assert [one["state"] for one in await reminders(people.bob)] == ["sent", "withdrawn"]


async def _move(choir: Session, by: timedelta) -> None:
    await sql.rows(
        "UPDATE session SET starts_at = starts_at + $2, ends_at = ends_at + $2, opens_at = opens_at + $2, "
        "closes_at = closes_at + $2 WHERE id = $1",
        choir.id,
        by,
    )


@pytest.mark.scenario("schedule-70")
@pytest.mark.parametrize("state", ["withdrawn", "cancelled", "rejected", "requested", "waiting"])
async def test_who_has_no_place_is_not_reminded(tx: None, people: People, now: datetime, state: str) -> None:
    choir = await session(people)
    await place(people.bob, choir, now, state)
    await remind.run(choir.starts_at - HOUR)
    assert await reminders(people.bob) == []


@pytest.mark.scenario("schedule-71")
async def test_who_signs_up_after_the_reminder_was_due_has_the_confirmation(tx: None, people: People, now: datetime) -> None:
    choir = await session(people)
    due = choir.starts_at - 3 * HOUR
    await place(people.bob, choir, due)
    await place(people.carol, choir, due - timedelta(seconds=1))
    await remind.run(due + HOUR)
    assert [len(await reminders(person)) for person in (people.bob, people.carol)] == [0, 1]


@pytest.mark.scenario("schedule-72")
async def test_after_a_standstill_reminders_go_out_once_while_useful_and_none_after_the_start(
    tx: None, people: People, settings: Settings, now: datetime
) -> None:
    early, late = await session(people, at(18)), await session(people, at(20), title="晚场", title_en="Late")
    for each in (early, late):
        await place(people.bob, each, now)
    back = early.starts_at
    async with gateway() as phone:
        for minutes in (0, 1):
            await remind.run(back + minutes * MINUTE)
            await deliver.run(back + minutes * MINUTE, by_webhook(settings, phone.url))
        await senders.close()
    assert [body["title"] for body in phone.bodies] == ["Soon: Late"]


@pytest.mark.scenario("schedule-73")
async def test_a_reminder_speaks_the_members_language_and_clock(
    tx: None, people: People, settings: Settings, now: datetime
) -> None:
    choir = await session(people)
    await sql.rows("UPDATE member SET clock_hours = 12 WHERE id = ANY ($1)", [people.bob.id, people.carol.id])
    await sql.rows("UPDATE member SET language = 'zh' WHERE id = $1", people.carol.id)
    await sql.rows("UPDATE member SET reminders = false WHERE id = $1", people.dan.id)
    for person in (people.bob, people.carol, people.dan):
        await place(person, choir, now)
    async with gateway() as phone:
        await remind.run(choir.starts_at - HOUR)
        await deliver.run(choir.starts_at - HOUR, by_webhook(settings, phone.url))
        await senders.close()
    texts = {body["language"]: body["text"] for body in phone.bodies}
    assert len(phone.bodies) == 2
    assert "Choir" in texts["en"]
    assert "Thu 26 Nov, 6:00 pm–7:30 pm" in texts["en"]
    assert "合唱" in texts["zh"]
    assert "11月26日 周四 下午6:00–下午7:30" in texts["zh"]


async def test_an_activity_says_how_long_before_or_not_at_all(tx: None, people: People, now: datetime) -> None:
    choir, quiet = await session(people, remind_before=60), await session(people, at(18, day=1), remind_before=0)
    for each in (choir, quiet):
        await place(people.bob, each, now)
    await remind.run(choir.starts_at - 61 * MINUTE)
    assert await reminders(people.bob) == []
    await remind.run(choir.starts_at - 60 * MINUTE)
    await remind.run(quiet.starts_at - MINUTE)
    assert len(await reminders(people.bob)) == 1


def test_the_plan_s_form_takes_hours_and_gives_them_back() -> None:
    for typed, minutes in (("3", 180), ("1.5", 90), ("0", 0), ("", 0)):
        form = plan_form.blank("Alice", "Chunhui")
        form = msgspec.structs.replace(form, **NEEDED, remind_before=typed, sessions=[])
        plan = plan_meaning.plan_of(form)
        assert plan.remind_before == minutes
    form = msgspec.structs.replace(form, remind_before="200")
    with pytest.raises(Faults) as refused:
        plan_meaning.plan_of(form)
    assert set(refused.value.by_field) == {"remind_before"}


NEEDED = {
    "community_id": str(uuid4()),
    "kind": "service",
    "title": "Choir",
    "content": "Singing",
    "is_service": "1",
    "may_endanger": "0",
    "risks": "none",
}


@pytest.mark.scenario("schedule-107", "schedule-108")
async def test_a_session_that_cannot_be_told_stops_no_other_and_is_listed(
    tx: None, people: People, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    choir, dance = await session(people), await session(people, title="跳舞", title_en="Dance")
    for each in (choir, dance):
        await place(people.bob, each, now)
    due = choir.starts_at - 3 * HOUR
    kept = actions_remind.remind

    async def half_way(what: actions_remind.Due, at: datetime) -> int:
        if what.id == choir.id:
            raise ZeroDivisionError("half-way")
        return await kept(what, at)

    with monkeypatch.context() as broken:
        broken.setattr(actions_remind, "remind", half_way)
        assert await remind.run(due) == 1
    [failure] = await sql.rows("SELECT item, error FROM job_failure WHERE job = 'remind'")
    assert dict(failure) == {"item": f"session_reminder:{choir.id}", "error": "ZeroDivisionError: half-way"}
    assert await remind.run(due + MINUTE) == 1, "the rest, and nothing twice"
    assert sorted(one["facts"]["title_en"] for one in await reminders(people.bob)) == ["Choir", "Dance"]
    assert await sql.rows("SELECT 1 FROM job_failure") == []


async def booked(person: Person, space_id: UUID, starts_at: datetime, made_at: datetime) -> UUID:
    """A booking as it stands in the table."""
    made = uuid4()
    await sql.rows(
        "INSERT INTO booking (id, space_id, person_id, household_id, made_by, starts_at, ends_at, terms, state, made_at, "
        "changed_at, changed_by) VALUES ($1, $2, $3, $4, $3, $5::timestamptz, $5::timestamptz + interval '1 hour', '{}', "
        "'confirmed', $6, $6, $3)",
        made,
        space_id,
        person.id,
        person.household_id,
        starts_at,
        made_at,
    )
    return made


async def test_a_room_that_was_booked_is_reminded_of_with_the_way_to_give_it_back(
    tx: None, people: People, settings: Settings, now: datetime
) -> None:
    from tests.schedule.given import room

    starts_at = now + 5 * HOUR
    booking_id = await booked(people.bob, await room(people), starts_at, now)
    await booked(people.carol, await room(people, "Quiet room"), starts_at, starts_at - HOUR)
    for minutes in (0, 1):
        await remind.run(starts_at - 3 * HOUR + minutes * MINUTE)
        await remind.run(starts_at - HOUR + minutes * MINUTE)
    [one] = await told(people.bob.id, "booking_reminder")
    assert one["path"] == f"/me/bookings/{booking_id}"
    assert await told(people.carol.id) == [], "booked after the reminder was due: the confirmation has just been read"
    await sql.rows("UPDATE booking SET state = 'cancelled_by_user' WHERE id = $1", booking_id)
    assert await deliver.run(starts_at - HOUR, settings) == 0
    assert [one["state"] for one in await told(people.bob.id)] == ["withdrawn"]


@pytest.mark.scenario("schedule-71")
async def test_who_was_signed_up_by_somebody_else_is_told_and_who_did_it_themselves_is_not(
    tx: None, people: People, now: datetime
) -> None:
    choir = await session(people)
    await sign_up(people.bob.caller, choir.id, now)
    await sign_up_for(people.alice.caller, choir.id, people.carol.id, "said so on the phone", now)
    assert await told(people.bob.id) == []
    [one] = await told(people.carol.id)
    words = post.read(one["kind"], one["facts"], "en")
    assert words.title == "You are signed up: Choir"
    assert words.text.startswith("Alice has signed you up: Choir, Thu 26 Nov, 18:00–19:30, Yard.")


@pytest.mark.scenario("booking-20")
async def test_a_booking_stands_whatever_becomes_of_its_message_which_is_tried_again(
    committed: str, people: People, settings: Settings, now: datetime
) -> None:
    """Dan keeps the rooms and books one for Bob, who is told."""
    await given.grant(people.dan.id, "coordinator", people.community, now)
    dan = await callers.identify(people.dan.token, None, now)
    wish = Wish(await rooms.room(people.community), rooms.span("14:00-15:00"))
    booking = (await book_space(dan, wish, now, for_member=people.bob.id)).value
    async with gateway(500) as phone:
        at_gateway = by_webhook(settings, phone.url)
        assert await deliver.run(now, at_gateway) == 0
        assert await sql.value("SELECT state FROM booking WHERE id = $1", booking.id) == "confirmed"
        assert await deliver.run(now + MINUTE, at_gateway) == 1
        await senders.close()
    assert [body["kind"] for body in phone.bodies] == ["booking.made_for_you"] * 2
