"""Doors and the line as people use them: the phone at the door, the booking's page, the line, the display, the office."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import codes, occupancy, room_codes, sql
from tests.given import People
from tests.room_doors.conftest import Clock
from tests.room_doors.test_line import offered, wait
from tests.spaces.rooms import NOW, at, book, room, session_in, span
from tests.spaces.test_booking_points import give, priced
from tests.spaces.test_pages import plain, read
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.actions.rooms.room_door import ROOM_KEY
from timebank.people import keys
from timebank.web import clock


def poster(space_id: UUID, version: int = 1) -> str:
    """The path in the QR of the poster."""
    return room_codes.poster_path(keys.derive(ROOM_KEY), space_id, version)


def changing(space_id: UUID, at_clock: str) -> str:
    """The path in the QR of the display at that time of Friday."""
    return room_codes.changing_path(keys.derive(ROOM_KEY), space_id, codes.step_of(at(at_clock)))


async def send(client: httpx.AsyncClient, path: str, data: dict[str, Any] | None = None) -> httpx.Response:
    client.cookies.set("timebank_language", "en")
    return await client.post(path, data=data or {}, headers={"accept": "text/html"})


async def state_of(booking_id: UUID) -> str:
    return str(await sql.value("SELECT state FROM booking WHERE id = $1", booking_id))


@pytest.mark.scenario("booking-91")
async def test_opening_the_code_checks_nobody_in_and_one_tap_does(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    friday("09:55")
    away = await client.get(poster(dance), headers={"accept": "text/html"})
    assert (away.status_code, away.headers["location"][:14]) == (303, "/sign-in?back=")
    people.bob.sign_in(client)
    told = await read(client, poster(dance))
    assert "Bob Fri 27 Nov, 10:00–12:00 Check in You can check in until 10:15" in told
    assert await state_of(mine.id) == "confirmed"
    tap = await send(client, poster(dance), {"does": "check_in"})
    assert tap.headers["location"] == poster(dance)
    assert "The room is yours until 12:00. Checked in at 09:55." in await read(client, poster(dance))
    friday("10:40")
    left = await send(client, poster(dance), {"does": "leave"})
    assert left.headers["location"] == f"/me/bookings/{mine.id}"
    assert "You left early: planned until 12:00." in await read(client, left.headers["location"])


@pytest.mark.parametrize(
    ("who", "time", "status", "words"),
    [
        pytest.param("bob", "09:40", 409, "Check-in opens at 09:50", marks=pytest.mark.scenario("booking-91")),
        pytest.param("carol", "10:05", 403, "Somebody else has this room now.", marks=pytest.mark.scenario("booking-94")),
        ("carol", "09:00", 404, "You have no booking in this room today."),
    ],
)
async def test_the_door_says_why_not(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock, who: str, time: str, status: int, words: str
) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-12:00"))
    getattr(people, who).sign_in(client)
    friday(time)
    told = await read(client, poster(dance), status)
    assert words in told
    assert "Bob Fri" not in told


@pytest.mark.scenario("booking-95")
async def test_the_wrong_door_leads_to_the_right_one_in_both_languages(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    await book(people.bob, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    friday("10:00")
    assert "Yours is Dance room. Dance room is yours Fri 27 Nov, 10:00–12:00." in await read(client, poster(study), 409)
    assert "您的是舞蹈室" in await read(client, poster(study), 409, "zh")


async def test_who_is_late_takes_the_rest_again_at_the_door(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    friday("10:20")
    assert "You are too late to check in." in plain((await send(client, poster(dance), {"does": "check_in"})).text)
    assert "Take the rest until 12:00" in await read(client, poster(dance))
    await send(client, poster(dance), {"does": "take_again"})
    assert await state_of(mine.id) == "in_use"


@pytest.mark.parametrize("kind", ["an old step", "another mark", "an old poster", "no poster here"])
async def test_codes_that_do_not_hold_open_nothing(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock, kind: str
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    friday("10:00")
    if kind in ("an old poster", "no poster here"):
        await sql.rows(
            "INSERT INTO room_door (space_id, poster_version, takes_poster, changed_at, changed_by) "
            "VALUES ($1, $2, $3, $4, $5)",
            dance,
            2 if kind == "an old poster" else 1,
            kind != "no poster here",
            NOW,
            people.erin.id,
        )
    path = {"an old step": changing(dance, "09:58"), "another mark": poster(dance)[:-3] + "AAA"}.get(kind, poster(dance))
    answer = await send(client, path, {"does": "check_in"})
    assert answer.status_code in (404, 409, 410, 422, 401, 403, 400), answer.status_code
    assert await state_of(mine.id) == "confirmed"


async def test_a_changing_code_leaves_time_to_sign_in(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    friday("10:00")
    path = changing(dance, "10:00")
    away = await client.get(path, headers={"accept": "text/html"})
    assert away.headers["location"].startswith("/sign-in")
    clock.put(at("10:05"))
    people.bob.sign_in(client)
    await send(client, path, {"does": "check_in"})
    assert await state_of(mine.id) == "in_use"


async def test_the_typed_code_leads_to_the_same_door(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    people.bob.sign_in(client)
    friday("10:00")
    key = keys.derive(ROOM_KEY)
    for typed in (
        room_codes.typed(key, "poster", dance, 1),
        codes.spaced(room_codes.typed(key, "changing", dance, codes.step_of(at("10:00")))).lower(),
    ):
        answer = await send(client, "/r", {"code": typed})
        assert answer.headers["location"] in (poster(dance), changing(dance, "10:00"))
    assert "This code is not known here." in plain((await send(client, "/r", {"code": "ABCD-EFGH"})).text)


async def test_the_household_names_a_guest_who_may_check_in(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    friday("09:55")
    wrong = await send(client, f"/me/bookings/{mine.id}/guests", {"phone": "199 0000 0099"})
    assert (wrong.status_code, 'value="199 0000 0099"' in wrong.text) == (404, True)
    await send(client, f"/me/bookings/{mine.id}/guests", {"phone": people.carol.phone})
    assert "Carol Remove Carol" in await read(client, f"/me/bookings/{mine.id}")
    people.carol.sign_in(client)
    await send(client, poster(dance), {"does": "check_in"})
    assert await state_of(mine.id) == "in_use"
    assert (await send(client, f"/me/bookings/{mine.id}/give-back")).status_code == 404
    people.bob.sign_in(client)
    await send(client, f"/me/bookings/{mine.id}/guests/{people.carol.id}/remove")
    assert "Carol" not in await read(client, f"/me/bookings/{mine.id}")


async def test_the_booking_offers_what_fits_the_hour(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    """A reminder leads here: still coming, or give it back (defect 32)."""
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    friday("09:00")
    assert "We are still coming" in await read(client, f"/me/bookings/{mine.id}")
    await send(client, f"/me/bookings/{mine.id}/coming")
    assert "You said that you are coming." in await read(client, f"/me/bookings/{mine.id}")
    friday("10:05")
    assert "We do not come: give it back" in await read(client, f"/me/bookings/{mine.id}")
    await send(client, f"/me/bookings/{mine.id}/give-back")
    assert "The rest was released." in await read(client, f"/me/bookings/{mine.id}")
    assert await occupancy.read([dance], span("10:00-12:00"), NOW) == []


@pytest.mark.scenario("booking-100")
async def test_a_taken_time_is_waited_for_offered_and_taken(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    dans = await book(people.dan, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    clock.put(NOW)
    use = "starts_at=2026-11-27T02:00:00Z&ends_at=2026-11-27T04:00:00Z"
    refused = await client.get(f"/spaces/{dance}/book?{use}", headers={"accept": "text/html"})
    link = next(unescape(found) for found in re.findall(r'href="([^"]+)"', refused.text) if "/wait?" in found)
    form = (await client.get(link, headers={"accept": "text/html"})).text
    values = dict(re.findall(r'id="(day|earliest|latest|people)"[^>]*value="([^"]*)"', form))
    assert values == {"day": "2026-11-27", "earliest": "10:00", "latest": "12:00", "people": "1"}
    sent = await send(client, f"/spaces/{dance}/wait", values | {"minutes": "120", "key": "a-key-of-the-form"})
    assert sent.headers["location"] == "/me/waiting", plain(sent.text)
    again = await send(client, f"/spaces/{dance}/wait", values | {"minutes": "120", "key": "a-key-of-the-form"})
    assert again.status_code == 303
    assert "Dance room 2 h within Fri 27 Nov, 10:00–12:00 ! you are next" in await read(client, "/me/waiting")
    await cancel_booking(people.dan.caller, dans.id, NOW)
    told = await read(client, "/me/waiting")
    assert "Free for you: Dance room Fri 27 Nov, 10:00–12:00 Held for you alone until Thu 26 Nov 09:30" in told
    (offer,) = re.findall(r"/me/offers/([0-9a-f-]{36})/accept", (await client.get("/me/waiting")).text)
    taken = await send(client, f"/me/offers/{offer}/accept", {"key": "another-key-of-mine"})
    assert "The room is booked for you." in await read(client, taken.headers["location"])
    gone = await send(client, f"/me/offers/{offer}/decline")
    assert (gone.status_code, "This offer has run out or was answered." in plain(gone.text)) == (409, True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"minutes": "600", "earliest": "08:00", "latest": "20:00"}, "The longest booking here is 4 h"),
        ({"day": "tomorrow"}, "This is not a day or a time."),
        ({"earliest": "11:30"}, "That long does not fit between these times."),
        ({"earliest": "13:00", "latest": "15:00"}, "Dance room is free Fri 27 Nov, 13:00–15:00: book it."),
        ({"day": "2027-11-26"}, "can be booked 14 days ahead"),
    ],
)
async def test_a_wish_that_makes_no_sense_keeps_what_was_typed(
    tx: None, client: httpx.AsyncClient, people: People, typed: dict[str, str], words: str
) -> None:
    dance = await room(people.community, longest=240)
    await book(people.dan, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    clock.put(NOW)
    form = {"day": "2026-11-27", "earliest": "10:00", "latest": "12:00", "minutes": "120", "people": "1", "purpose": "Birthday"}
    answer = await send(client, f"/spaces/{dance}/wait", form | typed)
    assert answer.status_code in (400, 409)
    assert words in plain(answer.text), plain(answer.text)
    assert 'value="Birthday"' in answer.text
    assert await sql.value("SELECT count(*) FROM room_wish") == 0


async def test_the_reason_for_being_skipped_stands_beside_the_place(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community, week_quota=1)
    dans = await book(people.dan, dance, span("10:00-12:00"))
    await wait(people.bob, dance, "10:00-12:00")
    await book(people.bob, dance, span("18:00-19:00"))
    await cancel_booking(people.dan.caller, dans.id, NOW)
    people.bob.sign_in(client)
    clock.put(NOW)
    told = await read(client, "/me/waiting")
    assert "It was free Fri 27 Nov, 10:00–11:00, but not for you: Your household has used 1 of 1" in told
    assert await offered(people.bob) == []


async def display(client: httpx.AsyncClient, space_id: UUID, version: int = 1, status: int = 200) -> str:
    """The text of the display at the door."""
    path = room_codes.display_path(keys.derive(ROOM_KEY), space_id, version)
    client.cookies.set("timebank_language", "en")
    answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == status
    return plain(answer.text)


async def test_the_display_says_what_the_room_is_now(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    """Defect 45 of booking.md: while it is in use, the door says so."""
    dance = await room(people.community, turnaround=30)
    mine = await book(people.bob, dance, span("10:00-12:00"), purpose="Birthday")
    choir = await session_in(people, span("14:00-16:00"))
    await occupancy.take_session(dance, choir, at("14:00"), at("16:00"), NOW)
    for time, words in {
        "07:00": "✕ Closed opens at 08:00",
        "09:00": "✓ Free until 10:00 Next: 10:00–12:00 Booked",
        "10:05": "! Booked until 12:00 Check in by 10:15",
        "12:10": "! Being tidied until 12:30 Next: 14:00–16:00 Choir",
        "14:30": "● In use until 16:00 Choir",
        "17:00": "✓ Free until 22:00 Nothing more is booked today.",
    }.items():
        friday(time)
        told = await display(client, dance)
        assert words in told, (time, told)
        assert "Bob" not in told
        assert "Birthday" not in told
    await sql.rows(
        "UPDATE booking SET state = 'in_use', checked_in_at = $2, checked_in_by = $3 WHERE id = $1",
        mine.id,
        at("10:05"),
        people.bob.id,
    )
    friday("11:59")
    assert "● In use until 12:00" in await display(client, dance)


async def test_the_display_shows_the_code_of_now_and_its_address_can_be_made_void(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    friday("10:00")
    typed = codes.spaced(room_codes.typed(keys.derive(ROOM_KEY), "changing", dance, codes.step_of(at("10:00"))))
    assert typed in await display(client, dance)
    people.erin.sign_in(client)
    await send(client, f"/office/rooms/{dance}/door/renew", {"what": "display"})
    await display(client, dance, status=404)
    await display(client, dance, version=2)


async def test_staff_set_the_door_print_the_poster_and_let_somebody_in(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    clock.put(NOW)
    form = {"check_in_before": "20", "check_in_after": "", "offer_minutes": "45", "no_show_days": "30", "takes_poster": "1"}
    wrong = await send(client, f"/office/rooms/{dance}/door", form | {"offer_minutes": "soon"})
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (400, True)
    assert (await send(client, f"/office/rooms/{dance}/door", form)).status_code == 303
    assert tuple(await sql.one("SELECT check_in_before, check_in_after, offer_minutes FROM room_door")) == (20, None, 45)
    sheet = await read(client, f"/office/rooms/{dance}/door/poster")
    assert codes.spaced(room_codes.typed(keys.derive(ROOM_KEY), "poster", dance, 1)) in sheet
    mine = await book(people.bob, dance, span("10:00-12:00"))
    friday("09:45")
    assert "Bob is not released Check in" in await read(client, f"/office/rooms/{dance}/door")
    await send(client, f"/office/bookings/{mine.id}/check-in")
    assert await state_of(mine.id) == "in_use"


async def test_staff_see_who_waits_and_who_did_not_come_and_forgive(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    from timebank.actions.rooms.leave_room import release_room

    dance = await room(people.community)
    missed = await book(people.bob, dance, span("10:00-12:00"))
    await book(people.dan, dance, span("14:00-16:00"))
    await wait(people.carol, dance, "14:00-16:00")
    await release_room(missed.id, at("10:20"))
    people.erin.sign_in(client)
    friday("10:30")
    told = await read(client, f"/office/rooms/{dance}/door")
    assert "1. Carol 1 h within Fri 27 Nov, 14:00–16:00" in told
    assert f"Bob counts until {(at('10:20') + timedelta(days=90)):%a}" in told
    await send(client, f"/office/no-shows/{missed.id}/forgive", {"reason": "Power cut"})
    assert "does not count: Power cut" in await read(client, f"/office/rooms/{dance}/door")


@pytest.mark.scenario("booking-100")
async def test_an_offer_tells_the_price_and_what_staying_away_costs(
    tx: None, client: httpx.AsyncClient, people: People, friday: Clock
) -> None:
    dance = await priced(people)
    await give(people.bob, 1000)
    dans = await book(people.dan, dance, span("10:00-12:00"))
    await wait(people.bob, dance, "10:00-12:00", 120)
    await cancel_booking(people.dan.caller, dans.id, NOW)
    clock.put(NOW)
    people.bob.sign_in(client)
    told = await read(client, "/me/waiting")
    assert "2 points" in told
    assert "If nobody comes, " in told
    assert "You have 10 points" in told
    assert "Check in there from 09:50 to 10:15" in told
