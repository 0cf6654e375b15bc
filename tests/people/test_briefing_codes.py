"""A code at the end of a briefing confirms each member once, shows who issued it, runs out and can be taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.given import People
from timebank.actions.activities.briefings import (
    issue_briefing_code,
    see_briefing_code,
    take_briefing_code,
    withdraw_briefing_code,
)
from timebank.people import briefing_codes, held_skills, skills
from timebank.people.briefing_codes import BriefingOver, BriefingWithdrawn, NotByBriefing
from timebank.people.callers import NotAllowed
from timebank.people.held_skills import OwnSkill
from timebank.people.skills import Wanted
from timebank.web import clock


async def kitchen(people: People, *, months: int | None = None, by_briefing: bool = True) -> UUID:
    wanted = Wanted(name="厨房卫生", name_en="Kitchen hygiene", by_briefing=by_briefing, months=months)
    return await skills.add(people.community, wanted, people.erin.id, people.now)


async def issued(people: People, now: datetime, minutes: int = 15) -> tuple[UUID, str]:
    made = await issue_briefing_code(people.alice.caller, await kitchen(people), "Spring", minutes, now)
    return made.code_id, briefing_codes.mark(made.code_id)


@pytest.mark.scenario("schedule-32")
async def test_a_code_confirms_each_member_once_and_says_who_issued_it(tx: None, people: People, now: datetime) -> None:
    code, mark = await issued(people, now)
    first = await take_briefing_code(people.bob.caller, code, mark, now)
    again = await take_briefing_code(people.bob.caller, code, mark, now + timedelta(minutes=1))
    await take_briefing_code(people.carol.caller, code, mark, now)
    assert (first.is_new, again.is_new) == (True, False)
    seen, confirmed = await see_briefing_code(people.alice.caller, code)
    assert (seen.issuer, seen.confirmed, [each.name for each in confirmed]) == ("Alice", 2, ["Bob", "Carol"])
    held = (await held_skills.of_member(people.bob.id))[0]
    assert (held.state, held.by) == ("confirmed", "Alice")
    assert [(each.state, each.occasion) for each in await held_skills.history(held.id)] == [
        ("claimed", ""),
        ("confirmed", "Spring"),
    ]
    assert await sql.value("SELECT count(*) FROM message WHERE kind = 'briefing_confirmed'") == 2


@pytest.mark.scenario("schedule-32")
async def test_a_code_runs_out_after_its_minutes_and_can_be_taken_back(tx: None, people: People, now: datetime) -> None:
    code, mark = await issued(people, now)
    with pytest.raises(BriefingOver):
        await take_briefing_code(people.bob.caller, code, mark, now + timedelta(minutes=15))
    await take_briefing_code(people.bob.caller, code, mark, now + timedelta(minutes=15) - timedelta(seconds=1))
    with pytest.raises(NotAllowed):
        await withdraw_briefing_code(people.dan.caller, code, now)
    await withdraw_briefing_code(people.alice.caller, code, now)
    with pytest.raises(BriefingWithdrawn):
        await take_briefing_code(people.carol.caller, code, mark, now)
    assert [each.name for each in await briefing_codes.confirmed(code)] == ["Bob"], "whom it confirmed stays so"


async def test_a_forged_address_leads_nowhere_and_nobody_confirms_themselves(tx: None, people: People, now: datetime) -> None:
    code, mark = await issued(people, now)
    for forged in ("0" * 24, "", mark[:-1] + "x", "é"):
        with pytest.raises(NotFound):
            await take_briefing_code(people.bob.caller, code, forged, now)
    with pytest.raises(OwnSkill):
        await take_briefing_code(people.alice.caller, code, mark, now)


async def test_only_skills_that_allow_it_and_only_organisers_of_the_branch(tx: None, people: People, now: datetime) -> None:
    other = await kitchen(people, by_briefing=False)
    with pytest.raises(NotByBriefing):
        await issue_briefing_code(people.alice.caller, other, "", 15, now)
    elsewhere = await skills.add(people.elsewhere, Wanted(name="x", by_briefing=True), people.erin.id, now)
    with pytest.raises(NotAllowed):
        await issue_briefing_code(people.alice.caller, elsewhere, "", 15, now)
    above = await skills.add(people.sub_district, Wanted(name="y", by_briefing=True), people.erin.id, now)
    await issue_briefing_code(people.alice.caller, above, "", 15, now)


@pytest.mark.parametrize(("months", "until"), [(3, date(2027, 2, 26)), (12, date(2027, 11, 26)), (None, None)])
async def test_a_confirmation_holds_its_months(
    tx: None, people: People, now: datetime, months: int | None, until: date | None
) -> None:
    skill = await kitchen(people, months=months)
    made = await issue_briefing_code(people.alice.caller, skill, "", 15, now)
    taken = await take_briefing_code(people.bob.caller, made.code_id, briefing_codes.mark(made.code_id), now)
    assert taken.valid_until == until


def test_the_last_day_of_a_shorter_month() -> None:
    assert held_skills.months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)


@pytest.mark.scenario("schedule-32")
async def test_opening_the_address_changes_nothing_until_it_is_tapped(
    tx: None, people: People, client: httpx.AsyncClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    people.alice.sign_in(client)
    skill = await kitchen(people)
    made = await client.post("/organise/briefings", data={"skill": str(skill), "occasion": "Spring", "minutes": "15"})
    shown = await client.get(made.headers["location"])
    assert "<svg" in shown.text, shown.text
    address = briefing_codes.path(UUID(made.headers["location"].rpartition("/")[2]))
    people.bob.sign_in(client)
    opened = await client.get(address, headers={"accept-language": "en"})
    assert (opened.status_code, "issued by Alice" in opened.text) == (200, True)
    assert await held_skills.of_member(people.bob.id) == []
    assert (await client.post(address)).status_code == 303
    assert "Confirmed for you." in (await client.get(address)).text
    assert (await client.get("/briefing/" + address.split("/")[2] + "/forged")).status_code == 404
    client.cookies.clear()
    stranger = await client.get(address, headers={"accept": "text/html"})
    assert stranger.headers["location"].startswith("/sign-in?back=")
