"""When points are exchanged, and how much of one reward there is for a person and a household."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW, Shelf, refused
from timebank.points import holds
from timebank.points.holds import Hold
from timebank.rewards import limits, orders, redemptions, windows
from timebank.rewards.limits import Limit, LimitNotFit
from timebank.rewards.redemptions import LimitReached, WindowClosed
from timebank.rewards.windows import Repeats, Span, WindowNotFit

SHANGHAI = timedelta(hours=8)


def wall(text: str) -> datetime:
    """An instant by the community's wall, which is eight hours ahead."""
    return (datetime.fromisoformat(text) - SHANGHAI).replace(tzinfo=UTC)


async def window(people: People, first: str, last: str, repeats: Repeats = "never", hours: str = "") -> None:
    begins, _, ends = hours.partition("-")
    span = Span(
        date.fromisoformat(first),
        date.fromisoformat(last),
        repeats,
        time.fromisoformat(begins or "00:00"),
        time.fromisoformat(ends) if ends else None,
    )
    await windows.add(uuid4(), people.community, span, people.erin.id, NOW)


async def set_aside(shelf: Shelf, person: Person, at: datetime = NOW, *, key: str = "") -> Hold:
    unit = purse.unit(shelf.reward, person, scope="member:x", key=key)
    return await orders.set_aside(unit, shelf.place, person.id, timedelta(days=3), at, is_order=True)


@pytest.mark.scenario("ledger-72")
async def test_a_shut_window_says_when_it_opens_next(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 50)
    await window(folk, "2026-11-30", "2026-12-02", hours="09:00-17:00")
    before, opens = wall("2026-11-30 08:59:59"), wall("2026-11-30 09:00")
    async with refused(WindowClosed, opens_at=opens.isoformat(), time_zone="Asia/Shanghai"):
        await shelf.redeem(folk.bob, at=before)
    async with refused(WindowClosed):
        await set_aside(shelf, folk.bob, before)
    assert (await shelf.redeem(folk.bob, at=opens)).state == "to_collect"
    async with refused(WindowClosed, opens_at=wall("2026-12-01 09:00").isoformat()):
        await shelf.redeem(folk.bob, at=wall("2026-11-30 17:00"))
    async with refused(WindowClosed, opens_at=None):
        await shelf.redeem(folk.bob, at=wall("2026-12-02 17:00"))


@pytest.mark.scenario("ledger-72")
@pytest.mark.parametrize(
    ("repeats", "first", "last", "at", "opens"),
    [
        ("weekly", "2026-11-02", "2026-11-03", "2026-11-11 12:00", "2026-11-16 00:00"),
        ("weekly", "2026-11-02", "2026-11-03", "2026-11-17 23:59", "2026-11-16 00:00"),
        ("monthly", "2026-01-31", "2026-02-02", "2026-02-28 10:00", "2026-02-28 00:00"),
        ("monthly", "2026-01-31", "2026-02-02", "2026-03-03 10:00", "2026-03-31 00:00"),
        ("quarterly", "2025-01-01", "2025-01-07", "2026-11-26 09:00", "2027-01-01 00:00"),
        ("quarterly", "2025-01-01", "2025-01-07", "2027-01-07 23:59", "2027-01-01 00:00"),
        ("yearly", "2024-02-29", "2024-03-05", "2027-02-27 10:00", "2027-02-28 00:00"),
        ("never", "2027-05-01", "2027-05-03", "2026-11-26 09:00", "2027-05-01 00:00"),
    ],
)
async def test_a_window_comes_round_on_the_communitys_calendar(
    folk: People, repeats: Repeats, first: str, last: str, at: str, opens: str
) -> None:
    shelf = await purse.shelf(folk, 1)
    assert not (await windows.at(shelf.place, wall(at))).is_limited
    await window(folk, first, last, repeats)
    found = await windows.at(shelf.place, wall(at))
    assert found.opens_at == wall(opens)
    assert found.is_open(wall(at)) is (opens <= at)


async def test_the_nearest_node_with_windows_decides_and_a_removed_one_opens_nothing(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    root = await sql.value("SELECT ancestor_ids[1] FROM community WHERE id = $1", folk.community)
    made = uuid4()
    await windows.add(made, root, Span(date(2027, 1, 1), date(2027, 1, 2)), folk.erin.id, NOW)
    assert (await windows.at(shelf.place, NOW)).opens_at == wall("2027-01-01 00:00")
    await window(folk, "2026-11-01", "2026-11-30")
    assert (await windows.at(shelf.place, NOW)).is_open(NOW)
    for own in await windows.of([folk.community]):
        await windows.remove(own.id, NOW)
    await windows.remove(made, NOW)
    assert not (await windows.at(shelf.place, NOW)).is_limited


@pytest.mark.parametrize(
    "span",
    [
        Span(date(2026, 1, 2), date(2026, 1, 1)),
        Span(date(2026, 1, 1), date(2026, 1, 8), "weekly"),
        Span(date(2026, 1, 1), date(2026, 1, 1), from_time=time(9), until_time=time(9)),
        Span(date(1, 1, 1), date(1, 1, 1)),
        Span(date(2199, 1, 1), date(9999, 1, 1)),
    ],
)
async def test_a_window_that_is_none_is_refused(folk: People, span: Span) -> None:
    with pytest.raises(WindowNotFit):
        windows.check(span)


@pytest.mark.scenario("ledger-70")
@pytest.mark.parametrize(
    ("period", "again_on"),
    [
        ("day", "2026-11-27"),
        ("week", "2026-11-30"),
        ("month", "2026-12-01"),
        ("quarter", "2027-01-01"),
        ("year", "2027-01-01"),
        ("ever", None),
    ],
)
async def test_a_limit_counts_the_calendar_on_the_wall(folk: People, period: limits.Period, again_on: str | None) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 50)
    await limits.set_for(shelf.reward, [Limit("person", period, 1)])
    first = await shelf.redeem(folk.bob, key="first")
    assert (await shelf.redeem(folk.bob, key="first")).id == first.id
    async with refused(LimitReached, who="person", units=1, period=period, again_on=again_on):
        await shelf.redeem(folk.bob)
    reached = (await limits.reached(folk.bob.id, shelf.place, NOW))[shelf.reward]
    assert (reached.again_on and reached.again_on.isoformat()) == again_on
    assert not await limits.reached(folk.carol.id, shelf.place, NOW)
    if again_on:
        again = wall(f"{again_on} 00:00")
        async with refused(LimitReached):
            await shelf.redeem(folk.bob, at=again - purse.SECOND)
        await shelf.redeem(folk.bob, at=again)


@pytest.mark.scenario("ledger-70")
async def test_what_was_undone_or_given_back_does_not_count_and_an_order_does(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 50)
    await limits.set_for(shelf.reward, [Limit("person", "month", 1)])
    receipt = await shelf.redeem(folk.bob)
    await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=True, at=NOW)
    order = await set_aside(shelf, folk.bob, key="one-order")
    assert (await set_aside(shelf, folk.bob, key="one-order")).id == order.id
    for take in (shelf.redeem(folk.bob), set_aside(shelf, folk.bob)):
        async with refused(LimitReached):
            await take
    await holds.release(order.id, NOW)
    again = await set_aside(shelf, folk.bob)
    await orders.handed_over(again.id, folk.dan.id, wall("2026-11-28 10:00"))
    async with refused(LimitReached, again_on="2026-12-01"):
        await shelf.redeem(folk.bob, at=wall("2026-11-30 10:00"))


@pytest.mark.scenario("ledger-71")
async def test_a_household_shares_its_limit(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    for person in (folk.bob, folk.carol, folk.dan):
        await purse.earn(person, 50)
    await one_household(folk.bob, folk.carol)
    await limits.set_for(shelf.reward, [Limit("person", "day", 1), Limit("household", "month", 2)])
    await shelf.redeem(folk.bob)
    async with refused(LimitReached, who="person"):
        await shelf.redeem(folk.bob)
    await shelf.redeem(folk.carol)
    tomorrow = NOW + timedelta(days=1)
    for person in (folk.bob, folk.carol):
        async with refused(LimitReached, who="household", units=2):
            await shelf.redeem(person, at=tomorrow)
    await shelf.redeem(folk.dan, at=tomorrow)


async def one_household(*people: Person) -> None:
    """They live behind the door of the first."""
    await sql.rows(
        "UPDATE member m SET household_id = f.household_id, community_id = f.community_id FROM member f "
        "WHERE f.id = $1 AND m.id = ANY ($2)",
        people[0].id,
        [person.id for person in people],
    )


async def test_limits_are_set_and_taken_off(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    both = [Limit("person", "day", 1), Limit("household", "year", 3)]
    await limits.set_for(shelf.reward, both)
    assert await limits.of([shelf.reward]) == {shelf.reward: both}
    await limits.set_for(shelf.reward, [])
    assert await limits.of([shelf.reward]) == {}
    for wrong in ([Limit("person", "day", 1)] * 2, [Limit("person", "day", 0)]):
        with pytest.raises(LimitNotFit):
            await limits.set_for(shelf.reward, wrong)
