"""Help between neighbours when one of the two leaves, or has died: nobody waits for who is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.afterwards import given as after
from tests.given import People, Person, member
from tests.ledger.purse import NOW
from tests.neighbours.help import START, agreed, asked, has, told
from timebank.actions.leaving.claims import Claiming, approve_claim, claim_points, see_estate
from timebank.actions.leaving.leave import ByStaff, HelpAgreed, Left, Wish, foresee_for, leave, let_leave
from timebank.actions.neighbours.mediate import Decision, decide
from timebank.jobs import settle_leavers
from timebank.points import exchanges

DIED = ByStaff(reason="the family told us", died=True)


def other(folk: People, who: Person) -> Person:
    return folk.carol if who is folk.bob else folk.bob


@pytest.mark.scenario("ledger-92")
@pytest.mark.parametrize(("name", "state"), [("bob", "withdrawn"), ("carol", "declined")])
async def test_a_proposal_ends_with_the_leaving_and_the_other_is_told(folk: People, name: str, state: str) -> None:
    who: Person = getattr(folk, name)
    exchange = await asked(folk)
    assert await leave(who.caller, Wish(), NOW) == Left(who.id, True)
    assert (await exchanges.one(exchange.id)).state == state
    assert "exchange_over" in await told(other(folk, who))


@pytest.mark.scenario("ledger-93")
@pytest.mark.parametrize("name", ["bob", "carol"])
async def test_help_that_has_not_begun_is_called_off_where_one_has_died(folk: People, name: str) -> None:
    """The two cannot settle it any more: a death is entered whatever is agreed, also where the person stands as checked in."""
    who: Person = getattr(folk, name)
    exchange = await agreed(folk)
    await after.was_in(who, await after.choir(folk, who))
    assert (await foresee_for(folk.erin.caller, who.id, DIED, NOW)).stops == []
    await let_leave(folk.erin.caller, who.id, DIED, NOW)
    assert ((await exchanges.one(exchange.id)).state, await has(folk.carol)) == ("cancelled", (10, 0))
    assert "exchange_over" in await told(other(folk, who))


@pytest.mark.scenario("ledger-93")
@pytest.mark.parametrize(("name", "left"), [("bob", 1), ("carol", 9)])
async def test_of_help_that_has_begun_a_mediator_decides_before_the_points_go(folk: People, name: str, left: int) -> None:
    """Bob helps Carol, and one of the two dies in that hour: the helper's hour counts, then the estate is what it is."""
    who: Person = getattr(folk, name)
    frank = await member("Frank", "18800000006", folk.building, NOW, "coordinator", folk.sub_district)
    exchange = await agreed(folk)
    now = START + timedelta(minutes=30)
    assert await let_leave(folk.erin.caller, who.id, DIED, now) == Left(who.id, False)
    assert ((await exchanges.one(exchange.id)).state, await has(folk.carol)) == ("mediation", (9, 1))
    claim = (await claim_points(folk.erin.caller, who.id, Claiming(evidence="nobody came"), now)).claim_id
    with pytest.raises(HelpAgreed):
        await approve_claim(frank.caller, claim, now)
    await decide(folk.erin.caller, exchange.id, Decision(60, "the neighbour was there"), now + timedelta(days=20))
    assert (await see_estate(frank.caller, who.id, now)).units == left * 100
    assert [(await approve_claim(each.caller, claim, now)).state for each in (folk.erin, frank)] == ["open", "approved"]
    assert await settle_leavers.run(now) == 0
