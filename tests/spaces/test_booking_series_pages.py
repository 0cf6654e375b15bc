"""Booking again and again on pages."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from schedules import booking_series
from tests.given import People
from tests.spaces.rooms import NOW, book, span
from tests.spaces.test_booking_series import dance_room, series, tuesday

pytestmark = pytest.mark.usefixtures("thursday")


def form(**other: Any) -> dict[str, str]:
    typed = {"first_on": "2026-12-01", "starts": "18:00", "ends_at": "19:00", "repeats": "weekly", "weekday-1": "1"}
    return typed | {"every": "1", "ends": "count", "count": "3", "people": "2", "purpose": "Tango", "do": "look"} | other


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


@pytest.mark.scenario("booking-64")
async def test_a_look_shows_every_date_and_the_button_books_what_is_free(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await dance_room(people)
    await book(people.carol, dance, span("18:00-19:00", tuesday(2)))
    people.bob.sign_in(client)
    client.cookies.set("timebank_language", "en")
    path = f"/spaces/{dance}/series"
    assert 'value="never"' not in (await client.get(path)).text
    looked = await client.post(path, data=form())
    assert looked.status_code == 200, looked.text
    assert (looked.text.count("can be had</span>"), looked.text.count("not to be had</span>")) == (2, 1)
    assert await booking_series.of_person(people.bob.id, NOW) == []
    assert "The other dates are not booked. We note them" in looked.text
    assert "from 10 min before the start to 15 min after it" in looked.text
    sent = form(do="free", seal=hidden(looked.text, "seal"), key=hidden(looked.text, "key"))
    done = await client.post(path, data=sent)
    assert done.status_code == 303, done.text
    again = await client.post(path, data=sent)
    assert again.headers["location"] == done.headers["location"]
    page = (await client.get(done.headers["location"])).text
    assert page.count("Booked</span>") == 2
    assert "Try again" in page


async def test_a_form_that_was_changed_since_the_look_is_shown_once_more(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await dance_room(people)
    people.bob.sign_in(client)
    path = f"/spaces/{dance}/series"
    looked = await client.post(path, data=form())
    changed = await client.post(path, data=form(do="all", seal=hidden(looked.text, "seal"), count="4"))
    assert changed.status_code == 200
    assert await booking_series.of_person(people.bob.id, NOW) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": "61"},
        {"ends": "never"},
        {"starts": "25:00"},
        {"first_on": "soon"},
        {"weekday-1": "", "repeats": "text", "text": "FREQ=HOURLY"},
    ],
)
async def test_what_makes_no_sense_is_told_above_its_field(
    tx: None, client: httpx.AsyncClient, people: People, wrong: dict[str, str]
) -> None:
    dance = await dance_room(people)
    people.bob.sign_in(client)
    answer = await client.post(f"/spaces/{dance}/series", data=form(**wrong))
    assert answer.status_code == 400, answer.text
    assert 'class="problems"' in answer.text
    assert 'value="Tango"' in answer.text


@pytest.mark.scenario("booking-68", "booking-70", "booking-77")
async def test_the_page_of_a_series_gives_back_changes_and_goes_on(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await dance_room(people)
    made = await series(people.bob, dance)
    people.bob.sign_in(client)
    path = f"/me/series/{made.series_id}"
    mine = (await client.get("/me/bookings", headers={"accept-language": "en"})).text
    assert (mine.count(f'href="{path}"'), mine.count('href="/me/bookings/')) == (1, 1), "one line, and the calendar file"
    assert (await client.post(f"{path}/cancel", data={"first": "2026-12-08", "last": "2026-12-08"})).status_code == 303
    assert (await client.post(f"{path}/extend", data={"until": "2027-01-12", "mode": "all"})).status_code == 303
    times = {"since": "2026-12-15", "starts": "19:00", "ends_at": "20:00", "people": "3", "purpose": "Waltz"}
    moved = await client.post(f"{path}/change", data=times)
    assert moved.status_code == 303, moved.text
    later = (await client.get(moved.headers["location"])).text
    assert later.count("Booked</span>") == 5
    assert "Tue 15 Dec, 19:00–20:00" in later
    for verb, sent in (
        ("cancel", {"first": "x", "last": ""}),
        ("change", times | {"starts": "noon"}),
        ("extend", {"until": ""}),
    ):
        assert (await client.post(f"{path}/{verb}", data=sent)).status_code == 400
    people.carol.sign_in(client)
    assert (await client.get(path)).status_code == 404
    assert (await client.post(f"{path}/cancel", data={"first": "2026-12-01", "last": "2027-01-01"})).status_code == 404


async def test_what_waiting_does_not_change_is_not_promised(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await dance_room(people)
    people.bob.sign_in(client)
    client.cookies.set("timebank_language", "en")
    looked = await client.post(f"/spaces/{dance}/series", data=form(first_on="2026-11-24"))
    assert "The other dates are not booked." in looked.text
    assert "We note them" not in looked.text
