"""Pages of rooms and bookings, as people read them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import bookings, closures, occupancy, spaces, sql
from schedules.wishes import NotBookable, Wish
from tests.given import People, grant
from tests.spaces.rooms import ALWAYS, FRIDAY, NOW, at, book, room, session_in, span
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.keep_spaces import hours_of
from timebank.web import clock

pytestmark = pytest.mark.usefixtures("thursday")


async def read(client: httpx.AsyncClient, path: str, status: int = 200, language: str = "en") -> str:
    """The text of a page, without its marks."""
    client.cookies.set("timebank_language", language)
    answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    return plain(answer.text)


def plain(html: str) -> str:
    body = html.partition('<main id="main">')[2].partition("</main>")[0]
    text = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:time|small)[^>]*>", "", body))
    return re.sub(r"\s+", " ", unescape(text))


async def links(client: httpx.AsyncClient, path: str) -> list[str]:
    answer = await client.get(path, headers={"accept": "text/html"})
    return [unescape(found) for found in re.findall(r'href="([^"]+)"', answer.text.partition("<main")[2])]


def typed(use: str, **more: str) -> dict[str, str]:
    """The confirmation form for a time on Friday."""
    wanted = span(use)
    return {"starts_at": wanted.starts_at.isoformat(), "ends_at": wanted.ends_at.isoformat(), "people": "1"} | more


async def send(client: httpx.AsyncClient, path: str, data: dict[str, Any]) -> httpx.Response:
    client.cookies.set("timebank_language", "en")
    return await client.post(path, data=data, headers={"accept": "text/html"})


async def test_a_room_is_booked_in_four_taps(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.bob.sign_in(client)
    tap_1 = next(link for link in await links(client, f"/spaces?day={FRIDAY}") if str(dance) in link)
    tap_2 = next(link for link in await links(client, tap_1) if "book?starts_at=2026-11-27T02:00:00Z" in link)
    tap_3 = next(link for link in await links(client, tap_2) if "ends_at=2026-11-27T04:00:00Z" in link)
    confirm = (await client.get(tap_3)).text
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', confirm))
    tap_4 = await send(client, f"/spaces/{dance}/book", form | {"people": "12", "purpose": "Birthday"})
    assert tap_4.status_code == 303, plain(tap_4.text)
    told = await read(client, tap_4.headers["location"])
    assert "The room is booked for you." in told
    assert "Fri 27 Nov, 10:00–12:00" in told
    assert "Birthday" in told


@pytest.mark.scenario("booking-19")
async def test_the_same_form_sent_twice_books_once(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.bob.sign_in(client)
    form = typed("10:00-12:00", key="a-key-of-the-form")
    first, again = [await send(client, f"/spaces/{dance}/book", form) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    assert await sql.value("SELECT count(*) FROM booking") == 1


@pytest.mark.scenario("booking-13", "booking-45")
async def test_a_time_that_was_taken_meanwhile_is_told_with_times_to_tap(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    await book(people.carol, dance, span("10:00-12:00"))
    people.bob.sign_in(client)
    answer = await send(client, f"/spaces/{dance}/book", typed("11:00-13:00", purpose="Birthday"))
    assert answer.status_code == 409
    assert "This time is taken. Taken Fri 27 Nov, 10:00–12:00." in plain(answer.text)
    assert "You can have Fri 27 Nov, 12:00–14:00" in plain(answer.text)
    assert "Carol" not in answer.text


async def test_a_wrong_figure_keeps_what_was_typed(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.bob.sign_in(client)
    answer = await send(client, f"/spaces/{dance}/book", typed("10:00-12:00", people="many", purpose="Birthday"))
    assert answer.status_code == 400
    assert "Write a whole number from 1 to 10000." in plain(answer.text)
    assert 'value="many"' in answer.text
    assert 'value="Birthday"' in answer.text
    assert await sql.value("SELECT count(*) FROM booking") == 0


WISHES: dict[str, tuple[str, int, list[str]]] = {
    "free": ("12:00-13:00", 1, []),
    "taken": ("10:30-11:30", 1, ["taken", "quota"]),
    "turnaround": ("11:15-12:15", 1, ["taken", "grid", "quota"]),
    "off the grid": ("12:10-13:10", 1, ["grid", "quota"]),
    "closed": ("06:00-07:00", 1, ["closed", "quota"]),
    "too long": ("12:00-18:00", 1, ["too_long", "quota"]),
    "too short": ("12:00-12:30", 1, ["too_short", "quota"]),
    "too many people": ("12:00-13:00", 99, ["quota", "too_many_people"]),
}


@pytest.mark.scenario("booking-126")
@pytest.mark.parametrize("wish", WISHES)
async def test_api_page_and_action_give_one_verdict(tx: None, client: httpx.AsyncClient, people: People, wish: str) -> None:
    """Defects 13 and 15 of booking.md."""
    use, number, codes = WISHES[wish]
    dance = await room(people.community, turnaround=30, shortest=60, longest=240, week_quota=1 if codes else None)
    await book(people.carol, dance, span("10:00-11:00"))
    if codes:
        await book(people.bob, dance, span("19:00-20:00"))
    wanted, before = span(use), await sql.value("SELECT count(*) FROM booking")
    people.bob.sign_in(client)
    client.cookies.set("timebank_language", "en")

    async def by_action() -> list[str]:
        try:
            made = await book_space(people.bob.caller, Wish(dance, wanted, people=number), NOW)
        except NotBookable as refused:
            return [broken.code for broken in refused.broken]
        await bookings.cancel(made.value.id, people.bob.id, NOW)
        return []

    assert await by_action() == codes
    shown = await client.get(
        f"/api/v1/spaces/{dance}/verdict",
        params={"starts_at": wanted.starts_at.isoformat(), "ends_at": wanted.ends_at.isoformat(), "people": number},
    )
    assert [broken["code"] for broken in shown.json()["broken"]] == codes
    posted = await client.post(
        "/api/v1/bookings",
        json={
            "space_id": str(dance),
            "starts_at": wanted.starts_at.isoformat(),
            "ends_at": wanted.ends_at.isoformat(),
            "people": number,
        },
    )
    assert [broken["code"] for broken in posted.json().get("broken", [])] == codes
    if not codes:
        await bookings.cancel(UUID(posted.json()["id"]), people.bob.id, NOW)
    page = await send(client, f"/spaces/{dance}/book", typed(use, people=str(number)))
    assert page.status_code == (409 if codes else 303)
    for broken in posted.json().get("broken", []):
        assert broken["sentence"] in plain(page.text)
    if codes:
        assert await sql.value("SELECT count(*) FROM booking") == before


@pytest.mark.scenario("booking-79")
async def test_a_typed_time_that_does_not_exist_is_explained(tx: None, client: httpx.AsyncClient, people: People) -> None:
    hall = await room(people.community, zone="Europe/Berlin", hours=ALWAYS, horizon=365)
    people.bob.sign_in(client)
    told = await read(client, f"/spaces/{hall}/book?day=2027-03-28&start=02:30&end=03:30", 409)
    assert "02:30 does not exist on Sun 28 Mar: the clocks go forward. The next time is 03:00." in told


async def test_a_typed_end_before_the_start_is_the_next_day(tx: None, client: httpx.AsyncClient, people: People) -> None:
    hall = await room(people.community, hours=ALWAYS)
    people.bob.sign_in(client)
    told = await read(client, f"/spaces/{hall}/book?day={FRIDAY}&start=23:00&end=01:00")
    assert "Fri 27 Nov, 23:00–Sat 28 Nov, 01:00" in told


@pytest.mark.parametrize(
    "query", ["day=never&start=1&end=2", "day=2026-11-27&start=10:00&end=", "starts_at=now", "starts_at=x&ends_at=y"]
)
async def test_a_typed_time_that_is_none_is_asked_for_again(
    tx: None, client: httpx.AsyncClient, people: People, query: str
) -> None:
    hall = await room(people.community)
    people.bob.sign_in(client)
    told = await read(client, f"/spaces/{hall}/book?{query}", 400)
    assert "This is not a day or a time." in told
    assert "When do you want the room?" in told


async def test_asking_for_a_time_without_one_is_a_form_and_no_error(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    hall = await room(people.community)
    people.bob.sign_in(client)
    assert "When do you want the room?" in await read(client, f"/spaces/{hall}/book?day={FRIDAY}")


@pytest.mark.scenario("booking-61")
async def test_a_full_quota_shows_the_day_as_not_for_you(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    await book(people.bob, dance, span("10:00-11:00"))
    people.bob.sign_in(client)
    for view in ("day", "week"):
        told = await read(client, f"/spaces/{dance}?day={FRIDAY}&view={view}")
        assert "not for you now Your household has used 1 of 1 booking in the week of Mon 23 Nov." in told
        assert "Your household has used its one booking of that week." in told
    assert not [link for link in await links(client, f"/spaces/{dance}?day={FRIDAY}") if "starts_at" in link]
    people.carol.sign_in(client)
    assert [link for link in await links(client, f"/spaces/{dance}?day={FRIDAY}") if "starts_at" in link]


@pytest.mark.scenario("booking-27")
async def test_a_closed_day_is_shown_with_its_reason(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await closures.close(dance, span("00:00-24:00"), "Painting", people.erin.id, NOW)
    for view in ("day", "week"):
        assert "00:00–24:00 Closed: Painting" in await read(client, f"/spaces/{dance}?day={FRIDAY}&view={view}")


async def test_a_closed_week_is_shown(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Defect 27 of booking.md."""
    dance = await room(people.community)
    month = span("00:00-24:00")
    await closures.close(
        dance,
        type(month)(month.starts_at - timedelta(days=9), month.ends_at + timedelta(days=30)),
        "Flood",
        people.erin.id,
        NOW,
    )
    told = await read(client, f"/spaces/{dance}?day=2026-12-09&view=week")
    assert told.count("00:00–24:00 Closed: Flood") == 7


async def test_a_stranger_sees_what_stands_there_but_never_who(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("10:00-11:00"), purpose="Bob's party")
    session = await session_in(people, span("14:00-16:00"))
    await occupancy.take_session(dance, session, at("14:00"), at("16:00"), NOW)
    for path in (f"/spaces/{dance}?day={FRIDAY}", f"/spaces/{dance}?day={FRIDAY}&view=week"):
        told = await read(client, path)
        assert "10:00–11:00 Taken" in told
        assert "14:00–16:00 Choir" in told
        assert "Bob" not in told
    people.bob.sign_in(client)
    assert "10:00–11:00 Your household has it" in await read(client, f"/spaces/{dance}?day={FRIDAY}")


async def test_a_stranger_who_taps_a_time_signs_in_and_comes_back_to_it(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    tapped = next(link for link in await links(client, f"/spaces/{dance}?day={FRIDAY}") if "starts_at" in link)
    answer = await client.get(tapped, headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert "starts_at%3D2026-11-27" in answer.headers["location"]


async def test_a_booking_is_given_back_after_a_question(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    people.bob.sign_in(client)
    assert "Dance room" in await read(client, "/me/bookings")
    assert "Cancel this booking?" in await read(client, f"/me/bookings/{mine.id}/cancel")
    assert (await bookings.one(mine.id)).state == "confirmed"
    gone = await send(client, f"/me/bookings/{mine.id}/cancel", {})
    assert "Cancelled. The room is free for others again." in await read(client, gone.headers["location"])
    assert "You have no room booked." in await read(client, "/me/bookings")


async def test_others_of_the_household_see_a_booking_and_strangers_do_not(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", people.carol.id, people.bob.household_id)
    people.carol.sign_in(client)
    assert "The room is booked for your household." in await read(client, f"/me/bookings/{mine.id}")
    assert "Booked by others of your household Dance room" in await read(client, "/me/bookings")
    assert (await send(client, f"/me/bookings/{mine.id}/cancel", {})).status_code == 404
    people.dan.sign_in(client)
    for path in ("", "/cancel", "/calendar.ics"):
        assert (await client.get(f"/me/bookings/{mine.id}{path}")).status_code == 404
    assert (await bookings.one(mine.id)).state == "confirmed"


async def test_a_begun_booking_says_that_it_cannot_be_given_back(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    clock.put(at("10:05"))
    people.bob.sign_in(client)
    answer = await send(client, f"/me/bookings/{mine.id}/cancel", {})
    assert answer.status_code == 409
    assert "This booking has begun and cannot be cancelled any more." in plain(answer.text)
    assert "The room is yours now, until 11:00." in await read(client, f"/me/bookings/{mine.id}")


async def test_pages_are_whole_in_chinese(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, week_quota=2, turnaround=30, notice=60)
    mine = await book(people.bob, dance, span("10:00-11:00"))
    people.bob.sign_in(client)
    paths = [
        f"/spaces?day={FRIDAY}",
        f"/spaces/{dance}?day={FRIDAY}",
        f"/spaces/{dance}?day={FRIDAY}&view=week",
        f"/spaces/{dance}/book?day={FRIDAY}",
        f"/spaces/{dance}/book?starts_at=2026-11-27T06:00:00Z",
        f"/spaces/{dance}/book?starts_at=2026-11-27T06:00:00Z&ends_at=2026-11-27T07:00:00Z",
        "/me/bookings",
        f"/me/bookings/{mine.id}",
        f"/me/bookings/{mine.id}/cancel",
    ]
    for path in paths:
        told = await read(client, path, language="zh")
        assert not re.search(r"[a-z]{3,}", told), (path, told)


def room_form(people: People, **changed: str | list[str]) -> dict[str, Any]:
    """The coordinator's form for a new room."""
    form: dict[str, Any] = {
        "community_id": str(people.community),
        "name": "书画室",
        "name_en": "Study",
        "seats": "16",
        "grid": "30",
        "shortest": "30",
        "longest": "120",
        "notice": "0",
        "horizon": "14",
        "turnaround": "0",
        "week_quota": "",
        "may_overrun": "1",
        "rows": "2",
        "days_0": ["0", "1", "2", "3", "4"],
        "opens_0": "08:00",
        "closes_0": "22:00",
        "days_1": ["5"],
        "opens_1": "18:00",
        "closes_1": "02:00",
        "valid_until_1": "2027-01-31",
    }
    return form | changed


async def test_a_coordinator_makes_a_room_with_its_hours(tx: None, client: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(client)
    made = await send(client, "/office/rooms/new", room_form(people, week_quota="2"))
    assert made.status_code == 303, plain(made.text)
    told = await read(client, made.headers["location"])
    assert "Mon , Tue , Wed , Thu , Fri : 08:00–22:00".replace(" ,", ",").replace(" :", ":") in told
    assert "Sat: 18:00–02:00 –2027-01-31" in told
    space_id = UUID(made.headers["location"].rpartition("/")[2])
    assert (await spaces.one(space_id)).week_quota == 2
    assert len(await hours_of(space_id)) == 6
    assert "Study" in await read(client, "/office/rooms")
    edit = (await client.get(f"/office/rooms/{space_id}/hours")).text
    assert 'value="18:00"' in edit
    assert (await send(client, f"/office/rooms/{space_id}/edit", room_form(people, seats="20"))).status_code == 303
    assert ((await spaces.one(space_id)).seats, len(await hours_of(space_id))) == (20, 6)
    assert (await send(client, f"/office/rooms/{space_id}/hours", room_form(people, rows="1"))).status_code == 303
    assert len(await hours_of(space_id)) == 5


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"name": " "}, "The room needs a name."),
        ({"seats": "many"}, "Write a whole number from 1 to 10000."),
        ({"week_quota": "-1"}, "Write a whole number from 0 to 1000."),
        ({"shortest": "90", "longest": "60"}, "The longest booking is too short."),
        ({"opens_1": ""}, "Line 2 needs days, and times such as 08:00."),
        ({"days_1": []}, "Line 2 needs days, and times such as 08:00."),
        ({"valid_from_1": "2027-02-01"}, "Line 2 needs days, and times such as 08:00."),
    ],
)
async def test_a_room_that_makes_no_sense_is_drawn_again_as_typed(
    tx: None, client: httpx.AsyncClient, people: People, changed: dict[str, Any], words: str
) -> None:
    people.erin.sign_in(client)
    answer = await send(client, "/office/rooms/new", room_form(people, **changed))
    assert answer.status_code == 400
    assert words in plain(answer.text)
    assert 'value="Study"' in answer.text
    assert await spaces.in_use() == []


async def test_a_second_room_of_one_name_is_refused(tx: None, client: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(client)
    await room(people.community, "书画室")
    answer = await send(client, "/office/rooms/new", room_form(people))
    assert "The community has a room of this name already." in plain(answer.text)


@pytest.mark.scenario("booking-28", "booking-29", "booking-32")
async def test_staff_choose_what_becomes_of_bookings_in_a_closure(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await book(people.bob, dance, span("11:00-12:00"), purpose="Birthday")
    people.erin.sign_in(client)
    path = f"/office/rooms/{dance}"
    assert "Bob Birthday" in await read(client, path)
    form = {"first": str(FRIDAY), "opens": "09:00", "closes": "17:00", "reason": "Painting", "over": "refuse"}
    refused = await send(client, f"{path}/closures", form)
    assert refused.status_code == 409
    assert "Something stands in this time. Taken Fri 27 Nov, 11:00–12:00." in plain(refused.text)
    assert 'value="Painting"' in refused.text
    assert (await send(client, f"{path}/closures", form | {"over": "around"})).status_code == 303
    assert "Painting closed 09:00–11:00, 12:00–17:00" in await read(client, path)
    await spaces.set_hours(dance, [], now=NOW)
    assert "outside the hours" in await read(client, path)


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"reason": ""}, "Say why in a few words: others read it."),
        ({"first": "soon"}, "Choose a day, and times such as 18:00."),
        ({"opens": "late"}, "Choose a day, and times such as 18:00."),
        ({"last": "2026-11-26"}, "The end must lie after the start."),
        ({"first": "2026-11-20", "last": "2026-11-21"}, "This time is over already."),
    ],
)
async def test_a_closure_that_makes_no_sense_is_drawn_again(
    tx: None, client: httpx.AsyncClient, people: People, changed: dict[str, str], words: str
) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    form = {"first": str(FRIDAY), "reason": "Painting", "over": "refuse"} | changed
    answer = await send(client, f"/office/rooms/{dance}/closures", form)
    assert answer.status_code == 400
    assert words in plain(answer.text)
    assert await closures.coming(dance, NOW) == []


async def test_the_house_cancels_with_a_reason_that_the_member_reads(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    mine = await book(people.bob, dance, span("11:00-12:00"))
    people.erin.sign_in(client)
    path = f"/office/bookings/{mine.id}/cancel"
    assert "Say why in a few words" in plain((await send(client, path, {"reason": " "})).text)
    assert (await send(client, path, {"reason": "Water damage"})).status_code == 303
    people.bob.sign_in(client)
    assert "The house has cancelled this booking. Water damage" in await read(client, f"/me/bookings/{mine.id}")


async def test_a_room_out_of_use_and_in_use_again(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    await send(client, f"/office/rooms/{dance}/use", {"is_retired": "1"})
    assert "Out of use." in await read(client, f"/office/rooms/{dance}")
    await read(client, f"/spaces/{dance}", 404)
    await send(client, f"/office/rooms/{dance}/use", {"is_retired": ""})
    await read(client, f"/spaces/{dance}")


async def test_the_rooms_office_is_for_those_who_keep_rooms_there(tx: None, client: httpx.AsyncClient, people: People) -> None:
    here, there = await room(people.community), await room(people.elsewhere)
    await grant(people.dan.id, "coordinator", people.community, NOW)
    people.dan.sign_in(client)
    await read(client, f"/office/rooms/{here}")
    await read(client, f"/office/rooms/{there}", 403)
    assert (await send(client, f"/office/rooms/{there}/edit", room_form(people))).status_code == 403
    people.bob.sign_in(client)
    for path in ("/office/rooms", "/office/rooms/new", f"/office/rooms/{here}"):
        await read(client, path, 403)
    assert (await client.get(f"/office/rooms/{uuid4()}")).status_code == 403


async def test_what_a_form_leaves_empty_means_all(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    assert str(dance) in " ".join(await links(client, f"/spaces?day={FRIDAY}&community="))
    for path in ("/spaces?day=&community=", f"/spaces/{dance}?day=", "/office/rooms/calendar?day=&community=&view=day"):
        await read(client, path)
    await read(client, "/spaces?community=nowhere", 400)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "never"])
async def test_a_day_that_nobody_means_is_refused_and_not_counted_with(
    tx: None, client: httpx.AsyncClient, people: People, day: str
) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    for path in (
        f"/spaces?day={day}",
        f"/spaces/{dance}?day={day}",
        f"/spaces/{dance}?day={day}&view=week",
        f"/spaces/{dance}/book?day={day}&start=22:00&end=01:00",
        f"/spaces/{dance}/book?starts_at={day}T10:00:00Z",
        f"/spaces/{dance}/book?starts_at={day}T10:00:00Z&ends_at={day}T11:00:00Z",
        f"/api/v1/spaces?day={day}",
        f"/api/v1/spaces/{dance}/free?day={day}&days=14",
        f"/api/v1/spaces/{dance}/verdict?starts={day}T10:00:00&ends={day}T11:00:00",
    ):
        answer = await client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 400, path
    form = {"first": day, "last": day, "reason": "Painting", "over": "refuse"}
    assert (await send(client, f"/office/rooms/{dance}/closures", form)).status_code == 400
