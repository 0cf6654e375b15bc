"""Each figure of the public board equals the ledger or the records, and opens its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schedules import sql
from tests import given
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_monthly import recorded
from timebank.hours import summaries
from timebank.points import accounts, ledger
from timebank.rewards import redemptions
from timebank.web import clock

FIGURES = ("hours", "issued", "redeemed", "expired", "donated", "pools", "rooms")


async def moved(folk: People) -> None:
    """Something of everything: credits and one taken back, a reward and one given back, expiry, donations; hours corrected."""
    shelf = await purse.shelf(folk, 5, price=3)
    await purse.earn(folk.bob, 20)
    await purse.earn(folk.carol, 5, expires_at=NOW + timedelta(days=2))
    wrong = await purse.earn(folk.carol, 4)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    await shelf.redeem(folk.bob)
    receipt = await shelf.redeem(folk.bob)
    await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=True, at=NOW)
    pool = await accounts.open_for(folk.community)
    await ledger.move("donate:1", "donate", await purse.account(folk.bob), pool, 250, folk.bob.id, at=NOW)
    await ledger.move("issue:1", "issue", pool, await purse.account(folk.carol), 50, folk.dan.id, at=NOW)
    await ledger.settle_due(10, NOW + timedelta(days=3))
    far = await given.member("Mei", "19900000009", folk.elsewhere, NOW)
    await purse.earn(far, 7, at=NOW + timedelta(days=40))
    await recorded(far, 30)
    await recorded(folk.bob, 125)
    await recorded(folk.bob, 60, on=NOW.date() - timedelta(days=70))
    await used(folk)
    first = await sql.value("SELECT id FROM service_record WHERE service_minutes = 60")
    await sql.rows(
        "INSERT INTO service_record (id, member_id, version, first_id, class, source, activity_name, served_on, place, "
        "service_content, service_minutes, organising_unit, person_in_charge, reason, entered_by, recorded_at) "
        "SELECT $1, member_id, 2, id, class, source, activity_name, served_on, place, service_content, 45, organising_unit, "
        "person_in_charge, 'left early', entered_by, recorded_at FROM service_record WHERE id = $2",
        uuid4(),
        first,
    )


async def used(folk: People) -> None:
    """A room for an hour and a half; another booking was called off."""
    space = uuid4()
    await sql.rows(
        "INSERT INTO space (id, community_id, name, seats, time_zone) VALUES ($1, $2, '活动室', 10, 'Asia/Shanghai')",
        space,
        folk.community,
    )
    for state in ("done", "cancelled_by_user"):
        await sql.rows(
            "INSERT INTO booking (id, space_id, person_id, household_id, made_by, starts_at, ends_at, terms, state, made_at, "
            "changed_at, changed_by) VALUES ($1, $2, $3, $4, $3, $5, $6, '{}', $7, $5, $5, $3)",
            uuid4(),
            space,
            folk.bob.id,
            folk.bob.household_id,
            NOW,
            NOW + timedelta(minutes=90),
            state,
        )


async def of_ledger(folk: People) -> dict[str, int]:
    """The figures computed another way: from wallets, lots and each member's own sums."""
    balance = dict(
        await sql.one(
            "SELECT (SELECT sum(posted) FROM wallet) AS wallets, "
            "(SELECT sum(u.amount) FROM lot_use u JOIN transfer t ON t.id = u.transfer_id WHERE t.kind = 'expire') AS expired, "
            "(SELECT sum(-p.amount) FROM posting p JOIN transfer t ON t.id = p.transfer_id "
            " WHERE t.kind = 'donate' AND p.amount < 0) AS donated, "
            "(SELECT sum(price) FROM redemption WHERE state <> 'undone') AS redeemed, "
            "(SELECT sum(w.posted) FROM wallet w JOIN account a ON a.id = w.account_id WHERE a.kind = 'pool') AS pools, "
            "(SELECT sum(ends_at - starts_at) FROM booking WHERE state = 'done') AS used"
        )
    )
    ids = [row["id"] for row in await sql.rows("SELECT id FROM member")]
    spent = balance["redeemed"] + balance["expired"]
    return {
        "hours": sum([(await summaries.sums(one)).total for one in ids]),
        "issued": int(balance["wallets"] + spent),
        **{name: int(balance[name]) for name in ("redeemed", "expired", "donated", "pools")},
        "rooms": int(balance["used"].total_seconds() // 60),
    }


@pytest.mark.scenario("ledger-121")
async def test_each_figure_of_the_board_equals_the_ledger_and_opens_its_rows(folk: People, client: httpx.AsyncClient) -> None:
    await moved(folk)
    clock.put(NOW + timedelta(days=41))
    board = (await client.get("/api/v1/board")).json()["totals"]
    said = {name: board[{"hours": "minutes", "rooms": "room_minutes"}.get(name, name)] for name in FIGURES}
    assert said == await of_ledger(folk)
    assert said == {
        "hours": 200,
        "issued": 3200,
        "redeemed": 300,
        "expired": 500,
        "donated": 250,
        "pools": 200,
        "rooms": 90,
    }
    for name in FIGURES:
        found = (await client.get(f"/api/v1/board/{name}")).json()
        assert found["total"] == said[name] == sum(line["amount"] for line in found["months"])
        for line in found["months"]:
            month = line["day"][:7]
            opened = (await client.get(f"/api/v1/board/{name}", params={"month": month})).json()
            rows = await rows_of(client, folk.erin.bearer, name, month)
            assert line["amount"] == sum(each["amount"] for each in opened["days"]) == sum(each["amount"] for each in rows)
            assert line["rows"] == sum(each["rows"] for each in opened["days"]) == len(rows)
            assert all(each["name"] for each in rows), "who reads the ledger of the whole sub-district sees every name"


async def rows_of(client: httpx.AsyncClient, bearer: dict[str, str], name: str, month: str) -> list[dict[str, Any]]:
    found = (await client.get(f"/api/v1/board/{name}/rows", params={"month": month}, headers=bearer)).json()
    assert found["after"] is None
    return list(found["lines"])


@pytest.mark.scenario("ledger-121")
async def test_the_public_opens_sums_without_names_and_auditors_rows_with_those_within_reach(
    folk: People, client: httpx.AsyncClient
) -> None:
    await moved(folk)
    for name in FIGURES:
        page = (await client.get(f"/board/{name}?month=2026-11")).text
        assert not [person for person in ("Bob", "Carol", "Mei") if person in page]
        assert f"/office/figures/{name}" not in page
        assert f"/board/{name}" in (await client.get("/")).text
        assert (await client.get(f"/api/v1/board/{name}/rows?month=2026-11", headers=folk.bob.bearer)).status_code == 403
    auditor = await given.member("Ann", "19900000008", folk.community, NOW, "auditor", folk.community)
    rows = await rows_of(client, auditor.bearer, "hours", "2026-11")
    assert sorted((row["name"] or "", row["amount"]) for row in rows) == [("", 30), ("Bob", 125)]
    auditor.sign_in(client)
    page = (await client.get("/office/figures/hours?month=2026-11")).text
    assert ("Bob" in page, "Mei" in page) == (True, False)
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'figure.read' AND actor_id = $1", auditor.id) == 2


async def test_rows_come_a_hundred_at_a_time_and_none_twice(folk: People, client: httpx.AsyncClient) -> None:
    for _ in range(105):
        await purse.promised(folk.bob, 1)
    await sql.rows("SELECT ledger.run_batch(array_agg(id), $1) FROM intent", NOW)
    seen: list[str] = []
    after = ""
    for expected in (100, 5):
        answer = await client.get(f"/api/v1/board/issued/rows?month=2026-11{after}", headers=folk.erin.bearer)
        assert len(answer.json()["lines"]) == expected
        seen += [line["id"] for line in answer.json()["lines"]]
        after = f"&after={answer.json()['after']}"
    assert len(set(seen)) == 105


async def test_a_month_to_come_is_told_as_such(folk: People, client: httpx.AsyncClient) -> None:
    folk.erin.sign_in(client)
    client.headers["accept-language"] = "en"
    for path in ("/board/hours", "/office/figures/hours", "/api/v1/board/issued", "/office/books/files/csv"):
        assert (await client.get(f"{path}?month=2026-11")).status_code == 200, path
        answer = await client.get(f"{path}?month=2026-12")
        assert (answer.status_code, "This time has not begun yet." in answer.text) == (400, True), path


@pytest.mark.parametrize("path", ["hours?month=x", "issued?month=2026-13", "issued?month=0001-01", "hours/rows"])
async def test_a_month_that_is_none_is_told(folk: People, client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/api/v1/board/{path}", headers=folk.erin.bearer)).status_code == 400
    assert (await client.get("/api/v1/board/wealth")).status_code == 404
    assert (await client.get("/board/wealth")).status_code == 404
