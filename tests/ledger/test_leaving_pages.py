"""Leaving over HTTP and on its pages; and the smaller things that members and staff are told about points."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, available
from tests.ledger.test_caps import capped, served
from tests.ledger.test_estates import frank
from tests.ledger.test_gifts import number, rules
from timebank.actions.community.books import put_promise_aside
from timebank.actions.leaving.leave import Wish, leave
from timebank.actions.people.see_statement import see_statement
from timebank.actions.points.issues import LineWish, Proposal, propose_issue
from timebank.actions.points.take_back import TakeBack, take_back
from timebank.outbox import intents
from timebank.outbox.intents import StillPromised
from timebank.web import statements

EN = {"accept-language": "en", "accept": "text/html"}


async def test_bob_sees_what_becomes_of_everything_and_leaves(folk: People, client: httpx.AsyncClient) -> None:
    await purse.earn(folk.bob, 12)
    bob = folk.bob.bearer | EN
    first = (await client.get("/me/leave", headers=bob)).text
    assert "12 points" in first
    assert "to the pool of Chunhui" in first
    checked = await client.post("/me/leave/check", data={"erases": "1"}, headers=bob)
    assert "go 30 days later" in checked.text
    gone = await client.post("/me/leave", data={"erases": "1", "key": uuid4().hex}, headers=bob)
    assert (gone.status_code, "You are no longer a member" in gone.text) == (200, True)
    assert (await client.get("/api/v1/me/leaving", headers=folk.bob.bearer)).status_code == 401


async def test_a_form_that_names_nobody_keeps_what_was_typed(folk: People, client: httpx.AsyncClient) -> None:
    await rules(folk, leaving=["beneficiary", "pool"])
    for typed in ("abc", "9" * 30, str(await number(folk.carol))):
        told = await client.post("/me/leave/check", data={"heir_number": typed}, headers=folk.bob.bearer | EN)
        assert (told.status_code, "The points cannot go to this member." in told.text) == (400, True)


async def test_the_api_tells_and_does_the_same(folk: People, client: httpx.AsyncClient) -> None:
    await purse.earn(folk.carol, 3)
    erin, carol = folk.erin.bearer, f"/api/v1/members/{folk.carol.id}/leaving"
    assert (await client.get(carol, headers=erin)).json()["shares"] == [["pool", 300]]
    for wrong in ({}, {"reason": "x", "heir_number": -1}, {"reason": "x" * 501}, {"reason": "x", "more": 1}):
        assert (await client.post(carol, json=wrong, headers=erin)).status_code == 400
    assert (await client.post(carol, json={"reason": "x"}, headers=folk.bob.bearer)).status_code == 403
    keyed = erin | {"Idempotency-Key": uuid4().hex}
    answers = [await client.post(carol, json={"reason": "moved"}, headers=keyed) for _ in range(2)]
    assert [each.json()["is_settled"] for each in answers] == [True, True], [each.text for each in answers]
    again = await client.post(carol, json={"reason": "moved"}, headers=erin)
    assert (again.status_code, again.json()["code"]) == (409, "already_left")
    (listed,) = (await client.get("/api/v1/leavers", headers=erin)).json()
    assert (listed["name"], listed["settled_at"] is not None) == ("Carol", True)
    asked = await client.post(f"/api/v1/leavers/{folk.carol.id}/erasure", headers=erin)
    assert asked.status_code == 200


@pytest.mark.scenario("ledger-93")
async def test_the_office_enters_a_claim_and_two_decide_on_its_page(folk: People, client: httpx.AsyncClient) -> None:
    second = await frank(folk)
    await purse.earn(folk.bob, 5)
    erin, other = folk.erin.bearer | EN, second.bearer | EN
    sent = {"reason": "told", "kind": "died", "key": uuid4().hex}
    assert (await client.post(f"/office/members/{folk.bob.id}/leave", data=sent, headers=erin)).status_code == 303
    page = f"/office/leavers/{folk.bob.id}"
    empty = await client.post(f"{page}/claims", data={"heir_number": "abc", "evidence": "seen"}, headers=erin)
    assert (empty.status_code, "seen" in empty.text) == (400, True)
    typed = {"heir_number": str(await number(folk.carol)), "evidence": "seen", "key": uuid4().hex}
    assert (await client.post(f"{page}/claims", data=typed, headers=erin)).status_code == 303
    claim = await sql.value("SELECT id FROM estate_claim")
    for who in (erin, other):
        assert (await client.post(f"{page}/claims/{claim}/approve", headers=who)).status_code == 303
    shown = (await client.get(page, headers=erin)).text
    assert all(word in shown for word in ("Approved by two", "Erin", "Frank", "to the relative or heir"))
    assert await available(folk.carol) == 5


@pytest.mark.scenario("ledger-110")
async def test_both_parts_stand_on_the_statement_and_on_the_page(folk: People, client: httpx.AsyncClient) -> None:
    await capped(folk, 100, "pool")
    await served(folk, 180)
    found = await see_statement(folk.bob.caller, folk.bob.id, NOW)
    lines = {line.kind: line for line in found.lines}
    assert (lines["credit"].units, lines["above_pool"].aside, lines["above_pool"].units) == (100, 200, None)
    assert found.closing.units == 100
    paper = "\n".join(str(row) for table in statements.paper(found, "en").tables for row in table.sheet.rows)
    assert "Above the most that you can have: to the pool: 2" in paper
    page = (await client.get("/me/points", headers=folk.bob.bearer | EN)).text
    assert "Went to the neighbourhood" in page


async def test_bob_is_told_that_points_were_taken_back_and_staff_find_the_movement(
    folk: People, client: httpx.AsyncClient
) -> None:
    credit = await purse.earn(folk.bob, 2)
    asked = TakeBack(reason="entered twice", dated="today")
    for _ in range(2):
        await take_back(folk.erin.caller, credit, asked, NOW)
    told = await sql.rows("SELECT person_id, facts ->> 'reason' AS why FROM message WHERE kind = 'points_taken_back'")
    assert [tuple(row) for row in told] == [(folk.bob.id, "entered twice")]
    path = f"/office/members/{folk.bob.id}/statement?since=2026-11-01&until=2030-01-01"
    assert f"/office/movements/{credit}" in (await client.get(path, headers=folk.erin.bearer | EN)).text
    own = await client.get("/me/statement?since=2026-11-01&until=2030-01-01", headers=folk.bob.bearer | EN)
    assert "/office/movements" not in own.text


async def test_a_list_that_waits_is_told_to_who_could_be_the_second_person(folk: People) -> None:
    second = await frank(folk)
    lines = [LineWish(await number(folk.bob), 100)]
    await propose_issue(folk.erin.caller, folk.community, Proposal(reason="winter", lines=lines), NOW)
    told = await sql.rows("SELECT person_id FROM message WHERE kind = 'issue_waits'")
    assert [row["person_id"] for row in told] == [second.id]


async def test_a_dead_promise_that_nobody_can_keep_is_put_aside(folk: People) -> None:
    promise = await purse.promised(folk.bob, 1, kind="unknown")
    await sql.rows("UPDATE intent SET state = 'dead', reason = 'unknown_kind' WHERE id = $1", promise)
    with pytest.raises(StillPromised):
        await put_promise_aside(folk.erin.caller, promise, NOW)
    await leave(folk.bob.caller, Wish(), NOW)
    for _ in range(2):
        await put_promise_aside(folk.erin.caller, promise, NOW)
    assert (await intents.backlog()).dead == 0
    nothing = await intents.promise("attendance:x:v1", folk.carol.id, 0, earned_at=NOW, at=NOW, reason="no_policy")
    await put_promise_aside(folk.erin.caller, nothing.id, NOW)
    assert await sql.value("SELECT reason FROM intent WHERE id = $1", nothing.id) == "put_aside: no_policy"


@pytest.mark.scenario("ledger-120")
async def test_who_spends_for_another_names_them_on_the_movement(folk: People) -> None:
    await purse.earn(folk.bob, 20)
    shelf = await purse.shelf(folk, 2)
    await shelf.redeem(folk.bob)
    held = await purse.hold(folk.bob, 10)
    await sql.rows("SELECT ledger.capture($1, 1000, $2, $3)", held.id, folk.dan.id, NOW)
    found = await sql.rows("SELECT actor_id, on_behalf_of FROM transfer WHERE kind IN ('redeem', 'capture') ORDER BY kind DESC")
    assert [tuple(row) for row in found] == [(folk.bob.id, None), (folk.dan.id, folk.bob.id)]
    line = (await see_statement(folk.bob.caller, folk.bob.id, NOW)).lines[-1]
    assert line.acted_by.name == "Dan"
    (done,) = (await see_statement(folk.dan.caller, folk.dan.id, NOW)).for_others
    assert done.name == "Bob"


async def test_the_office_finds_who_has_died_and_does_only_what_still_makes_sense(
    folk: People, client: httpx.AsyncClient
) -> None:
    erin = folk.erin.bearer | EN
    bob, own = await number(folk.bob), f"/office/members/{folk.bob.id}"
    sent = {"reason": "told", "kind": "died", "key": uuid4().hex}
    assert (await client.post(f"{own}/leave", data=sent, headers=erin)).status_code == 303
    for text in (f"?q={bob}", "?q=Bob"):
        assert f'{own}">' in (await client.get(f"/office/members{text}", headers=erin)).text, text
    assert f'{own}">' not in (await client.get("/office/members", headers=erin)).text
    page = (await client.get(own, headers=erin)).text
    leaver = (await client.get(f"/office/leavers/{folk.bob.id}", headers=erin)).text
    for each in (page, leaver):
        assert "Has died" in each, each
        assert all(f"{own}/{sheet}" in each for sheet in ("statement", "papers", "record"))
    assert not any(f"{own}/{deed}" in page for deed in ("pass", "pin", "suspend", "change", "roles", "leave"))
    for deed, body in (("pass", {}), ("pass/replace", {}), ("pin", {"pin": "284915"}), ("change", {"name": "Robert"})):
        told = await client.post(f"{own}/{deed}", data=body, headers=erin)
        assert (told.status_code, "This member has left already." in told.text) == (409, True), deed
    for sheet in ("statement", "papers", "record"):
        assert (await client.get(f"{own}/{sheet}", headers=erin)).status_code == 200, sheet
