"""The pages on which staff set the rules of a room and try them, and the same over the API."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import accessories, parts, space_rules, spaces, sql
from tests.given import People, Person
from tests.spaces.rooms import FRIDAY, NOW, book, refused, room, span

pytestmark = pytest.mark.usefixtures("thursday")


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


async def send(client: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await client.post(path, data=form, headers={"origin": "http://testserver"})


async def read(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, plain(answer.text)
    return plain(answer.text)


async def number_of(person: Person) -> str:
    return str(await sql.value("SELECT number FROM member WHERE id = $1", person.id))


@pytest.mark.scenario("booking-127")
async def test_staff_set_a_rule_try_it_as_a_member_and_end_it(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    path = f"/office/rooms/{dance}/rules"
    assert "the room's own figures are all" in await read(client, path)
    rule = {"kind": "bookings", "amount": "1", "per": "household", "period": "week", "scope": "space", "name": "Peak"}
    made = await send(client, path, **rule, weekdays=["4"], opens="17:00", closes="21:00")
    assert made.status_code == 303, plain(made.text)
    shown = await read(client, path)
    assert "Bookings: 1 booking each household a week · Peak for everybody · Fri 17:00–21:00 · this room" in shown
    await book(people.bob, dance, span("17:00-18:00"))
    tried = f"{path}?whom=member&number={await number_of(people.bob)}&day={FRIDAY}&start=19:00&end=20:00"
    told = await read(client, tried)
    assert "Your household has used 1 of 1 booking in the week of Mon 23 Nov." in told
    assert "Only Fri, 17:00–21:00 counts. (Rule: Peak)" in told
    assert "What would work:" in told
    assert "This can be booked." in await read(client, f"{path}?whom=resident&day={FRIDAY}&start=19:00&end=20:00")
    assert await sql.value("SELECT count(*) FROM booking") == 1, "a try books nothing"
    [kept] = await space_rules.of_space(await spaces.one(dance))
    assert (await send(client, f"{path}/{kept.id}/end")).status_code == 303
    await book(people.bob, dance, span("19:00-20:00"))


@pytest.mark.scenario("booking-126")
async def test_the_try_the_verdict_and_the_booking_name_the_same_rules(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community, week_quota=1, grid=30, longest=60)
    await book(people.bob, dance, span("08:00-09:00"))
    ask = {"starts": f"{FRIDAY}T10:10:00", "ends": f"{FRIDAY}T12:10:00"}
    codes = []
    for path, person, more in (
        ("verdict", people.bob, {}),
        ("try", people.erin, {"member_id": str(people.bob.id)}),
    ):
        answer = await client.get(f"/api/v1/spaces/{dance}/{path}", params=ask | more, headers=person.bearer)
        codes.append([broken["code"] for broken in answer.json()["broken"]])
    answer = await client.post("/api/v1/bookings", json={"space_id": str(dance), **ask}, headers=people.bob.bearer)
    codes.append([broken["code"] for broken in answer.json()["broken"]])
    assert codes == [["grid", "too_long", "quota"]] * 3


@pytest.mark.parametrize(
    "form, said",
    [
        ({"kind": "bookings", "amount": "many"}, "This figure does not fit."),
        ({"kind": "horizon", "amount": "9", "opens": "17:00"}, "The parts of this rule do not go together."),
        ({"kind": "horizon", "amount": "9", "valid_from": "2026-13-01"}, "This is not a day or a time."),
        ({"kind": "magic", "amount": "9"}, "The parts of this rule do not go together."),
        ({"kind": "minutes", "amount": "1.3", "per": "person", "period": "day"}, "The parts of this rule do not go together."),
    ],
    ids=str,
)
async def test_a_rule_that_makes_no_sense_is_told_and_what_was_typed_stays(
    tx: None, client: httpx.AsyncClient, people: People, form: dict[str, str], said: str
) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    answer = await send(client, f"/office/rooms/{dance}/rules", **({"scope": "space", "name": "Mine"} | form))
    assert answer.status_code == 400
    assert said in plain(answer.text)
    assert 'value="Mine"' in answer.text


async def test_a_single_day_is_set_and_cleared(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    path = f"/office/rooms/{dance}"
    assert (await send(client, f"{path}/days", day=str(FRIDAY), reason="Spring clean")).status_code == 303
    assert "Fri 27 Nov not open Spring clean" in await read(client, f"{path}/hours")
    assert await refused(people.bob, dance, span("10:00-11:00")) == ["closed"]
    assert (await send(client, f"{path}/days", day=str(FRIDAY), opens="10:00")).status_code == 400
    assert (await send(client, f"{path}/days/{FRIDAY}/clear")).status_code == 303
    await book(people.bob, dance, span("10:00-11:00"))


async def test_a_hall_is_divided_and_things_are_lent(tx: None, client: httpx.AsyncClient, people: People) -> None:
    hall, first, desks = [await room(people.community, name) for name in ("Hall", "Room A", "Desks")]
    people.erin.sign_in(client)
    path = f"/office/rooms/{hall}"
    assert (await send(client, f"{path}/parts", part=[str(first)])).status_code == 303
    assert [part.id for part in await parts.of(hall)] == [first]
    assert "It is a part of Hall" in await read(client, f"/office/rooms/{first}/parts")
    assert (await send(client, f"{path}/parts", part=[str(hall)])).status_code == 400
    assert (await send(client, f"/office/rooms/{desks}/units", units="4")).status_code == 303
    assert (await spaces.one(desks)).units == 4
    assert (
        await send(client, f"{path}/accessories", name="椅子", name_en="Chairs", quantity="10", is_everywhere="1")
    ).status_code == 303
    [chairs] = await accessories.of_space(desks)
    assert "Chairs in all rooms of the community" in await read(client, f"{path}/parts")
    assert (
        await send(client, f"{path}/accessories/{chairs.id}", name="椅子", name_en="Chairs", quantity="12")
    ).status_code == 303
    assert (await accessories.of_space(hall))[0].quantity == 12
    assert (await send(client, f"{path}/accessories/{chairs.id}/end")).status_code == 303
    assert await accessories.of_space(hall) == []


async def test_a_group_is_made_and_its_people_book_further_ahead(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, horizon=14)
    people.erin.sign_in(client)
    made = await send(
        client, "/office/booking-groups", community_id=str(people.community), name="合作单位", name_en="Partners", priority="1"
    )
    path = made.headers["location"]
    group = UUID(path.rpartition("/")[2])
    assert "Nobody is in it yet." in await read(client, path)
    assert (await send(client, f"{path}/members", number="999999")).status_code == 404
    assert (await send(client, f"{path}/members", number=await number_of(people.bob))).status_code == 303
    assert "Bob" in await read(client, path)
    rule = {"kind": "horizon", "amount": "28", "scope": "space", "group_id": str(group)}
    assert (await send(client, f"/office/rooms/{dance}/rules", **rule)).status_code == 303
    await book(people.bob, dance, span("10:00-11:00", FRIDAY + timedelta(days=19)))
    answer = await client.get("/api/v1/booking-groups", params={"community_id": str(people.building)})
    assert [one["name_en"] for one in answer.json()["groups"]] == ["Partners"]
    assert (await send(client, f"{path}/end")).status_code == 303
    assert await refused(people.bob, dance, span("12:00-13:00", FRIDAY + timedelta(days=19))) == ["horizon"]


@pytest.mark.scenario("booking-31")
async def test_a_closure_lets_in_who_is_named(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    form = {"first": str(FRIDAY), "reason": "Painting", "over": "refuse", "exempt": await number_of(people.bob)}
    assert (await send(client, f"/office/rooms/{dance}/closures", **form)).status_code == 303
    assert await refused(people.carol, dance, span("10:00-11:00")) == ["taken"]
    await book(people.bob, dance, span("10:00-11:00"))
    wrong = await send(client, f"/office/rooms/{dance}/closures", **(form | {"exempt": "nobody"}))
    assert wrong.status_code == 404


async def test_everything_can_be_set_over_the_api(tx: None, client: httpx.AsyncClient, people: People) -> None:
    hall, first = await room(people.community, "Hall"), await room(people.community, "Room A")
    api, bearer = f"/api/v1/spaces/{hall}", people.erin.bearer

    async def call(method: str, path: str, body: Any = None) -> Any:
        answer = await client.request(method, path, json=body, headers=bearer)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    rule = await call(
        "POST", f"{api}/rules", {"kind": "minutes", "amount": 120, "per": "person", "period": "rolling", "days": 30}
    )
    assert [one["id"] for one in (await call("GET", f"{api}/rules"))["rules"]] == [rule["id"]]
    assert (await call("GET", f"{api}/try?starts={FRIDAY}T10:00:00&ends={FRIDAY}T13:00:00"))["broken"][0]["code"] == "quota"
    await call("POST", f"/api/v1/space-rules/{rule['id']}/end")
    assert (await call("GET", f"{api}/rules"))["rules"] == []
    day = await call("PUT", f"{api}/days/{FRIDAY}", {"hours": [{"opens": "12:00:00", "closes": "14:00:00"}], "reason": "Fair"})
    assert [one["reason"] for one in day if one["day"]] == ["Fair"]
    assert not [one for one in await call("DELETE", f"{api}/days/{FRIDAY}") if one["day"]]
    assert await call("PUT", f"{api}/hours", [{"weekday": 0, "opens": "08:00:00", "closes": "10:00:00"}])
    assert (await call("PUT", f"{api}/parts", {"part_ids": [str(first)]}))["parts"] == [str(first)]
    assert (await call("PUT", f"/api/v1/spaces/{first}/parts", {"part_ids": []}))["wholes"] == [str(hall)]
    thing = await call("POST", f"{api}/accessories", {"name": "椅子", "quantity": 3})
    assert (await call("PUT", f"/api/v1/accessories/{thing['id']}", {"name": "椅子", "quantity": 4}))["quantity"] == 4
    await call("POST", f"/api/v1/accessories/{thing['id']}/end")
    group = await call("POST", "/api/v1/booking-groups", {"community_id": str(people.community), "name": "合唱", "priority": 2})
    members = await call("PUT", f"/api/v1/booking-groups/{group['id']}/members/{people.bob.id}")
    assert [one["name"] for one in members["members"]] == ["Bob"]
    assert (await call("DELETE", f"/api/v1/booking-groups/{group['id']}/members/{people.bob.id}"))["members"] == []
    await call("PUT", f"/api/v1/booking-groups/{group['id']}", {"name": "合唱队", "priority": 1})
    await call("POST", f"/api/v1/booking-groups/{group['id']}/end")
    for path in (f"{api}/rules", f"{api}/parts"):
        assert (await client.get(path, headers=people.bob.bearer)).status_code == 403


async def test_desks_and_chairs_are_booked_over_the_api(tx: None, client: httpx.AsyncClient, people: People) -> None:
    desks = await room(people.community, "Desks")
    await parts.set_units(desks, 3, NOW)
    chairs = await accessories.add(people.community, None, "椅子", "Chairs", 2, now=NOW)
    wish = {"space_id": str(desks), "starts": f"{FRIDAY}T10:00:00", "ends": f"{FRIDAY}T11:00:00"}

    async def ask(**more: Any) -> httpx.Response:
        return await client.post("/api/v1/bookings", json=wish | more, headers=people.bob.bearer)

    made = await ask(units=2, borrow=[{"accessory_id": str(chairs), "quantity": 2}])
    assert (made.status_code, made.json()["units"]) == (201, 2)
    more = await ask(units=2, borrow=[{"accessory_id": str(chairs), "quantity": 1}])
    assert [one["code"] for one in more.json()["broken"]] == ["taken", "accessories"]
    twice = [{"accessory_id": str(chairs), "quantity": 1}] * 2
    assert (await ask(borrow=twice)).status_code == 400
    assert (await ask(team_id="00000000-0000-4000-8000-000000000000")).status_code == 404
    assert (await ask(units=1)).status_code == 201


@pytest.mark.scenario("booking-127")
async def test_staff_see_the_day_and_the_week_as_a_resident_does(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community, week_quota=1)
    await book(people.bob, dance, span("08:00-09:00"))
    people.erin.sign_in(client)
    number = await number_of(people.bob)
    for view in ("", "&view=week"):
        seen = await read(client, f"/spaces/{dance}?day={FRIDAY}&seen_as={number}{view}")
        assert "Seen as Bob sees it" in seen
        assert "Your household has it" in seen
        assert "Your household has used 1 of 1 booking" in seen
    assert "Seen as" not in await read(client, f"/spaces/{dance}?day={FRIDAY}")
    people.carol.sign_in(client)
    assert (await client.get(f"/spaces/{dance}?seen_as={number}")).status_code == 403


async def test_desks_and_things_are_asked_for_on_the_page(tx: None, client: httpx.AsyncClient, people: People) -> None:
    desks = await room(people.community, "Desks")
    await parts.set_units(desks, 3, NOW)
    chairs = await accessories.add(people.community, None, "椅子", "Chairs", 4, now=NOW)
    people.bob.sign_in(client)
    when = {"day": str(FRIDAY), "start": "10:00", "end": "11:00"}
    asked = await client.get(f"/spaces/{desks}/book", params=when)
    assert "Chairs (of 4)" in plain(asked.text)
    made = await send(client, f"/spaces/{desks}/book", **when, units="2", **{f"borrow_{chairs}": "3"})
    assert made.status_code == 303, plain(made.text)
    again = await send(client, f"/spaces/{desks}/book", **when, units="1", **{f"borrow_{chairs}": "2"})
    assert again.status_code == 409
    assert "Of Chairs no more than 1 will be there then, you want 2; enough are back at Fri 27 Nov 11:00." in plain(again.text)
    assert (await send(client, f"/spaces/{desks}/book", **when, units="many")).status_code == 400
