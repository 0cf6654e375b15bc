"""Rotating the keys that sign passes: a new one, new cards, and the end of the old one, with what it takes along."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.door import phones
from tests.door.doors import Door, opened
from tests.given import People
from timebank import rotation
from timebank.people import audit, passes
from timebank.people.pass_keys import MoreWouldDie
from timebank.settings import Settings


@pytest_asyncio.fixture(loop_scope="session")
async def door(tx: None, client: httpx.AsyncClient, people: People) -> Door:
    """Thursday's choir with Bob and his card, and Carol's card; the clock stands at nine."""
    made = await opened(people, client)
    await made.clock()
    await passes.issue(people.carol.id, people.now)
    return made


async def lines(door: Door) -> list[dict[str, Any]]:
    """The keys, the newest first."""
    answer = await door.client.get("/api/v1/pass-keys", headers=door.people.erin.bearer)
    assert answer.status_code == 200
    return list(answer.json())


async def ask(door: Door, path: str, body: object = None, **headers: str) -> httpx.Response:
    return await door.client.post(f"/api/v1/pass-keys{path}", json=body, headers=door.people.erin.bearer | headers)


@pytest.mark.scenario("checkin-66")
async def test_a_key_is_rotated_without_anybody_standing_outside(door: Door) -> None:
    """New key, new cards, phones by themselves; and only then the old key goes."""
    phone = await phones.enrolled(door.people.bob, door.start)
    (old,) = await lines(door)
    assert (old["signs"], old["cards"], old["phones"]) == (True, 2, 1)
    await door.clock(1)
    new = (await ask(door, "")).json()["id"]
    assert [(line["id"], line["signs"], line["cards"]) for line in await lines(door)] == [(new, True, 0), (old["id"], False, 2)]
    assert (await door.scan()).status_code == 201, "cards of the older key stay good"

    assert (await ask(door, f"/{old['id']}/reissue")).json() == {"done": 2, "left": 0}
    assert (await ask(door, f"/{old['id']}/reissue")).json() == {"done": 0, "left": 0}, "safe to repeat"
    assert (await door.scan(direction="out")).json()["code"] == "revoked"
    held = await passes.current(door.people.bob.id)
    assert held
    assert (held.key_id, held.serial) == (new, 2)
    contact = f"/api/v1/me/phones/{phone.id}/contact"
    await door.client.post(contact, json={}, headers=door.people.bob.bearer)
    removed = await ask(door, f"/{old['id']}/remove", {"cards": 0, "phones": 0})
    assert (removed.status_code, removed.json()["removed_at"] is not None) == (200, True)
    assert (await door.scan(held, direction="out")).status_code == 201


@pytest.mark.scenario("checkin-66")
async def test_the_desk_says_that_the_key_was_removed(door: Door) -> None:
    (key,) = await lines(door)
    await door.clock(1)
    await ask(door, "")
    await ask(door, f"/{key['id']}/remove", {"cards": 2, "phones": 0})
    answer = (await door.scan()).json()
    assert (answer["code"], answer["key_was_removed"]) == ("unknown_pass", True)
    assert "old series" in answer["title"]
    assert "name" not in answer
    made_up = (await door.scan("TB1" + "A" * 145)).json()
    assert "key_was_removed" not in made_up


async def test_nobody_removes_more_than_they_have_seen(door: Door) -> None:
    (key,) = await lines(door)
    await phones.enrolled(door.people.bob, door.start)
    await door.clock(1)
    await ask(door, "")
    for seen in ({"cards": 1, "phones": 1}, {"cards": 2, "phones": 0}):
        answer = await ask(door, f"/{key['id']}/remove", seen)
        assert (answer.status_code, answer.json()["code"]) == (409, "more_would_die")
        assert (answer.json()["cards"], answer.json()["phones"]) == (2, 1)
    assert (await ask(door, f"/{key['id']}/remove", {"cards": -1, "phones": 0})).status_code == 400
    assert [line["removed_at"] for line in await lines(door)] == [None, None]
    for _ in range(2):
        assert (await ask(door, f"/{key['id']}/remove", {"cards": 2, "phones": 1})).status_code == 200, "safe to repeat"


async def test_the_key_that_signs_makes_no_card_anew_and_is_not_removed(door: Door) -> None:
    (key,) = await lines(door)
    for verb, body in (("reissue", None), ("remove", {"cards": 2, "phones": 0})):
        answer = await ask(door, f"/{key['id']}/{verb}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "key_signs"), verb
    assert (await lines(door))[0]["removed_at"] is None
    assert (await ask(door, "/AAAA/reissue")).status_code == 404
    assert (await ask(door, "/AAAA/remove", {"cards": 0, "phones": 0})).status_code == 404


async def test_cards_of_a_removed_key_are_made_anew_with_the_next(door: Door) -> None:
    """The secret may have been copied: the key goes first, and everybody gets a new card."""
    (key,) = await lines(door)
    await door.clock(1)
    await ask(door, "")
    await ask(door, f"/{key['id']}/remove", {"cards": 2, "phones": 0})
    assert (await ask(door, f"/{key['id']}/reissue")).json() == {"done": 2, "left": 0}
    held = await passes.current(door.people.bob.id)
    assert held
    assert (await door.scan(held)).status_code == 201


async def test_a_new_key_is_added_once_for_a_request(door: Door) -> None:
    answers = [await ask(door, "", **{"idempotency-key": "one-new-key"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert len(await lines(door)) == 2


async def test_who_looks_after_a_part_only_has_no_say_about_keys(door: Door) -> None:
    """They sign the cards of every community."""
    await sql.rows(
        "UPDATE role_grant SET role = 'coordinator', community_id = $2 WHERE member_id = $1",
        door.people.alice.id,
        door.people.community,
    )
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/AAAA/reissue")):
        answer = await door.client.request(method, f"/api/v1/pass-keys{path}", headers=door.people.alice.bearer)
        assert answer.status_code == 403, path


async def test_the_office_shows_what_dies_before_it_does(door: Door) -> None:
    client = door.client
    door.people.erin.sign_in(client)
    (key,) = await lines(door)
    removal = f"/office/pass-keys/{key['id']}/remove"
    assert removal not in (await client.get("/office/pass-keys")).text
    for early in (await client.get(removal), await client.post(removal, data={"cards": "2", "phones": "0"})):
        assert ("Add a new key first" in early.text, "<button>Remove it" in early.text) == (True, False)
    await door.clock(1)
    await client.post("/office/pass-keys", data={"key": "a-key-of-this-form"})
    assert removal in (await client.get("/office/pass-keys")).text
    assert "cards open nothing any more" in (await client.get(removal)).text
    refused = await client.post(f"/office/pass-keys/{key['id']}/remove", data={"cards": "1", "phones": "0"})
    assert (refused.status_code, "By now more depends on this key. Cards: 2;" in refused.text) == (409, True)
    reissued = await client.post(f"/office/pass-keys/{key['id']}/reissue")
    assert reissued.headers["location"] == "/office/pass-keys?done=2&left=0"
    done = await client.get("/office/pass-keys?done=2&left=0")
    assert "2 cards were made anew." in done.text
    new = (await lines(door))[0]["id"]
    sheet = await client.get(f"/office/cards?key={new}")
    assert (sheet.text.count('class="id-card"'), "Bob" in sheet.text, "Carol" in sheet.text) == (2, True, True)
    await client.post(f"/office/pass-keys/{key['id']}/remove", data={"cards": "0", "phones": "0"})
    assert "Removed" in (await client.get("/office/pass-keys")).text


async def test_whoever_runs_the_server_rotates_on_the_command_line(door: Door) -> None:
    """The same verbs; the audit names nobody."""
    (old,) = await lines(door)
    later = await door.clock(1)
    await rotation.DEEDS["add"]("", 0, 0, later)
    with pytest.raises(MoreWouldDie):
        await rotation.DEEDS["remove"](old["id"], 1, 0, later)
    await rotation.DEEDS["reissue"](old["id"], 0, 0, later)
    await rotation.DEEDS["remove"](old["id"], 0, 0, later)
    told = (await rotation.listed(door.start)).splitlines()
    assert len(told) == 2
    (gone,) = [line for line in told if line.startswith(old["id"])]
    (new,) = [line for line in told if not line.startswith(old["id"])]
    assert ("removed" in gone, "0 cards" in gone) == (True, True)
    assert ("signs new passes" in new, "2 cards" in new) == (True, True)
    deeds = [entry.did for entry in await audit.about(f"pass_key:{old['id']}")]
    assert deeds == ["pass_key.removed", "pass_key.cards_reissued"]


@pytest.mark.parametrize("verb", ["remove", "reissue"])
def test_the_command_asks_which_key(settings: Settings, verb: str) -> None:
    with pytest.raises(rotation.NotRotated, match="Which key"):
        rotation.main(settings, verb, "", 0, 0)
