"""Points and stock move together, once, or not at all."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import JUNE, NOW, available, refused
from timebank.database import savepoint
from timebank.outbox.functions import AccountClosed, KeyConflict, UnknownOwner
from timebank.points import wallets
from timebank.points.refusals import InsufficientPoints, ReasonMissing
from timebank.points.wallets import Expiring
from timebank.rewards import redemptions
from timebank.rewards.redemptions import (
    Abandoned,
    AlreadyCollected,
    PriceChanged,
    RewardWithdrawn,
    SoldOut,
    StockShort,
    UnknownRedemption,
    UnknownReward,
)


@pytest.mark.scenario("ledger-65")
async def test_ten_points_buy_the_last_unit(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    receipt = await shelf.redeem(folk.bob, quoted=10)
    assert (receipt.price, receipt.balance_after, receipt.state, receipt.replayed) == (1000, 0, "to_collect", False)
    assert (await available(folk.bob), await shelf.count()) == (0, 0)
    assert await redemptions.by_code(receipt.code) == await shelf_receipt(receipt.id)


async def shelf_receipt(redemption_id: object) -> object:
    scope, key = await sql.one("SELECT scope, client_key FROM redemption WHERE id = $1", redemption_id)
    return await redemptions.by_key(scope, key)


@pytest.mark.scenario("ledger-66")
async def test_nothing_moves_when_the_shelf_is_empty(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 10)
    await shelf.redeem(folk.bob)
    async with refused(SoldOut):
        await shelf.redeem(folk.carol)
    never_delivered = await purse.shelf(folk, 0)
    async with refused(SoldOut):
        await never_delivered.redeem(folk.carol)


async def test_too_few_points_buy_nothing(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 9.99)
    async with refused(InsufficientPoints, available=999, held=0, needed=1000):
        await shelf.redeem(folk.bob)


@pytest.mark.scenario("ledger-20")
async def test_the_same_key_gives_the_same_receipt(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 30)
    first = await shelf.redeem(folk.bob, key="one")
    await shelf.redeem(folk.bob, key="two")
    again = await shelf.redeem(folk.bob, key="one")
    assert again == replayed(first)
    assert (await shelf.count(), await available(folk.bob)) == (3, 10)


def replayed(receipt: redemptions.Receipt) -> redemptions.Receipt:
    return redemptions.Receipt(**{name: getattr(receipt, name) for name in receipt.__struct_fields__} | {"replayed": True})


async def test_a_key_holds_longer_than_the_row_that_claimed_it(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 30)
    first = await shelf.redeem(folk.bob, key="one")
    await sql.rows("DELETE FROM idempotency")
    assert await shelf.redeem(folk.bob, key="one") == replayed(first)


@pytest.mark.scenario("ledger-21")
async def test_a_key_with_another_request_or_member_is_a_conflict(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 30)
    await shelf.redeem(folk.bob, key="one")
    async with refused(KeyConflict, key="one"):
        await shelf.redeem(folk.bob, key="one", request=b"other")
    async with refused(KeyConflict):
        await shelf.redeem(folk.carol, key="one", request=b"other")
    async with refused(KeyConflict):
        await shelf.redeem(folk.carol, key="one")
    await purse.hold(folk.bob, 1, key="held")
    async with refused(KeyConflict):
        await shelf.redeem(folk.bob, key="held")
    async with refused(KeyConflict):
        await purse.hold(folk.bob, 1, key="one")


async def test_a_key_that_another_kind_of_request_used_is_a_conflict(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    await sql.rows("INSERT INTO idempotency (scope, key, request_hash, made_at) VALUES ('device:k1', 'one', 'other', $1)", NOW)
    async with refused(KeyConflict):
        await shelf.redeem(folk.bob, key="one")


async def test_a_key_claimed_by_the_caller_itself_goes_on(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    await sql.rows("INSERT INTO idempotency (scope, key, request_hash, made_at) VALUES ('device:k1', 'one', 'same', $1)", NOW)
    assert not (await shelf.redeem(folk.bob, key="one")).replayed


@pytest.mark.scenario("ledger-25")
async def test_a_refusal_does_not_burn_the_key(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    async with refused(InsufficientPoints):
        await shelf.redeem(folk.bob, key="one")
    await purse.earn(folk.bob, 10)
    assert not (await shelf.redeem(folk.bob, key="one")).replayed


@pytest.mark.scenario("ledger-26")
async def test_the_key_of_an_undone_redemption_redeems_nothing_anew(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 10)
    first = await shelf.redeem(folk.bob, key="one")
    await redemptions.undo(first.id, folk.dan.id, "broken", restock=True, at=NOW)
    again = await shelf.redeem(folk.bob, key="one")
    assert (again.id, again.state, again.replayed) == (first.id, "undone", True)
    assert (await shelf.count(), await available(folk.bob)) == (5, 10)


@pytest.mark.scenario("ledger-27")
async def test_two_kiosks_may_use_the_same_key(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 10)
    await purse.earn(folk.carol, 10)
    at_k1 = await shelf.redeem(folk.bob, scope="device:k1", key="one")
    at_k2 = await shelf.redeem(folk.carol, scope="device:k2", key="one", request=b"other")
    assert at_k1.id != at_k2.id
    assert not at_k2.replayed


@pytest.mark.scenario("ledger-69")
async def test_a_price_that_was_seen_holds_for_some_minutes_and_is_never_silently_dearer(folk: People) -> None:
    shelf = await purse.shelf(folk, 5, price=10)
    await purse.earn(folk.bob, 100)
    await shelf.costs(12)
    changed = await sql.value("SELECT replaced_at FROM former_price")
    assert (await shelf.redeem(folk.bob, quoted=10, at=changed + timedelta(minutes=9))).price == 1000
    async with refused(PriceChanged, price=1200, quoted=1000):
        await shelf.redeem(folk.bob, quoted=10, at=changed + timedelta(minutes=10))
    async with refused(PriceChanged, price=1200, quoted=1100):
        await shelf.redeem(folk.bob, quoted=11, at=changed)
    assert (await shelf.redeem(folk.bob, quoted=12, at=changed + timedelta(days=1))).price == 1200


async def test_a_price_that_fell_is_charged_at_once(folk: People) -> None:
    shelf = await purse.shelf(folk, 5, price=10)
    await purse.earn(folk.bob, 100)
    await shelf.costs(8)
    assert (await shelf.redeem(folk.bob, quoted=10)).price == 800


async def test_what_is_withdrawn_or_unknown_cannot_be_had(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 100)
    await sql.rows("UPDATE reward SET state = 'withdrawn' WHERE id = $1", shelf.reward)
    async with refused(RewardWithdrawn):
        await shelf.redeem(folk.bob)
    async with refused(UnknownReward):
        await purse.Shelf(shelf.place, uuid4(), folk.dan).redeem(folk.bob)
    nowhere = purse.Shelf(uuid4(), (await purse.shelf(folk, 1)).reward, folk.dan)
    async with refused(SoldOut):
        await nowhere.redeem(folk.bob)


async def test_a_closed_account_buys_nothing(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 100)
    await sql.rows("UPDATE account SET closed_at = $2 WHERE owner_id = $1", folk.bob.id, NOW)
    async with refused(AccountClosed):
        await shelf.redeem(folk.bob)
    stranger = folk.bob.__class__(uuid4(), "Nobody", "", uuid4(), uuid4(), "")
    async with refused(UnknownOwner):
        await shelf.redeem(stranger)
    await purse.reopened(folk.bob)


@pytest.mark.scenario("ledger-73")
async def test_a_code_is_good_for_one_collection(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    receipt = await shelf.redeem(folk.bob)
    await redemptions.collect(receipt.id, folk.dan.id, NOW)
    with pytest.raises(AlreadyCollected) as caught:
        await redemptions.collect(receipt.id, folk.alice.id, NOW + timedelta(hours=1))
    assert caught.value.facts == {"at": NOW, "place": "服务站"}
    with pytest.raises(UnknownRedemption):
        await redemptions.collect(uuid4(), folk.dan.id, NOW)
    with pytest.raises(UnknownRedemption):
        await redemptions.by_code("nothing")


@pytest.mark.scenario("ledger-94")
async def test_an_undone_redemption_gives_back_points_with_their_dates_and_the_unit_if_ticked(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 4, expires_at=JUNE)
    await purse.earn(folk.bob, 16)
    for restock, count in ((False, 1), (True, 1)):
        receipt = await shelf.redeem(folk.bob)
        reversal = await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=restock, at=NOW)
        assert await redemptions.undo(receipt.id, folk.dan.id, "again", restock=True, at=NOW) == reversal
        assert await sql.value("SELECT reverses FROM transfer WHERE id = $1", reversal) == receipt.id
        assert await shelf.count() == count
    assert await wallets.expiring(folk.bob.id, NOW) == [Expiring(JUNE, 400), Expiring(None, 1600)]


@pytest.mark.scenario("ledger-96")
async def test_points_past_their_date_come_back_for_the_days_of_grace(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    receipt = await shelf.redeem(folk.bob, at=NOW)
    july = JUNE + timedelta(days=10)
    await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=False, grace_days=7, at=july)
    assert await available(folk.bob, july + timedelta(days=7) - purse.SECOND) == 10
    assert await available(folk.bob, july + timedelta(days=7)) == 0


async def test_an_undo_needs_a_reason_and_a_redemption(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    receipt = await shelf.redeem(folk.bob)
    async with refused(ReasonMissing):
        await redemptions.undo(receipt.id, folk.dan.id, "", restock=False)
    async with refused(UnknownRedemption):
        await redemptions.undo(uuid4(), folk.dan.id, "broken", restock=False)


@pytest.mark.scenario("ledger-134")
async def test_a_request_under_an_abandoned_key_moves_nothing(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    assert await redemptions.abandon("device:k1", "one") is None
    async with refused(Abandoned):
        await shelf.redeem(folk.bob, key="one")
    assert not (await shelf.redeem(folk.bob, scope="device:k2", key="one")).replayed


async def test_abandoning_a_key_that_had_succeeded_gives_its_receipt(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    done = await shelf.redeem(folk.bob, key="one")
    for _ in range(2):
        assert await redemptions.abandon("device:k1", "one") == replayed(done)


@pytest.mark.scenario("ledger-77")
async def test_opening_stock_plus_moves_minus_receipts_is_the_count(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    await purse.earn(folk.bob, 20)
    await shelf.redeem(folk.bob)
    assert await redemptions.move_stock(shelf.reward, shelf.place, -2, "counted", folk.dan.id, NOW) == 2
    assert [tuple(row) for row in await sql.rows("SELECT change, reason FROM stock_move ORDER BY id")] == [
        (5, "delivered"),
        (-2, "counted"),
    ]
    async with refused(StockShort, count=2):
        await redemptions.move_stock(shelf.reward, shelf.place, -3, "counted", folk.dan.id, NOW)


async def test_a_stock_move_without_a_reason_is_refused(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    with pytest.raises(asyncpg.CheckViolationError):
        async with savepoint():
            await redemptions.move_stock(shelf.reward, shelf.place, 1, "", folk.dan.id, NOW)


async def test_the_code_on_a_receipt_is_the_first_that_is_free(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 20)
    monkeypatch.setattr(redemptions, "new_codes", lambda: ["AAAA2222", "BBBB3333"])
    assert [(await shelf.redeem(folk.bob)).code for _ in range(2)] == ["AAAA2222", "BBBB3333"]


def test_codes_have_no_look_alikes() -> None:
    assert not set("01IO") & set("".join(code for _ in range(100) for code in redemptions.new_codes()))
