"""What is refused in one room may be had in another at the same time."""

from __future__ import annotations

import httpx
import pytest

from schedules import closures, space_rules, sql
from schedules.space_rules import SpaceRule
from schedules.wishes import NotBookable, Wish
from tests.given import People
from tests.spaces.rooms import NOW, book, room, span
from timebank.actions.rooms.book_space import book_space, may_book
from timebank.actions.rooms.keep_bookings import set_prices
from timebank.people import groups
from timebank.points.prices import PriceList, PriceRule

TEN = span("10:00-12:00")


async def others(people: People, wish: Wish) -> list[str]:
    return [one.name for one in (await may_book(people.carol.caller, wish, NOW)).other_rooms]


@pytest.mark.scenario("booking-13")
async def test_rooms_that_are_free_then_are_offered_and_can_be_booked(tx: None, people: People) -> None:
    """At most three of the branch, the smallest that is large enough first; never what is taken, shut or too small."""
    dance = await room(people.community)
    await book(people.bob, dance, TEN)
    small, taken, shut = [await room(people.community, name) for name in ("小间", "书画室", "厨房")]
    await sql.rows("UPDATE space SET seats = 5 WHERE id = $1", small)
    await book(people.bob, taken, span("11:30-12:30"))
    await closures.close(shut, span("09:00-17:00"), "Painting", people.erin.id, NOW)
    await room(people.elsewhere, "别处")
    assert await others(people, Wish(dance, TEN, people=20)) == []
    halls = [await room(people.community, name) for name in ("甲", "乙", "丙", "丁")]
    assert await others(people, Wish(dance, TEN)) == ["小间", "丁", "丙"]
    assert await others(people, Wish(dance, TEN, people=31)) == []
    with pytest.raises(NotBookable) as caught:
        await book_space(people.carol.caller, Wish(dance, TEN, people=20), NOW)
    found = caught.value.other_rooms
    assert len(found) == len({one.id for one in found} & set(halls)) == 3
    for one in found:
        assert (await may_book(people.carol.caller, Wish(one.id, TEN, people=20), NOW)).broken == []
    assert (await may_book(people.carol.caller, Wish(halls[0], TEN), NOW)).other_rooms == ()


async def test_a_room_that_is_not_for_this_person_is_not_offered(tx: None, people: People) -> None:
    """Neither where a rule of the own group says no, nor where the points do not suffice."""
    dance = await room(people.community)
    await book(people.bob, dance, TEN)
    closed, dear = await room(people.community, "书画室"), await room(people.community, "大厅")
    guests = await groups.add(people.community, "Guests", "", 1, people.erin.id, NOW)
    await groups.join(guests, people.carol.id, people.erin.id, NOW)
    assert await others(people, Wish(dance, TEN)) == ["书画室", "大厅"]
    none = SpaceRule(
        kind="bookings", amount=0, per="person", period="week", community_id=people.community, space_id=closed, group_id=guests
    )
    await space_rules.add(none, people.erin.id, NOW)
    await set_prices(
        people.erin.caller, dear, PriceList(slot=60, rules=(PriceRule(units=100),), free_until=60, late_refund=50), NOW
    )
    assert await others(people, Wish(dance, TEN)) == []


@pytest.mark.usefixtures("thursday")
async def test_the_refusal_page_leads_to_the_other_room_with_as_many_people(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    dance, study = await room(people.community), await room(people.community, "书画室")
    await book(people.bob, dance, TEN)
    signed_in = people.carol.bearer | {"accept-language": "en"}
    times = {"starts_at": TEN.starts_at.isoformat(), "ends_at": TEN.ends_at.isoformat()}
    page = await client.get(f"/spaces/{dance}/book", params=times | {"people": "12"}, headers=signed_in)
    assert page.status_code == 409
    assert "Another room at that time" in page.text
    link = f"/spaces/{study}/book?starts_at=2026-11-27T02:00:00Z&ends_at=2026-11-27T04:00:00Z&people=12"
    assert link.replace("&", "&amp;") in page.text
    there = await client.get(link, headers=signed_in)
    assert there.status_code == 200
    assert 'value="12"' in there.text
    assert (await client.get(link.replace("people=12", "people=no"), headers=signed_in)).status_code == 400
    verdict = await client.get(f"/api/v1/spaces/{dance}/verdict", params=times, headers=signed_in)
    assert [one["name"] for one in verdict.json()["other_rooms"]] == ["书画室"]
    refused = await client.post("/api/v1/bookings", json={"space_id": str(dance), **times}, headers=signed_in)
    assert [one["id"] for one in refused.json()["other_rooms"]] == [str(study)]
    assert "Free for you at that time: 书画室." in refused.json()["detail"]
