"""The community pays for who is in need: two of staff decide, the pool pays at the exchange, and nobody else learns of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound, Refusal
from tests import given
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW, Shelf, refused
from tests.ledger.test_gifts import number, rules, told
from tests.ledger.test_pools import coordinator, filled, pool_has
from tests.neighbours.help import AFTER, START, has, live_with, post
from timebank.actions.community.books import take_ledger
from timebank.actions.exports.contents import Contents
from timebank.actions.exports.everything import MEMBERS
from timebank.actions.exports.of_communities import COMMUNITY
from timebank.actions.leaving.leave import ByStaff, leave, let_leave
from timebank.actions.leaving.leave import Wish as Leaving
from timebank.actions.neighbours.arrange import Proposal as Terms
from timebank.actions.neighbours.arrange import Yes, agree, answer_post
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.actions.people.see_statement import see_statement
from timebank.actions.points.gifts import Wish as Present
from timebank.actions.points.gifts import give
from timebank.actions.points.issues import see_pool
from timebank.actions.points.see_support import see_own_support, see_support, see_supports
from timebank.actions.points.support import (
    AboveTheRules,
    ForOneself,
    NobodyHere,
    Proposal,
    SupportOff,
    WrongSpan,
    approve_support,
    decline_support,
    drop_support,
    end_support,
    propose_support,
)
from timebank.actions.rewards.order_reward import cancel_order, order_reward
from timebank.actions.rewards.redeem import Order, redeem_for_oneself
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.database import savepoint
from timebank.jobs import settle_supports
from timebank.people.callers import NotAllowed
from timebank.points import holds, support_payments, supports
from timebank.points.refusals import FourEyes, InsufficientPoints
from timebank.points.supports import SupportHeld, SupportOver
from timebank.rewards import redemptions

TODAY = date(2026, 11, 26)


async def proposal(person: Person, points: float = 20, **other: Any) -> Proposal:
    wish = Proposal(await number(person), round(points * 100), TODAY, TODAY + timedelta(days=180), "lost her work", "said")
    return msgspec.structs.replace(wish, **other)


async def supported(
    folk: People, points: float = 20, pool: float = 50, most: float = 30, **knobs: Any
) -> tuple[Person, Person]:
    """Carol, for whom the pool pays so much a month: Erin has proposed it, Dan has said yes. Both of them."""
    await rules(folk, support_month_units=round(most * 100), **knobs)
    await filled(folk, pool)
    dan = await coordinator(folk, folk.dan)
    kept = await propose_support(folk.erin.caller, await proposal(folk.carol, points), NOW)
    await approve_support(dan.caller, kept.support_id, NOW)
    return folk.erin, dan


async def redeem(person: Person, shelf: Shelf, key: str = "key-1") -> int:
    """The points that are left."""
    return (await redeem_for_oneself(person.caller, shelf.place, Order(shelf.reward, 1000, key), NOW)).balance_after


async def id_of(folk: People) -> supports.Support:
    return (await supports.of_member(folk.carol.id, NOW))[0]


async def test_the_pool_pays_what_is_missing_for_a_reward_and_no_more_than_the_month_allows(folk: People) -> None:
    await supported(folk, points=16)
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.carol, 4, at=None)
    assert await redeem(folk.carol, shelf) == 0
    assert await purse.kinds(folk.carol) == [("credit", 400), ("support", 600), ("redeem", -1000)]
    assert (await pool_has(folk), await support_payments.left(folk.carol.id, NOW)) == (44, 1000)
    assert await redeem(folk.carol, shelf) == 0, "the same key: the same receipt, and nothing more out of the pool"
    assert await redeem(folk.carol, shelf, "key-2") == 0
    async with refused(InsufficientPoints, available=0, needed=1000):
        await redeem(folk.carol, shelf, "key-3")
    assert (await pool_has(folk), await support_payments.left(folk.carol.id, NOW)) == (34, 0)


async def test_it_pays_nothing_where_the_pool_has_less_than_is_missing_or_the_reward_is_gone(folk: People) -> None:
    await supported(folk, pool=9)
    shelf = await purse.shelf(folk, 1)
    async with refused(InsufficientPoints):
        await redeem(folk.carol, shelf)
    await filled(folk, 40)
    assert await redeem(folk.carol, shelf) == 0
    async with refused(Refusal):
        await redeem(folk.carol, shelf, "key-2")
    assert (await pool_has(folk), await has(folk.carol)) == (39, (0, 0))


async def test_what_an_order_did_not_take_after_all_goes_back_to_the_pool(folk: People) -> None:
    await supported(folk)
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.carol, 4, at=None)
    made = await order_reward(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-01"), NOW)
    assert (await has(folk.carol), await pool_has(folk), await support_payments.to_return(NOW)) == ((0, 10), 44, [])
    await cancel_order(folk.carol.caller, made.id, NOW)
    for _ in range(2):
        await settle_supports.run(NOW)
        assert (await has(folk.carol), await pool_has(folk)) == ((4, 0), 50)
    assert await support_payments.left(folk.carol.id, NOW) == 2000
    assert await purse.kinds(folk.carol) == [("credit", 400), ("support", 600), ("support", -600)]


async def test_what_was_spent_again_before_it_could_go_back_counts_as_used(folk: People) -> None:
    await supported(folk)
    shelf = await purse.shelf(folk, 2)
    made = await order_reward(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-01"), NOW)
    await cancel_order(folk.carol.caller, made.id, NOW)
    assert await redeem(folk.carol, shelf) == 0
    await settle_supports.run(NOW)
    left = await support_payments.left(folk.carol.id, NOW)
    assert (await pool_has(folk), left, await support_payments.to_return(NOW)) == (40, 1000, [])


async def test_help_from_a_neighbour_is_paid_out_of_the_pool_and_what_it_was_shorter_goes_back(folk: People) -> None:
    await supported(folk)
    made = await post(folk.carol, minutes=120)
    exchange = await answer_post(folk.bob.caller, made.id, Terms(START, 120, ""), NOW)
    await agree(folk.carol.caller, exchange.id, Yes(exchange.terms), NOW)
    assert (await pool_has(folk), await has(folk.carol)) == (48, (0, 2))
    for neighbour in (folk.bob, folk.carol):
        await say_how_long(neighbour.caller, exchange.id, Word(60), AFTER)
    await settle_supports.run(NOW)
    assert (await pool_has(folk), await has(folk.carol), await has(folk.bob)) == (49, (0, 0), (1, 0))
    of_bob = await see_statement(folk.bob.caller, folk.bob.id, NOW, since=date(2026, 11, 1), until=date(2027, 1, 1))
    assert "support" not in str(of_bob), "the neighbour who helps learns nothing of it"


async def test_nothing_is_paid_before_a_second_person_nor_after_the_last_day_nor_without_the_rules(folk: People) -> None:
    async with refused(SupportOff, field="month_units"):
        await rules(folk)
        await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    _, dan = await supported(folk)
    kept, shelf = await id_of(folk), await purse.shelf(folk, 9)
    late = NOW + timedelta(days=181)
    async with refused(InsufficientPoints):
        await redeem_for_oneself(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "late-key"), late)
    assert (await support_payments.left(folk.carol.id, late), (await supports.one(kept.id, late)).state) == (0, "ended")
    await end_support(folk.erin.caller, kept.id, NOW)
    again = await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    async with refused(InsufficientPoints):
        await redeem(folk.carol, shelf)
    await policies.publish(folk.community, TODAY, Rules(), None, NOW)
    await approve_support(dan.caller, again.support_id, NOW)
    async with refused(InsufficientPoints):
        await redeem(folk.carol, shelf)


async def test_four_eyes_decide_and_neither_pair_is_one_of_the_household(folk: People) -> None:
    """rules-22, for the pool that pays: refused by the action and, whatever the action says, by the database."""
    await rules(folk, support_month_units=3000)
    dan = await coordinator(folk, folk.dan)
    async with refused(ForOneself):
        await propose_support(dan.caller, await proposal(folk.dan), NOW)
    kept = await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    assert ("support_waits" in await told(dan), await told(folk.carol)) == (True, [])
    for _ in range(2):
        async with refused(FourEyes):
            await approve_support(folk.erin.caller, kept.support_id, NOW)
        await live_with(dan, folk.carol)
        async with refused(FourEyes):
            await approve_support(dan.caller, kept.support_id, NOW)
    with pytest.raises(asyncpg.CheckViolationError):
        async with savepoint():
            await sql.rows("UPDATE support SET state = 'approved', decided_by = proposed_by, decided_at = now()")


@pytest.mark.parametrize(
    ("refusal", "other"),
    [
        (AboveTheRules, {"month_units": 3001}),
        (WrongSpan, {"from_on": TODAY - timedelta(days=1)}),
        (WrongSpan, {"until_on": TODAY + timedelta(days=400)}),
        (WrongSpan, {"until_on": TODAY - timedelta(days=1)}),
        (WrongSpan, {"from_on": TODAY + timedelta(days=367), "until_on": TODAY + timedelta(days=368)}),
        (WrongSpan, {"from_on": date(9999, 12, 30), "until_on": date(9999, 12, 31)}),
        (NobodyHere, {"number": 2**53}),
    ],
)
async def test_a_proposal_that_does_not_fit_is_refused(folk: People, refusal: type[Refusal], other: dict[str, Any]) -> None:
    await rules(folk, support_month_units=3000)
    async with refused(refusal):
        await propose_support(folk.erin.caller, await proposal(folk.carol, **other), NOW)


async def test_one_at_a_time_decided_once_and_the_members_no_counts_at_any_moment(folk: People) -> None:
    erin, dan = await supported(folk)
    async with refused(SupportHeld):
        await propose_support(erin.caller, await proposal(folk.carol), NOW)
    kept = await id_of(folk)
    assert (await approve_support(dan.caller, kept.id, NOW)).state == "approved", "safe to repeat"
    async with refused(SupportOver, state="approved"):
        await drop_support(dan.caller, kept.id, NOW)
    async with refused(NotFound):
        await decline_support(folk.bob.caller, kept.id, NOW)
    for _ in range(2):
        assert (await decline_support(folk.carol.caller, kept.id, NOW)).state == "ended"
    assert await support_payments.left(folk.carol.id, NOW) == 0


async def test_staff_whom_it_is_for_decline_it_where_others_refuse_it(folk: People) -> None:
    await rules(folk, support_month_units=3000)
    dan = await coordinator(folk, folk.dan)
    kept = await propose_support(dan.caller, await proposal(folk.erin), NOW)
    async with refused(FourEyes):
        await approve_support(folk.erin.caller, kept.support_id, NOW)
    for _ in range(2):
        assert (await drop_support(folk.erin.caller, kept.support_id, NOW)).state == "withdrawn"
    assert (await decline_support(folk.erin.caller, kept.support_id, NOW)).state == "withdrawn", "on their own page too"


@pytest.mark.parametrize("has_died", [True, False])
async def test_nobody_approves_it_for_who_has_died_or_behind_its_last_day(folk: People, has_died: bool) -> None:
    await rules(folk, support_month_units=3000)
    dan = await coordinator(folk, folk.dan)
    kept = await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    if has_died:
        await let_leave(folk.erin.caller, folk.carol.id, ByStaff("died", died=True), NOW)
    when = NOW if has_died else NOW + timedelta(days=181)
    async with refused(SupportOver, state="withdrawn"):
        await approve_support(dan.caller, kept.support_id, when)
    assert "support_begins" not in await told(folk.carol)


async def test_each_reading_is_noted_and_the_member_reads_by_whom(folk: People) -> None:
    """rules-20: sensitive notes; also being on the list is a reading. Who may not read them finds nothing."""
    erin, dan = await supported(folk)
    kept = await id_of(folk)
    await see_supports(erin.caller, NOW)
    seen = await see_support(dan.caller, kept.id, NOW)
    own = (await see_own_support(folk.carol.caller, NOW)).seen[0]
    assert (seen.support.reason, own.support.reason) == ("lost her work", "lost her work")
    assert sorted(each.name for each in own.readings) == ["Dan", "Erin"]
    keeper = await given.member("Kim", "15411112222", folk.building, NOW, "keeper", folk.community)
    auditor = await given.member("Ann", "15411113333", folk.building, NOW, "auditor", folk.community)
    for other in (folk.alice, keeper, auditor):
        async with refused(NotAllowed):
            await see_support(other.caller, kept.id, NOW)
    assert (await see_own_support(folk.bob.caller, NOW)).seen == []
    await see_own_support(folk.carol.caller, NOW)
    assert len((await see_own_support(folk.carol.caller, NOW)).seen[0].readings) == 2, "one's own looking is no reading"


async def test_figures_name_nobody_and_equal_the_ledger(folk: People, client: httpx.AsyncClient) -> None:
    """rules-23, for what pools pay: pool, report and ledger say the same, and none of them who it was for."""
    await supported(folk)
    shelf = await purse.shelf(folk, 1)
    await redeem(folk.carol, shelf)
    year = int(await sql.value("SELECT extract(year FROM clock_timestamp())"))
    path = f"/api/v1/communities/{folk.sub_district}/reports/{year}"
    report = (await client.get(path, headers=folk.erin.bearer)).json()
    rows = (await client.get(f"{path}/supported", headers=folk.erin.bearer)).json()["lines"]
    [figure] = [each for each in report["figures"] if each["name"] == "supported"]
    clock = await sql.value("SELECT clock_timestamp()")
    paid = (await see_pool(folk.erin.caller, folk.community, clock)).paid
    assert (figure["total"], [(row["amount"], row["number"]) for row in rows], paid.this_year) == (1000, [(1000, None)], 1000)
    auditor = await given.member("Ann", "15411113333", folk.building, NOW, "auditor", folk.community)
    days = {"since": (clock - timedelta(days=2)).date(), "until": (clock + timedelta(days=2)).date()}

    async def kinds(reader: Person) -> set[str]:
        return {line.kind for line in (await see_statement(reader.caller, folk.carol.id, NOW, **days)).lines}

    assert (await kinds(folk.carol), await kinds(auditor)) == ({"support", "redeem"}, {"issue", "redeem"})


async def test_the_reason_goes_a_year_after_the_end(folk: People) -> None:
    await supported(folk)
    kept = await id_of(folk)
    await end_support(folk.erin.caller, kept.id, NOW)
    await settle_supports.run(NOW + timedelta(days=364))
    assert (await id_of(folk)).reason == "lost her work"
    await settle_supports.run(NOW + timedelta(days=366))
    assert (await id_of(folk)).reason == "…"


async def test_nobody_gives_away_or_inherits_what_goes_back_to_the_pool(folk: People) -> None:
    """What was cancelled is the pool's again in the same step, what has lapsed at the next touch: no job has run."""
    await supported(folk, gifts="anyone", leaving=["beneficiary", "pool"])
    shelf, heir = await purse.shelf(folk, 3), await number(folk.alice)
    first = await order_reward(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-01"), NOW)
    await cancel_order(folk.carol.caller, first.id, NOW)
    assert (await has(folk.carol), await pool_has(folk), await support_payments.left(folk.carol.id, NOW)) == ((0, 0), 50, 2000)
    await support_payments.pay_missing("test", "lapses-1", folk.carol.id, 1000, NOW)
    own, at_once = await purse.account(folk.carol), timedelta(microseconds=1)
    await holds.place("test", "lapses-1", b"-", own, 1000, "booking", folk.carol.id, at_once)
    assert await pool_has(folk) == 40
    async with refused(InsufficientPoints, available=0, needed=1000):
        await give(folk.carol.caller, Present(heir, 1000), NOW)
    await order_reward(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-03"), NOW)
    await leave(folk.carol.caller, Leaving(heir_number=heir), NOW)
    assert (await has(folk.alice), await pool_has(folk), await support_payments.to_return(NOW)) == ((0, 0), 50, [])
    await purse.sound()


async def test_what_goes_back_is_what_came_from_the_pool_and_own_points_keep_their_date(folk: People) -> None:
    await supported(folk)
    shelf = await purse.shelf(folk, 3)
    soon = await sql.value("SELECT clock_timestamp() + interval '2 days'")
    await purse.earn(folk.carol, 4, soon, at=None)
    made = await order_reward(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-01"), NOW)
    await cancel_order(folk.carol.caller, made.id, NOW)
    taken = await redeem_for_oneself(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "key-2"), NOW)
    await redemptions.undo(taken.id, folk.erin.id, "broken", restock=True)
    lots = await sql.rows(
        "SELECT a.kind, l.remaining, l.expires_at IS NULL AS lasts FROM lot l JOIN account a ON a.id = l.account_id "
        "WHERE l.remaining > 0 AND a.owner_id IN ($1, $2)",
        folk.carol.id,
        folk.community,
    )
    assert {(row["kind"], row["lasts"]) for row in lots} == {("member", False), ("pool", True)}
    assert (await has(folk.carol), await pool_has(folk)) == ((4, 0), 50)
    await purse.sound()


async def test_in_no_books_report_or_export_of_a_community_is_anybody_in_need(folk: People, client: httpx.AsyncClient) -> None:
    """rules.md 7. Who may know it takes the ledger along whole, and the member reads that."""
    erin, _ = await supported(folk)
    await redeem(folk.carol, await purse.shelf(folk, 3))
    await decline_support(folk.carol.caller, (await id_of(folk)).id, NOW)
    whole = ["".join(map(str, await taken_along(each, folk.carol.id, folk.community, True))) for each in (*MEMBERS, *COMMUNITY)]
    assert [text for text in whole if "support" in text.replace("support.proposed", "").replace("support.approved", "")] == []
    own = ["".join(map(str, await taken_along(each, folk.carol.id, None, False))) for each in MEMBERS]
    assert sum("support" in text for text in own) == 3, "the movement, the letters and the deed are in one's own file"
    auditor = await given.member("Ann", "15411113333", folk.building, NOW, "auditor", folk.sub_district)
    clock = await sql.value("SELECT clock_timestamp()")
    month = clock.strftime("%Y-%m")
    plain = [each for each in await take_ledger(auditor.caller, month, clock) if "pool" in each.from_account]
    assert ([(each.kind, each.row) for each in plain], "support" in str(plain)) == ([("issue", "")], False)
    top = await given.member("Top", "15411114444", folk.building, NOW, "coordinator", folk.sub_district)
    assert "support" in {each.kind for each in await take_ledger(top.caller, month, clock)}
    assert "Top" in [each.name for each in (await see_own_support(folk.carol.caller, NOW)).seen[0].readings]
    moved = str(await sql.value("SELECT id FROM transfer WHERE kind = 'support'"))
    path = f"/api/v1/communities/{folk.community}/reports/{clock.year}"
    for figure in ("supported", "from_pools"):
        answer = await client.get(f"{path}/{figure}", headers=erin.bearer)
        assert (answer.status_code, moved in answer.text, len(answer.json()["lines"])) == (200, False, 1)


async def taken_along(file: Contents, member_id: UUID, community_id: UUID | None, is_whole: bool) -> list[Any]:
    which = member_id if file in MEMBERS else community_id
    return [tuple(row) for row in await sql.rows(file.statement, [which], *([is_whole] if "$2" in file.statement else []))]
