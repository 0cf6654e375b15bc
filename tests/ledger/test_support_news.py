"""Who hears of a support: who proposed it, who was refused, and the member who looks for the own page."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from schedules import sql
from tests.given import People, Person
from tests.ledger.purse import NOW
from tests.ledger.test_gifts import rules
from tests.ledger.test_pools import coordinator
from tests.ledger.test_supports import proposal
from timebank.actions.points.support import approve_support, decline_support, drop_support, propose_support
from timebank.points import supports


async def filled_in(client: httpx.AsyncClient, folk: People, person: Person) -> dict[str, str]:
    """What Erin has typed for this neighbour, at whose screen the client is."""
    wish = await proposal(person)
    folk.erin.sign_in(client)
    await client.put("/test/clock", json={"now": NOW.isoformat()})
    return {
        "number": str(wish.number),
        "month_units": "20",
        "from_on": str(wish.from_on),
        "until_on": str(wish.until_on),
        "reason": wish.reason,
        "agreed": "said",
    }


def key_of(look: httpx.Response) -> str:
    return str(re.findall(r'name="key" value="([^"]+)"', look.text)[0])


async def test_whoever_proposed_it_is_told_what_became_of_it_and_who_is_refused_is_told(folk: People) -> None:
    await rules(folk, support_month_units=3000)
    dan = await coordinator(folk, folk.dan)
    first = await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    await drop_support(dan.caller, first.support_id, NOW)
    second = await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    await approve_support(dan.caller, second.support_id, NOW)
    await decline_support(folk.carol.caller, second.support_id, NOW)
    for person, kinds in (
        (folk.carol, {"support_not_granted", "support_begins"}),
        (folk.erin, {"support_refused", "support_approved", "support_declined"}),
    ):
        found = await sql.rows("SELECT kind FROM message WHERE person_id = $1", person.id)
        assert {row["kind"] for row in found} == kinds


async def test_an_empty_pool_is_told_before_the_yes_and_to_the_member_who_finds_the_page(
    folk: People, client: httpx.AsyncClient
) -> None:
    await rules(folk, support_month_units=3000)
    dan = await coordinator(folk, folk.dan)
    kept = await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    dan.sign_in(client)
    assert "in points: 0" in (await client.get("/office/support/new")).text
    assert "The pool is empty" in (await client.get(f"/office/support/{kept.support_id}")).text
    await approve_support(dan.caller, kept.support_id, NOW)
    folk.carol.sign_in(client)
    assert 'href="/me/support"' in (await client.get("/me/points")).text
    assert "The pool is empty now" in (await client.get("/me/support")).text
    folk.bob.sign_in(client)
    assert 'href="/me/support"' not in (await client.get("/me/points")).text


async def test_a_look_shows_by_name_whom_it_is_for_before_anybody_is_told(folk: People, client: httpx.AsyncClient) -> None:
    """Of nobody out of reach, and nothing is kept; what was typed comes back."""
    await rules(folk, support_month_units=3000)
    typed = await filled_in(client, folk, folk.carol) | {"key": "k" * 16}
    look = await client.post("/office/support/check", data=typed)
    assert (look.status_code, "<strong>Carol</strong>" in look.text) == (200, True)
    assert not await sql.value("SELECT count(*) FROM support")
    nobody = await client.post("/office/support/check", data=typed | {"number": "999999"})
    assert (nobody.status_code, 'id="number-wrong"' in nobody.text, "lost her work" in nobody.text) == (400, True, True)
    again = await client.post("/office/support", data=typed | {"again": "1"})
    assert (again.status_code, 'value="20"' in again.text) == (200, True)
    assert (await client.post("/office/support", data=typed)).status_code == 303
    assert await sql.value("SELECT member_id FROM support") == folk.carol.id


async def test_who_has_a_support_already_is_told_before_the_yes_but_not_one_whose_last_day_is_over(
    folk: People, client: httpx.AsyncClient
) -> None:
    await rules(folk, support_month_units=3000)
    typed = await filled_in(client, folk, folk.carol)
    begun = NOW - timedelta(days=3)
    await supports.propose(folk.carol.id, folk.community, "ill", "said", 100, begun.date(), begun.date(), folk.erin.id, begun)
    assert (await client.post("/office/support/check", data=typed)).status_code == 200
    await propose_support(folk.erin.caller, await proposal(folk.carol), NOW)
    look = await client.post("/office/support/check", data=typed)
    assert (look.status_code, 'id="number-wrong"' in look.text, "lost her work" in look.text) == (409, True, True)


async def test_a_yes_without_the_look_is_shown_the_look(folk: People, client: httpx.AsyncClient) -> None:
    await rules(folk, support_month_units=3000)
    typed = await filled_in(client, folk, folk.carol)
    look = await client.post("/office/support", data=typed)
    assert (look.status_code, "<strong>Carol</strong>" in look.text) == (200, True)
    assert not await sql.value("SELECT count(*) FROM support")
    assert (await client.post("/office/support", data=typed | {"key": key_of(look)})).status_code == 303


async def test_each_look_has_a_key_of_its_own_so_going_back_after_the_yes_leads_on(
    folk: People, client: httpx.AsyncClient
) -> None:
    """The yes again is the same proposal; what was changed is another, and for the same neighbour the page says why not."""
    await rules(folk, support_month_units=3000)
    typed = await filled_in(client, folk, folk.carol)
    key = key_of(await client.post("/office/support/check", data=typed))
    first, again = [await client.post("/office/support", data=typed | {"key": key}) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    form = await client.post("/office/support", data=typed | {"key": key, "again": "1"})
    assert (form.status_code, key in form.text) == (200, False)
    changed = await client.post("/office/support/check", data=typed | {"key": key, "month_units": "21"})
    assert changed.status_code == 409
    bobs = typed | {"key": key, "number": str((await proposal(folk.bob)).number)}
    other = key_of(await client.post("/office/support/check", data=bobs))
    assert other != key
    assert (await client.post("/office/support", data=bobs | {"key": other})).status_code == 303
