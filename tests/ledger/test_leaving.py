"""Members who leave: what is to come ends, points go by the order of the rules, the wallet closes at zero, hours stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from schedules import sql
from tests.afterwards import given as after
from tests.given import People, member
from tests.ledger import purse
from tests.ledger.purse import NOW, available
from tests.ledger.test_gifts import number, rules, same_door
from tests.ledger.test_promises import earn as promised
from tests.ledger.test_promises import service
from tests.schedule.given import sign_up
from timebank.actions.leaving.claims import Claiming, approve_claim, claim_points, see_estate
from timebank.actions.leaving.erase import ask_erasure
from timebank.actions.leaving.leave import (
    ByStaff,
    HeirNotAllowed,
    HelpAgreed,
    HoldsRoles,
    Left,
    StillInside,
    Wish,
    foresee,
    leave,
    let_leave,
)
from timebank.actions.people.members import ReasonNeeded
from timebank.actions.points.gifts import Wish as Present
from timebank.actions.points.gifts import give
from timebank.hours import summaries
from timebank.jobs import settle_leavers
from timebank.outbox import intents
from timebank.outbox.functions import AccountClosed
from timebank.people import audit, departures, passes
from timebank.people.callers import NotAllowed
from timebank.people.departures import AlreadyLeft
from timebank.points import closing, earning, holds, ledger, pools
from timebank.rewards import redemptions


async def pooled(folk: People) -> int:
    return (await pools.one(folk.community)).available


async def state(person: Any) -> tuple[str, bool]:
    found = await sql.one(
        "SELECT m.state, a.closed_at IS NOT NULL AS closed FROM member m JOIN account a ON a.owner_id = m.id WHERE m.id = $1",
        person.id,
    )
    return found["state"], found["closed"]


@pytest.mark.scenario("ledger-92")
async def test_bob_leaves_with_all_that_waits_and_his_hours_stay(folk: People) -> None:
    session = await after.choir(folk, hour=14)
    await sign_up(folk.bob, session, NOW)
    await passes.issue(folk.bob.id, NOW)
    await purse.earn(folk.bob, 10)
    await purse.promised(folk.bob, 2)
    await rules(folk, gifts="anyone")
    await give(folk.bob.caller, Present(await number(folk.carol), 300), NOW)
    await purse.hold(folk.bob, 4)
    seen = await foresee(folk.bob.caller, Wish(), NOW)
    assert (seen.shares, seen.ahead.signups, seen.ahead.gifts) == ([("pool", 1200)], 1, 1)
    assert await leave(folk.bob.caller, Wish(), NOW) == Left(folk.bob.id, True)
    assert (await state(folk.bob), await available(folk.bob), await pooled(folk)) == (("left", True), 0, 1200)
    balance = await purse.balance(folk.bob)
    assert (balance.posted, balance.held, balance.on_the_way) == (0, 0, 0)
    assert await sql.value("SELECT state FROM signup WHERE person_id = $1", folk.bob.id) == "cancelled"
    assert await sql.value("SELECT state FROM gift") == "withdrawn"
    assert await passes.current(folk.bob.id) is None
    assert await sql.value("SELECT count(*) FROM sign_in WHERE member_id = $1 AND ended_at IS NULL", folk.bob.id) == 0
    told = {row["kind"] for row in await sql.rows("SELECT kind FROM message")}
    assert {"member_left", "gift_withdrawn"} <= told
    assert session.starts_at > NOW
    with pytest.raises(AlreadyLeft):
        await leave(folk.bob.caller, Wish(), NOW)


async def test_nothing_comes_into_the_wallet_of_who_left(folk: People) -> None:
    await leave(folk.bob.caller, Wish(), NOW)
    async with purse.refused(AccountClosed):
        await ledger.move(
            "issue:late", "issue", await purse.account(folk.carol), await purse.account(folk.bob), 1, folk.dan.id, at=NOW
        )


async def test_no_purchase_comes_back_into_the_wallet_of_who_left(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    shelf = await purse.shelf(folk, 1)
    receipt = await shelf.redeem(folk.bob)
    await leave(folk.bob.caller, Wish(), NOW)
    async with purse.refused(AccountClosed):
        await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=True, at=NOW)


@pytest.mark.scenario("ledger-92")
@pytest.mark.parametrize(
    ("order", "cap", "named", "carol", "pool", "expired"),
    [
        (["beneficiary", "pool"], None, True, 10, 0, 0),
        (["beneficiary", "pool"], None, False, 0, 1000, 0),
        (["beneficiary", "pool"], 400, True, 4, 600, 0),
        (["beneficiary", "expire"], 400, True, 4, 0, 600),
        (["beneficiary"], None, False, 0, 0, 1000),
        (["expire", "pool"], None, False, 0, 0, 1000),
        ([], None, False, 0, 0, 1000),
    ],
)
async def test_points_go_by_the_order_of_the_rules(
    folk: People, order: list[str], cap: int | None, named: bool, carol: float, pool: int, expired: int
) -> None:
    await rules(folk, leaving=order, wallet_cap_units=cap)
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10)
    wish = Wish(heir_number=await number(folk.carol) if named else None)
    shares = (await foresee(folk.bob.caller, wish, NOW)).shares
    await leave(folk.bob.caller, wish, NOW)
    gone = await sql.value("SELECT coalesce(sum(amount), 0) FROM transfer WHERE kind = 'expire'")
    assert (await available(folk.carol), await pooled(folk), gone) == (carol, pool, expired)
    assert shares == [(each.went, each.units) for each in await closing.shares_of(folk.bob.id)]
    assert ("points_of_left" in [row["kind"] for row in await sql.rows("SELECT kind FROM message")]) == (carol > 0)


async def test_only_a_relative_to_whom_gifts_may_go_can_be_named(folk: People) -> None:
    await rules(folk, leaving=["beneficiary", "pool"])
    for stranger in (await number(folk.carol), await number(folk.bob), 999_999):
        with pytest.raises(HeirNotAllowed):
            await foresee(folk.bob.caller, Wish(heir_number=stranger), NOW)
    with pytest.raises(HeirNotAllowed):
        await leave(folk.bob.caller, Wish(heir_number=await number(folk.carol)), NOW)
    assert await state(folk.bob) == ("active", False)


async def test_who_owes_leaves_without_a_debt(folk: People) -> None:
    wrong = await purse.earn(folk.bob, 10)
    shelf = await purse.shelf(folk, 1)
    await shelf.redeem(folk.bob)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    await leave(folk.bob.caller, Wish(), NOW)
    assert await state(folk.bob) == ("left", True)
    assert (await purse.balance(folk.bob)).owed == 0


async def hours_of(folk: People) -> Any:
    """An hour of Bob's that was confirmed, before he left."""
    served = service(folk, 60, planned_minutes=120)
    await intents.keep((await promised(served)).id)
    await leave(folk.bob.caller, Wish(), NOW)
    return served


async def owes() -> list[tuple[int, int, int]]:
    return [tuple(row) for row in await sql.rows("SELECT amount, paid, waived FROM debt")]


@pytest.mark.parametrize("how", ["corrected", "reversed"])
async def test_who_has_gone_owes_nothing_when_hours_turn_out_wrong(folk: People, how: str) -> None:
    """The points stay where they went; what is missing is waived at once, and staff read how much it was (ADR 0035)."""
    served = await hours_of(folk)
    if how == "corrected":
        await earning.correct(msgspec.structs.replace(served, version=2, minutes=0), folk.erin.id, "never came", NOW)
    else:
        first = await sql.value("SELECT id FROM transfer WHERE kind = 'credit'")
        await ledger.reverse(first, folk.erin.id, "never came", at=NOW)
    assert (await owes(), await pooled(folk)) == ([(100, 0, 100)], 100)
    assert await state(folk.bob) == ("left", True)
    assert (await see_estate(folk.erin.caller, folk.bob.id, NOW)).waived == 100
    assert await sql.rows("SELECT * FROM reconcile.closed_wallet_is_empty") == []
    assert await sql.rows("SELECT * FROM reconcile.debts_are_receivable") == []


async def test_more_hours_of_who_has_gone_promise_nothing(folk: People) -> None:
    """A promise to a closed wallet can only die, and would hold up every correction after it."""
    served = await hours_of(folk)
    more = await earning.correct(msgspec.structs.replace(served, version=2, minutes=120), folk.erin.id, "stayed on", NOW)
    assert (more.amount, more.state, more.reason) == (0, "nothing", "account_closed")
    less = await earning.correct(msgspec.structs.replace(served, version=3, minutes=30), folk.erin.id, "half of it", NOW)
    assert (less.amount, less.state) == (-50, "done")
    assert (await owes(), await pooled(folk)) == ([(50, 0, 50)], 100)


@pytest.mark.parametrize("how", ["one", "batch", "capped", "retried"])
async def test_a_first_promise_to_who_has_gone_ends_as_nothing_with_its_reason(folk: People, how: str) -> None:
    """Hours that were confirmed after the member left: no worker can keep it, nobody has to see to it, and it is not stuck."""
    capped: dict[str, Any] = {"wallet_cap": 500, "above_cap": "pool", "pool": str(folk.community)} if how == "capped" else {}
    assert (await leave(folk.bob.caller, Wish(), NOW)).is_settled
    made = await intents.promise("attendance:x:v1", folk.bob.id, 100, earned_at=NOW, at=NOW, payload=capped)
    if how == "retried":
        await sql.rows("UPDATE intent SET state = 'dead', reason = 'account_closed', attempts = 8 WHERE id = $1", made.id)
        await intents.retry(made.id)
    if how in ("one", "capped"):
        assert await intents.keep(made.id, NOW) == "done"
    else:
        assert (await intents.keep_many([made.id], NOW)).left_over == []
    kept = await sql.one("SELECT state, reason, transfer_id FROM intent WHERE id = $1", made.id)
    assert tuple(kept) == ("nothing", "account_closed", None)
    backlog = await intents.backlog()
    assert (backlog.pending, backlog.dead, await pooled(folk)) == (0, 0, 0)


async def test_hours_confirmed_after_a_member_left_can_still_be_corrected(folk: People) -> None:
    """A dead first promise held up every correction after it."""
    await leave(folk.bob.caller, Wish(), NOW)
    served = service(folk, 60)
    await intents.keep((await promised(served)).id, NOW)
    for version, minutes in ((2, 120), (3, 0)):
        made = await earning.correct(msgspec.structs.replace(served, version=version, minutes=minutes), folk.erin.id, "so", NOW)
        assert (made.amount, made.state) == (0, "nothing")
    assert await owes() == []


async def test_an_open_debt_of_a_closed_wallet_is_found(folk: People) -> None:
    served = await hours_of(folk)
    await earning.correct(msgspec.structs.replace(served, version=2, minutes=0), folk.erin.id, "never came", NOW)
    await sql.rows("SAVEPOINT before")
    await sql.rows("UPDATE debt SET waived = 0")
    assert len(await sql.rows("SELECT * FROM reconcile.closed_wallet_is_empty")) == 1
    await sql.rows("ROLLBACK TO SAVEPOINT before")


async def test_what_has_to_be_settled_first_stops_it(folk: People) -> None:
    with pytest.raises(HoldsRoles):
        await leave(folk.alice.caller, Wish(), NOW)
    await purse.earn(folk.bob, 10)
    await sql.rows("SAVEPOINT before")
    bob, carol = await purse.account(folk.bob), await purse.account(folk.carol)
    await holds.place("exchange:x", "x", b"x", bob, 100, "exchange", folk.bob.id, timedelta(days=1), to_account=carol)
    for person in (folk.bob, folk.carol):
        assert (await foresee(person.caller, Wish(), NOW)).stops == ["help"]
        with pytest.raises(HelpAgreed):
            await leave(person.caller, Wish(), NOW)
    await sql.rows("ROLLBACK TO SAVEPOINT before")
    session = await after.choir(folk, folk.bob)
    await after.was_in(folk.bob, session)
    with pytest.raises(StillInside):
        await leave(folk.bob.caller, Wish(), NOW)


async def test_staff_let_somebody_go_with_a_reason_and_only_where_they_may(folk: People) -> None:
    asked = ByStaff(reason="moved away")
    with pytest.raises(NotAllowed):
        await let_leave(folk.carol.caller, folk.bob.id, asked, NOW)
    with pytest.raises(NotAllowed):
        await let_leave(folk.dan.caller, folk.bob.id, asked, NOW)
    with pytest.raises(ReasonNeeded):
        await let_leave(folk.erin.caller, folk.bob.id, ByStaff(reason=" "), NOW)
    await let_leave(folk.erin.caller, folk.alice.id, asked, NOW)
    gone = await departures.one(folk.alice.id)
    assert (gone.left_by, gone.reason, gone.is_own) == ("Erin", "moved away", False)
    assert await sql.value("SELECT count(*) FROM role_grant WHERE member_id = $1 AND ended_at IS NULL", folk.alice.id) == 0


async def test_a_wallet_that_could_not_be_closed_is_closed_by_the_job(folk: People) -> None:
    await leave(folk.bob.caller, Wish(), NOW)
    await sql.rows("UPDATE account SET closed_at = NULL WHERE owner_id = $1", folk.bob.id)
    await sql.rows("UPDATE departure SET settled_at = NULL")
    await purse.earn(folk.bob, 3)
    assert [await settle_leavers.run(NOW) for _ in range(2)] == [1, 0]
    assert (await state(folk.bob), await pooled(folk)) == (("left", True), 300)


async def test_the_data_go_on_their_day_and_hours_and_movements_stay(folk: People) -> None:
    """rules-17: name, contact and number of the phone are gone everywhere, sums are unchanged."""
    await rules(folk, gifts="anyone", erasure_days=10)
    session = await after.choir(folk, folk.bob)
    stay = await after.was_in(folk.bob, session, 0, 60)
    await purse.earn(folk.bob, 10, key=f"attendance:{stay}:v1")
    await give(folk.bob.caller, Present(await number(folk.carol), 300, "from Bob"), NOW)
    minutes = (await summaries.sums(folk.bob.id)).total
    before = await sql.value("SELECT count(*) FROM transfer")
    bob = await number(folk.bob)
    await leave(folk.bob.caller, Wish(erases=True), NOW)
    assert await settle_leavers.erase(NOW + timedelta(days=9)) == 0
    assert (await departures.one(folk.bob.id)).name == "Bob"
    assert await settle_leavers.erase(NOW + timedelta(days=10)) == 1
    assert await settle_leavers.erase(NOW + timedelta(days=10)) == 0
    kept = await sql.one("SELECT name, phone, sex, born_on, number FROM member WHERE id = $1", folk.bob.id)
    assert tuple(kept) == (f"#{bob}", None, None, None, bob)
    for table in ("message", "audit", "member", "departure", "sign_in", "credential"):
        text = "\n".join(row[0] for row in await sql.rows(f"SELECT t::text FROM {table} t"))
        assert "Bob" not in text.replace("from Bob", ""), table
        assert folk.bob.phone not in text, table
    assert (await summaries.sums(folk.bob.id)).total == minutes
    assert await sql.value("SELECT count(*) FROM transfer") == before + 1
    assert "member.erased" in [each.did for each in await audit.about(f"member:{folk.bob.id}")]


HOLDS_TEXT = """
SELECT a.attrelid::regclass::text AS place, a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
   AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
"""


@pytest.mark.parametrize("kind", ["left", "died"])
async def test_the_name_stays_nowhere_also_not_with_the_heir(folk: People, kind: str) -> None:
    """rules-17: every text of every table is read."""
    await rules(folk, leaving=["beneficiary", "pool"])
    await same_door(folk.carol, folk.bob)
    await sql.rows("UPDATE member SET name = 'Bob Longname' WHERE id = $1", folk.bob.id)
    await purse.earn(folk.bob, 10)
    if kind == "left":
        await leave(folk.bob.caller, Wish(heir_number=await number(folk.carol), erases=True), NOW)
    else:
        await let_leave(folk.erin.caller, folk.bob.id, ByStaff(reason="told", died=True, erases=True), NOW)
        claim = Claiming(evidence="seen", heir_number=await number(folk.carol))
        made = await claim_points(folk.erin.caller, folk.bob.id, claim, NOW)
        for each in (folk.erin, await member("Frank", "18800000006", folk.building, NOW, "coordinator", folk.sub_district)):
            await approve_claim(each.caller, made.claim_id, NOW)
    assert await available(folk.carol) == 10
    assert await settle_leavers.erase(NOW + timedelta(days=400)) == 1
    for row in await sql.rows(HOLDS_TEXT):
        found = f'SELECT count(*) FROM {row["place"]} WHERE "{row["name"]}"::text ~ $1'
        assert not await sql.value(found, f"Bob Longname|{folk.bob.phone}"), row["place"]


async def test_who_left_may_ask_later_that_the_data_go(folk: People) -> None:
    await leave(folk.bob.caller, Wish(), NOW)
    later = NOW + timedelta(days=100)
    assert await ask_erasure(folk.erin.caller, folk.bob.id, later) == later
    assert await settle_leavers.erase(later) == 1
