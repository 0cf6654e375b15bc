"""The statement of a month or any period: points and hours as they were booked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from schedules import sql
from schedules.errors import Malformed, NotFound
from tests.afterwards import given
from tests.given import People, Person, device
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.actions.community.devices import rename_device
from timebank.actions.people.see_statement import Statement, see_statement
from timebank.outbox import intents
from timebank.points import ledger
from timebank.rewards import redemptions

JULY = datetime(2027, 7, 3, 2, 0, tzinfo=UTC)


async def recorded(
    person: Person,
    minutes: int,
    *,
    by: Person | None = None,
    at: datetime = NOW,
    on: date = date(2026, 11, 26),
    stay: UUID | None = None,
    name_en: str = "",
) -> None:
    """Hours on record."""
    await sql.rows(
        "INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, activity_name_en, "
        "served_on, place, service_content, service_minutes, organising_unit, person_in_charge, entered_by, recorded_at) "
        "VALUES ($1, $2, $3, 1, 'A', 'scan', '合唱队', $8, $4, '活动室', '唱歌', $5, '春晖社区', 'Alice', $6, $7)",
        uuid4(),
        person.id,
        stay,
        on,
        minutes,
        (by or person).id,
        at,
        name_en,
    )


async def november(caller: Person, of: Person | None = None) -> Statement:
    return await see_statement(caller.caller, (of or caller).id, NOW, month="2026-11")


@pytest.mark.scenario("ledger-117")
async def test_what_is_booked_in_july_for_june_stands_in_july_with_the_day_of_service(folk: People) -> None:
    await recorded(folk.bob, 90, at=JULY, on=date(2027, 6, 28))
    june_end = datetime(2027, 6, 28, 8, tzinfo=UTC)
    promise = await intents.promise(f"attendance:{uuid4()}:v1", folk.bob.id, 150, earned_at=june_end, at=JULY)
    await intents.keep(promise.id, JULY)
    june = await see_statement(folk.bob.caller, folk.bob.id, JULY, month="2027-06")
    july = await see_statement(folk.bob.caller, folk.bob.id, JULY, month="2027-07")
    assert june.lines == []
    assert june.closing == july.opening
    assert [(line.booked_on, line.served_on, line.minutes, line.units) for line in july.lines] == [
        (date(2027, 7, 3), date(2027, 6, 28), 90, None),
        (date(2027, 7, 3), date(2027, 6, 28), None, 150),
    ]


@pytest.mark.scenario("ledger-118")
async def test_redeeming_giving_and_expiry_change_no_minute_of_hours(folk: People) -> None:
    """rules-1, for the statement."""
    await recorded(folk.bob, 600)
    await purse.earn(folk.bob, 6)
    await purse.earn(folk.bob, 4, expires_at=NOW + timedelta(days=1))
    shelf = await purse.shelf(folk, 1, price=3)
    await shelf.redeem(folk.bob)
    later = NOW + timedelta(days=2)
    await ledger.settle_due(10, later)
    await ledger.move(
        "gift:1", "gift", await purse.account(folk.bob), await purse.account(folk.carol), 50, folk.bob.id, at=later
    )
    found = await see_statement(folk.bob.caller, folk.bob.id, later, month="2026-11")
    assert {line.kind: (line.minutes, line.units) for line in found.lines} == {
        "service": (600, None),
        "credit": (None, 400),
        "redeem": (None, -300),
        "expire": (None, -100),
        "gift": (None, -50),
    }
    assert [line.minutes_after for line in found.lines] == [600] * 6
    assert (found.lines[-1].other.name, found.lines[-1].acted_by.name) == ("Carol", "")
    (hers,) = (await see_statement(folk.carol.caller, folk.carol.id, later, month="2026-11")).lines
    assert (hers.minutes, hers.units, hers.other.name) == (None, 50, "Bob")
    assert (found.hours.total, found.minutes, found.closing.minutes) == (600, 600, 600)
    assert (found.units_in, found.units_out, found.closing.units) == (1000, 450, 550)


async def test_a_device_is_named_as_it_was_called_when_it_booked(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    shelf = await purse.shelf(folk, 1, price=3)
    kiosk = await device("kiosk", "Hall kiosk", folk.community, NOW, shelf.place)
    await redemptions.redeem(
        f"device:{kiosk.id}", "one-and-the-same", b"same", folk.bob.id, shelf.reward, shelf.place, None, kiosk.id, NOW
    )
    await rename_device(folk.erin.caller, kiosk.id, "西侧兑换机", "West kiosk", NOW + timedelta(hours=1))
    (line,) = [each for each in (await november(folk.bob)).lines if each.kind == "redeem"]
    assert (line.acted_by.name, line.acted_by.is_device) == ("Hall kiosk", True)


@pytest.mark.scenario("ledger-120")
async def test_a_helpers_name_stands_on_the_line_and_both_see_it(folk: People) -> None:
    await purse.earn(folk.carol, 10)
    shelf = await purse.shelf(folk, 1, price=3)
    await redemptions.redeem(
        f"member:{folk.dan.id}", str(uuid4()), b"same", folk.carol.id, shelf.reward, shelf.place, None, folk.dan.id, NOW
    )
    await recorded(folk.carol, 60, by=folk.dan)
    hers = await november(folk.carol)
    assert {(line.kind, line.acted_by.name) for line in hers.lines} == {("credit", ""), ("redeem", "Dan"), ("service", "Dan")}
    his = await november(folk.dan)
    assert [(each.name, each.kind, each.units, each.minutes) for each in his.for_others] == [
        ("Carol", "redeem", -300, None),
        ("Carol", "service", None, 60),
    ]
    assert his.lines == []
    assert (await november(folk.bob)).for_others == []


@pytest.mark.scenario("ledger-122")
async def test_anothers_statement_is_not_found_as_nobodys(folk: People) -> None:
    for member_id in (folk.bob.id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await see_statement(folk.carol.caller, member_id, NOW)
        assert refused.value.facts == {"what": "member"}
    with pytest.raises(NotFound):
        await see_statement(folk.alice.caller, folk.bob.id, NOW)


async def test_staff_who_read_the_ledger_print_it_for_a_member_and_that_is_noted(folk: People) -> None:
    await purse.earn(folk.bob, 2)
    assert (await november(folk.erin, of=folk.bob)).closing.units == 200
    noted = await sql.one(
        "SELECT actor_id, action, detail ->> 'since' AS since FROM audit WHERE subject = $1", f"member:{folk.bob.id}"
    )
    assert tuple(noted) == (folk.erin.id, "statement.read", "2026-11-01")
    await november(folk.bob)
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'statement.read'") == 1


async def test_hours_and_the_points_they_earned_share_a_line(folk: People) -> None:
    session = await given.choir(folk, folk.bob)
    stay = await given.was_in(folk.bob, session, 0, 120)
    await recorded(folk.bob, 120, stay=stay)
    await purse.earn(folk.bob, 2, key=f"attendance:{stay}:v1")
    (line,) = (await november(folk.bob)).lines
    assert (line.kind, line.minutes, line.units, line.hour_class, line.what) == ("credit", 120, 200, "A", "合唱队")


@pytest.mark.scenario("ledger-116")
async def test_adjoining_periods_meet_and_any_period_adds_up(folk: People) -> None:
    for days, points in ((0, 5), (1, 3), (40, 7)):
        await purse.earn(folk.bob, points, at=NOW + timedelta(days=days))
        await recorded(folk.bob, 60 + days, at=NOW + timedelta(days=days))
    edges = [date(2026, 11, 1), date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 31), date(2027, 1, 31)]
    last, later = None, NOW + timedelta(days=60)
    for since, until in pairwise(edges):
        found = await see_statement(folk.bob.caller, folk.bob.id, later, since=since, until=until - timedelta(days=1))
        assert last is None or found.opening == last
        assert found.opening.units + sum(line.units or 0 for line in found.lines) == found.closing.units
        assert found.opening.minutes + sum(line.minutes or 0 for line in found.lines) == found.closing.minutes
        last = found.closing
    assert last is not None
    assert (last.units, last.minutes) == (1500, 221)


@pytest.mark.parametrize(
    "asked",
    [
        {"month": "2026-13"},
        {"month": "x"},
        {"month": "9999-12"},
        {"since": date(1, 1, 1)},
        {"since": date(2026, 11, 2), "until": date(2026, 11, 1)},
        {"since": date(2001, 1, 1), "until": date(2026, 1, 1)},
    ],
)
async def test_a_period_that_nobody_means_is_refused(folk: People, asked: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        await see_statement(folk.bob.caller, folk.bob.id, NOW, **asked)  # type: ignore[arg-type]
