"""What the pages of rooms say beside the times: offers, teams, what is borrowed, what is left, who comes first, reminders."""

from __future__ import annotations

from uuid import UUID

import httpx
import msgspec
import pytest

from schedules import accessories, occupancy, parts, room_offers, sessions, space_rules, spaces, sql
from schedules.edits import as_edit
from schedules.room_wishes import NewWish
from schedules.space_rules import SpaceRule
from tests.given import People
from tests.spaces.rooms import NOW, book, room, session_in, span
from tests.spaces.test_pages import room_form, send
from timebank.actions.activities.call_off import call_off_session
from timebank.actions.activities.edit_session import edit_session
from timebank.actions.rooms import room_line
from timebank.actions.rooms.cancel_booking import cancel_booking
from timebank.people import groups, teams
from timebank.people.teams import Wanted

pytestmark = pytest.mark.usefixtures("thursday")
ENGLISH = {"accept-language": "en"}
TEN = span("10:00-12:00")


async def page(client: httpx.AsyncClient, path: str, **query: str) -> str:
    answer = await client.get(path, params=query or None, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


async def bob_waits(people: People, space_id: UUID) -> None:
    new = NewWish(space_ids=(space_id,), within=TEN, minutes=60)
    await room_line.wait_for_room(people.bob.caller, new, NOW)


@pytest.mark.scenario("booking-100")
async def test_a_room_that_waits_for_an_answer_stands_first_on_my_page(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    dans = await book(people.dan, dance, TEN)
    await bob_waits(people, dance)
    people.bob.sign_in(client)
    assert "Free for you" not in await page(client, "/me")
    await cancel_booking(people.dan.caller, dans.id, NOW)
    (offer,) = await room_offers.of_person(people.bob.id, NOW)
    shown = await page(client, "/me")
    assert shown.index("Free for you: Dance room") < shown.index(f"/me/offers/{offer.id}/accept") < shown.index("<h2>Next</h2>")
    assert "Held for you alone until Thu 26 Nov 09:30" in shown
    assert (await send(client, f"/me/offers/{offer.id}/accept", {"key": "a-key-for-this-form"})).status_code == 303
    assert "Free for you" not in await page(client, "/me")


@pytest.mark.scenario("booking-100")
@pytest.mark.parametrize("how", ["called off", "moved"])
async def test_the_room_of_a_session_that_does_not_need_it_is_offered(tx: None, people: People, how: str) -> None:
    dance = await room(people.community)
    choir = await session_in(people, TEN)
    await sql.rows("UPDATE session SET space_id = $2 WHERE id = $1", choir, dance)
    await occupancy.take_session(dance, choir, TEN.starts_at, TEN.ends_at, NOW)
    await bob_waits(people, dance)
    if how == "called off":
        await call_off_session(people.alice.caller, choir, "Storm", NOW)
    else:
        wanted = msgspec.structs.replace(as_edit(await sessions.one(choir)), space_id=None, place="In the park")
        await edit_session(people.alice.caller, choir, wanted, NOW)
    (offer,) = await room_offers.of_person(people.bob.id, NOW)
    assert (offer.space_id, offer.starts_at) == (dance, TEN.starts_at)


async def test_who_is_in_a_team_books_for_it_and_sees_what_was_borrowed(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance = await room(people.community)
    chairs = await accessories.add(people.community, None, "椅子", "Chairs", 20, now=NOW)
    times = {"starts_at": TEN.starts_at.isoformat(), "ends_at": TEN.ends_at.isoformat()}
    people.bob.sign_in(client)
    assert 'name="team"' not in await page(client, f"/spaces/{dance}/book", **times)
    team = await teams.add(people.community, Wanted(name="合唱队", name_en="Choir", aims="To sing"), people.alice.id, NOW)
    await sql.rows(
        "INSERT INTO team_person (id, team_id, person_id, way, state, changed_at) "
        "VALUES (gen_random_uuid(), $1, $2, 'nominated', 'chosen', $3)",
        team,
        people.bob.id,
        NOW,
    )
    assert "For the team Choir" in await page(client, f"/spaces/{dance}/book", **times)
    fields = times | {"key": "a-key-for-this-form", "team": str(team), "people": "2", f"borrow_{chairs}": "3"}
    made = await send(client, f"/spaces/{dance}/book", fields)
    assert made.status_code == 303
    shown = await page(client, made.headers["location"])
    assert "<dt>For the team</dt><dd>Choir</dd>" in shown
    assert "Chairs × 3" in shown
    later = span("14:00-15:00")
    fields |= {"starts_at": later.starts_at.isoformat(), "ends_at": later.ends_at.isoformat()}
    for wrong in ("no team", str(dance)):
        mistaken = fields | {"team": wrong, "key": f"a-key-for-{wrong}"}
        assert (await send(client, f"/spaces/{dance}/book", mistaken)).status_code == 404
    people.carol.sign_in(client)
    assert (await send(client, f"/spaces/{dance}/book", fields)).status_code == 404


async def test_a_day_says_how_many_desks_are_left(tx: None, client: httpx.AsyncClient, people: People) -> None:
    desks = await room(people.community, "自习室")
    await parts.set_units(desks, 4, NOW)
    assert "4 of 4 left" in await page(client, f"/spaces/{desks}", day="2026-11-27")
    await book(people.bob, desks, TEN, units=3)
    assert "1 to 4 of 4 left" in await page(client, f"/spaces/{desks}", day="2026-11-27")
    free = (await client.get(f"/api/v1/spaces/{desks}/free", params={"day": "2026-11-27"})).json()
    assert [part["units_left"] for day in free["days"] for part in day["parts"] if part["state"] == "free"] == [1]


@pytest.mark.scenario("booking-38")
async def test_everybody_reads_who_may_book_how_early(tx: None, client: httpx.AsyncClient, people: People) -> None:
    dance = await room(people.community)
    path = f"/spaces/order?community={people.community}"
    assert "everybody books by the same rules" in await page(client, path)
    second = await groups.add(people.community, "其他", "Others", 2, people.erin.id, NOW)
    first = await groups.add(people.community, "伙伴", "Partners", 1, people.erin.id, NOW)
    early = SpaceRule(kind="horizon", amount=28, community_id=people.community, space_id=dance, group_id=first)
    await space_rules.add(early, people.erin.id, NOW)
    shown = await page(client, path)
    assert (
        shown.index("Partners") < shown.index("up to 28 days ahead") < shown.index("Others") < shown.index("Residents without")
    )
    assert path in await page(client, "/spaces")
    told = (await client.get("/api/v1/booking-groups", params={"community_id": str(people.community)})).json()
    assert [group["id"] for group in told["groups"]] == [str(first), str(second)]
    assert [(one["group_id"], one["days"]) for one in told["early"]] == [(str(first), 28)]
    for nowhere in (f"?community={dance}", ""):
        assert (await client.get(f"/spaces/order{nowhere}", headers=ENGLISH)).status_code == 404
    people.bob.sign_in(client)
    assert "Partners" in await page(client, "/spaces/order")


@pytest.mark.parametrize(("typed", "kept"), [("60", 60), ("0", 0), ("", 180)])
async def test_how_long_before_people_are_reminded_is_kept_with_the_room(
    tx: None, client: httpx.AsyncClient, people: People, typed: str, kept: int
) -> None:
    dance = await room(people.community)
    people.erin.sign_in(client)
    form = room_form(people, remind_before=typed)
    assert (await send(client, f"/office/rooms/{dance}/edit", form)).status_code == 303
    assert (await spaces.one(dance)).remind_before == kept
    assert f'name="remind_before" type="number" value="{kept}"' in await page(client, f"/office/rooms/{dance}/edit")
    wrong = await send(client, f"/office/rooms/{dance}/edit", room_form(people, remind_before="20000"))
    assert "10080" in wrong.text
