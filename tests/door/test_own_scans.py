"""Nobody is the second pair of eyes for themselves or for those they live with: such scans count, as class B."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schedules import sql
from tests import given
from tests.door.doors import Door, put, stays
from tests.door.test_pages import Browser, path_of
from tests.door.test_uploads import item, rows_of
from tests.given import Device, Person
from timebank.actions.door.door import Asking
from timebank.actions.door.scan import scan
from timebank.hours import summaries
from timebank.jobs import find_oddities
from timebank.people import passes
from timebank.people.passes import Pass
from timebank.points import reconcile


async def own(door: Door) -> tuple[Pass, Device]:
    """Alice is signed up for the choir: her card, and her phone, with which she scans."""
    await put(door.people.alice, door.session)
    alice = door.people.alice
    return await passes.issue(alice.id, door.people.now), Device(alice.id, "member", alice.token)


async def earned(person: Person) -> tuple[int, int]:
    """Minutes of class A, and promises."""
    return (await summaries.sums(person.id)).a, int(
        await sql.value("SELECT count(*) FROM intent i JOIN account a ON a.id = i.account_id WHERE a.owner_id = $1", person.id)
    )


async def let_through(door: Door, card: Pass, into: dict[str, str], out_of: dict[str, str]) -> dict[str, Any]:
    """In at the start and out after an hour and a half; the answer to the way out."""
    await door.clock()
    assert (await door.scan(card, headers=into)).status_code == 201
    await door.clock(90)
    answer = await door.scan(card, direction="out", headers=out_of)
    assert answer.status_code == 201
    return dict(answer.json())


@pytest.mark.scenario("checkin-63")
@pytest.mark.parametrize("ways", ["in", "out", "in and out"])
async def test_who_scans_their_own_card_waits_for_a_second_person(door: Door, ways: str) -> None:
    card, phone = await own(door)
    into, out_of = (phone.bearer if way in ways.split() else door.desk.bearer for way in ("in", "out"))
    told = await let_through(door, card, into, out_of)
    assert (told["minutes"], told["points"], told["waits"]) == (90, None, True)
    (stay,) = await stays(door.people.alice)
    assert (stay["minutes"], stay["is_by_code"]) == (90, False)
    assert await earned(door.people.alice) == (0, 0)
    assert (await reconcile.read()).findings == []


async def test_who_scans_somebody_of_their_household_is_no_second_person_either(door: Door) -> None:
    _, phone = await own(door)
    assert (await let_through(door, door.bobs, phone.bearer, phone.bearer))["points"] == 150, "Bob is a neighbour"
    carol = door.people.carol
    await put(carol, door.session)
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", carol.id, door.people.alice.household_id)
    carols = await passes.issue(carol.id, door.people.now)
    assert (await let_through(door, carols, phone.bearer, phone.bearer))["waits"]
    assert await earned(carol) == (0, 0)


async def test_an_upload_of_ones_own_card_waits_as_well_and_stays_so_whoever_moves_house_later(door: Door) -> None:
    card, phone = await own(door)
    await door.clock(180)
    came = item(door, 0, "i", code=card.text)
    _, went = await rows_of(door, came, item(door, 99, "o", code=card.text, direction="out"), desk=phone)
    assert (went["code"], went["points"], went["waits"]) == ("ok", None, True)
    assert await sql.value("SELECT bool_and(is_own) FROM scan")
    household = (await given.member("Frank", "19900000999", door.people.building, door.people.now)).household_id
    await sql.rows("UPDATE member SET household_id = $2 WHERE id = $1", door.people.bob.id, household)
    await rows_of(door, item(door, 120, "o-2", code=card.text, direction="out"))
    assert [(stay["minutes"], stay["is_by_code"]) for stay in await stays(door.people.alice)] == [(99, False)]
    assert await earned(door.people.alice) == (0, 0)


async def test_who_is_signed_in_at_a_desk_is_the_one_who_scans(door: Door) -> None:
    card, _ = await own(door)
    for operator, nonce, direction in ((door.people.alice, "n-1", "in"), (door.people.dan, "n-2", "out")):
        asking = Asking(
            scanner_id=door.desk.id,
            operator_id=operator.id,
            source="desk",
            direction="in" if direction == "in" else "out",
            raw_code=card.text,
            nonce=nonce,
            activity_ids=(door.session.activity_id,),
            nodes=(door.people.community,),
        )
        await scan(asking, door.start)
    assert await sql.value("SELECT array_agg(is_own ORDER BY id) FROM scan") == [True, False]


@pytest.mark.scenario("checkin-46")
@pytest.mark.parametrize("operator, uploader", [("alice", "dan"), ("dan", "alice"), ("bob", "alice"), ("dan", "erin")])
async def test_who_scans_their_own_card_and_lets_a_friend_upload_it_waits_as_well(
    door: Door, operator: str, uploader: str
) -> None:
    """The desk names who was signed in at it. Both are looked at: whoever scanned, and whoever sends it."""
    card, _ = await own(door)
    named, sender = getattr(door.people, operator), getattr(door.people, uploader)
    both = Device(door.desk.id, "desk", door.desk.token)
    sender.sign_in(door.client)
    both.pair(door.client)
    await door.clock(180)
    ways = [(0, "in"), (90, "out")]
    items = [item(door, at, way, code=card.text, direction=way, operator=str(named.id)) for at, way in ways]
    body = {"sent_at": door.start.isoformat(), "items": items}
    headers = {"origin": "http://testserver"}
    answer = await door.client.post("/api/v1/scans/uploads", json=body, headers=headers)
    assert [row["code"] for row in answer.json()["items"]] == ["ok", "ok"], answer.text
    is_own = "alice" in (operator, uploader)
    (stay,) = await stays(door.people.alice)
    assert stay["is_by_code"] is not is_own
    assert await sql.value("SELECT bool_and(is_own) FROM scan") is is_own
    # Bob may not scan: he stands nowhere as an operator.
    kept = sender.id if operator == "bob" else named.id
    assert await sql.value("SELECT array_agg(DISTINCT operator_id) FROM scan") == [kept]


async def test_checking_in_oneself_by_the_venues_code_is_class_a_as_before(door: Door) -> None:
    browser = Browser(door, door.people.bob)
    for minute, direction in ((1, "in"), (91, "out")):
        await door.clock(minute)
        path = path_of(door.venue(door.start + timedelta(minutes=minute)))
        await browser.get(path)
        assert (await browser.post(path, direction=direction, nonce=f"n-{direction}")).status_code == 303
    (stay,) = await stays(door.people.bob)
    assert (stay["minutes"], stay["is_by_code"], stay["is_self"]) == (90, True, True)


async def test_the_review_list_reads_scans_of_ones_own(door: Door) -> None:
    card, phone = await own(door)
    await sql.rows("UPDATE activity SET allows_reentry = true")
    for minute in (0, 10):
        for after, direction in ((0, "in"), (5, "out")):
            await door.clock(minute + after)
            assert (await door.scan(card, direction=direction, headers=phone.bearer)).status_code == 201
    await find_oddities.run(door.start + timedelta(days=1))
    found = await sql.rows("SELECT kind, operators, people, size FROM finding WHERE kind = 'own_household'")
    assert [tuple(row) for row in found] == [("own_household", [door.people.alice.id], [door.people.alice.id], 4)]
