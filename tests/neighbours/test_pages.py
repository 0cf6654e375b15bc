"""Pages and API of help between neighbours: the whole way without JavaScript, clear answers to what makes no sense."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.neighbours.help import agreed, asked, has, post, said
from timebank.points import exchanges
from timebank.web import clock

RICE = {
    "kind": "help_wanted",
    "category": "errands",
    "title": "Carry the rice up",
    "minutes": "６０",
    "places": "1",
    "days": "30",
}


def day(ahead: int) -> str:
    """The pages read the real clock."""
    return (clock.now() + timedelta(days=ahead)).date().isoformat()


async def test_carol_asks_and_bob_answers_without_javascript(client: httpx.AsyncClient, folk: People) -> None:
    await purse.earn(folk.carol, 10, at=None)
    folk.carol.sign_in(client)
    assert "/neighbours" in (await client.get("/me")).text
    wrong = await client.post("/neighbours", data=RICE | {"text": "call 13912345678", "key": "post-0001"})
    assert (wrong.status_code, "text-wrong" in wrong.text, 'value="Carry the rice up"' in wrong.text) == (400, True, True)
    for _ in range(2):
        made = await client.post("/neighbours", data=RICE | {"key": "post-0001"})
        assert made.status_code == 303
    assert await sql.value("SELECT count(*) FROM neighbour_post") == 1
    folk.bob.sign_in(client)
    assert "Carry the rice up" in (await client.get("/neighbours?category=errands")).text
    page = made.headers["location"]
    late = await client.post(f"{page}/answers", data={"day": day(-2), "start": "10:00", "minutes": "60", "note": "at the lift"})
    assert (late.status_code, "day-wrong" in late.text, "at the lift" in late.text) == (400, True, True)
    answer = {"day": day(2), "start": "09:00", "minutes": "60", "note": "at the lift", "key": "answer-01"}
    for _ in range(2):
        done = await client.post(f"{page}/answers", data=answer)
        assert done.status_code == 303
    own = done.headers["location"]
    assert "Waits for the answer" in (await client.get(own)).text
    folk.carol.sign_in(client)
    seen = (await client.get(own)).text
    assert ("Bob proposes this time" in seen, "at the lift" in seen) == (True, True)
    terms = dict(re.findall(r'name="(terms)" value="(\d+)"', seen))
    assert (await client.post(f"{own}/agree", data=terms)).status_code == 303
    assert await has(folk.carol) == (9, 1)
    early = await client.post(f"{own}/word", data={"minutes": "60"})
    assert (early.status_code, "It has not begun yet." in early.text) == (409, True)
    assert (await client.post(f"{own}/leave")).status_code == 303
    assert "Called off" in (await client.get("/me/exchanges")).text
    assert await has(folk.carol) == (10, 0)


async def test_the_mediator_hears_both_and_decides_on_the_page(client: httpx.AsyncClient, folk: People) -> None:
    exchange = await said(folk, await agreed(folk), 60, 0)
    for person, words in ((folk.bob, "I carried both bags."), (folk.carol, "Nobody came.")):
        person.sign_in(client)
        assert "Tell the mediator" in (await client.get("/me/exchanges")).text
        done = await client.post(
            f"/me/exchanges/{exchange.id}/hearing", data={"text": words, "key": f"hear-{words}"[:20].replace(" ", "-")}
        )
        assert done.status_code == 303
    folk.erin.sign_in(client)
    assert "Their words are apart" in (await client.get("/office/neighbours")).text
    page = f"/office/neighbours/exchanges/{exchange.id}"
    assert "I carried both bags." in (await client.get(page)).text
    wrong = await client.post(f"{page}/decision", data={"minutes": "half", "reason": "He was seen."})
    assert (wrong.status_code, "minutes-wrong" in wrong.text, "He was seen." in wrong.text) == (400, True, True)
    assert (await client.post(f"{page}/decision", data={"minutes": "30", "reason": "He was seen."})).status_code == 303
    folk.carol.sign_in(client)
    seen = (await client.get(f"/me/exchanges/{exchange.id}")).text
    assert ("He was seen." in seen, "0.5 points went from Carol to Bob." in seen) == (True, True)
    assert "Help between neighbours" in (await client.get("/me/points")).text


async def test_staff_take_a_post_down_on_the_page(client: httpx.AsyncClient, folk: People) -> None:
    made = await post(folk.carol, clock.now())
    folk.bob.sign_in(client)
    assert (await client.post(f"/neighbours/{made.id}/reports", data={"reason": " "})).status_code == 400
    assert (await client.post(f"/neighbours/{made.id}/reports", data={"reason": "An advertisement"})).status_code == 303
    assert (await client.get("/office/neighbours")).status_code == 403
    folk.erin.sign_in(client)
    assert "1 report" in (await client.get("/office/neighbours")).text
    page = f"/office/neighbours/posts/{made.id}"
    assert "An advertisement" in (await client.get(page)).text
    assert (await client.post(f"{page}/take-down", data={"reason": "No advertising."})).status_code == 303
    folk.carol.sign_in(client)
    assert "No advertising." in (await client.get(f"/neighbours/{made.id}")).text


async def test_the_other_ones_word_is_not_shown_before_ones_own(client: httpx.AsyncClient, folk: People) -> None:
    exchange = await agreed(folk)
    await exchanges.say(exchange, folk.bob.id, 47)
    answer = await client.get(f"/api/v1/me/exchanges/{exchange.id}", headers=folk.carol.bearer)
    assert (answer.status_code, answer.json()["line"]["exchange"]["helper_minutes"]) == (200, None)


async def test_the_api_goes_the_whole_way_and_repeats_are_one(client: httpx.AsyncClient, folk: People) -> None:
    await purse.earn(folk.carol, 10, at=None)
    body = {"kind": "help_wanted", "category": "errands", "title": "Carry the rice up", "minutes": 60}
    keyed = folk.carol.bearer | {"Idempotency-Key": "post-0001"}
    first, again = [await client.post("/api/v1/neighbours/posts", json=body, headers=keyed) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    other = await client.post("/api/v1/neighbours/posts", json=body | {"minutes": 30}, headers=keyed)
    assert (other.status_code, other.json()["code"]) == (409, "key_conflict")
    found = await client.get("/api/v1/neighbours/posts?kind=help_wanted", headers=folk.bob.bearer)
    assert [each["name"] for each in found.json()["posts"]] == ["C*"]
    answers = f"/api/v1/neighbours/posts/{first.json()['id']}/answers"
    terms = {"starts_at": (clock.now() + timedelta(days=2)).isoformat(), "minutes": 60}
    made = await client.post(answers, json=terms, headers=folk.bob.bearer | {"Idempotency-Key": "answer-01"})
    assert (made.status_code, made.json()["helped"]) == (201, "C*")
    own = f"/api/v1/me/exchanges/{made.json()['id']}"
    agreed_to = await client.post(f"{own}/agree", json={"terms": 1}, headers=folk.carol.bearer)
    assert (agreed_to.status_code, agreed_to.json()["state"], await has(folk.carol)) == (200, "agreed", (9, 1))
    assert (await client.get(own, headers=folk.dan.bearer)).status_code == 404


BAD = [
    ("/api/v1/neighbours/posts", {"kind": "sale", "category": "errands", "title": "x", "minutes": 60}),
    ("/api/v1/neighbours/posts", {"kind": "help_wanted", "category": "errands", "title": "x" * 61, "minutes": 60}),
    ("/api/v1/neighbours/posts", {"kind": "help_wanted", "category": "errands", "title": "x", "minutes": 0}),
    ("/api/v1/neighbours/posts", {"kind": "help_wanted", "category": "errands", "title": "x\u0000", "minutes": 60}),
    ("{own}/word", {"minutes": -1}),
    ("{own}/word", {"minutes": 1.5}),
    ("{own}/word", {"minutes": 2**63}),
    ("{own}/terms", {"starts_at": "2026-11-27T09:00:00", "minutes": 60}),
    ("{own}/terms", {"starts_at": "9999-12-31T23:59:59Z", "minutes": 60}),
    ("{own}/agree", {"terms": 0}),
    ("{own}/hearing", {"text": ""}),
]


@pytest.mark.parametrize(("path", "body"), BAD, ids=range(len(BAD)))
async def test_what_makes_no_sense_is_told_so(
    client: httpx.AsyncClient, folk: People, path: str, body: dict[str, object]
) -> None:
    exchange = await asked(folk)
    answer = await client.post(path.format(own=f"/api/v1/me/exchanges/{exchange.id}"), json=body, headers=folk.carol.bearer)
    assert answer.status_code == 400, answer.text
    assert (await exchanges.one(exchange.id)).state == "asked"


@pytest.mark.parametrize(
    "typed",
    [
        {"day": "27/11"},
        {"start": "9 o'clock"},
        {"minutes": "an hour"},
        {"minutes": "14"},
        {"day": "0001-01-01"},
        {"note": "x" * 301},
    ],
    ids=["day", "start", "minutes", "few", "long ago", "long"],
)
async def test_a_form_that_makes_no_sense_keeps_what_was_typed(
    client: httpx.AsyncClient, folk: People, typed: dict[str, str]
) -> None:
    made = await post(folk.carol, clock.now())
    folk.bob.sign_in(client)
    form = {"day": day(2), "start": "09:00", "minutes": "60", "note": "the lift"} | typed
    answer = await client.post(f"/neighbours/{made.id}/answers", data=form)
    assert (answer.status_code, "-wrong" in answer.text, form["note"] in answer.text) == (400, True, True)


async def test_strangers_and_third_people_see_nothing(client: httpx.AsyncClient, folk: People) -> None:
    exchange = await asked(folk)
    assert (await client.get("/neighbours", headers={"accept": "text/html"})).headers["location"].startswith("/sign-in")
    folk.dan.sign_in(client)
    for path in (f"/me/exchanges/{exchange.id}", f"/neighbours/{uuid4()}"):
        assert (await client.get(path, headers={"accept": "text/html"})).status_code == 404
    assert (await client.get(f"/office/neighbours/exchanges/{exchange.id}")).status_code == 403
