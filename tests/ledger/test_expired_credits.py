"""A credit that is taken back when its points have expired: nobody owes what nobody had (decision 39)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import JUNE, MINUTE, NOW, SECOND, balance, refused
from tests.ledger.test_gifts import rules
from timebank.actions.leaving.leave import Wish, leave
from timebank.actions.people.see_statement import see_statement
from timebank.outbox import intents
from timebank.points import figures, holds, ledger
from timebank.points.refusals import AlreadySpent
from timebank.rewards import redemptions
from timebank.web import statements

EN = {"accept-language": "en", "accept": "text/html"}
AFTER = JUNE + timedelta(days=1)
LONG = timedelta(days=400)
STAY = "attendance:00000000-0000-0000-0000-000000000001"
CORRECT = "SELECT id FROM ledger.correct($1, $2, $3, $4, $5, $6, NULL, '{}', $7, 'left early', 'owe', $6)"


async def stands(people: People) -> tuple[int, int]:
    """What Bob has and owes, the day after the points' date."""
    found = await balance(people.bob, AFTER)
    return found.available, found.owed


async def comes_to(
    people: People, version: int, units: int, expires_at: datetime | None = JUNE, at: datetime = AFTER
) -> list[int]:
    """Bob's stay by its next version; what came back of the expired so far."""
    found = await sql.value(CORRECT, STAY, version, people.bob.id, units, expires_at, at, people.dan.id)
    await intents.keep(found, at)
    return [
        row["amount"] for row in await sql.rows("SELECT amount FROM transfer WHERE kind = 'revive' ORDER BY recorded_at, id")
    ]


@pytest.mark.parametrize("spent", ["owe", "refuse"])
async def test_points_that_expired_are_neither_owed_nor_taken_from_others(
    folk: People, spent: Literal["owe", "refuse"]
) -> None:
    """Defect guarded: ten points expired, and ten that were earned later went to repay them."""
    wrong = await purse.earn(folk.bob, 10, expires_at=JUNE)
    await purse.earn(folk.bob, 3, at=AFTER)
    for _ in range(2):
        await ledger.reverse(wrong, folk.dan.id, "was not there", spent, at=AFTER)
    assert (await purse.kinds(folk.bob))[2:] == [("expire", -1000), ("revive", 1000), ("reverse", -1000)]
    assert await stands(folk) == (300, 0)
    assert ((await figures.totals()).expired, (await figures.totals()).issued) == (0, 300)


async def test_of_a_credit_that_expired_in_part_only_what_was_spent_is_owed(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=6)
    wrong = await purse.earn(folk.bob, 10, expires_at=JUNE)
    await shelf.redeem(folk.bob)
    async with refused(AlreadySpent, amount=1000, available=400):
        await ledger.reverse(wrong, folk.dan.id, "was not there", "refuse", at=AFTER)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=AFTER)
    assert await stands(folk) == (0, 600)


@pytest.mark.scenario("ledger-103")
async def test_what_was_given_on_is_spent_though_it_expired_in_another_wallet(folk: People) -> None:
    wrong = await purse.earn(folk.bob, 5, expires_at=JUNE)
    await ledger.move("gift", "gift", await purse.account(folk.bob), await purse.account(folk.carol), 500, folk.bob.id, at=NOW)
    await ledger.settle_due(10, AFTER)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=AFTER)
    assert await stands(folk) == (0, 500)


async def test_each_unit_that_expired_of_a_stay_stands_in_once_whichever_version_brought_it(folk: People) -> None:
    await comes_to(folk, 1, 100, at=NOW)
    await comes_to(folk, 2, 300, at=NOW)
    await purse.earn(folk.bob, 5, at=AFTER)
    assert await comes_to(folk, 3, 150) == [100, 50]
    assert await comes_to(folk, 4, 0) == [100, 50, 150]
    assert await stands(folk) == (500, 0)


async def test_a_credit_too_many_leaves_nothing_behind_where_older_points_had_expired(folk: People) -> None:
    await comes_to(folk, 1, 100, at=NOW)
    await comes_to(folk, 2, 200, None)
    assert await comes_to(folk, 3, 100, None) == []
    assert await stands(folk) == (0, 0)


async def test_what_expired_of_the_stay_stands_in_where_a_correction_took_the_credit_that_is_reversed(folk: People) -> None:
    await comes_to(folk, 1, 100, at=NOW)
    await comes_to(folk, 2, 200, None)
    await comes_to(folk, 3, 100, None)
    second = await sql.value("SELECT transfer_id FROM intent WHERE business_key = $1", f"{STAY}:v2")
    await ledger.reverse(second, folk.dan.id, "was not there", at=AFTER)
    assert await stands(folk) == (0, 0)


@pytest.mark.parametrize("ends", ["captured", "given back"])
async def test_what_a_hold_keeps_past_its_date_is_taken_and_the_hold_kept_by_what_is_owed(folk: People, ends: str) -> None:
    wrong = await purse.earn(folk.bob, 10, expires_at=JUNE)
    held = await purse.hold(folk.bob, 4, lasts=LONG)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=AFTER)
    assert await stands(folk) == (0, 400)
    if ends == "captured":
        await holds.capture(held.id, 400, folk.dan.id, AFTER)
        assert await stands(folk) == (0, 400)
    else:
        await holds.release(held.id, AFTER)
        assert await stands(folk) == (400, 400), "nothing expires beside what is owed for it"


async def test_what_a_hold_needs_is_not_free_to_go_before_what_expired(folk: People) -> None:
    await comes_to(folk, 1, 100, at=NOW)
    await comes_to(folk, 2, 200, None)
    await ledger.settle_due(10, AFTER)
    await purse.hold(folk.bob, 1, lasts=LONG, at=AFTER)
    assert await comes_to(folk, 3, 100) == [100]
    assert await stands(folk) == (0, 0)


async def test_what_lives_goes_before_what_a_hold_keeps_past_its_date(folk: People) -> None:
    await comes_to(folk, 1, 100, at=NOW)
    await purse.hold(folk.bob, 1, lasts=LONG)
    await comes_to(folk, 2, 200, None)
    assert await comes_to(folk, 3, 100) == []
    assert await purse.lots(folk.bob) == [(100, 100, JUNE), (100, 0, None)]


async def test_of_a_part_that_is_taken_back_what_expired_goes_and_the_hold_keeps_the_rest(folk: People) -> None:
    await comes_to(folk, 1, 1000, at=NOW)
    await purse.hold(folk.bob, 4, lasts=LONG)
    assert await comes_to(folk, 2, 400) == [600]
    assert await purse.lots(folk.bob) == [(1000, 400, JUNE), (600, 0, None)]


@pytest.mark.parametrize("has_job_run", [True, False])
async def test_what_a_capture_takes_and_what_expired_does_not_hang_on_a_job(folk: People, has_job_run: bool) -> None:
    """Defect guarded: a capture drew the oldest points though they had gone at their moment."""
    first = await purse.earn(folk.bob, 5, expires_at=JUNE - SECOND)
    second = await purse.earn(folk.bob, 5, expires_at=JUNE)
    held = await purse.hold(folk.bob, 5, lasts=LONG)
    if has_job_run:
        await ledger.settle_due(10, AFTER)
    await holds.capture(held.id, 500, folk.dan.id, AFTER)
    await ledger.reverse(first, folk.dan.id, "was not there", "refuse", at=AFTER)
    assert await stands(folk) == (0, 0)
    async with refused(AlreadySpent):
        await ledger.reverse(second, folk.dan.id, "was not there", "refuse", at=AFTER)


async def test_points_that_came_back_from_a_purchase_and_expired_are_not_owed(folk: People) -> None:
    """Twice, and paid with the points of two credits: each keeps its own."""
    shelf = await purse.shelf(folk, 1, price=12)
    other = await purse.earn(folk.bob, 4, expires_at=JUNE - SECOND)
    wrong = await purse.earn(folk.bob, 10, expires_at=JUNE)
    for _ in range(2):
        receipt = await shelf.redeem(folk.bob)
        await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=True, at=NOW)
    await purse.earn(folk.bob, 7, at=AFTER)
    for each, comes_back in ((wrong, 10), (other, 4)):
        await ledger.reverse(each, folk.dan.id, "was not there", "refuse", at=AFTER)
        revived = await sql.value("SELECT sum(amount) FROM transfer WHERE relates_to = $1 AND kind = 'revive'", each)
        assert (revived, await stands(folk)) == (comes_back * 100, (700, 0))


async def test_points_that_expired_because_bob_left_are_not_owed_either(folk: People) -> None:
    await rules(folk, leaving=["expire"])
    wrong = await purse.earn(folk.bob, 10)
    await leave(folk.bob.caller, Wish(), NOW)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    assert await sql.value("SELECT count(*) FROM debt") == 0


async def test_bob_reads_why_he_owes_nothing_and_staff_how_much_had_expired(folk: People, client: httpx.AsyncClient) -> None:
    wrong = await purse.earn(folk.bob, 10, expires_at=NOW + SECOND)
    shown = f"/office/movements/{wrong}"
    assert "are not owed" not in (await client.get(shown, headers=folk.erin.bearer | EN)).text
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW + MINUTE)
    found = await see_statement(folk.bob.caller, folk.bob.id, NOW + MINUTE)
    paper = "\n".join(str(row) for table in statements.paper(found, "en").tables for row in table.sheet.rows)
    page = (await client.get("/me/points", headers=folk.bob.bearer | EN)).text
    for each in (paper, page):
        assert "Had expired, so it is not owed" in each
    assert "10 of them had expired and are not owed." in (await client.get(shown, headers=folk.erin.bearer | EN)).text
