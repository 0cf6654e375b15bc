"""Points for who brought a new member along: of the rules of that day, after the new member's first confirmed hour, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_gifts import number, rules
from tests.ledger.test_monthly import recorded
from tests.neighbours.help import live_with
from tests.people.test_members import joining
from timebank.actions.people.members import create_member
from timebank.jobs import pay_recruits
from timebank.outbox import intents
from timebank.points import recruits
from timebank.points.recruits import RecruiterUnfit, RecruitsOff

LATER = NOW + timedelta(days=30)


async def brought(folk: People, by: Person) -> Person:
    """A new member who came through somebody, as a person who can serve."""
    made = await create_member(folk.erin.caller, joining(folk, recruiter_number=await number(by)), NOW)
    return Person(made, "王秀英", "", UUID(int=0), folk.building, "")


async def promises() -> list[tuple[str, int, str]]:
    told = "payload ->> 'what_en' AS what"
    found = await sql.rows(f"SELECT business_key, amount, {told} FROM intent WHERE business_key LIKE 'recruit:%'")
    return [(row["business_key"], row["amount"], row["what"]) for row in found]


async def test_the_points_come_after_the_first_confirmed_hour_and_once(folk: People) -> None:
    """rules.md 10 and 11: recruiting for the bonus; class C counts for nothing, and the rules of the day of joining decide."""
    await rules(folk, recruit_units=200)
    new = await brought(folk, folk.bob)
    await recorded(new, 59)
    await sql.rows(
        "INSERT INTO service_record (id, member_id, version, class, source, activity_name, served_on, place, service_content, "
        "service_minutes, organising_unit, person_in_charge, entered_by, approved_by, reason, recorded_at) "
        "SELECT gen_random_uuid(), member_id, 1, 'C', 'later', activity_name, served_on, place, service_content, 300, "
        "organising_unit, person_in_charge, $2, $3, 'a letter', recorded_at FROM service_record WHERE member_id = $1",
        new.id,
        folk.dan.id,
        folk.erin.id,
    )
    assert (await pay_recruits.run(LATER), await promises()) == (0, [])
    await recorded(new, 1)
    for handled in (1, 0):
        assert await pay_recruits.run(LATER) == handled
        [(key, amount, what)] = await promises()
        assert (key, amount, what) == (f"recruit:{new.id}", 200, "A new member who came through you has served an hour")
    await intents.keep(await sql.value("SELECT id FROM intent WHERE business_key LIKE 'recruit:%'"), LATER)
    assert await purse.kinds(folk.bob) == [("credit", 200)]


async def test_what_is_waited_for_too_long_or_from_who_has_gone_lapses(folk: People) -> None:
    await rules(folk, recruit_units=200)
    new = await brought(folk, folk.bob)
    assert await pay_recruits.run(NOW + recruits.WAITS) == 0
    assert await pay_recruits.run(NOW + recruits.WAITS + timedelta(seconds=1)) == 1
    await recorded(new, 600)
    assert (await pay_recruits.run(LATER), await promises()) == (0, [])
    await brought(folk, folk.carol)
    await sql.rows("UPDATE member SET state = 'left' WHERE id = $1", folk.carol.id)
    assert (await pay_recruits.run(LATER), await promises()) == (1, [])


async def test_where_the_rules_pay_nothing_nothing_is_kept(folk: People) -> None:
    await rules(folk)
    with pytest.raises(RecruitsOff):
        await brought(folk, folk.bob)
    assert await sql.value("SELECT count(*) FROM recruit") == 0
    assert await sql.value("SELECT count(*) FROM member WHERE name = '王秀英'") == 0


async def test_nobody_is_paid_for_who_they_live_with_nor_enters_their_own(folk: People) -> None:
    """rules-22, for who recruits."""
    await rules(folk, recruit_units=200)
    await sql.rows("UPDATE household SET label = '3-201' WHERE id = $1", folk.bob.household_id)
    at_home = joining(folk, door="3-201", community_id=folk.bob.community_id, recruiter_number=await number(folk.bob))
    with pytest.raises(RecruiterUnfit):
        await create_member(folk.erin.caller, at_home, NOW)
    with pytest.raises(RecruiterUnfit):
        await brought(folk, folk.erin)
    await live_with(folk.carol, folk.erin)
    with pytest.raises(RecruiterUnfit):
        await brought(folk, folk.carol)
    assert await sql.value("SELECT count(*) FROM recruit") == 0
