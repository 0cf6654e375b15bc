"""The neighbourhood's pool: what goes in is gone from the giver, what comes out needs two people and the whole list."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests import given
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW, available, refused
from tests.ledger.test_gifts import number, rules, told
from timebank.actions.points.donate import Donating, DonationsOff, donate
from timebank.actions.points.gifts import GiverSuspended
from timebank.actions.points.issues import (
    LineWish,
    Proposal,
    WrongLine,
    carry_out_issue,
    drop_issue,
    propose_issue,
    see_issue,
    see_pool,
)
from timebank.outbox.functions import AccountClosed
from timebank.people.callers import Grant, NotAllowed
from timebank.points import pools
from timebank.points.refusals import FourEyes, InsufficientPoints, IssueOver


async def coordinator(folk: People, person: Person) -> Person:
    """The same person, who coordinates the community from now on."""
    await given.grant(person.id, "coordinator", folk.community, folk.now)
    return replace(person, grants=(Grant("coordinator", folk.community),))


async def pool_has(folk: People) -> float:
    return (await pools.one(folk.community)).available / 100


async def filled(folk: People, points: float) -> None:
    """Bob has donated so much."""
    await purse.earn(folk.bob, points, at=None)
    await donate(folk.bob.caller, Donating(round(points * 100)), NOW)


async def proposed(folk: People, *lines: tuple[Person, float]) -> tuple[Person, Person, Proposal]:
    """Erin and Dan are coordinators, and Erin's list."""
    dan = await coordinator(folk, folk.dan)
    wishes = [LineWish(await number(person), round(points * 100)) for person, points in lines]
    return folk.erin, dan, Proposal("after the flood", wishes)


@pytest.mark.scenario("ledger-88")
async def test_a_donation_is_the_pools_and_stands_on_the_statement(folk: People) -> None:
    await purse.earn(folk.bob, 8, at=None)
    made = await donate(folk.bob.caller, Donating(500), NOW)
    assert (made.available, await available(folk.bob), await pool_has(folk)) == (300, 3, 5)
    assert await purse.kinds(folk.bob) == [("credit", 800), ("donate", -500)]
    async with refused(InsufficientPoints, available=300):
        await donate(folk.bob.caller, Donating(301), NOW)
    await rules(folk, takes_donations=False)
    async with refused(DonationsOff):
        await donate(folk.bob.caller, Donating(100), NOW)


@pytest.mark.scenario("ledger-90")
async def test_a_list_needs_a_second_person_and_is_carried_out_once(folk: People) -> None:
    await filled(folk, 50)
    some = [await given.member(f"Neighbour {n}", f"1990001{n:04}", folk.building, folk.now) for n in range(50)]
    erin, dan, proposal = await proposed(folk, *((person, 1) for person in some))
    kept = await propose_issue(erin.caller, folk.community, proposal, NOW)
    assert (await pool_has(folk), (await see_issue(erin.caller, kept.issue_id, NOW)).may_carry_out) == (50, False)
    async with refused(FourEyes):
        await carry_out_issue(erin.caller, kept.issue_id, NOW)
    for _ in range(2):
        assert (await carry_out_issue(dan.caller, kept.issue_id, NOW)).state == "done"
        assert await pool_has(folk) == 0
    assert [await available(person) for person in (some[0], some[49])] == [1, 1]
    assert (await purse.kinds(some[7]), await told(some[7])) == ([("issue", 100)], ["points_issued"])
    async with refused(IssueOver, state="done"):
        await drop_issue(erin.caller, kept.issue_id, NOW)


@pytest.mark.scenario("ledger-91")
async def test_a_pool_that_has_less_than_the_list_gives_nobody_anything(folk: People) -> None:
    await filled(folk, 40)
    erin, dan, proposal = await proposed(folk, (folk.carol, 30), (folk.alice, 20))
    kept = await propose_issue(erin.caller, folk.community, proposal, NOW)
    async with refused(InsufficientPoints, available=4000, needed=5000):
        await carry_out_issue(dan.caller, kept.issue_id, NOW)
    assert (await see_issue(dan.caller, kept.issue_id, NOW)).issue.state == "proposed"


@pytest.mark.scenario("ledger-90")
async def test_one_closed_account_and_nobody_is_given_anything(folk: People) -> None:
    await filled(folk, 40)
    erin, dan, proposal = await proposed(folk, (folk.carol, 3), (folk.alice, 2))
    kept = await propose_issue(erin.caller, folk.community, proposal, NOW)
    await sql.rows("UPDATE account SET closed_at = clock_timestamp() WHERE owner_id = $1", folk.alice.id)
    async with refused(AccountClosed):
        await carry_out_issue(dan.caller, kept.issue_id, NOW)


async def test_the_second_person_stands_in_no_household_of_the_list_or_of_who_made_it(folk: People) -> None:
    await filled(folk, 40)
    erin, dan, proposal = await proposed(folk, (folk.carol, 3))
    kept = await propose_issue(erin.caller, folk.community, proposal, NOW)
    for other in (folk.carol, erin):
        await _moves_in_with(dan, other)
        async with refused(FourEyes):
            await carry_out_issue(dan.caller, kept.issue_id, NOW)
    bob = await coordinator(folk, folk.bob)
    async with refused(NotAllowed):
        await carry_out_issue(folk.alice.caller, kept.issue_id, NOW)
    assert (await drop_issue(bob.caller, kept.issue_id, NOW)).state == "refused"
    async with refused(IssueOver, state="refused"):
        await carry_out_issue(bob.caller, kept.issue_id, NOW)


async def _moves_in_with(person: Person, other: Person) -> None:
    await sql.rows(
        "UPDATE member SET (household_id, community_id) = (SELECT household_id, community_id FROM member WHERE id = $2) "
        "WHERE id = $1",
        person.id,
        other.id,
    )


async def test_a_line_for_nobody_here_or_for_somebody_twice_is_named(folk: People) -> None:
    erin, _dan, proposal = await proposed(folk, (folk.carol, 3), (folk.carol, 2))
    async with refused(WrongLine, line=2):
        await propose_issue(erin.caller, folk.community, proposal, NOW)
    async with refused(WrongLine, line=1):
        await propose_issue(erin.caller, folk.elsewhere, proposal, NOW)
    with pytest.raises(NotFound):
        await see_issue(erin.caller, folk.community, NOW)


async def test_over_http_donations_and_lists_take_a_key(client: httpx.AsyncClient, folk: People) -> None:
    await purse.earn(folk.bob, 8, at=None)
    headers = {**folk.bob.bearer, "Idempotency-Key": "donation-1"}
    first, again = [await client.post("/api/v1/me/donations", json={"units": 500}, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json() == again.json()) == (201, 200, True), first.text
    dan = await coordinator(folk, folk.dan)
    body = {"reason": "flood", "lines": [{"number": await number(folk.carol), "units": 500}]}
    path = f"/api/v1/pools/{folk.community}"
    headers = {**folk.erin.bearer, "Idempotency-Key": "issue-0001"}
    made, same = [await client.post(f"{path}/issues", json=body, headers=headers) for _ in range(2)]
    assert (made.status_code, same.status_code, made.json() == same.json()) == (201, 200, True), made.text
    issue = f"/api/v1/issues/{made.json()['issue_id']}"
    own = await client.post(f"{issue}/carry-out", headers=folk.erin.bearer)
    assert (own.status_code, own.json()["code"]) == (403, "four_eyes")
    assert (await client.post(f"{issue}/carry-out", headers=dan.bearer)).json()["state"] == "done"
    seen = (await client.get(path, headers=dan.bearer)).json()
    assert (seen["pool"]["available"], [each["state"] for each in seen["issues"]]) == (0, ["done"])
    assert (await client.get(path, headers=folk.alice.bearer)).status_code == 403
    for units in (0, -1, 2**63, 1.5):
        assert (await client.post("/api/v1/me/donations", json={"units": units}, headers=folk.bob.bearer)).status_code == 400


@pytest.mark.scenario("ledger-90")
async def test_the_pages_of_the_pool_from_the_donation_to_the_second_person(client: httpx.AsyncClient, folk: People) -> None:
    await purse.earn(folk.bob, 8, at=None)
    folk.bob.sign_in(client)
    assert "Chunhui" in (await client.get("/me/donations")).text
    asked = await client.post("/me/donations/check", data={"points": "5"})
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text))
    assert (await client.post("/me/donations", data=sent)).headers["location"] == "/me/donations?done=1"
    assert "points-wrong" in (await client.post("/me/donations", data={"points": "x"})).text
    dan = await coordinator(folk, folk.dan)
    folk.erin.sign_in(client)
    assert f"/office/pools/{folk.community}" in (await client.get("/office/pools")).text
    path, carol = f"/office/pools/{folk.community}", await number(folk.carol)
    for lines in ("", "nonsense", f"{carol} 0", f"{carol} 1\n{carol} 1", "1 \x00"):
        wrong = await client.post(f"{path}/issues", data={"reason": "flood", "lines": lines})
        assert (wrong.status_code, "lines-wrong" in wrong.text, 'value="flood"' in wrong.text) == (400, True, True), lines
    made = await client.post(f"{path}/issues", data={"reason": "flood", "lines": f"{carol}：3\n", "key": "office-issue-1"})
    issue = made.headers["location"]
    assert "/carry-out" not in (await client.get(issue)).text
    dan.sign_in(client)
    assert "/carry-out" in (await client.get(issue)).text
    assert (await client.post(f"{issue}/carry-out")).status_code == 303
    assert "Given out" in (await client.get(issue)).text
    assert (await see_pool(dan.caller, folk.community, NOW)).pool.available == 200


async def test_who_is_suspended_donates_nothing(folk: People) -> None:
    await purse.earn(folk.bob, 8, at=None)
    async with refused(GiverSuspended):
        await donate(msgspec.structs.replace(folk.bob.caller, is_suspended=True), Donating(100), NOW)


async def test_every_line_that_does_not_fit_is_named_with_its_reason(client: httpx.AsyncClient, folk: People) -> None:
    """The lines count as they were typed, empty ones too."""
    folk.erin.sign_in(client)
    client.cookies.set("timebank_language", "en")
    carol = await number(folk.carol)
    typed = f"{carol} 1\n\n999999 2\n{carol} -3\nhello\n{carol} 2"
    page = (await client.post(f"/office/pools/{folk.community}/issues", data={"reason": "flood", "lines": typed})).text
    for said in (
        "Line 3: no active member here has the number 999999.",
        "Line 4: -3 is no amount.",
        "Line 5 (hello): write the number, a space, the points.",
        f"Line 6: {carol} stands on the list already.",
    ):
        assert said in page
    assert "Line 1" not in page


@pytest.mark.parametrize("language, told", [("en", "You can give 0.5 points at most."), ("zh", "您最多能给 0.5 积分")])
async def test_who_gives_more_than_they_have_is_told_of_giving_and_a_pool_of_its_list(
    client: httpx.AsyncClient, folk: People, language: str, told: str
) -> None:
    """Not as at the kiosk: nobody chooses another reward here."""
    await rules(folk, gifts="anyone")
    await purse.earn(folk.bob, 0.5, at=None)
    folk.bob.sign_in(client)
    client.cookies.set("timebank_language", language)
    gift = {"to": str(await number(folk.carol)), "points": "50"}
    for path, data in (("/me/gifts/check", gift), ("/me/gifts", gift), ("/me/donations/check", gift), ("/me/donations", gift)):
        answer = await client.post(path, data=data)
        assert (answer.status_code, told in answer.text) == (409, True), path
    erin, dan, proposal = await proposed(folk, (folk.carol, 5))
    kept = await propose_issue(erin.caller, folk.community, proposal, NOW)
    dan.sign_in(client)
    issue = f"/office/issues/{kept.issue_id}"
    assert "/carry-out" not in (await client.get(issue)).text
    short = await client.post(f"{issue}/carry-out")
    assert short.status_code == 409
    assert ("Wait until more has been donated" if language == "en" else "可以等有人捐了再发") in short.text
    refused = await client.post(f"/api/v1{issue.removeprefix('/office')}/carry-out", headers=dan.bearer)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
