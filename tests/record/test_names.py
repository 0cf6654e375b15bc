"""A record is read as it was made: both names of its day stay, whatever the activity is called later."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from schedules import sql
from schedules.sessions import Session
from schedules.wordings import Wording
from tests import given
from tests.afterwards import given as afterwards
from tests.conftest import at_database
from tests.given import People, Person
from tests.ledger.purse import NOW
from tests.ledger.test_yearly_report import rows_of
from timebank import servers
from timebank.actions.activities.reword_activity import reword_activity
from timebank.actions.hours.approve_hours import approve_many
from timebank.actions.hours.certify import issue_paper
from timebank.actions.hours.close_day import close_day
from timebank.actions.hours.paper_wishes import Wish
from timebank.hours import certificates, records, summaries
from timebank.hours.records import Scanned

LATER = NOW + timedelta(days=40)
MADE = ("合唱队", "Choir")
STEP = Path(__file__).parents[2] / "migrations" / "second" / "59_record_names.sql"


async def scanned(person: Person, session: Session) -> None:
    """An hour of theirs on record, too late for the report."""
    stay = await afterwards.was_in(person, session)
    await records.keep_scanned(
        [
            Scanned(
                member_id=person.id,
                attendance_id=stay,
                version=1,
                session_id=session.id,
                minutes=60,
                ends_by_self=False,
                entered_by=person.id,
                recorded_at=LATER,
            )
        ]
    )


async def called(
    folk: People, session: Session, title: str, title_en: str, content: str = "Singing", at: datetime = LATER
) -> None:
    words = Wording(title=title, title_en=title_en, content=content, risks="None known")
    await reword_activity(folk.alice.caller, session.activity_id, words, at)


@pytest.mark.scenario("ledger-118")
async def test_rows_records_and_lines_of_certificates_read_as_before_when_the_activity_is_reworded(
    folk: People, client: httpx.AsyncClient
) -> None:
    session = await afterwards.choir(folk, folk.bob, title=MADE[0])
    await scanned(folk.bob, session)
    paper = (await issue_paper(folk.bob.caller, folk.bob.id, Wish(), None, LATER)).value
    for names in (("合唱队", "Songs"), ("晨唱", "")):
        await called(folk, session, *names)
        [record] = await summaries.of_member(folk.bob.id)
        [line] = await certificates.lines(paper.id)
        assert {(one.activity_name, one.activity_name_en) for one in (record, line)} == {MADE}
        for figure in ("hours", "late"):
            [row] = await rows_of(client, folk, folk.community, figure)
            assert (row["what"], row["what_en"]) == MADE, figure


async def test_hours_that_wait_for_a_second_person_keep_the_names_under_which_they_were_sent(folk: People) -> None:
    session = await afterwards.choir(folk, folk.bob, title=MADE[0])
    await afterwards.was_in(folk.bob, session, 0, 60, is_by_code=False)
    sent = await close_day(folk.alice.caller, session.id, [], afterwards.over(session))
    await called(folk, session, "晨唱", "Morning choir")
    await approve_many(folk.erin.caller, sent.entry_ids, LATER)
    [record] = await summaries.of_member(folk.bob.id)
    assert (record.activity_name, record.activity_name_en) == MADE


@pytest.mark.parametrize("by_code", [True, False], ids=["scanned", "sent by the organiser"])
async def test_a_record_that_is_made_after_the_activity_was_reworded_has_the_words_of_the_end(
    folk: People, by_code: bool
) -> None:
    """What was put right while it ran is in it, what came afterwards is not."""
    session = await afterwards.choir(folk, folk.bob, title="合唱团")
    await called(folk, session, *MADE, "Old songs", session.ends_at - timedelta(minutes=1))
    await called(folk, session, MADE[0], "Songs", "Old songs", session.ends_at + timedelta(minutes=1))
    await called(folk, session, "晨唱", "", "Drumming", session.ends_at + timedelta(minutes=2))
    await called(folk, session, "晨唱", "Morning choir", "Dancing", session.ends_at + timedelta(minutes=3))
    if by_code:
        await scanned(folk.bob, session)
    else:
        await afterwards.was_in(folk.bob, session, 0, 60, is_by_code=False)
        sent = await close_day(folk.alice.caller, session.id, [], afterwards.over(session))
        await approve_many(folk.erin.caller, sent.entry_ids, LATER)
    [record] = await summaries.of_member(folk.bob.id)
    assert (record.activity_name, record.activity_name_en, record.service_content) == (*MADE, "Old songs")


async def test_the_upgrade_gives_records_of_before_the_name_that_they_had(running: servers.Running, committed: str) -> None:
    """As though this step had not run: the column is taken away, and the file's own statements bring it back."""
    folk = await given.people(NOW)
    session = await afterwards.choir(folk, folk.bob, title=MADE[0])
    await scanned(folk.bob, session)
    owner = await asyncpg.connect(at_database(running.owner_url, committed.partition("?")[0].rpartition("/")[2]))
    try:
        await owner.execute("ALTER TABLE service_record DROP COLUMN activity_name_en")
        await owner.execute("ALTER TABLE hours_entry DROP COLUMN activity_name_en")
        async with owner.transaction():
            await owner.execute(STEP.read_text("utf-8"))
        with pytest.raises(asyncpg.PostgresError, match="service_record"):
            await owner.execute("UPDATE service_record SET activity_name_en = 'Songs'")
    finally:
        await owner.close()
    assert await sql.value("SELECT activity_name_en FROM service_record") == MADE[1]
