"""The page and the API of the books: who reads them, what they show, what can be done about it."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from schedules import sql
from tests import given
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank import books
from timebank.jobs import prove
from timebank.outbox import intents
from timebank.points import proofs, reconcile, seals
from timebank.points.reconcile import Finding, Report
from timebank.points.seals import Broken, Head, Printed, Verdict
from timebank.web.books import CHECKS

pytestmark = pytest.mark.usefixtures("tx")


@pytest_asyncio.fixture(loop_scope="session")
async def gus(tx: None, people: People) -> Person:
    """Audits the whole."""
    return await given.member("Gus", "19900000110", people.building, people.now, "auditor", people.sub_district)


async def dead(person: Person, units: int = 150) -> UUID:
    """A promise that was given up."""
    made = await intents.promise(
        f"attendance:{person.id}:v1", person.id, units, earned_at=NOW, at=NOW, reason=None if units else "no_policy"
    )
    await sql.rows("UPDATE intent SET state = 'dead', reason = 'no wallet', attempts = 8 WHERE id = $1", made.id)
    return made.id


async def test_an_auditor_reads_the_books_and_a_coordinator_of_a_part_does_not(
    people: People, gus: Person, client: httpx.AsyncClient
) -> None:
    await purse.earn(people.bob, 2)
    await seals.seal()
    seen = (await client.get("/api/v1/books", headers=gus.bearer)).json()
    head = await seals.head()
    assert head
    assert seen["head"] == {"seq": 1, "hash": head.hash, "count": 1, "sealed_at": seen["head"]["sealed_at"]}
    assert (seen["sealed"], seen["unsealed"], seen["stuck"]) == (1, 0, [])
    for person in (people.bob, people.alice):
        assert (await client.get("/api/v1/books", headers=person.bearer)).status_code == 403
    gus.sign_in(client)
    page = (await client.get("/office/books", headers={"accept-language": "en"})).text
    assert head.hash[:4] in page
    assert '<a href="/office/books">' in (await client.get("/office")).text
    paper = (await client.get("/office/books/head")).text
    assert all(head.hash[at : at + 4] in paper for at in range(0, 64, 4))


async def test_before_the_first_movement_every_part_of_the_page_says_so(gus: Person, client: httpx.AsyncClient) -> None:
    gus.sign_in(client)
    page = (await client.get("/office/books", headers={"accept-language": "en"})).text
    assert "No movement of points has been sealed yet." in page
    assert "The ledger has not been reconciled yet." in page
    assert "None: whatever was promised was credited" in page
    assert "No movement of points has been sealed yet." in (await client.get("/office/books/head")).text


async def test_who_asks_for_a_proof_has_it_after_the_next_round_of_the_job(
    people: People, gus: Person, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "check", reconcile.read)
    monkeypatch.setattr(seals, "verify", seals.judge)
    await purse.earn(people.bob, 2)
    await prove.seal(NOW)
    for kind in ("reconcile", "seals", "seals"):
        assert (await client.post("/api/v1/books/proofs", json={"kind": kind}, headers=gus.bearer)).status_code == 202
    assert set((await client.get("/api/v1/books", headers=gus.bearer)).json()["asked"]) == {"reconcile", "seals"}
    assert await prove.on_request(NOW) == 2
    assert await prove.on_request(NOW) == 0
    seen = (await client.get("/api/v1/books", headers=gus.bearer)).json()
    assert seen["asked"] == {}
    assert (seen["reconciliation"]["wrong"], seen["reconciliation"]["asked_by"]) == (0, "Gus")
    assert (seen["verification"]["result"]["blocks"], seen["verification"]["wrong"]) == (1, 0)
    gus.sign_in(client)
    page = (await client.get("/office/books", headers={"accept-language": "en"})).text
    assert "The books agree." in page
    assert page.count("✓ Agrees") == len(seen["reconciliation"]["result"]["views"])
    assert (await client.post("/office/books/proofs", data={"kind": "seals"})).status_code == 303
    assert "The result stands here within two minutes." in (await client.get("/office/books")).text
    assert (await client.post("/office/books/proofs", data={"kind": "magic"})).status_code == 400


async def test_what_is_wrong_stands_on_the_page_in_words_with_the_accounts(gus: Person, client: httpx.AsyncClient) -> None:
    found = Finding("wallet_is_its_lots", 1, [("account 7", "posted 5, lots 4")])
    await proofs.note(Report(["nothing_below_its_floor", "wallet_is_its_lots"], [found]))
    await proofs.note(Verdict(Head(3, "ab" * 32, 1, NOW), 1, 4, Broken(2, "movement_altered", ["a-movement"]), 0, False))
    gus.sign_in(client)
    page = (await client.get("/office/books", headers={"accept-language": "en"})).text
    assert "The books do not agree." in page
    assert "account 7: posted 5, lots 4" in page
    assert "A movement of block 2 was altered." in page
    assert "a-movement" in page


async def test_every_check_has_its_sentence(tx: None) -> None:
    views = await sql.rows("SELECT viewname FROM pg_views WHERE schemaname = 'reconcile'")
    assert {row["viewname"] for row in views} - set(CHECKS) == set()


@pytest.mark.scenario("ledger-131")
async def test_a_head_on_paper_is_compared(people: People, gus: Person, client: httpx.AsyncClient) -> None:
    await purse.earn(people.bob, 2)
    await seals.seal()
    head = await seals.head()
    assert head

    async def compared(text: str) -> str:
        answer = await client.post("/api/v1/books/head", json={"head": text}, headers=gus.bearer)
        return answer.json().get("result", answer.json().get("code"))  # type: ignore[no-any-return]

    assert await compared(f"1 {head.hash.upper()}") == "holds"
    assert await compared(f"1 {'0' * 64}") == "other"
    assert await compared(f"2 {head.hash}") == "missing"
    assert await compared("what is this") == "malformed"
    gus.sign_in(client)
    english = {"accept-language": "en"}
    page = await client.post("/office/books/head", data={"head": f"2 {head.hash}"}, headers=english)
    assert "There is no block of this number." in page.text
    refused = await client.post("/office/books/head", data={"head": "12 what"}, headers=english)
    assert refused.status_code == 400
    assert "12 what</textarea>" in refused.text, "what was typed is kept"


@pytest.mark.scenario("ledger-34")
async def test_a_promise_that_is_stuck_is_seen_by_auditors_and_tried_again_by_coordinators(
    people: People, gus: Person, client: httpx.AsyncClient
) -> None:
    stuck = await dead(people.bob)
    seen = (await client.get("/api/v1/books", headers=gus.bearer)).json()["stuck"]
    assert [(each["id"], each["owner"], each["units"], each["reason"]) for each in seen] == [
        (str(stuck), "Bob", 150, "no wallet")
    ]
    address = f"/api/v1/promises/{stuck}/retry"
    assert (await client.post(address, headers=gus.bearer)).status_code == 403
    assert (await client.post(address, headers=people.erin.bearer)).status_code == 204
    assert await intents.keep(stuck) == "done"
    assert (await purse.balance(people.bob)).posted == 150
    assert (await client.post(address, headers=people.erin.bearer)).status_code == 404
    nothing = await dead(people.carol, 0)
    answer = await client.post(f"/api/v1/promises/{nothing}/retry", headers=people.erin.bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_promised")
    people.erin.sign_in(client)
    assert (await client.post(f"/office/promises/{nothing}/retry")).status_code == 409


async def test_the_exported_ledger_is_enough_to_compute_the_hashes(
    people: People, gus: Person, client: httpx.AsyncClient
) -> None:
    await purse.earn(people.bob, 2)
    await purse.earn(people.carol, 1)
    await seals.seal()
    await purse.earn(people.bob, 3)
    answer = await client.get("/api/v1/books/files/csv?month=2026-11", headers=gus.bearer | {"accept-language": "en"})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    moved = sorted((int(line["Units of 1/100 point"]), line["Block"], line["From account"]) for line in lines)
    assert moved == [(100, "1", "issuance"), (200, "1", "issuance"), (300, "", "issuance")]
    sealed = sorted((line for line in lines if line["Block"]), key=lambda line: int(line["Line in the block"]))
    hashes = [hashlib.sha256(line["Row as sealed"].encode()).digest() for line in sealed]
    assert [each.hex() for each in hashes] == [line["SHA-256"] for line in sealed]
    head = await seals.head()
    assert head
    assert seals.block_hash(1, seals.ZEROS, head.sealed_at, hashes).hex() == head.hash
    assert msgspec.json.decode(sealed[0]["Row as sealed"])["kind"] == "credit"
    assert await sql.value("SELECT count(*) FROM audit WHERE action = 'ledger.taken_along'") == 1
    empty = await client.get("/api/v1/books/movements?month=2026-01", headers=gus.bearer)
    assert empty.json() == []


@pytest.mark.parametrize("month", ["2026-13", "2026", "x", "0001-01", "9999-12", "2026-11-01"])
async def test_what_is_no_month_is_told(gus: Person, client: httpx.AsyncClient, month: str) -> None:
    assert (await client.get(f"/api/v1/books/movements?month={month}", headers=gus.bearer)).status_code == 400


def test_the_command_says_what_holds_and_what_does_not() -> None:
    head = Head(3, "ab" * 32, 1, datetime.fromisoformat("2026-11-26T01:00:00+00:00"))
    good = books.told(Verdict(head, 3, 9, None, 0, False), None)
    assert good == f"3 blocks with 9 movements hold.\nHead: 3 {head.hash}\n✓ No sealed movement was touched.\n"
    bad = books.told(Verdict(head, 1, 4, Broken(2, "movement_missing", ["m"]), 2, True), Printed(9, "cd" * 32))
    assert "✗ Block 2 is the first that does not hold: a movement is gone (m)." in bad
    assert "✗ 2 movements were there" in bad
    assert "✗ Block 9 does not have the printed hash" in bad
    assert bad.endswith("The seals do not hold.\n")
