"""Moving, deciding on and paying for bookings over the API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.given import People
from tests.spaces.rooms import at, room, span
from tests.spaces.test_booking_api import ask
from tests.spaces.test_booking_points import give

pytestmark = pytest.mark.usefixtures("thursday")
PRICES = {"slot": 60, "rules": [{"units": 100}], "free_until": 120, "late_refund": 50}


def times(text: str) -> dict[str, Any]:
    use = span(text)
    return {"starts_at": use.starts_at.isoformat(), "ends_at": use.ends_at.isoformat()}


@pytest.mark.scenario("booking-110")
async def test_a_booking_is_priced_tried_and_moved(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance, erin, bob = await room(people.community), people.erin.bearer, people.bob.bearer
    await give(people.bob, 300)
    kept = await client.put(f"/api/v1/spaces/{dance}/prices", json=PRICES, headers=erin)
    assert (kept.status_code, kept.json()["rules"][0]["units"]) == (200, 100)
    assert (await client.put(f"/api/v1/spaces/{dance}/prices", json=PRICES, headers=bob)).status_code == 403
    verdict = await client.get(f"/api/v1/spaces/{dance}/verdict", params=times("10:00-14:00"), headers=bob)
    assert (verdict.json()["may"], verdict.json()["price"]["units"]) == (False, 400)
    assert verdict.json()["broken"][0]["sentence"] == "Points needed: 4. You have 3: 1 too few."
    made = (await ask(client, people.bob, dance, "10:00-12:00")).json()
    path = f"/api/v1/bookings/{made['id']}"
    assert (await client.get(f"{path}/price", headers=bob)).json()["price"]["units"] == 200
    assert (await client.get(f"{path}/price", headers=people.carol.bearer)).status_code == 404
    tried = (await client.get(f"{path}/verdict", params=times("11:00-14:00"), headers=bob)).json()
    assert (tried["may"], tried["price"]["units"]) == (True, 300)
    key = bob | {"idempotency-key": "move-it-once"}
    moved = [await client.put(path, json=times("11:00-14:00") | {"people": 5}, headers=key) for _ in range(2)]
    assert {answer.status_code for answer in moved} == {200}
    assert [answer.json()["sequence"] for answer in moved] == [1, 1]
    assert moved[0].json()["people"] == 5
    late = await client.put(path, json=times("05:00-06:00"), headers=bob)
    assert (late.status_code, [one["code"] for one in late.json()["broken"]]) == (409, ["closed"])
    half = await client.put(path, json={"starts_at": at("10:00").isoformat()}, headers=bob)
    assert half.status_code == 400
    assert (await client.put(path, json={"purpose": "x"}, headers=people.carol.bearer)).status_code == 404


@pytest.mark.scenario("booking-86", "booking-87")
async def test_requests_are_listed_and_decided(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance, erin = await room(people.community), people.erin.bearer
    deciding = {"approval": "competing", "decide_within": 600, "again_when_moved": True}
    assert (await client.put(f"/api/v1/spaces/{dance}/approval", json=deciding, headers=erin)).json() == deciding
    mine = (await ask(client, people.bob, dance, "10:00-12:00")).json()
    other = (await ask(client, people.carol, dance, "11:00-13:00")).json()
    assert {mine["state"], other["state"]} == {"pending"}
    listed = (await client.get("/api/v1/booking-requests", headers=erin)).json()["requests"]
    assert [(one["name"], [rival["id"] for rival in one["rivals"]]) for one in listed] == [
        ("Bob", [other["id"]]),
        ("Carol", [mine["id"]]),
    ]
    accept = f"/api/v1/bookings/{mine['id']}/accept"
    unsure = await client.post(accept, json={}, headers=erin)
    assert (unsure.status_code, unsure.json()["code"]) == (409, "others_would_lose")
    assert [one["id"] for one in unsure.json()["rivals"]] == [other["id"]]
    assert (await client.post(accept, json={}, headers=people.bob.bearer)).status_code == 403
    done = await client.post(accept, json={"rejecting": [other["id"]]}, headers=erin)
    assert (done.status_code, done.json()["booking"]["state"]) == (200, "confirmed")
    again = await client.post(f"/api/v1/bookings/{other['id']}/reject", json={"reason": "no"}, headers=erin)
    assert (again.status_code, again.json()["state"]) == (200, "rejected")
    empty = await client.post(f"/api/v1/bookings/{other['id']}/reject", json={"reason": ""}, headers=erin)
    assert empty.status_code == 400


async def test_staff_book_against_the_rules_and_say_why(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, week_quota=0)
    why = {"against_rules": "Funeral of a neighbour"}
    assert (await ask(client, people.bob, dance, "10:00-12:00", **why)).status_code == 403
    assert (await ask(client, people.erin, dance, "06:10-12:00", for_member=str(people.bob.id))).status_code == 409
    made = await ask(client, people.erin, dance, "06:10-12:00", for_member=str(people.bob.id), **why)
    assert (made.status_code, made.json()["override_reason"]) == (201, "Funeral of a neighbour")
    taken = await ask(client, people.erin, dance, "11:00-13:00", for_member=str(people.carol.id), **why)
    assert (taken.status_code, [one["code"] for one in taken.json()["broken"]]) == (409, ["taken"])
    moved = await client.put(
        f"/api/v1/bookings/{made.json()['id']}", json=times("23:00-24:00") | why, headers=people.erin.bearer
    )
    assert moved.status_code == 200, moved.text
