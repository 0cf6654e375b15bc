"""The points of a member who has died wait for a claim, which two members of staff approve who gain nothing by it."""

from __future__ import annotations

import pytest

from schedules import sql
from tests.given import People, Person, member
from tests.ledger import purse
from tests.ledger.purse import NOW, available
from tests.ledger.test_gifts import number, rules, same_door
from tests.ledger.test_leaving import pooled, state
from timebank.actions.leaving.claims import (
    Claiming,
    HeirGone,
    NoHeir,
    NothingToClaim,
    Refusing,
    approve_claim,
    claim_points,
    refuse_claim,
    see_estate,
)
from timebank.actions.leaving.leave import ByStaff, Left, Wish, leave, let_leave
from timebank.jobs import settle_leavers
from timebank.outbox.functions import AccountClosed
from timebank.people import audit, relatives
from timebank.people.callers import NotAllowed
from timebank.points import closing, pools
from timebank.points.estates import ClaimedAlready, ClaimOver
from timebank.points.refusals import FourEyes


async def frank(people: People) -> Person:
    """Another coordinator."""
    return await member("Frank", "19900000006", people.building, NOW, "coordinator", people.sub_district)


async def grace(people: People) -> Person:
    """A third one."""
    return await member("Grace", "19900000007", people.community, NOW, "coordinator", people.sub_district)


async def died(people: People, points: float = 10) -> None:
    if points:
        await purse.earn(people.bob, points)
    gone = await let_leave(people.erin.caller, people.bob.id, ByStaff(reason="the family told us", died=True), NOW)
    assert gone == Left(people.bob.id, not points)


@pytest.mark.scenario("ledger-93")
async def test_two_members_of_staff_approve_and_the_trail_shows_both(folk: People) -> None:
    second, third = await frank(folk), await grace(folk)
    await died(folk)
    assert await settle_leavers.run(NOW) == 0
    assert (await state(folk.bob), await available(folk.bob)) == (("left", False), 10)
    asked = Claiming(evidence="Certificate of inheritance, seen by Erin", heir_number=await number(folk.carol))
    claim = (await claim_points(folk.erin.caller, folk.bob.id, asked, NOW)).claim_id
    told = await sql.rows("SELECT person_id FROM message WHERE kind = 'claim_waits'")
    assert {row["person_id"] for row in told} == {second.id, third.id}
    assert (await approve_claim(second.caller, claim, NOW)).state == "open"
    with pytest.raises(FourEyes):
        await approve_claim(second.caller, claim, NOW)
    assert await available(folk.carol) == 0
    assert [(await approve_claim(each, claim, NOW)).state for each in (third.caller, third.caller)] == ["approved"] * 2
    assert (await state(folk.bob), await available(folk.carol)) == (("left", True), 10)
    seen = await see_estate(folk.erin.caller, folk.bob.id, NOW)
    assert (seen.claims[0].first_by, seen.claims[0].second_by) == ("Frank", "Grace")
    assert [(each.went, each.units) for each in seen.shares] == [("beneficiary", 1000)]
    trail = {each.did: each for each in await audit.about(f"member:{folk.bob.id}")}
    assert trail["estate.approved"].detail["approved_by"] == [str(second.id), str(third.id)]
    assert trail["estate.approved_first"].actor_name == "Frank"


@pytest.mark.scenario("ledger-93")
async def test_neither_the_heir_nor_the_heirs_household_approves(folk: People) -> None:
    second = await frank(folk)
    await same_door(folk.carol, second)
    for heir in (second, folk.carol):
        dead = await member(f"Old {heir.name}", f"1880000{heir.phone[-4:]}", folk.building, NOW)
        await purse.earn(dead, 1)
        await let_leave(folk.erin.caller, dead.id, ByStaff(reason="told", died=True), NOW)
        asked = Claiming(evidence="seen", heir_number=await number(heir))
        claim = (await claim_points(folk.erin.caller, dead.id, asked, NOW)).claim_id
        with pytest.raises(FourEyes):
            await approve_claim(second.caller, claim, NOW)
        assert not (await see_estate(second.caller, dead.id, NOW)).may_approve
        with pytest.raises(NotAllowed):
            await approve_claim(folk.dan.caller, claim, NOW)


async def test_without_an_heir_they_are_the_pools_and_above_a_cap_as_well(folk: People) -> None:
    second = await frank(folk)
    await died(folk)
    await rules(folk, wallet_cap_units=400)
    first = await claim_points(folk.erin.caller, folk.bob.id, Claiming(evidence="nobody came"), NOW)
    with pytest.raises(ClaimedAlready):
        await claim_points(second.caller, folk.bob.id, Claiming(evidence="another"), NOW)
    await refuse_claim(second.caller, first.claim_id, Refusing("a daughter came"), NOW)
    with pytest.raises(ClaimOver):
        await approve_claim(second.caller, first.claim_id, NOW)
    asked = Claiming(evidence="the daughter", heir_number=await number(folk.carol))
    claim = (await claim_points(folk.erin.caller, folk.bob.id, asked, NOW)).claim_id
    await approve_claim(folk.erin.caller, claim, NOW)
    await approve_claim(second.caller, claim, NOW)
    assert (await available(folk.carol), await pooled(folk)) == (4, 600)
    with pytest.raises(ClaimOver):
        await refuse_claim(second.caller, claim, Refusing("too late"), NOW)


@pytest.mark.scenario("ledger-93")
@pytest.mark.parametrize("before", ["first", "second"])
async def test_an_heir_who_has_left_meanwhile_gets_nothing_and_the_claim_waits(folk: People, before: str) -> None:
    """Nobody has said yes to the pool."""
    second, third = await frank(folk), await grace(folk)
    await died(folk)
    asked = Claiming(evidence="seen", heir_number=await number(folk.carol))
    claim = (await claim_points(folk.erin.caller, folk.bob.id, asked, NOW)).claim_id
    if before == "second":
        await approve_claim(second.caller, claim, NOW)
    await leave(folk.carol.caller, Wish(), NOW)
    with pytest.raises(HeirGone):
        await approve_claim(third.caller, claim, NOW)
    seen = await see_estate(folk.erin.caller, folk.bob.id, NOW)
    assert (seen.units, seen.shares, seen.claims[0].state, await pooled(folk)) == (1000, [], "open", 0)
    await refuse_claim(third.caller, claim, Refusing("the heir has left"), NOW)
    other = await claim_points(folk.erin.caller, folk.bob.id, Claiming(evidence="nobody else"), NOW)
    await approve_claim(second.caller, other.claim_id, NOW)
    await approve_claim(third.caller, other.claim_id, NOW)
    assert await pooled(folk) == 1000


async def test_the_ledger_gives_no_estate_to_a_closed_wallet(folk: People) -> None:
    """Not even where the action would let it: what two have said yes to is for the heir."""
    await died(folk)
    await leave(folk.carol.caller, Wish(), NOW)
    pool = await pools.of_node(folk.community)
    async with purse.refused(AccountClosed):
        await closing.close("estate:x", folk.bob.id, ("beneficiary", "pool"), pool, folk.erin.id, "died", folk.carol.id)


async def test_a_relative_of_the_heir_says_no_yes(folk: People) -> None:
    """By the same measure as a mediator: who is close to the one who gains leaves it to others."""
    second = await frank(folk)
    await died(folk)
    await relatives.confirm(await relatives.name(folk.carol.id, second.id, NOW), second.id, NOW)
    asked = Claiming(evidence="seen", heir_number=await number(folk.carol))
    claim = (await claim_points(folk.erin.caller, folk.bob.id, asked, NOW)).claim_id
    assert not (await see_estate(second.caller, folk.bob.id, NOW)).may_approve
    with pytest.raises(FourEyes):
        await approve_claim(second.caller, claim, NOW)


async def test_only_the_points_of_the_dead_are_claimed(folk: People) -> None:
    await died(folk, 0)
    with pytest.raises(NothingToClaim):
        await claim_points(folk.erin.caller, folk.bob.id, Claiming(evidence="empty"), NOW)
    await leave(folk.carol.caller, Wish(), NOW)
    with pytest.raises(NothingToClaim):
        await claim_points(folk.erin.caller, folk.carol.id, Claiming(evidence="left"), NOW)
    dead = await member("Old Wu", "18800000001", folk.building, NOW)
    await purse.earn(dead, 1)
    await let_leave(folk.erin.caller, dead.id, ByStaff(reason="told", died=True), NOW)
    with pytest.raises(NoHeir):
        await claim_points(folk.erin.caller, dead.id, Claiming(evidence="left", heir_number=await number(folk.carol)), NOW)
    assert await sql.value("SELECT count(*) FROM estate_claim") == 0
