"""Doors and the line as programs use them: the same verbs as on the pages, with keys, and a clear answer to nonsense."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import room_codes, sql
from tests.given import People
from tests.room_doors.conftest import Clock
from tests.room_doors.test_pages import poster
from tests.spaces.rooms import NOW, at, book, room, span
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.actions.rooms.room_door import ROOM_KEY
from timebank.people import keys
from timebank.web import clock


def wish(space_id: UUID, text: str = "10:00-12:00", **more: Any) -> dict[str, Any]:
    """The body of a wish for an hour of Friday."""
    window = span(text)
    body = {"space_ids": [str(space_id)], "earliest_at": window.starts_at.isoformat(), "latest_at": window.ends_at.isoformat()}
    return body | {"minutes": 60} | more


@pytest.mark.scenario("booking-91", "booking-98")
async def test_a_program_checks_in_with_the_code_leaves_and_repeats(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    friday("10:05")
    key = people.bob.bearer | {"idempotency-key": "a-key-of-mine"}
    for code in ("http://testserver" + poster(dance), room_codes.typed(keys.derive(ROOM_KEY), "poster", dance, 1)):
        answer = await client.post("/api/v1/room-check-ins", json={"code": code}, headers=people.bob.bearer)
        assert (answer.status_code, answer.json()["state"], answer.json()["id"]) == (200, "in_use", str(mine.id)), answer.text
    friday("10:40")
    first, again = [await client.post(f"/api/v1/bookings/{mine.id}/leave", headers=key) for _ in range(2)]
    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["ends_at"]) == ("ended_early", "2026-11-27T03:00:00Z")


async def test_nonsense_at_the_door_is_a_clear_answer(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    for code, status in (
        ("x", 404),
        ("/r/" + "A" * 22 + "/" + "A" * 14, 404),
        ("/r/ÿ/x", 404),
        (poster(dance)[:-1] + "é", 404),
    ):
        answer = await client.post("/api/v1/room-check-ins", json={"code": code}, headers=people.bob.bearer)
        assert answer.status_code == status, (code, answer.text)
    for path in (
        "/r/x/y",
        f"/r/{'A' * 22}/99999999999999/{'A' * 14}",
        f"/display/{'A' * 22}/é",
        "/display/x/y",
        "/display/x/y/now",
    ):
        assert (await client.get(path, headers=people.bob.bearer | {"accept": "text/html"})).status_code < 500, path


@pytest.mark.scenario("booking-100")
async def test_a_program_waits_is_offered_and_accepts_once(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    dans = await book(people.dan, dance, span("10:00-12:00"))
    clock.put(NOW)
    key = {"idempotency-key": "a-key-of-mine"}
    made = await client.post("/api/v1/room-wishes", json=wish(dance), headers=people.bob.bearer | key)
    again = await client.post("/api/v1/room-wishes", json=wish(dance), headers=people.bob.bearer | key)
    assert (made.status_code, again.status_code, made.json()["position"]) == (201, 200, 1)
    assert made.json() == again.json()
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = (await client.get("/api/v1/room-wishes", headers=people.bob.bearer)).json()["offers"]
    path = f"/api/v1/room-offers/{offer['id']}"
    assert (await client.post(f"{path}/accept", headers=people.carol.bearer)).status_code == 404
    yes = people.bob.bearer | {"idempotency-key": "another-key-of-mine"}
    taken = [await client.post(f"{path}/accept", headers=yes) for _ in range(2)]
    assert [answer.status_code for answer in taken] == [201, 200]
    assert taken[0].json()["state"] == "confirmed"
    gone = await client.post(f"{path}/decline", headers=people.bob.bearer)
    assert (gone.status_code, gone.json()["code"]) == (409, "room_offer_gone")


@pytest.mark.parametrize(
    "changed",
    [
        {"minutes": 0},
        {"minutes": 10**30},
        {"space_ids": []},
        {"earliest_at": "2026-11-27T10:00:00"},
        {"latest_at": "2026-11-27T01:00:00Z"},
        {"latest_at": "9999-12-31T23:59:59Z"},
        {"earliest_at": "0001-01-01T00:00:00Z"},
        {"purpose": "a\x00b"},
        {"people": -1},
    ],
)
async def test_a_wish_that_cannot_be_meant_is_refused(
    tx: None, client: httpx.AsyncClient, people: People, changed: dict[str, Any]
) -> None:
    dance = await room(people.community)
    clock.put(NOW)
    answer = await client.post("/api/v1/room-wishes", json=wish(dance) | changed, headers=people.bob.bearer)
    assert 400 <= answer.status_code < 500, answer.text
    assert await sql.value("SELECT count(*) FROM room_wish") == 0


async def test_what_a_room_is_now_is_public_and_names_nobody(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    """Defect 45 of booking.md."""
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-12:00"), purpose="Birthday")
    friday("10:05")
    told = await client.get(f"/api/v1/spaces/{dance}/now")
    assert (told.json()["state"], told.json()["until"]) == ("booked", "2026-11-27T04:00:00Z")
    assert str(people.bob.id) not in told.text
    await client.post("/api/v1/room-check-ins", json={"code": poster(dance)}, headers=people.bob.bearer)
    assert (await client.get(f"/api/v1/spaces/{dance}/now")).json()["state"] == "in_use"


async def test_staff_set_a_door_and_see_it(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    clock.put(at("09:00"))
    rules = {"check_in_before": 5, "check_in_after": None, "offer_minutes": 20, "no_show_days": 0, "takes_poster": False}
    assert (await client.put(f"/api/v1/spaces/{dance}/door", json=rules, headers=people.bob.bearer)).status_code == 403
    answer = await client.put(f"/api/v1/spaces/{dance}/door", json=rules, headers=people.erin.bearer)
    assert rules.items() <= answer.json().items()
    wrong = await client.put(f"/api/v1/spaces/{dance}/door", json=rules | {"offer_minutes": 1}, headers=people.erin.bearer)
    assert wrong.status_code == 400
    before = (await client.get(f"/api/v1/spaces/{dance}/door", headers=people.erin.bearer)).json()["poster_path"]
    await client.post(f"/api/v1/spaces/{dance}/door/renew", json={"what": "poster"}, headers=people.erin.bearer)
    assert (await client.get(f"/api/v1/spaces/{dance}/door", headers=people.erin.bearer)).json()["poster_path"] != before
