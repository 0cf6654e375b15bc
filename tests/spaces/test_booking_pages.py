"""Pages of a booking's life: change, price, states, history; for staff requests, prices, approval."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from schedules import bookings, spaces, sql
from schedules.bookings import State
from tests.given import People
from tests.spaces.rooms import FRIDAY, NOW, at, book, room, span
from tests.spaces.test_booking_points import LIST, give
from timebank.actions.rooms.keep_bookings import set_prices
from timebank.points import price_lists
from timebank.web import clock

pytestmark = pytest.mark.usefixtures("thursday")
ENGLISH = {"accept-language": "en"}


async def form(client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await client.post(path, data=fields, headers=ENGLISH | {"origin": "http://testserver"})


async def look(client: httpx.AsyncClient, path: str, **query: str) -> httpx.Response:
    return await client.get(path, params=query, headers=ENGLISH)


@pytest.mark.scenario("booking-108", "booking-110", "booking-111")
async def test_the_price_is_on_the_page_before_and_after(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await set_prices(people.erin.caller, dance, LIST, NOW)
    await give(people.bob, 1000)
    people.bob.sign_in(client)
    times = {"starts_at": span("16:00-18:00").starts_at.isoformat(), "ends_at": span("16:00-18:00").ends_at.isoformat()}
    day = re.sub("<[^>]*>", "", (await look(client, f"/spaces/{dance}", day=str(FRIDAY))).text)
    assert "17:00–21:00 3 points for each 1 h (peak time)" in day, "said before a time is chosen"
    free = (await client.get(f"/api/v1/spaces/{dance}/free", params={"day": str(FRIDAY)})).json()
    assert 300 in [each["units"] for each in free["prices"]]
    before = (await look(client, f"/spaces/{dance}/book", **times)).text
    assert "4 points" in before
    assert "(peak time)" in before
    assert "<dt>You have</dt><dd>10 points</dd>" in before
    assert "Check in there from 15:50 to 16:15; otherwise the rest is given to others" in before
    assert "Cancelling is free until 2 h before the start." in before
    assert "Later 50% comes back." in before
    made = await form(client, f"/spaces/{dance}/book", **times, people="2", key="a-key-for-this-form")
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert "set aside" in (await look(client, path)).text
    change = {"room": str(dance), "day": "2026-11-27", "start": "10:00", "end": "11:00", "people": "2", "purpose": "Chess"}
    sure = (await look(client, f"{path}/change/look", **change)).text
    assert "1 point<" in sure
    assert "Leave it as it is" in sure
    assert "Your old time is free for others at once." in sure
    moved = await form(client, f"{path}/change", **change, key="another-key-for-it")
    assert (moved.status_code, moved.headers["location"]) == (303, path)
    shown = (await look(client, path)).text
    assert "Changed by Bob" in shown
    clock.put(at("09:00"))
    assert "It is too late to cancel for free: 0.5 points stay paid." in (await look(client, f"{path}/cancel")).text
    await form(client, f"{path}/cancel")
    gone = (await look(client, path)).text
    assert "0.5 paid, the rest given back" in gone
    assert "Cancelled by who had booked it" in gone


async def test_a_change_that_cannot_be_says_why_and_keeps_what_was_typed(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await book(people.carol, dance, span("14:00-16:00"))
    people.bob.sign_in(client)
    path = f"/me/bookings/{mine.id}/change"
    assert 'value="10:00"' in (await look(client, path)).text
    change = {"room": str(dance), "day": "2026-11-27", "start": "13:00", "end": "15:00", "people": "1", "purpose": "Tai chi"}
    for answer in (await look(client, f"{path}/look", **change), await form(client, path, **change)):
        assert answer.status_code == 409
        assert "Your booking is as it was." in answer.text
        assert 'value="Tai chi"' in answer.text
        assert "12:00–14:00" in answer.text
    wrong = await look(client, f"{path}/look", **change | {"start": "noon"})
    assert wrong.status_code == 400
    assert (await look(client, f"{path}/look", **change | {"people": "0"})).status_code == 400
    people.carol.sign_in(client)
    assert (await look(client, path)).status_code == 404


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "waiting for an answer"),
        ("rejected", "rejected"),
        ("lapsed", "lapsed: nobody decided"),
        ("cancelled_by_house", "cancelled by the house"),
        ("released", "released: nobody came"),
        ("ended_early", "ended early"),
        ("in_use", "in use"),
    ],
)
async def test_every_state_has_its_words(tx: None, client: httpx.AsyncClient, people: People, state: State, words: str) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    await sql.rows(
        "UPDATE booking SET state = $2, reason = 'x', decide_by = $3, checked_in_at = $3, checked_in_by = person_id, "
        "planned_ends_at = ends_at WHERE id = $1",
        mine.id,
        state,
        at("09:00"),
    )
    people.bob.sign_in(client)
    assert words in (await look(client, "/me/bookings")).text
    assert (await look(client, f"/me/bookings/{mine.id}")).status_code == 200


async def test_staff_book_for_a_member_and_against_the_rules(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    use = span("06:00-07:00")
    times = {"starts_at": use.starts_at.isoformat(), "ends_at": use.ends_at.isoformat(), "people": "1"}
    assert "Book it against the rules" in (await look(client, f"/spaces/{dance}/book", **times)).text
    wrong = await form(client, f"/spaces/{dance}/book", **times, for_phone="19999999999", against="Flood")
    assert (wrong.status_code, "No member has this phone number." in wrong.text) == (409, True)
    made = await form(client, f"/spaces/{dance}/book", **times, for_phone=people.bob.phone, against="Flood")
    assert made.status_code == 303
    booking = await bookings.one(UUID(made.headers["location"].rpartition("/")[2]))
    assert (booking.person_id, booking.override_reason) == (people.bob.id, "Flood")
    shown = (await look(client, made.headers["location"])).text
    assert "Against the rules, because: Flood" in shown


async def test_points_that_are_missing_are_not_to_be_set_aside(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await set_prices(people.erin.caller, dance, LIST, NOW)
    people.erin.sign_in(client)
    use = span("16:00-18:00")
    times = {"starts_at": use.starts_at.isoformat(), "ends_at": use.ends_at.isoformat(), "people": "1"}
    told = (await look(client, f"/spaces/{dance}/book", **times)).text
    assert "Points needed: 4. You have 0: 4 too few." in told
    assert "Book it against the rules" not in told


async def test_a_taken_time_can_be_waited_for_with_one_tap(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await book(people.carol, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    link = f"/spaces/{dance}/wait?starts_at=2026-11-27T02:00:00Z&amp;ends_at=2026-11-27T04:00:00Z"
    assert link in (await look(client, f"/spaces/{dance}", day="2026-11-27")).text
    wish = (await client.get(link.replace("&amp;", "&"), headers=ENGLISH)).text
    assert 'value="10:00"' in wish
    assert 'value="12:00"' in wish
    people.carol.sign_in(client)
    assert link not in (await look(client, f"/spaces/{dance}", day="2026-11-27")).text


@pytest.mark.scenario("booking-85", "booking-89")
async def test_a_request_says_so_before_and_after(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await spaces.set_approval(dance, "holds", 600, True, now=NOW)
    people.bob.sign_in(client)
    use = span("10:00-11:00")
    times = {"starts_at": use.starts_at.isoformat(), "ends_at": use.ends_at.isoformat()}
    assert "The time is held for you meanwhile." in (await look(client, f"/spaces/{dance}/book", **times)).text
    made = await form(client, f"/spaces/{dance}/book", **times, people="1")
    shown = (await look(client, made.headers["location"])).text
    assert "You have asked for this time." in shown
    clock.put(NOW + timedelta(minutes=600))
    assert "Nobody decided in time, so the request has lapsed." in (await look(client, made.headers["location"])).text


@pytest.mark.scenario("booking-86", "booking-87")
async def test_staff_see_what_would_be_rejected_and_confirm_it(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await spaces.set_approval(dance, "competing", 600, True, now=NOW)
    mine = await book(people.bob, dance, span("10:00-12:00"))
    other = await book(people.carol, dance, span("11:00-13:00"))
    people.erin.sign_in(client)
    assert "1 other wants it" in (await look(client, "/office/requests")).text
    shown = (await look(client, f"/office/requests/{mine.id}")).text
    assert "Accept, and reject 1 other" in shown
    assert f'value="{other.id}"' in shown
    unsure = await form(client, f"/office/requests/{mine.id}/accept", losers="")
    assert "Accept, and reject 1 other" in unsure.text
    assert (await bookings.one(mine.id)).state == "pending"
    assert (await form(client, f"/office/requests/{mine.id}/accept", losers="x")).status_code == 400
    assert (await form(client, f"/office/requests/{mine.id}/accept", losers=str(other.id))).status_code == 303
    assert [(await bookings.one(one.id)).state for one in (mine, other)] == ["confirmed", "rejected"]
    assert "Nothing waits for you." in (await look(client, "/office/requests")).text
    late = await form(client, f"/office/requests/{other.id}/accept", losers="")
    assert (late.status_code, "decided already" in late.text) == (409, True)
    third = await book(people.dan, dance, span("15:00-16:00"))
    empty = await form(client, f"/office/requests/{third.id}/reject", reason=" ")
    assert (empty.status_code, "The reason is missing." in empty.text) == (400, True)
    assert (await form(client, f"/office/requests/{third.id}/reject", reason="No heating")).status_code == 303
    people.bob.sign_in(client)
    assert (await look(client, "/office/requests")).status_code == 403


async def test_prices_and_approval_are_kept_as_they_were_typed(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    path = f"/office/rooms/{dance}/prices"
    assert (await look(client, path)).status_code == 200
    typed = {"slot": "60", "free_until": "120", "late_refund": "50", "no_show_refund": "0", "unused_refund": "0", "rows": "2"}
    typed |= {f"days_{row}": "4" for row in (0, 1)} | {
        "points_0": "1.5",
        "points_1": "3",
        "opens_1": "17:00",
        "closes_1": "21:00",
    }
    wrong = await form(client, path, **typed | {"points_0": "1.555"})
    assert (wrong.status_code, 'value="1.555"' in wrong.text) == (400, True)
    assert (await form(client, path, **typed | {"opens_1": "noon"})).status_code == 400
    assert (await form(client, path, **typed | {"late_refund": "101"})).status_code == 400
    saved = await form(client, path, **typed)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{path}?done=1")
    assert '<div class="done" role="status">Saved.</div>' in (await look(client, path, done="1")).text
    assert "Saved." not in (await look(client, path)).text
    tried = await look(client, f"/office/rooms/{dance}/rules", day="2026-11-27", start="10:00", end="12:00")
    assert "<strong>3 points</strong>" in tried.text
    kept = await price_lists.of(dance)
    assert kept is not None
    assert [(rule.units, rule.weekdays) for rule in kept.rules] == [(150, (4,)), (300, (4,))]
    assert 'value="1.5"' in (await look(client, path)).text
    assert (await form(client, f"/office/rooms/{dance}/approval", approval="holds", hours="x")).status_code == 400
    assert (await form(client, f"/office/rooms/{dance}/approval", approval="holds", hours="12")).status_code == 303
    space = await spaces.one(dance)
    assert (space.approval, space.decide_within, space.again_when_moved, space.is_priced) == ("holds", 720, False, True)
