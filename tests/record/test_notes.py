"""Training, honours and evaluation on a record; objections to it; and by when service has to be on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.afterwards.given import choir, was_in
from tests.given import People
from tests.ledger.purse import NOW
from tests.ledger.test_monthly import recorded
from tests.record.test_certificates import corrected
from timebank.actions.hours.note_record import note_record, see_notes
from timebank.actions.hours.object_to_record import Reply, answer_objection, object_to_record, see_objections
from timebank.actions.hours.see_due import keep_calendar, see_due
from timebank.hours import objections, summaries, working_days
from timebank.hours.entries import OwnHours
from timebank.hours.objections import NotCorrected, ObjectionAnswered, ObjectionOpen
from timebank.hours.record_notes import Evaluation, Training
from timebank.hours.working_days import Day
from timebank.jobs import watch_records

FIRST_AID = {
    "kind": "training",
    "name": "急救",
    "main_content": "心肺复苏",
    "learning_minutes": 90,
    "training_host": "红十字会",
    "trained_on": "2026-11-20",
}
HONOUR = {"kind": "honour", "name": "优秀志愿者", "granted_by": "和平街道", "honoured_on": "2026-11-01", "proof": "证书原件"}


async def record_of(folk: People) -> UUID:
    await recorded(folk.bob, 120)
    return UUID(str(await sql.value("SELECT id FROM service_record WHERE member_id = $1", folk.bob.id)))


async def test_training_honours_and_evaluation_stand_on_the_record_with_the_fields_of_the_rules(
    folk: People, client: httpx.AsyncClient
) -> None:
    """rules.md 3, Order 67 art. 8 to 10: by page and by API; the hours stay as they are."""
    record = await record_of(folk)
    folk.alice.sign_in(client)
    place = f"/office/members/{folk.bob.id}/record"
    evaluation = {"kind": "evaluation", "record_id": str(record), "quality": "5", "words": "守时"} | {
        "evaluated_by": "春晖社区",
        "evaluated_on": "2026-11-21",
    }
    for typed in (FIRST_AID, HONOUR, evaluation):
        sent = await client.post(place, data={**typed, "key": f"note-{typed['kind']}"})
        assert sent.status_code == 303, sent.text
    found = (await client.get(f"/api/v1/members/{folk.bob.id}/record-notes", headers=folk.bob.bearer)).json()
    assert [(each["kind"], each["name"], each["minutes"], each["quality"]) for each in found] == [
        ("evaluation", "合唱队", None, 5),
        ("training", "急救", 90, None),
        ("honour", "优秀志愿者", None, None),
    ]
    folk.bob.sign_in(client)
    page = (await client.get("/me/hours")).text
    assert [word for word in ("急救", "红十字会", "优秀志愿者", "守时") if word not in page] == []
    assert (await summaries.sums(folk.bob.id)).total == 120
    told = [row["kind"] for row in await sql.rows("SELECT kind FROM message WHERE person_id = $1 ORDER BY kind", folk.bob.id)]
    assert told == ["noted_evaluation", "noted_honour", "noted_training"]


async def test_what_is_wrong_is_taken_back_and_stays_readable(folk: People, client: httpx.AsyncClient) -> None:
    made = await client.post(f"/api/v1/members/{folk.bob.id}/record-notes", json=FIRST_AID, headers=folk.alice.bearer)
    assert made.status_code == 201
    path = f"/api/v1/record-notes/{made.json()['id']}/take-back"
    for _ in range(2):
        assert (await client.post(path, json={"reason": "was Carol"}, headers=folk.alice.bearer)).status_code == 204
    (note,) = await see_notes(folk.bob.caller, folk.bob.id)
    assert (note.reason, note.ended_at is not None) == ("was Carol", True)
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'record.note_ended'") == 1


async def test_nobody_notes_their_own_or_of_whom_they_do_not_look_after(folk: People, client: httpx.AsyncClient) -> None:
    """rules-22, for notes; to others the member does not exist."""
    training = Training("急救", "心肺复苏", 90, "红十字会", date(2026, 11, 20))
    with pytest.raises(OwnHours):
        await note_record(folk.alice.caller, folk.alice.id, training, NOW)
    for stranger in (folk.carol, folk.bob):
        with pytest.raises(NotFound):
            await note_record(stranger.caller, folk.dan.id, training, NOW)
    with pytest.raises(NotFound):
        await see_notes(folk.carol.caller, folk.bob.id)
    record = await record_of(folk)
    with pytest.raises(NotFound):
        await note_record(folk.alice.caller, folk.carol.id, Evaluation(record, 5, "好", "社区", date(2026, 11, 20)), NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"learning_minutes": "0"}, "learning_minutes"),
        ({"learning_minutes": "x"}, "learning_minutes"),
        ({"trained_on": "2199-01-01"}, "trained_on"),
        ({"trained_on": "x"}, "trained_on"),
        ({"main_content": ""}, "main_content"),
        ({"kind": "medal"}, ""),
    ],
)
async def test_a_note_typed_wrong_keeps_what_was_typed(
    folk: People, client: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    folk.alice.sign_in(client)
    typed: dict[str, Any] = {**FIRST_AID, "training_host": "红十字会总会", **change}
    answer = await client.post(f"/office/members/{folk.bob.id}/record", data=typed)
    assert answer.status_code == 400
    if field:
        assert "红十字会总会" in answer.text
        assert f'id="{field}-wrong"' in answer.text
    assert await sql.value("SELECT count(*) FROM record_note") == 0


async def test_an_objection_is_filed_answered_in_time_and_seen(folk: People, client: httpx.AsyncClient) -> None:
    """rules-11: by page; "corrected" only once a further version stands; the member reads the answer."""
    record = await record_of(folk)
    folk.bob.sign_in(client)
    form = f"/me/hours/{record}/objection"
    assert (await client.get(form)).status_code == 200
    assert (await client.post(form, data={"words": " "})).status_code == 400
    assert (await client.post(form, data={"words": "我待了三小时", "key": "objection-1"})).status_code == 303
    again = await client.post(form, data={"words": "again"})
    assert (again.status_code, "again" in again.text) == (409, True)
    folk.alice.sign_in(client)
    page = (await client.get("/organise/objections")).text
    assert "我待了三小时" in page
    (found, _late) = (await see_objections(folk.alice.caller, NOW))[0]
    answer = f"/organise/objections/{found.id}"
    assert (await client.post(answer, data={"outcome": "x", "words": "y"})).status_code == 400
    early = await client.post(answer, data={"outcome": "corrected", "words": "改好了"})
    assert (early.status_code, "改好了" in early.text) == (409, True)
    await corrected(folk.bob, 180)
    assert (await client.post(answer, data={"outcome": "corrected", "words": "改好了"})).status_code == 303
    with pytest.raises(ObjectionAnswered):
        await answer_objection(folk.dan.caller, found.id, Reply("stands", "no"), NOW)
    folk.bob.sign_in(client)
    assert "改好了" in (await client.get("/me/hours")).text
    assert await sql.value("SELECT kind FROM message WHERE person_id = $1", folk.bob.id) == "objection_corrected"


async def test_an_objection_is_late_after_ten_working_days(folk: People) -> None:
    record = await record_of(folk)
    made = await object_to_record(folk.bob.caller, record, "wrong", NOW)
    found = await objections.find(made)
    # Thursday 26 November: ten working days later is Thursday 10 December.
    assert found.answer_by == date(2026, 12, 10)
    for days, is_late in ((14, False), (15, True)):
        assert [late for _, late in await see_objections(folk.alice.caller, NOW + timedelta(days=days))] == [is_late]


async def test_who_is_concerned_or_entered_it_does_not_answer(folk: People) -> None:
    """rules-22, for objections."""
    await recorded(folk.alice, 60)
    own = await sql.value("SELECT id FROM service_record WHERE member_id = $1", folk.alice.id)
    made = await object_to_record(folk.alice.caller, own, "wrong", NOW)
    with pytest.raises(OwnHours):
        await answer_objection(folk.alice.caller, made, Reply("stands", "mine"), NOW)
    await recorded(folk.bob, 60, by=folk.dan)
    entered = await sql.value("SELECT id FROM service_record WHERE member_id = $1", folk.bob.id)
    theirs = await object_to_record(folk.bob.caller, entered, "wrong", NOW)
    with pytest.raises(OwnHours):
        await answer_objection(folk.dan.caller, theirs, Reply("stands", "I typed it"), NOW)
    with pytest.raises(ObjectionOpen):
        await object_to_record(folk.bob.caller, entered, "still wrong", NOW)
    with pytest.raises(NotFound):
        await object_to_record(folk.carol.caller, entered, "not mine", NOW)
    with pytest.raises(NotCorrected):
        await answer_objection(folk.alice.caller, theirs, Reply("corrected", "really"), NOW)
    with pytest.raises(NotFound):
        await answer_objection(folk.carol.caller, theirs, Reply("stands", "x"), NOW)


HOLIDAY = [Day(date(2026, 10, day), False, "国庆节") for day in range(1, 8)] + [Day(date(2026, 10, 10), True, "调休")]


@pytest.mark.parametrize(
    ("ended", "due", "days"),
    [
        (date(2026, 9, 25), date(2026, 10, 15), HOLIDAY),  # over a week of holidays, and a Saturday that is worked
        (date(2026, 9, 25), date(2026, 10, 9), []),  # a year without a calendar
        (date(2026, 11, 21), date(2026, 12, 4), HOLIDAY),  # a Saturday's service begins to count on Monday
    ],
)
async def test_due_dates_go_over_holidays_and_days_that_are_worked(
    folk: People, ended: date, due: date, days: list[Day]
) -> None:
    """rules-6: the following day is the first; a year that nobody entered counts Monday to Friday and says so."""
    if days:
        await keep_calendar(folk.erin.caller, 2026, days, NOW)
    found = await working_days.after(ended)
    assert (found.due_on, found.is_provisional) == (due, not days)
    assert (await working_days.after(date(2026, 12, 28))).is_provisional is True


async def test_what_is_overdue_is_what_has_no_record(tx: None, people: People, client: httpx.AsyncClient) -> None:
    """rules-7: the list equals stays and records; recording takes a line away."""
    session = await choir(people, people.bob, people.carol)
    first = await was_in(people.bob, session, stays=100)
    await was_in(people.carol, session, stays=100)
    over = session.ends_at + timedelta(hours=1)
    (line,) = await see_due(people.alice.caller, over)
    assert (line.stays, line.due_on, line.person_in_charge != "") == (2, date(2026, 12, 10), True)
    await recorded(people.bob, 100, stay=first)
    assert [line.stays for line in await see_due(people.alice.caller, over)] == [1]
    assert await see_due(people.alice.caller, session.starts_at) == []
    people.alice.sign_in(client)
    assert (await client.get("/organise/due")).status_code == 200


async def test_what_is_listed_as_due_is_told_and_both_end_after_a_year(tx: None, people: People) -> None:
    session = await choir(people, people.bob)
    await was_in(people.bob, session, stays=100)
    for days, listed, told in ((100, 1, 1), (360, 1, 0), (367, 0, 0)):
        later = session.starts_at + timedelta(days=days)
        assert (len(await see_due(people.alice.caller, later)), await watch_records.run(later)) == (listed, told), days


async def test_who_runs_a_session_is_told_before_the_date_and_once_after_it(tx: None, people: People) -> None:
    """rules.md 4: Thursday's session is due on Thursday 10 December; soon from Monday 7, late from Friday 11."""
    session = await choir(people, people.bob)
    stay = await was_in(people.bob, session, stays=100)
    told = "SELECT kind FROM message WHERE person_id = $1 AND key LIKE 'record-due:%' ORDER BY written_at"
    for days, kinds in ((9, []), (11, ["record_due"]), (14, ["record_due"]), (15, ["record_due", "record_late"])):
        for _ in range(2):
            await watch_records.run(session.ends_at + timedelta(days=days))
        assert [row["kind"] for row in await sql.rows(told, people.alice.id)] == kinds, days
    await recorded(people.bob, 100, stay=stay)
    assert await watch_records.run(session.ends_at + timedelta(days=16)) == 0


async def test_the_calendar_is_kept_by_the_coordinator_of_the_whole_tree(folk: People, client: httpx.AsyncClient) -> None:
    folk.erin.sign_in(client)
    typed = "2026-10-01 - 国庆节\n2026-10-10 + 调休"
    assert (await client.post("/office/working-days/2026", data={"days": typed})).status_code == 303
    assert typed.splitlines()[1] in (await client.get("/office/working-days?year=2026")).text
    for bad in ("2026-13-01 -", "tomorrow", "2027-01-01 -", "2026-10-01 -\n2026-10-01 +"):
        answer = await client.post("/office/working-days/2026", data={"days": bad})
        assert (answer.status_code, bad.splitlines()[0] in answer.text) == (400, True)
    assert len(await working_days.of_year(2026)) == 2
    body = {"days": [{"on_day": "2026-10-01", "is_working": False}]}
    path = "/api/v1/working-days/2026"
    assert (await client.put(path, json=body, headers=folk.alice.bearer)).status_code == 403
    assert (await client.put(path, json=body, headers=folk.erin.bearer)).status_code == 204
    assert len((await client.get(path, headers=folk.bob.bearer)).json()) == 1
    assert (await client.get("/api/v1/working-days/99999", headers=folk.bob.bearer)).status_code == 400
