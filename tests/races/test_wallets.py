"""The cap of a wallet, a wallet that closes, and a claim that two decide, each while others move the same points."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from schedules import sql
from tests.given import People, member
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_caps import capped
from tests.ledger.test_estates import frank, grace
from tests.ledger.test_promises import earn, service
from tests.races.crowd import all_at_once, alone
from timebank.actions.leaving.claims import Claiming, Kept, approve_claim, claim_points
from timebank.actions.leaving.leave import ByStaff, Left, Wish, leave, let_leave
from timebank.jobs import settle_leavers
from timebank.outbox import intents
from timebank.points import accounts, gifts, pools
from timebank.points.refusals import FourEyes

pytestmark = pytest.mark.race


async def until_kept(intent: UUID) -> None:
    """As worker and sweeper do: one that finds the pool taken is tried again."""
    for _ in range(200):
        await alone(intents.keep(intent))
        if await sql.value("SELECT state FROM intent WHERE id = $1", intent) != "pending":
            return
        await asyncio.sleep(0.02)


@pytest.mark.scenario("ledger-110")
@pytest.mark.parametrize("first", ["pool", "member"])
async def test_a_wallet_never_passes_its_cap_while_others_donate(folk: People, first: str) -> None:
    bob = folk.bob
    await accounts.open_for(folk.community)
    if first == "pool":  # of the lower number: a credit finds only under the member's lock that it needs the pool
        bob = folk.bob = await member("Bob", "18800000009", folk.building, NOW)
    assert ((await accounts.open_for(folk.community)) < await purse.account(bob)) == (first == "pool")
    await capped(folk, 500, "pool")
    await purse.earn(folk.carol, 20)
    promises = [(await earn(service(folk, 60))).id for _ in range(16)]
    moves = [pools.donate(folk.carol.id, folk.community, 10) for _ in range(8)]
    given = [pools.donate(folk.bob.id, folk.community, 1) for _ in range(4)]
    kept = [intents.keep(one) for one in promises[:8]] + [intents.keep_many(promises[n:]) for n in (8, 10, 12)]
    found = await all_at_once([*kept, *moves, *given])
    assert "DeadlockDetectedError" not in {type(one).__name__ for one in found}, found
    for one in promises:
        await until_kept(one)
    gone = int(await sql.value("SELECT count(*) FROM transfer WHERE kind = 'donate' AND amount = 1"))
    highest = await sql.value("SELECT max(balance_after) FROM posting WHERE account_id = $1", await purse.account(folk.bob))
    assert highest <= 500
    assert (await purse.balance(folk.bob)).posted + (await pools.one(folk.community)).available == 1600 + 80
    assert (await purse.balance(folk.bob)).posted >= 500 - gone


@pytest.mark.scenario("ledger-92")
async def test_a_gift_and_promises_come_while_bob_leaves(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    await purse.earn(folk.carol, 10)
    await capped(folk, 100_00, "pool", gifts="anyone")
    gift = await gifts.give(folk.carol.id, folk.bob.id, 300, "", timedelta(days=7), None)
    promises = [(await earn(service(folk, 60))).id for _ in range(4)]
    leaving = leave(folk.bob.caller, Wish(), NOW)
    found = await asyncio.gather(
        leaving,
        *(alone(intents.keep(one)) for one in promises),
        alone(gifts.accept(gift.id, None)),
        alone(intents.keep_many(promises)),
        return_exceptions=True,
    )
    assert isinstance(found[0], Left), found
    await settle_leavers.run(NOW)
    taken = (await gifts.one(gift.id)).state == "accepted"
    assert (await purse.balance(folk.bob)).posted == 0
    assert (await purse.balance(folk.carol)).posted == (700 if taken else 1000)
    assert (await pools.one(folk.community)).available == 1400 + (300 if taken else 0)


@pytest.mark.scenario("ledger-93")
async def test_of_many_who_approve_at_once_two_stand_in_the_trail(folk: People) -> None:
    staff = [folk.erin, await frank(folk), await grace(folk)]
    await purse.earn(folk.bob, 10)
    await let_leave(folk.erin.caller, folk.bob.id, ByStaff(reason="told", died=True), NOW)
    claim = (await claim_points(folk.erin.caller, folk.bob.id, Claiming(evidence="nobody came"), NOW)).claim_id
    found = await asyncio.gather(
        *(approve_claim(each.caller, claim, NOW) for each in staff for _ in range(2)), return_exceptions=True
    )
    assert {type(one) for one in found} <= {Kept, FourEyes}, found
    row = await sql.one("SELECT first_by, second_by, state FROM estate_claim")
    assert (row["state"], row["first_by"] != row["second_by"]) == ("approved", True)
    assert (await pools.one(folk.community)).available == 1000
