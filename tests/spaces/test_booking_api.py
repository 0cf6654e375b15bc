"""Rooms and bookings over the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from schedules import bookings, closures, sql
from schedules.intervals import Interval
from tests import given
from tests.given import People, Person
from tests.spaces.rooms import ALWAYS, FRIDAY, NOW, at, room, span
from tests.sqllog import statements
from timebank.api.bookings import RefusedBooking


async def ask(
    client: httpx.AsyncClient, person: Person, space_id: UUID, text: str, key: str = "", **more: Any
) -> httpx.Response:
    """A booking over HTTP on Friday, in English."""
    use = span(text)
    body = {"space_id": str(space_id), "starts_at": use.starts_at.isoformat(), "ends_at": use.ends_at.isoformat()} | more
    headers = person.bearer | {"accept-language": "en"} | ({"idempotency-key": key} if key else {})
    return await client.post("/api/v1/bookings", json=body, headers=headers)


pytestmark = pytest.mark.usefixtures("thursday")


async def test_a_resident_books_sees_and_cancels(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    made = await ask(client, people.bob, dance, "10:00-12:00", purpose="Birthday", people=12)
    assert made.status_code == 201, made.text
    booking = made.json()
    assert (booking["space_en"], booking["state"], booking["people"]) == ("Dance room", "confirmed", 12)
    mine = await client.get("/api/v1/bookings", headers=people.bob.bearer)
    assert [found["id"] for found in mine.json()["bookings"]] == [booking["id"]]
    gone = await client.post(f"/api/v1/bookings/{booking['id']}/cancel", json={}, headers=people.bob.bearer)
    assert (gone.status_code, gone.json()["state"], gone.json()["sequence"]) == (200, "cancelled_by_user", 1)
    assert (await ask(client, people.carol, dance, "10:00-12:00")).status_code == 201


@pytest.mark.scenario("booking-13", "booking-44")
async def test_a_taken_time_is_told_with_alternatives(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, turnaround=30, grid=15)
    await ask(client, people.bob, dance, "10:00-11:00")
    answer = await ask(client, people.carol, dance, "11:15-12:15")
    told = answer.json()
    assert (answer.status_code, told["code"], told["title"]) == (409, "not_bookable", "This time is taken.")
    assert [broken["code"] for broken in told["broken"]] == ["taken"]
    assert told["broken"][0]["sentence"] == "The room needs 30 min after the use before: it is free from 11:30."
    assert "11:30–12:30" in told["detail"]
    assert at("11:30").isoformat().replace("+00:00", "Z") in [option["starts_at"] for option in told["alternatives"]]
    assert await sql.value("SELECT count(*) FROM booking") == 1


async def test_the_problem_document_is_what_openapi_says(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await ask(client, people.bob, dance, "10:00-11:00")
    answer = await ask(client, people.carol, dance, "10:00-11:00")
    told = msgspec.json.decode(answer.content, type=RefusedBooking)
    assert set(answer.json()) == set(RefusedBooking.__struct_fields__)
    assert told.alternatives
    document = (await client.get("/schema/openapi.json")).json()
    answers = document["paths"]["/api/v1/bookings"]["post"]["responses"]
    assert {"200", "201", "409"} <= set(answers)
    assert set(document["components"]["schemas"]["RefusedBooking"]["properties"]) == set(RefusedBooking.__struct_fields__)


async def test_every_broken_rule_is_in_the_problem_document_in_both_languages(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community, shortest=60, notice=2880, week_quota=0)
    use = span("06:10-06:20")
    body = {"space_id": str(dance), "starts_at": use.starts_at.isoformat(), "ends_at": use.ends_at.isoformat(), "people": 99}
    for language in ("en", "zh"):
        cookies = {"cookie": f"timebank_language={language}"}
        answer = await client.post("/api/v1/bookings", json=body, headers=people.bob.bearer | cookies)
        told = answer.json()
        codes = [broken["code"] for broken in told["broken"]]
        assert codes == ["closed", "grid", "too_short", "notice", "quota", "too_many_people"]
        assert all(broken["sentence"] in told["detail"] for broken in told["broken"])
        assert told["alternatives"] == []
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told["detail"]) == (language == "zh")
    assert await sql.value("SELECT count(*) FROM booking") == 0


@pytest.mark.scenario("booking-10")
@pytest.mark.parametrize("times", [("10:00", "10:00"), ("11:00", "10:00")])
async def test_an_empty_or_reversed_time_is_refused_before_the_room_is_looked_at(
    tx: None, client: httpx.AsyncClient, people: People, times: tuple[str, str]
) -> None:
    body = {"space_id": str(uuid4()), "starts_at": at(times[0]).isoformat(), "ends_at": at(times[1]).isoformat()}
    answer = await client.post("/api/v1/bookings", json=body, headers=people.bob.bearer)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_after_start")


@pytest.mark.scenario("booking-19")
async def test_one_request_sent_twice_is_one_booking_and_one_answer(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    first = await ask(client, people.bob, dance, "10:00-11:00", "a-key-of-mine")
    again = await ask(client, people.bob, dance, "10:00-11:00", "a-key-of-mine")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await sql.value("SELECT count(*) FROM booking") == 1
    other = await ask(client, people.bob, dance, "12:00-13:00", "a-key-of-mine")
    assert (other.status_code, other.json()["code"]) == (409, "key_conflict")


async def test_a_refusal_leaves_the_key_unused(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    taken = (await ask(client, people.carol, dance, "10:00-11:00")).json()
    assert (await ask(client, people.bob, dance, "10:00-11:00", "a-key-of-mine")).status_code == 409
    await client.post(f"/api/v1/bookings/{taken['id']}/cancel", json={}, headers=people.carol.bearer)
    assert (await ask(client, people.bob, dance, "10:00-11:00", "a-key-of-mine")).status_code == 201


async def test_a_booking_sends_seven_statements(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Who asks, the key, the lock against leaving, whether a child's guardian is missing, what the rules look at under the
    household's lock, the taking, answer.
    """
    dance = await room(people.community, week_quota=3, turnaround=30)
    await ask(client, people.bob, dance, "08:00-09:00", "a-first-booking")
    with statements() as seen:
        assert (await ask(client, people.bob, dance, "10:00-12:00", "a-key-of-mine")).status_code == 201
    assert len(seen) <= 7, seen


@pytest.mark.scenario("booking-45")
async def test_a_time_that_the_page_hides_is_refused_by_the_api_as_well(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    """Defect 13 of booking.md."""
    dance = await room(people.community, turnaround=30)
    await ask(client, people.bob, dance, "10:00-11:00")
    shown = (await client.get(f"/api/v1/spaces/{dance}/free?day={FRIDAY}", headers=people.carol.bearer)).json()
    starts = [start["starts_at"] for part in shown["days"][0]["parts"] for start in part["starts"]]
    assert at("11:00").isoformat().replace("+00:00", "Z") not in starts
    assert (await ask(client, people.carol, dance, "11:00-12:00")).status_code == 409


@pytest.mark.scenario("booking-79")
async def test_a_wall_time_that_does_not_exist_is_refused_with_an_explanation(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    hall = await room(people.community, zone="Europe/Berlin", hours=ALWAYS, horizon=365)
    body = {"space_id": str(hall), "starts": "2027-03-28T02:30:00", "ends": "2027-03-28T03:30:00"}
    answer = await client.post("/api/v1/bookings", json=body, headers=people.bob.bearer | {"accept-language": "en"})
    assert answer.status_code == 409
    broken = answer.json()["broken"]
    assert [one["code"] for one in broken] == ["no_such_time"]
    assert broken[0]["sentence"] == "02:30 does not exist on Sun 28 Mar: the clocks go forward. The next time is 03:00."


@pytest.mark.scenario("booking-83")
async def test_house_time_is_stored_whatever_the_browsers_zone(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    wall = {"space_id": str(dance), "starts": "2026-11-27T18:00:00", "ends": "2026-11-27T19:00:00"}
    made = await client.post("/api/v1/bookings", json=wall, headers=people.bob.bearer)
    assert made.json()["starts_at"] == "2026-11-27T10:00:00Z"
    tokyo = {"space_id": str(dance), "starts_at": "2026-11-27T20:00:00+09:00", "ends_at": "2026-11-27T21:00:00+09:00"}
    made = await client.post("/api/v1/bookings", json=tokyo, headers=people.bob.bearer)
    assert made.json()["starts_at"] == "2026-11-27T11:00:00Z"
    assert made.json()["time_zone"] == "Asia/Shanghai"


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"starts_at": "2026-11-27T10:00:00"},
        {"starts_at": "2026-11-27T10:00:00", "ends_at": "2026-11-27T11:00:00"},
        {"starts": "2026-11-27T10:00:00Z", "ends": "2026-11-27T11:00:00Z"},
        {"starts_at": "2026-11-27T10:00:00Z", "ends": "2026-11-27T11:00:00"},
        {"starts_at": "2026-11-27T10:00:00Z", "ends_at": "2026-11-27T11:00:00Z", "colour": "red"},
        {"starts_at": "0001-01-01T00:00:00Z", "ends_at": "9999-12-31T00:00:00Z"},
        {"starts": "9999-12-31T23:00:00", "ends": "9999-12-31T23:30:00"},
        {"starts_at": "2026-11-27T10:00:00Z", "ends_at": "2026-11-27T11:00:00Z", "purpose": "a\u0000b"},
        {"starts_at": "2026-11-27T10:00:00Z", "ends_at": "2026-11-27T11:00:00Z", "people": 0},
        {"starts_at": "2026-11-27T10:00:00Z", "ends_at": "2026-11-27T11:00:00Z", "people": 1.5},
        {"starts_at": "2026-11-27T10:00:00Z", "ends_at": "2026-11-27T11:00:00Z", "people": True},
    ],
)
async def test_nonsense_is_told_apart_from_a_refusal(
    tx: None, client: httpx.AsyncClient, people: People, times: dict[str, Any]
) -> None:
    dance = await room(people.community)
    answer = await client.post("/api/v1/bookings", json={"space_id": str(dance)} | times, headers=people.bob.bearer)
    assert answer.status_code == 400, answer.text
    assert await sql.value("SELECT count(*) FROM booking") == 0


async def test_a_stranger_books_nothing_and_sees_no_names(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await ask(client, people.bob, dance, "10:00-11:00", purpose="Bob's party")
    use = {"space_id": str(dance), "starts_at": at("14:00").isoformat(), "ends_at": at("15:00").isoformat()}
    assert (await client.post("/api/v1/bookings", json=use)).status_code == 401
    shown = await client.get(f"/api/v1/spaces/{dance}/free?day={FRIDAY}")
    assert [part["standing"]["kind"] for part in shown.json()["days"][0]["parts"] if part["standing"]] == ["booking"]
    assert "Bob" not in shown.text
    assert str(people.bob.id) not in shown.text
    assert "Bob" not in (await client.get("/api/v1/spaces")).text


async def test_somebody_elses_booking_is_not_there(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    made = (await ask(client, people.bob, dance, "10:00-11:00")).json()
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/calendar")):
        answer = await client.request(
            method, f"/api/v1/bookings/{made['id']}{path}", json={} if method == "POST" else None, headers=people.carol.bearer
        )
        assert answer.status_code == 404, path
    assert (await bookings.one(UUID(made["id"]))).state == "confirmed"


async def test_staff_cancel_for_the_house_with_a_reason(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    made = (await ask(client, people.bob, dance, "10:00-11:00")).json()
    path = f"/api/v1/bookings/{made['id']}/cancel"
    refused = await client.post(path, json={"reason": "Because"}, headers=people.carol.bearer)
    assert refused.status_code == 403
    gone = await client.post(path, json={"reason": "Water damage"}, headers=people.erin.bearer)
    assert (gone.json()["state"], gone.json()["reason"]) == ("cancelled_by_house", "Water damage")
    entry = await sql.one("SELECT actor_id, on_behalf_of FROM audit WHERE subject = $1", f"booking:{made['id']}")
    assert (entry["actor_id"], entry["on_behalf_of"]) == (people.erin.id, people.bob.id)


@pytest.mark.scenario("booking-62")
async def test_a_booking_for_the_house_is_for_staff_and_takes_no_quota(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community, week_quota=1)
    assert (await ask(client, people.bob, dance, "10:00-11:00", for_house=True)).status_code == 403
    for text in ("10:00-11:00", "12:00-13:00"):
        assert (await ask(client, people.erin, dance, text, for_house=True)).status_code == 201
    assert (await ask(client, people.erin, dance, "14:00-15:00")).status_code == 201
    assert [broken["code"] for broken in (await ask(client, people.erin, dance, "16:00-17:00")).json()["broken"]] == ["quota"]


async def test_a_helper_books_for_a_member_and_it_shows(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    assert (await ask(client, people.bob, dance, "10:00-11:00", for_member=str(people.carol.id))).status_code == 403
    made = await ask(client, people.erin, dance, "10:00-11:00", for_member=str(people.carol.id))
    assert (made.json()["person_id"], made.json()["made_by"]) == (str(people.carol.id), str(people.erin.id))
    assert [broken["code"] for broken in (await ask(client, people.carol, dance, "12:00-13:00")).json()["broken"]] == ["quota"]
    assert (await ask(client, people.erin, dance, "12:00-13:00", for_member=str(uuid4()))).status_code == 404


async def test_a_helper_spends_no_quota_of_somebody_else_s_member(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    frank = await given.member("Frank", "19900000006", people.community, people.now, "coordinator", people.community)
    far = await given.member("Grace", "19900000007", people.elsewhere, people.now)
    answer = await ask(client, frank, dance, "10:00-11:00", for_member=str(far.id))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await ask(client, frank, dance, "10:00-11:00", for_member=str(people.carol.id))).status_code == 201


async def test_a_suspended_member_books_nothing(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", people.bob.id)
    answer = await ask(client, people.bob, dance, "10:00-11:00")
    assert (answer.status_code, answer.json()["code"]) == (403, "member_suspended")
    assert (await ask(client, people.erin, dance, "10:00-11:00", for_member=str(people.bob.id))).status_code == 403


@pytest.mark.scenario("booking-61")
async def test_a_full_quota_shows_as_not_for_you_over_the_api(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Defect 18 of booking.md: a full week is not shown as free."""
    dance = await room(people.community, week_quota=1)
    await ask(client, people.bob, dance, "10:00-11:00")
    path = f"/api/v1/spaces/{dance}/free?day={FRIDAY}&days=7"
    mine = (await client.get(path, headers=people.bob.bearer | {"accept-language": "en"})).json()
    assert mine["quota_left"] == 0
    friday, monday = mine["days"][0], mine["days"][3]
    assert {part["why"]["code"] for part in friday["parts"] if part["state"] == "not"} == {"quota"}
    assert friday["parts"][0]["why"]["sentence"].startswith("Your household has used 1 of 1 booking in the week of Mon 23 Nov.")
    assert not any(part["starts"] for part in friday["parts"])
    assert any(part["starts"] for part in monday["parts"])
    theirs = (await client.get(path, headers=people.carol.bearer)).json()
    assert any(part["starts"] for part in theirs["days"][0]["parts"])


async def test_why_not_says_what_booking_would_say(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await ask(client, people.bob, dance, "10:00-11:00")
    times = {"starts_at": at("10:10").isoformat(), "ends_at": at("10:40").isoformat()}
    verdict = await client.get(f"/api/v1/spaces/{dance}/verdict", params=times, headers=people.carol.bearer)
    booked = await ask(client, people.carol, dance, "10:10-10:40")
    assert verdict.json()["may"] is False
    assert (
        [one["code"] for one in verdict.json()["broken"]]
        == [one["code"] for one in booked.json()["broken"]]
        == ["taken", "grid"]
    )


async def test_the_list_of_rooms_says_what_is_free_today(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await room(people.community, "书画室", hours=[])
    await ask(client, people.bob, dance, "08:00-12:00")
    listed = (await client.get(f"/api/v1/spaces?day={FRIDAY}")).json()["spaces"]
    free = {line["name"]: [(part["starts_at"], part["ends_at"]) for part in line["free"]] for line in listed}
    assert free == {
        "舞蹈室": [(at("12:00").isoformat().replace("+00:00", "Z"), at("22:00").isoformat().replace("+00:00", "Z"))],
        "书画室": [],
    }


async def test_a_coordinator_keeps_rooms_and_a_resident_does_not(tx: None, client: httpx.AsyncClient, people: People) -> None:
    body: dict[str, Any] = {
        "community_id": str(people.community),
        "room": {"name": "Hall", "seats": 40, "grid": 30, "hours": [{"weekday": 4, "opens": "08:00:00", "closes": "22:00:00"}]},
    }
    assert (await client.post("/api/v1/spaces", json=body, headers=people.bob.bearer)).status_code == 403
    assert (await client.post("/api/v1/spaces", json=body, headers=people.alice.bearer)).status_code == 403
    made = await client.post("/api/v1/spaces", json=body, headers=people.erin.bearer)
    assert made.status_code == 201, made.text
    hall = made.json()["id"]
    assert (await client.post("/api/v1/spaces", json=body, headers=people.erin.bearer)).json()["code"] == "space_name_taken"
    changed = await client.put(
        f"/api/v1/spaces/{hall}", json=body["room"] | {"notice": 60, "hours": []}, headers=people.erin.bearer
    )
    assert (changed.json()["space"]["notice"], changed.json()["hours"]) == (60, [])
    wrong = await client.put(f"/api/v1/spaces/{hall}", json=body["room"] | {"grid": 50}, headers=people.erin.bearer)
    assert (wrong.status_code, wrong.json()["field"]) == (400, "grid")
    retired = await client.put(f"/api/v1/spaces/{hall}/use", json={"is_retired": True}, headers=people.erin.bearer)
    assert retired.json()["space"]["state"] == "retired"
    assert (await client.get(f"/api/v1/spaces/{hall}/free")).status_code == 404


@pytest.mark.scenario("booking-28", "booking-29")
async def test_a_closure_over_bookings_makes_staff_choose(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    await ask(client, people.bob, dance, "11:00-12:00")
    body = {"starts_at": at("09:00").isoformat(), "ends_at": at("17:00").isoformat(), "reason": "Painting"}
    path = f"/api/v1/spaces/{dance}/closures"
    assert (await client.post(path, json=body, headers=people.bob.bearer)).status_code == 403
    refused = await client.post(path, json=body, headers=people.erin.bearer)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_the_way")
    around = await client.post(path, json=body | {"over": "around"}, headers=people.erin.bearer)
    assert (around.status_code, len(around.json()["closure"]["parts"])) == (201, 2)
    told = (await ask(client, people.carol, dance, "09:00-10:00")).json()
    assert "Painting" in told["detail"]
    lifted = await client.post(f"/api/v1/closures/{around.json()['closure']['id']}/lift", headers=people.erin.bearer)
    assert lifted.status_code == 200
    assert (await ask(client, people.carol, dance, "09:00-10:00")).status_code == 201


async def test_my_bookings_come_in_pages(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    for hour in range(9, 14):
        await ask(client, people.bob, dance, f"{hour:02}:00-{hour + 1:02}:00")
    seen: list[str] = []
    query = "limit=2"
    while query:
        found = (await client.get(f"/api/v1/bookings?{query}", headers=people.bob.bearer)).json()
        seen += [one["starts_at"] for one in found["bookings"]]
        query = f"limit=2&after={found['after']}" if found["after"] else ""
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen)


async def test_a_week_with_a_closure_is_shown(tx: None, client: httpx.AsyncClient, people: People) -> None:
    """Defect 27 of booking.md: a closed week hung the view."""
    dance = await room(people.community)
    week = Interval(at("00:00", date(2026, 11, 20)), at("00:00", date(2026, 12, 20)))
    await closures.close(dance, week, "Painting", people.erin.id, NOW)
    shown = (await client.get(f"/api/v1/spaces/{dance}/free?day={FRIDAY}&days=7")).json()
    assert len(shown["days"]) == 7
    assert all([part["state"] for part in day["parts"]] == ["taken"] for day in shown["days"])
    assert (await client.get(f"/api/v1/spaces/{dance}/free?day={FRIDAY + timedelta(days=1)}")).status_code == 200
