"""Balances of an old scheme: movements of their own kind, by two people, once, and taken back as a whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from schedules import sql
from tests import given
from tests.given import People, Person
from tests.imports.files import applied, brought, finished, verdicts
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.neighbours.help import live_with
from timebank.actions.imports import balance_rows, runs
from timebank.actions.imports.imports import OwnRows, apply_import, confirm_undo, undo_import
from timebank.actions.leaving.leave import Wish, leave
from timebank.outbox.functions import call
from timebank.points import pools
from timebank.points.refusals import FourEyes


async def second(folk: People) -> Person:
    """A coordinator beside Erin."""
    return await given.member("Grace", "19900000008", folk.sub_district, NOW, "coordinator", folk.sub_district)


def bobs(points: str = "12.5", **more: str) -> dict[str, str]:
    return {"phone": "19900000002", "points": points, **more}


async def test_a_balance_is_one_movement_and_a_repeat_moves_nothing(folk: People) -> None:
    grace = await second(folk)
    made = await brought(folk.erin, "balances", folk.community, bobs("1,212.5"), now=NOW)
    [line] = await applied(grace, made, NOW)
    assert await purse.available(folk.bob) == 1212.5
    kind, reason = await sql.one("SELECT kind, reason_code FROM transfer WHERE id = $1", line.made_id)
    assert (kind, reason) == ("opening", "爱心卡")
    told = await sql.rows("SELECT kind, person_id FROM message WHERE kind IN ('import_waits', 'balance_opened') ORDER BY kind")
    assert [tuple(row) for row in told] == [("balance_opened", folk.bob.id), ("import_waits", grace.id)]
    longer = await brought(
        folk.erin, "balances", folk.community, bobs("1212.5"), {"name": "Carol", "phone": "19900000003", "points": "3"}, now=NOW
    )
    assert await verdicts(longer) == ["same", "new"]
    await applied(grace, longer, NOW)
    assert await purse.available(folk.bob) == 1212.5
    assert await verdicts(await brought(folk.erin, "balances", folk.community, bobs("7"), now=NOW)) == [
        "faulty another_balance"
    ]
    other = await brought(
        folk.erin, "balances", folk.community, bobs("7", reference="2019"), bobs("8", name="Bob", reference="2019"), now=NOW
    )
    assert await verdicts(other) == ["new", "faulty twice"]


async def test_whoever_brings_it_or_stands_on_it_is_not_the_second_person(folk: People) -> None:
    grace = await second(folk)
    made = await brought(folk.erin, "balances", folk.sub_district, bobs(), {"phone": "19900000008", "points": "5"}, now=NOW)
    with pytest.raises(FourEyes):
        await apply_import(folk.erin.caller, made, True, NOW)
    with pytest.raises(OwnRows) as refused:
        await apply_import(grace.caller, made, True, NOW)
    assert refused.value.facts == {"line": 3}


@pytest.mark.parametrize(
    "points, code", [("0", "no_points"), ("-3", "no_points"), ("1.234", "no_points"), ("=1+1", "formula"), ("", "empty")]
)
async def test_what_is_no_amount_is_faulty(folk: People, points: str, code: str) -> None:
    assert await verdicts(await brought(folk.erin, "balances", folk.community, bobs(points), now=NOW)) == [f"faulty {code}"]


async def test_an_undone_balance_is_taken_back_and_what_was_spent_is_owed(folk: People) -> None:
    grace = await second(folk)
    made = await brought(folk.erin, "balances", folk.community, bobs("10"), {"phone": "19900000003", "points": "4"}, now=NOW)
    await applied(grace, made, NOW)
    await spend(folk.bob, 600)
    await undo_import(folk.erin.caller, made, "counted twice", NOW)
    await finished(made, NOW)
    assert await purse.available(folk.carol) == 4
    with pytest.raises(FourEyes):
        await confirm_undo(folk.erin.caller, made, NOW)
    for _ in range(2):
        await confirm_undo(grace.caller, made, NOW)
        await finished(made, NOW)
    assert [line.undone for line in await runs.lines(made)] == ["taken_back", "taken_back"]
    bob = await purse.balance(folk.bob)
    assert (bob.available, bob.owed, await purse.available(folk.carol)) == (0, 600, 0)
    assert await verdicts(await brought(folk.erin, "balances", folk.community, bobs("10"), now=NOW)) == ["new"]


async def test_balances_are_taken_back_in_the_order_in_which_everybody_locks_wallets(
    folk: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lowest account first, as a movement between two of them does; else the two could wait for each other."""
    grace, asked = await second(folk), []
    told = [await given.member(f"F{n}", f"1880000000{n}", folk.building, NOW) for n in range(6)]
    made = await brought(
        folk.erin, "balances", folk.community, *({"phone": each.phone, "points": "3"} for each in reversed(told)), now=NOW
    )
    await applied(grace, made, NOW)
    await undo_import(folk.erin.caller, made, "counted twice", NOW)
    await confirm_undo(grace.caller, made, NOW)

    async def seen(*arguments: Any) -> Any:
        asked.append(arguments[2])
        return await call(*arguments)

    monkeypatch.setattr(balance_rows, "call", seen)
    await finished(made, NOW)
    found = await sql.rows("SELECT id FROM transfer WHERE kind = 'opening' ORDER BY to_account")
    assert asked == [row["id"] for row in found]


@pytest.mark.parametrize("source", ["爱心 卡 a", "爱心 卡 Ａ", " 爱心  卡 A"])
async def test_a_balance_in_another_spelling_is_the_same_balance(folk: People, source: str) -> None:
    grace = await second(folk)
    made = await brought(folk.erin, "balances", folk.community, bobs("3", reference="2019 B"), now=NOW, source="爱心 卡 A")
    await applied(grace, made, NOW)
    for reference in ("２０１９ b", "2019  B"):
        again = await brought(folk.erin, "balances", folk.community, bobs("3", reference=reference), now=NOW, source=source)
        assert await verdicts(again) == ["same"]


async def test_a_row_that_has_come_to_be_about_the_second_person_fails_alone(folk: People) -> None:
    """rules.md 2: the phone has become somebody else's between the yes and the job."""
    grace, old = await second(folk), await given.member("Olga", "19900000078", folk.building, NOW)
    near = await given.member("Nora", "19900000079", folk.building, NOW)
    rows = ({"phone": each, "points": "5"} for each in (old.phone, near.phone, folk.carol.phone))
    made = await brought(folk.erin, "balances", folk.sub_district, *rows, now=NOW)
    await apply_import(grace.caller, made, True, NOW)
    await sql.rows("UPDATE member SET phone = NULL WHERE id = ANY ($1)", [old.id, grace.id])
    await sql.rows("UPDATE member SET phone = $2 WHERE id = $1", grace.id, old.phone)
    await live_with(near, grace)
    await finished(made, NOW)
    assert [line.outcome for line in await runs.lines(made)] == ["failed", "failed", "made"]
    assert [await purse.available(each) for each in (grace, near, folk.carol)] == [0, 0, 5]


async def test_a_balance_that_has_gone_on_with_its_member_stays(folk: People) -> None:
    grace = await second(folk)
    made = await brought(folk.erin, "balances", folk.community, bobs("10"), now=NOW)
    await applied(grace, made, NOW)
    await leave(folk.bob.caller, Wish(), NOW)
    await undo_import(folk.erin.caller, made, "counted twice", NOW)
    await confirm_undo(grace.caller, made, NOW)
    await finished(made, NOW)
    assert [(line.undone, line.kept_for) for line in await runs.lines(made)] == [("kept", "account_closed")]
    assert (await pools.one(folk.community)).available == 1000
    assert await sql.rows("SELECT FROM debt") == []


async def spend(person: Person, units: int) -> None:
    pool = UUID(str(await sql.value("SELECT community_id FROM member WHERE id = $1", person.id)))
    await sql.value(
        "SELECT ledger.move($1, 'donate', ledger.account_of($2), ledger.account_of($3), $4, $2, NULL, $5)",
        f"donate:{uuid4()}",
        person.id,
        pool,
        units,
        NOW,
    )
