"""checkin.md I and J: what a desk takes along for a cut network, who may take it, and what it tells without the passes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schedules import codes, decision, needs, sql
from schedules.codes import Card
from schedules.desk_rosters import Place
from schedules.needs import Needs
from tests import given
from tests.door.doors import Door, another, put
from tests.schedule.given import sign_up
from timebank.people import keys, passes, rosters
from timebank.people.rosters import Line

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "vectors" / "roster.json").read_text(encoding="utf-8"))


async def prepare(door: Door, *sessions: UUID, headers: dict[str, str] | None = None) -> httpx.Response:
    asked = {"sessions": [str(each) for each in sessions or (door.session.id,)]}
    return await door.client.post("/api/v1/desk/packs", json=asked, headers=headers or door.desk.bearer)


async def pack(door: Door, *sessions: UUID) -> dict[str, Any]:
    answer = await prepare(door, *sessions)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def opened(packed: dict[str, Any], text: str) -> dict[str, Any] | None:
    """What a desk does with a card and nothing else: written anew here, from the description alone."""
    card = codes.read(text)
    assert isinstance(card, Card)
    salt = base64.b64decode(packed["salt"])

    def derive(purpose: str, length: int) -> bytes:
        return HKDF(SHA256(), length, salt, purpose.encode()).derive(card.signature)

    locator = base64.urlsafe_b64encode(derive("timebank roster locator", 16)).decode().rstrip("=")
    if locator not in packed["people"]:
        return None
    sealed = base64.b64decode(packed["people"][locator])
    plain = AESGCM(derive("timebank roster key", 32)).decrypt(sealed[:12], sealed[12:], locator.encode())
    return dict(json.loads(plain))


@pytest.mark.parametrize("vector", VECTORS["lines"], ids=lambda vector: vector["about"])
def test_lines_are_sealed_as_published(vector: dict[str, Any]) -> None:
    secret, salt, nonce = (base64.b64decode(vector[name]) for name in ("secret", "salt", "nonce"))
    line = msgspec.convert(vector["plain"], Line)
    assert rosters.seal(secret, salt, line, nonce) == (vector["locator"], vector["sealed"])
    assert msgspec.json.decode(msgspec.json.encode(line)) == vector["plain"]


@pytest.mark.parametrize("vector", VECTORS["replaced"], ids=lambda vector: vector["mark"])
def test_replaced_passes_are_marked_as_published(vector: dict[str, str]) -> None:
    assert rosters.mark(base64.b64decode(vector["salt"]), UUID(vector["pass_id"])) == vector["mark"]


@pytest.mark.scenario("checkin-76", "checkin-86")
async def test_a_pack_opens_with_the_pass_alone_and_tells_nothing_without(door: Door) -> None:
    await sql.rows("UPDATE member SET staff_note = 'hears badly' WHERE id = $1", door.people.bob.id)
    await sql.rows("UPDATE activity SET staff_note = 'The key is at the gate' WHERE id = $1", door.session.activity_id)
    answer = await prepare(door)
    for told in ("Bob", "hears badly", str(door.people.bob.id), door.people.bob.phone, door.bobs.typed_code, str(door.bobs.id)):
        assert told not in answer.text
    packed = answer.json()
    assert (packed["server"], packed["near_minutes"]) == (keys.server_id(), 720)
    assert packed["desk"] == {"id": str(door.desk.id), "name": "Hall door"}
    assert [key["id"] for key in packed["keys"]] == [door.bobs.key_id]
    line = opened(packed, door.bobs.text)
    assert line
    assert (line["name"], line["number"] > 0) == ("Bob", True)
    assert "hears badly" not in json.dumps(line), "a stolen pack and one's own card tell nobody what staff wrote about them"
    (place,) = line["places"]
    assert (place["session"], place["role_en"], place["note"]) == (str(door.session.id), "Singer", "The key is at the gate")
    decided = decision.decide(decision.Asked(now=door.start, places=(msgspec.convert(place, Place),)))
    assert decided.reason == "ok"


async def test_a_pack_has_everybody_signed_up_whatever_became_of_it(door: Door) -> None:
    carols, dans = [await passes.issue(each.id, door.start) for each in (door.people.carol, door.people.dan)]
    await put(door.people.carol, door.session, "waiting")
    later = await another(door, 12)
    await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", door.people.bob.id)
    await door.clock()
    packed = await pack(door, door.session.id, later.id)
    assert [each["id"] for each in packed["sessions"]] == [str(door.session.id), str(later.id)]
    assert (packed["sessions"][0]["signed_up"], packed["sessions"][0]["here"]) == (1, 0)
    waiting, nobody, bob = (opened(packed, each.text) for each in (carols, dans, door.bobs))
    assert waiting
    assert [each["state"] for each in waiting["places"]] == ["waiting"]
    assert nobody is None
    assert bob
    assert bob["is_suspended"] is True


async def test_a_pack_knows_who_is_inside_and_what_is_still_to_ask(door: Door) -> None:
    await door.let_in()
    await needs.keep(door.session.activity_id, Needs(briefing="Mind the step"), door.people.alice.id, door.start)
    packed = await pack(door)
    (asked,) = packed["sessions"][0]["questions"]
    assert (asked["text"], asked["id"].startswith("briefing:")) == ("Mind the step", True)
    line = opened(packed, door.bobs.text)
    assert line
    assert line["inside"]["session"] == str(door.session.id)
    assert line["places"][0]["entries"] == 1
    assert [each["id"] for each in line["places"][0]["questions"]] == [asked["id"]]


@pytest.mark.scenario("checkin-68")
async def test_a_pack_marks_replaced_passes_and_lacks_removed_keys(door: Door) -> None:
    newer = await passes.reissue(door.people.bob.id, door.start)
    packed = await pack(door)
    assert packed["revoked"] == [rosters.mark(base64.b64decode(packed["salt"]), door.bobs.id)]
    assert opened(packed, door.bobs.text) is None
    assert opened(packed, newer.text)
    await passes.remove_key(newer.key_id, door.start)
    without = await pack(door)
    assert (without["keys"], without["people"]) == ([], {})
    assert without["salt"] != packed["salt"]


async def test_only_sessions_of_the_next_hours_are_packed(door: Door) -> None:
    tomorrow = await another(door, 9 + 24)
    packed = await pack(door, door.session.id, tomorrow.id)
    assert [each["id"] for each in packed["sessions"]] == [str(door.session.id)]
    assert (await prepare(door, tomorrow.id)).status_code == 404
    assert (await prepare(door, uuid4())).status_code == 404
    far = [str(uuid4()) for _ in range(51)]
    assert (await door.client.post("/api/v1/desk/packs", json={"sessions": far}, headers=door.desk.bearer)).status_code == 400


@pytest.mark.scenario("checkin-86", "checkin-89")
async def test_who_may_not_scan_there_prepares_nothing(door: Door) -> None:
    far_desk = await given.device("desk", "Far door", door.people.elsewhere, door.people.now)
    for headers in ({"x-nobody": "1"}, door.people.carol.bearer, far_desk.bearer):
        answer = await prepare(door, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), headers
    await sql.rows("UPDATE device SET revoked_at = $2 WHERE id = $1", door.desk.id, door.start)
    answer = await prepare(door)
    assert (answer.status_code, answer.json()["code"]) == (403, "desk_revoked")
    assert await sql.rows("SELECT FROM audit WHERE action = 'desk.prepared'") == []


async def test_it_is_written_down_who_took_what_along(door: Door) -> None:
    await pack(door)
    alices = (await prepare(door, headers=door.people.alice.bearer)).json()
    assert (alices["operator"], alices["may_override"]) == (str(door.people.alice.id), True)
    written = await sql.rows("SELECT actor_id, subject FROM audit WHERE action = 'desk.prepared' ORDER BY id")
    subject = f"session:{door.session.id}"
    assert [tuple(row) for row in written] == [(door.desk.id, subject), (door.people.alice.id, subject)]
    own = await pack(door)
    assert (own["operator"], own["may_override"]) == (None, False), "a desk alone overrules nobody"


async def test_a_desk_that_prepares_itself_every_five_minutes_is_written_down_once_a_day_and_when_its_people_change(
    door: Door,
) -> None:
    async def written() -> int:
        return int(await sql.value("SELECT count(*) FROM audit WHERE action = 'desk.prepared'"))

    for minute in (0, 5, 10):
        await door.clock(minute)
        await pack(door)
    assert await written() == 1
    await sign_up(door.people.carol, door.session, door.start)
    for _ in range(2):
        await pack(door)
    assert await written() == 2, "somebody more went along"
    await sql.rows("UPDATE device SET name = 'Side door' WHERE id = $1", door.desk.id)
    await pack(door)
    assert await written() == 2
    door.desk.pair(door.client)
    door.people.alice.sign_in(door.client)
    assert (await prepare(door, headers={"accept-language": "en"})).json()["operator"] == str(door.people.alice.id)
    assert await written() == 3, "with somebody signed in there"
    door.client.cookies.clear()
    # The session runs past midnight in Shanghai: another day.
    await sql.rows("UPDATE session SET ends_at = ends_at + interval '15 h', closes_at = closes_at + interval '15 h'")
    await door.clock(14 * 60 + 55)
    await pack(door)
    await door.clock(15 * 60 + 5)
    await pack(door)
    assert await written() == 5


async def test_it_is_written_down_of_how_many_people_of_each_session(door: Door) -> None:
    afternoon = await another(door, 13, person=door.people.bob)
    await sign_up(door.people.carol, afternoon, door.people.now)
    await pack(door, door.session.id, afternoon.id)
    written = await sql.rows("SELECT subject, detail->>'people' AS people FROM audit WHERE action = 'desk.prepared'")
    assert {row["subject"]: row["people"] for row in written} == {
        f"session:{door.session.id}": "1",
        f"session:{afternoon.id}": "2",
    }


@pytest.mark.scenario("checkin-79")
async def test_a_queue_is_taken_only_from_the_desk_whose_it_is(door: Door) -> None:
    item = {
        "nonce": "n",
        "activities": [str(door.session.activity_id)],
        "code": door.bobs.text,
        "direction": "in",
        "happened_at": door.start.isoformat(),
        "skew_ms": 0,
        "reason": "ok",
    }
    for desk, status in ((uuid4(), 409), (door.people.alice.id, 409), (door.desk.id, 200)):
        body: dict[str, Any] = {"desk": str(desk), "sent_at": door.start.isoformat(), "items": [item]}
        answer = await door.client.post("/api/v1/scans/uploads", json=body, headers=door.desk.bearer)
        assert answer.status_code == status, answer.text
        assert await sql.value("SELECT count(*) FROM scan") == (status == 200)
        if status == 409:
            assert answer.json()["code"] == "other_desk"
