"""schedule.md K: hours side by side, four eyes for what no scan proves, corrections that book the difference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from schedules import sql
from schedules.errors import Malformed, NotFound
from schedules.sessions import Session
from tests.afterwards import given
from tests.given import People
from tests.given import member as made_member
from timebank import database
from timebank.actions.hours.approve_hours import approve, approve_many, reject
from timebank.actions.hours.close_day import (
    DayNotOver,
    NotService,
    Other,
    ask_correction,
    close_day,
    correct_hours,
    refuse_correction,
    see_day,
)
from timebank.actions.hours.enter_hours import correct_record, enter_hours, see_entries, see_pending, send_again
from timebank.hours.entries import EntryDecided, EntryPending, Later, NothingChanged, OwnHours
from timebank.hours.requests import CorrectionAsked, CorrectionTooLate
from timebank.jobs import close_sessions
from timebank.outbox import intents
from timebank.people.callers import NotAllowed

pytestmark = pytest.mark.usefixtures("tx")


def later(people: People, **changes: Any) -> Later:
    usual = Later(
        activity_name="Shopping for Mrs Wang",
        served_on=people.now.date(),
        place="Building 3",
        service_content="Carried rice and oil",
        service_minutes=45,
        organising_unit="Chunhui residents' committee",
        person_in_charge="Alice",
        reason="There was no session for it",
    )
    return msgspec.structs.replace(usual, **changes)


async def records() -> list[Any]:
    return await sql.rows("SELECT * FROM service_record ORDER BY recorded_at, version, service_minutes")


async def sent(people: People, *minutes: int) -> tuple[Session, list[Any]]:
    """Bob and Carol were at the choir by the organiser's word; Alice has sent their hours."""
    comers = (people.bob, people.carol)[: len(minutes) or 2]
    session = await given.choir(people, *comers)
    for person, stays in zip(comers, minutes or (120, 90), strict=True):
        await given.was_in(person, session, 0, stays, is_by_code=False)
    made = await close_day(people.alice.caller, session.id, [], given.over(session))
    return session, made.entry_ids


@pytest.mark.scenario("schedule-83")
async def test_planned_scanned_and_credited_stand_side_by_side_exceptions_first(people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await given.was_in(people.bob, session, 0, 118)
    stay = await given.was_in(people.carol, session, 0, 60, is_by_code=False, is_automatic=True)
    day = await see_day(people.alice.caller, session.id)
    shown = [(line.name, line.planned, line.scanned, line.credited, line.standing) for line in day.lines]
    assert sorted(shown[:2], key=lambda line: line[0]) == [("Carol", 120, 60, None, "open"), ("Dan", 120, None, None, "absent")]
    assert shown[2:] == [("Bob", 120, 118, None, "open")]
    made = await close_day(people.alice.caller, session.id, [Other(stay, 75, "asked her")], given.over(session))
    assert len(made.entry_ids) == 2
    for row in await approve_many(people.erin.caller, made.entry_ids, given.over(session)):
        assert row.result == "approved"
    lines = {line.name: line for line in (await see_day(people.alice.caller, session.id)).lines}
    assert (lines["Carol"].scanned, lines["Carol"].credited, lines["Carol"].units) == (60, 75, 125)
    assert (lines["Carol"].hour_class, lines["Carol"].standing) == ("B", "recorded")
    again = await close_day(people.alice.caller, session.id, [], given.over(session, 2))
    assert again.entry_ids == [], "nothing is sent twice"


async def test_a_day_is_closed_after_its_end_and_only_of_service(people: People) -> None:
    session = await given.choir(people, people.bob)
    with pytest.raises(DayNotOver):
        await close_day(people.alice.caller, session.id, [], session.ends_at - timedelta(seconds=1))
    dance = await given.choir(people, people.bob, hour=14, kind="class", is_service=False)
    with pytest.raises(NotService):
        await close_day(people.alice.caller, dance.id, [], given.over(dance))
    with pytest.raises(NotAllowed):
        await see_day(people.bob.caller, session.id)


@pytest.mark.scenario("ledger-5")
async def test_class_b_waits_for_a_second_person_and_earns_by_the_service_day(people: People) -> None:
    """rules-3, its first half."""
    _, entries = await sent(people)
    assert await records() == []
    assert await sql.value("SELECT count(*) FROM intent") == 0
    dan = await given.coordinator(people.dan, people)
    rows = await approve_many(dan, entries, people.now + timedelta(days=3))
    assert sorted((row.result, row.units) for row in rows) == [("approved", 150), ("approved", 200)]
    assert [(row["class"], row["source"], row["entered_by"], row["approved_by"]) for row in await records()] == [
        ("B", "list", people.alice.id, people.dan.id)
    ] * 2
    assert str(await sql.value("SELECT DISTINCT served_on FROM service_record")) == "2026-11-26"
    assert await sql.value("SELECT count(*) FROM intent WHERE state = 'pending'") == 2


@pytest.mark.scenario("schedule-85")
@pytest.mark.parametrize("who", ["enterer", "organiser", "on the list", "household of the list"])
async def test_whoever_is_too_near_does_not_approve_a_list_whatever_the_role(people: People, who: str) -> None:
    """rules-3, its second half."""
    session, entries = await sent(people)
    if who == "organiser":
        await sql.rows("UPDATE activity SET organiser_id = $1", people.dan.id)
    if who == "household of the list":
        await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.dan.id, people.carol.household_id)
    person = {"enterer": people.alice, "on the list": people.carol}.get(who, people.dan)
    caller = await given.coordinator(person, people)
    with pytest.raises(OwnHours):
        await approve(caller, entries[0], given.over(session))
    with pytest.raises(OwnHours):
        await reject(caller, entries[0], "no", given.over(session))
    assert await records() == []


@pytest.mark.scenario("schedule-85", "checkin-110")
async def test_self_entered_hours_wait_for_somebody_else_and_earn_nothing(people: People) -> None:
    erin = people.erin.caller
    made = await enter_hours(erin, later(people), people.now)
    with pytest.raises(OwnHours):
        await approve(erin, made, people.now)
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction():
            await sql.rows(
                "UPDATE hours_entry SET state = 'rejected', decided_by = entered_by, decided_at = now(), "
                "decision = 'x' WHERE id = $1",
                made,
            )
    assert await records() == []
    with pytest.raises(NotAllowed):
        await approve(people.dan.caller, made, people.now)
    dan = await given.coordinator(people.dan, people)
    assert [entry.id for entry in await see_pending(dan)] == [made]
    assert (await approve(dan, made, people.now)).units == 0
    (record,) = await records()
    assert (record["class"], record["source"], record["service_minutes"]) == ("C", "later", 45)
    assert await sql.value("SELECT count(*) FROM intent") == 0
    (told,) = await given.messages("hours_approved")
    assert told["person_id"] == people.erin.id


@pytest.mark.scenario("schedule-85")
async def test_staff_who_enter_hours_for_a_member_do_not_approve_them(people: People) -> None:
    alice = await given.coordinator(people.alice, people)
    made = await enter_hours(alice, later(people), people.now, people.bob.id)
    with pytest.raises(OwnHours):
        await approve(alice, made, people.now)
    with pytest.raises(NotAllowed):
        await enter_hours(people.bob.caller, later(people), people.now, people.carol.id)
    with pytest.raises(NotFound):
        await enter_hours(alice, later(people), people.now, people.community)


@pytest.mark.scenario("schedule-86", "checkin-110")
async def test_two_entries_of_one_day_are_both_listed_and_both_count(people: People, client: httpx.AsyncClient) -> None:
    made = [await enter_hours(people.bob.caller, later(people, service_minutes=each), people.now) for each in (30, 50)]
    assert len(await see_entries(people.bob.caller)) == 2
    await approve_many(people.erin.caller, made, people.now)
    hours = (await client.get("/api/v1/me", headers=people.bob.bearer)).json()["hours"]
    assert hours["c"] == 80


@pytest.mark.parametrize(
    "changes",
    [
        {"place": " "},
        {"reason": ""},
        {"service_minutes": 0},
        {"service_minutes": 1441},
        {"activity_name": ""},
        {"person_in_charge": ""},
    ],
)
async def test_a_record_needs_its_fields(people: People, changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        await enter_hours(people.bob.caller, later(people, **changes), people.now)


@pytest.mark.parametrize("days", [1, -367])
async def test_service_lies_in_the_past_year(people: People, days: int) -> None:
    with pytest.raises(Malformed):
        await enter_hours(people.bob.caller, later(people, served_on=people.now.date() + timedelta(days=days)), people.now)


@pytest.mark.scenario("schedule-87", "ledger-5")
async def test_each_row_of_a_bulk_has_its_own_result_and_twice_books_once(people: People, client: httpx.AsyncClient) -> None:
    _, entries = await sent(people)
    await reject(people.erin.caller, entries[1], "left at ten", people.now)
    nobodys = "00000000-0000-0000-0000-000000000000"
    body = {"entry_ids": [str(entries[0]), str(entries[1]), nobodys, str(entries[0])]}
    answers = [
        (await client.post("/api/v1/hours-entries/approve", headers=people.erin.bearer, json=body)).json() for _ in range(2)
    ]
    assert [(row["result"], row["code"]) for row in answers[0]] == [
        ("approved", ""),
        ("refused", "entry_decided"),
        ("refused", "not_found"),
    ]
    assert [row["result"] for row in answers[1]] == ["already", "refused", "refused"]
    assert len(await records()) == 1
    assert await sql.value("SELECT count(*) FROM intent") == 1


@pytest.mark.scenario("ledger-6")
async def test_whoever_sent_a_list_is_told_four_eyes_and_nothing_changes(people: People, client: httpx.AsyncClient) -> None:
    _, entries = await sent(people)
    await given.coordinator(people.alice, people)
    before = [dict(row) for row in await sql.rows("SELECT * FROM hours_entry ORDER BY id")]
    body = {"entry_ids": [str(each) for each in entries]}
    answer = await client.post("/api/v1/hours-entries/approve", headers=people.alice.bearer, json=body)
    assert [(row["result"], row["code"]) for row in answer.json()] == [("refused", "four_eyes")] * 2
    path = f"/api/v1/hours-entries/{entries[0]}/reject"
    answer = await client.post(path, headers=people.alice.bearer, json={"reason": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes")
    assert [dict(row) for row in await sql.rows("SELECT * FROM hours_entry ORDER BY id")] == before
    assert await records() == []
    assert await sql.value("SELECT count(*) FROM intent") == 0


@pytest.mark.scenario("ledger-12")
async def test_twenty_closed_in_one_request_with_one_bad_row_are_nineteen_intents_and_one_named_refusal(
    people: People, client: httpx.AsyncClient
) -> None:
    comers = [await made_member(f"Guest {number}", f"1991000{number:04}", people.building, people.now) for number in range(20)]
    session = await given.choir(people, *comers)
    for comer in comers:
        await given.was_in(comer, session, 0, 120, is_by_code=False)
    entries = (await close_day(people.alice.caller, session.id, [], given.over(session))).entry_ids
    assert len(entries) == 20
    bad = await sql.one("SELECT id, member_id FROM hours_entry WHERE id = $1", entries[7])
    await reject(people.erin.caller, bad["id"], "left at ten", given.over(session))
    body = {"entry_ids": [str(each) for each in entries]}
    rows = (await client.post("/api/v1/hours-entries/approve", headers=people.erin.bearer, json=body)).json()
    assert [(row["entry_id"], row["code"]) for row in rows if row["result"] == "refused"] == [(str(bad["id"]), "entry_decided")]
    assert [row["result"] for row in rows].count("approved") == 19
    owners = {
        row["owner_id"] for row in await sql.rows("SELECT a.owner_id FROM intent i JOIN account a ON a.id = i.account_id")
    }
    assert owners == {comer.id for comer in comers} - {bad["member_id"]}
    assert await sql.value("SELECT count(*) FROM intent WHERE state = 'pending' AND amount = 200") == 19


@pytest.mark.scenario("schedule-88")
async def test_a_rejected_entry_says_why_and_is_sent_again_while_the_first_version_remains(people: People) -> None:
    first = await enter_hours(people.bob.caller, later(people, service_minutes=300), people.now)
    with pytest.raises(Malformed):
        await reject(people.erin.caller, first, " ", people.now)
    await reject(people.erin.caller, first, "Nobody shops for five hours", people.now)
    (told,) = await given.messages("hours_rejected")
    assert (told["person_id"], "five hours" in told["facts"]) == (people.bob.id, True)
    with pytest.raises(NotFound):
        await send_again(people.carol.caller, first, later(people), people.now)
    second = await send_again(people.bob.caller, first, later(people, service_minutes=50), people.now + timedelta(hours=1))
    listed = await see_entries(people.bob.caller)
    assert [(each.service_minutes, each.state, each.decision) for each in listed] == [
        (50, "pending", ""),
        (300, "rejected", "Nobody shops for five hours"),
    ]
    assert (listed[0].replaces, listed[1].replaced_by) == (first, second)
    with pytest.raises(EntryDecided):
        await send_again(people.bob.caller, first, later(people), people.now)
    await approve(people.erin.caller, second, people.now)
    with pytest.raises(EntryDecided):
        await reject(people.erin.caller, second, "too late", people.now)


@pytest.mark.scenario("schedule-88")
async def test_a_rejected_line_of_a_list_is_sent_again_with_other_minutes(people: People) -> None:
    session, entries = await sent(people, 120)
    await reject(people.erin.caller, entries[0], "left at ten", people.now)
    (line,) = (await see_day(people.alice.caller, session.id)).lines
    assert (line.standing, line.decision) == ("rejected", "left at ten")
    again = await send_again(
        people.alice.caller, entries[0], later(people, service_minutes=60, reason="left at ten"), people.now
    )
    assert (await approve(people.erin.caller, again, people.now)).units == 100


@pytest.mark.scenario("schedule-89", "checkin-109", "ledger-101")
async def test_a_correction_after_crediting_books_the_difference_with_a_link(people: People) -> None:
    session, entries = await sent(people, 120)
    await approve(people.erin.caller, entries[0], people.now)
    await intents.keep((await sql.one("SELECT id FROM intent"))["id"])
    stay = await sql.value("SELECT id FROM attendance")
    with pytest.raises(NothingChanged):
        await correct_hours(people.alice.caller, stay, 120, "the same", people.now)
    with pytest.raises(Malformed):
        await correct_hours(people.alice.caller, stay, 90, "", people.now)
    with pytest.raises(Malformed):
        await correct_hours(people.alice.caller, stay, 121, "longer than planned", people.now)
    less = await correct_hours(people.alice.caller, stay, 90, "left early", people.now)
    with pytest.raises(EntryPending):
        await correct_hours(people.alice.caller, stay, 60, "no, earlier", people.now)
    with pytest.raises(OwnHours):
        await approve(await given.coordinator(people.alice, people), less, people.now)
    assert (await approve(people.erin.caller, less, people.now)).units == -50
    first, back = await sql.rows("SELECT id, kind, amount, relates_to FROM transfer ORDER BY recorded_at, kind DESC")
    assert (first["kind"], back["kind"], back["amount"], back["relates_to"]) == ("credit", "correct", 50, first["id"])
    assert [(row["version"], row["service_minutes"], row["reason"]) for row in await records()] == [
        (1, 120, ""),
        (2, 90, "left early"),
    ]
    (line,) = (await see_day(people.alice.caller, session.id)).lines
    assert (line.planned, line.scanned, line.credited, line.units) == (120, 120, 90, 150)


@pytest.mark.scenario("schedule-89")
async def test_hours_that_a_scan_proved_are_class_b_once_somebody_corrects_them(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0, 120)
    await sql.rows(
        "INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, served_on, place, "
        "service_content, service_minutes, organising_unit, person_in_charge, entered_by, recorded_at) "
        "VALUES (gen_random_uuid(), $1, $2, 1, 'A', 'scan', 'x', '2026-11-26', 'x', 'x', 120, 'x', 'x', $2, now())",
        people.bob.id,
        stay,
    )
    entry = await correct_hours(people.alice.caller, stay, 60, "was away for an hour", given.over(session))
    await approve(people.erin.caller, entry, given.over(session))
    assert [(row["version"], row["class"]) for row in await records()] == [(1, "A"), (2, "B")]


@pytest.mark.scenario("schedule-84")
async def test_whoever_was_checked_out_by_the_job_may_ask_for_a_correction_within_a_day(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0)
    await close_sessions.run(session.closes_at)
    told_at = session.closes_at + timedelta(hours=2)
    await given.deliver(f"stay-closed:{stay}", told_at)
    with pytest.raises(NotFound):
        await ask_correction(people.carol.caller, stay, 30, "not mine", told_at)
    with pytest.raises(Malformed):
        await ask_correction(people.bob.caller, stay, 121, "longer", told_at)
    with pytest.raises(CorrectionTooLate):
        await ask_correction(people.bob.caller, stay, 60, "left at ten", told_at + timedelta(hours=24))
    await ask_correction(people.bob.caller, stay, 60, "left at ten", told_at + timedelta(hours=23, minutes=59))
    with pytest.raises(CorrectionAsked):
        await ask_correction(people.bob.caller, stay, 70, "or later", told_at)
    (line,) = (await see_day(people.alice.caller, session.id)).lines
    assert (line.asked, line.asked_reason, line.is_exception) == (60, "left at ten", True)
    made = await close_day(people.alice.caller, session.id, [Other(stay, 60, "left at ten")], given.over(session))
    assert (await approve(people.erin.caller, made.entry_ids[0], given.over(session))).units == 100
    assert (await records())[0]["class"] == "B"
    (line,) = (await see_day(people.alice.caller, session.id)).lines
    assert line.asked is None


async def test_the_organiser_may_leave_the_hours_as_they_are_and_says_why(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0)
    await close_sessions.run(session.closes_at)
    await ask_correction(people.bob.caller, stay, 30, "left at half past nine", given.over(session))
    with pytest.raises(Malformed):
        await refuse_correction(people.alice.caller, stay, "", given.over(session))
    for _ in range(2):
        await refuse_correction(people.alice.caller, stay, "Three people saw you at the end", given.over(session))
    (told,) = await given.messages("correction_refused")
    assert told["person_id"] == people.bob.id


async def test_only_a_stay_that_was_closed_by_itself_can_be_asked_about(people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0, 90)
    with pytest.raises(CorrectionAsked):
        await ask_correction(people.bob.caller, stay, 60, "left at ten", given.over(session))


async def on_record(people: People, **changes: Any) -> Any:
    """Bob's shopping, approved by Erin; the record's id."""
    made = await enter_hours(people.bob.caller, later(people, **changes), people.now)
    return (await approve(people.erin.caller, made, people.now)).record_id


@pytest.mark.scenario("checkin-109", "checkin-110")
async def test_hours_recorded_later_are_corrected_with_four_eyes_and_every_version_stays(
    people: People, client: httpx.AsyncClient
) -> None:
    record = await on_record(people, service_minutes=300)
    with pytest.raises(NothingChanged):
        await correct_record(people.bob.caller, record, later(people, service_minutes=300), people.now)
    with pytest.raises(Malformed):
        await correct_record(people.bob.caller, record, later(people, service_minutes=30, reason=" "), people.now)
    with pytest.raises(NotFound):
        await correct_record(people.carol.caller, record, later(people, service_minutes=30), people.now)
    less = later(people, service_minutes=30, reason="It was half an hour")
    made = await correct_record(people.bob.caller, record, less, people.now)
    with pytest.raises(EntryPending):
        await correct_record(people.alice.caller, record, less, people.now)
    assert (await client.get("/api/v1/me", headers=people.bob.bearer)).json()["hours"]["c"] == 300, "not before it is approved"
    approved = await approve(people.erin.caller, made, people.now)
    assert (approved.units, approved.intent_id) == (0, None), "class C earns nothing, whatever is corrected"
    assert (await client.get("/api/v1/me", headers=people.bob.bearer)).json()["hours"]["c"] == 30
    assert [(row["version"], row["service_minutes"], row["class"]) for row in await records()] == [(1, 300, "C"), (2, 30, "C")]
    (told,) = await given.messages("hours_corrected")
    assert told["person_id"] == people.bob.id
    assert (await client.get("/api/v1/board")).json()["totals"]["minutes"] == 30
    with pytest.raises(NothingChanged):
        await correct_record(people.bob.caller, record, less, people.now)


@pytest.mark.scenario("checkin-110")
async def test_staff_take_hours_back_and_nobody_approves_their_own_correction(
    people: People, client: httpx.AsyncClient
) -> None:
    record = await on_record(people)
    none = later(people, service_minutes=0, reason="It never took place")
    alice = await given.coordinator(people.alice, people)
    made = await correct_record(alice, record, none, people.now)
    for near in (alice, await given.coordinator(people.bob, people)):
        with pytest.raises(OwnHours):
            await approve(near, made, people.now)
    await reject(people.erin.caller, made, "Mrs Wang says it did", people.now)
    again = await send_again(alice, made, msgspec.structs.replace(none, reason="She mixed up the weeks"), people.now)
    last = (await approve(people.erin.caller, again, people.now)).record_id
    assert [(row["version"], row["is_withdrawn"]) for row in await records()] == [(1, False), (2, True)]
    assert (await client.get("/api/v1/me", headers=people.bob.bearer)).json()["hours"]["c"] == 0
    with pytest.raises(NotFound):
        await correct_record(alice, last, later(people), people.now)
    await on_record(people, service_minutes=20)
    assert (await client.get("/api/v1/me", headers=people.bob.bearer)).json()["hours"]["c"] == 20, "recorded anew"


async def test_the_record_of_a_stay_is_corrected_at_its_session(people: People) -> None:
    _, entries = await sent(people, 120)
    record = (await approve(people.erin.caller, entries[0], people.now)).record_id
    with pytest.raises(NotFound):
        await correct_record(people.bob.caller, record, later(people), people.now)
