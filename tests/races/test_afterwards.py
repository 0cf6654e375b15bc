"""Two workers, two approvers, a roll and a scan at the same moment: with real commits, each thing happens once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from schedules import sql
from tests import conftest
from tests.afterwards import given
from tests.given import People
from timebank import servers
from timebank.actions.door import stays
from timebank.actions.hours.approve_hours import approve_many
from timebank.actions.hours.call_roll import call_roll
from timebank.actions.hours.close_day import close_day, correct_hours
from timebank.actions.hours.no_shows import decide_no_show, object_to_no_show
from timebank.hours import records
from timebank.hours.entries import EntryPending
from timebank.jobs import close_sessions
from timebank.jobs import no_shows as job
from timebank.points import earning

pytestmark = pytest.mark.race


@pytest.mark.scenario("schedule-87")
async def test_two_who_approve_the_same_hours_at_once_book_once(committed: str, people: People) -> None:
    session = await given.choir(people, people.bob)
    await given.was_in(people.bob, session, 0, 120, is_by_code=False)
    dan = await given.coordinator(people.dan, people)
    (entry,) = (await close_day(people.alice.caller, session.id, [], given.over(session))).entry_ids
    rows = await asyncio.gather(
        *(approve_many(caller, [entry], given.over(session)) for caller in (dan, people.erin.caller) for _ in range(4))
    )
    assert Counter(row.result for (row,) in rows) == {"approved": 1, "already": 7}
    assert await sql.value("SELECT count(*) FROM service_record") == 1
    assert await sql.value("SELECT count(*) FROM intent") == 1


@pytest.mark.scenario("schedule-89")
async def test_of_two_corrections_at_once_one_waits_for_its_second_person(committed: str, people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0, 120, is_by_code=False)
    found = await asyncio.gather(
        *(correct_hours(people.alice.caller, stay, minutes, "left", given.over(session)) for minutes in (30, 60, 90)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in found) == ["EntryPending", "EntryPending", "UUID"]
    assert any(isinstance(one, EntryPending) for one in found)


@pytest.mark.scenario("checkin-56", "schedule-107")
async def test_two_workers_close_and_propose_once(committed: str, people: People) -> None:
    session = await given.choir(people, people.bob, people.carol, people.dan)
    await given.was_in(people.bob, session, 0)
    late = given.over(session)
    await asyncio.gather(*(close_sessions.run(late) for _ in range(4)), *(job.run(late) for _ in range(4)))
    await close_sessions.run(late)  # a round leaves the stays whose sign-up another job has locked; the next closes them
    assert await sql.value("SELECT count(*) FROM scan WHERE source = 'job'") == 1
    assert await sql.value("SELECT count(*) FROM no_show") == 2
    assert await sql.value("SELECT count(*) FROM no_show_change") == 2
    kinds = await sql.rows("SELECT kind, count(*) AS many FROM message GROUP BY kind ORDER BY kind")
    assert [tuple(row) for row in kinds] == [("no_show_proposed", 2), ("stay_closed", 1)]


@pytest.mark.scenario("schedule-76", "schedule-77")
async def test_an_objection_at_the_last_moment_stands_or_is_late_never_both(committed: str, people: People) -> None:
    session = await given.choir(people, people.bob)
    found, told_at = await given.notified(people, session, people.bob)
    end = told_at + timedelta(hours=48)
    await asyncio.gather(
        object_to_no_show(people.bob.caller, found, "I was there", end - timedelta(microseconds=1)),
        *(job.run(end) for _ in range(3)),
        return_exceptions=True,
    )
    states = [row["state"] for row in await sql.rows("SELECT state FROM no_show_change ORDER BY id")]
    assert states in (["proposed", "notified", "objection"], ["proposed", "notified", "final"])
    if states[-1] == "objection":
        await asyncio.gather(
            *(decide_no_show(people.dan.caller, found, "seen", end, stands=stands) for stands in (True, False)),
            return_exceptions=True,
        )
        assert await sql.value("SELECT count(*) FROM no_show_change") == 4


@pytest.mark.scenario("schedule-78")
async def test_a_roll_called_twice_at_once_writes_one_stay(committed: str, people: People) -> None:
    session = await given.choir(people, people.bob)
    signup = await given.signup_of(people.bob, session)
    called = await asyncio.gather(
        *(call_roll(people.alice.caller, session.id, [signup], given.over(session)) for _ in range(5))
    )
    assert Counter(each.rows[0].result for each in called) == {"recorded": 1, "already": 4}
    assert await sql.value("SELECT count(*) FROM attendance") == 1


DOOMED = """
CREATE TABLE accident (id int);
CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM accident) THEN RAISE EXCEPTION 'only at the end'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER attendance_accident AFTER UPDATE ON attendance DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail_at_commit();
CREATE CONSTRAINT TRIGGER confirmation_accident AFTER UPDATE ON stay_confirmation DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail_at_commit();
"""


@pytest.mark.scenario("checkin-54", "checkin-56", "checkin-75", "checkin-107")
async def test_an_accident_at_the_commit_of_a_closing_is_healed_by_the_next_round(
    committed: str, people: People, running: servers.Running
) -> None:
    name = committed.partition("?")[0].rpartition("/")[2]
    owner = await asyncpg.connect(conftest.at_database(running.owner_url, name))
    try:
        await owner.execute(DOOMED)
        session = await given.choir(people, people.bob, people.carol)
        await given.was_in(people.bob, session)
        stay = await given.was_in(people.carol, session, 0, 120)
        await waits(people, stay)
        late = given.over(session)
        await owner.execute("INSERT INTO accident VALUES (1)")
        assert await close_sessions.run(late) == 0
        with pytest.raises(asyncpg.RaiseError):
            await close_day(people.alice.caller, session.id, [], late)
        for table in ("scan WHERE source = 'job'", "attendance WHERE out_at IS NOT NULL AND is_automatic", "intent", "message"):
            assert await sql.value(f"SELECT count(*) FROM {table}") == 0, "nothing of it stands"
        assert await sql.value("SELECT count(*) FROM job_failure") == 1
        await owner.execute("DELETE FROM accident")
    finally:
        await owner.close()
    for minutes in (2, 4):
        await close_sessions.run(late + timedelta(minutes=minutes))
        await close_day(people.alice.caller, session.id, [], late + timedelta(minutes=minutes))
    assert await sql.value("SELECT count(*) FROM scan WHERE source = 'job'") == 1
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'stay_closed'") == 1
    assert await sql.value("SELECT count(*) FROM intent") == 1, "confirmed and promised once"
    assert await sql.value("SELECT count(*) FROM job_failure") == 0


@pytest.mark.scenario("checkin-75", "checkin-107")
async def test_two_who_close_the_day_at_once_credit_once(committed: str, people: People) -> None:
    session = await given.choir(people, people.bob)
    stay = await given.was_in(people.bob, session, 0, 120)
    await waits(people, stay)
    late = given.over(session)
    told = await asyncio.gather(
        *(close_day(person.caller, session.id, [], late) for person in (people.alice, people.dan) for _ in range(3))
    )
    assert sum(each.confirmed for each in told) == 1
    assert await sql.value("SELECT count(*) FROM intent") == 1
    assert await sql.value("SELECT count(*) FROM stay_confirmation WHERE confirmed_by IS NOT NULL") == 1


async def waits(people: People, stay_id: UUID) -> None:
    """The stay is on record as scanned, and its points wait for the organiser."""
    found = await stays.find(stay_id)
    scanned = records.Scanned(
        member_id=found.person_id,
        attendance_id=stay_id,
        version=1,
        session_id=found.session_id,
        minutes=found.minutes,
        ends_by_self=False,
        entered_by=people.alice.id,
        recorded_at=people.now,
    )
    assert await records.keep_scanned([scanned])
    service = stays.service(found, 1, "A", found.minutes)
    assert await earning.earn(msgspec.structs.replace(service, needs_confirmation=True), people.now) is None
