"""checkin.md J: a withdrawn desk's scans come in by hand: nothing is lost, nothing counts without a person's word."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schedules import sql
from tests.door.doors import Door, another, log, stays
from tests.door.test_prepare import pack
from tests.door.test_sealed_codes import sealed
from tests.door.test_uploads import item
from tests.given import Person
from timebank.people import audit, devices


def cell(desk: Any, one: Any) -> str:
    """As the desk's page writes it; written anew here, from the description alone."""
    return "TBQ1." + base64.urlsafe_b64encode(json.dumps({"desk": str(desk), "item": one}).encode()).decode().rstrip("=")


def file(door: Door, *items: Any) -> str:
    return "\ufeff日期,时间\r\n" + "\r\n".join(f'2026-11-26,09:02,"{cell(door.desk.id, one)}"' for one in items)


async def withdrawn(door: Door, minutes: float = 200) -> str:
    """The desk has its roster and is then withdrawn; the key to which it sealed."""
    key_id = (await pack(door))["seals"]["id"]
    await devices.revoke(door.desk.id, await door.clock(minutes))
    return str(key_id)


async def hand_in(
    door: Door, text: str, by: Person | None = None, *, verb: str = "", key: str = "", **more: Any
) -> httpx.Response:
    headers = {"accept-language": "en"} | (by or door.people.erin).bearer | ({"idempotency-key": key} if key else {})
    path = f"/api/v1/devices/{door.desk.id}/hand-ins{verb}"
    return await door.client.post(path, json={"file": text} | more, headers=headers)


def evening(door: Door, key_id: str) -> list[dict[str, Any]]:
    """Bob came and went; the desk knew neither."""
    return [
        sealed(door, item(door, 2, "n-1", reason="unjudged"), key_id),
        sealed(door, item(door, 95, "n-2", direction="out", reason="unjudged"), key_id),
    ]


@pytest.mark.scenario("checkin-86")
async def test_a_withdrawn_desks_file_gives_the_stays_once_it_is_handed_in(door: Door) -> None:
    text = file(door, *evening(door, await withdrawn(door)))
    assert door.bobs.text not in text
    assert (await door.client.post("/api/v1/scans/uploads", json={}, headers=door.desk.bearer)).json()["code"] == "desk_revoked"
    answer = await hand_in(door, text)
    assert [(row["status"], row["code"], row["name"]) for row in answer.json()["items"]] == [(201, "ok", "Bob")] * 2
    (stay,) = await stays(door.people.bob)
    assert (stay["in_at"], stay["minutes"]) == (door.start + timedelta(minutes=2), 93)
    assert {(row["source"], row["scanner_id"], row["operator_id"]) for row in await log()} == {
        ("upload", door.desk.id, door.people.erin.id)
    }
    assert "device.handed_in" in [entry.did for entry in await audit.about(f"device:{door.desk.id}", 5)]


@pytest.mark.scenario("checkin-81")
async def test_a_file_that_is_handed_in_twice_counts_once(door: Door) -> None:
    text = file(door, *evening(door, await withdrawn(door)))
    first, again = await hand_in(door, text), await hand_in(door, text)
    assert [row["code"] for row in first.json()["items"] + again.json()["items"]] == ["ok"] * 4
    assert (len(await log()), len(await stays(door.people.bob))) == (2, 1)


async def test_a_hand_in_that_is_sent_again_under_its_key_is_noted_once(door: Door) -> None:
    text = file(door, *evening(door, await withdrawn(door)))
    for _ in range(2):
        answer = await hand_in(door, text, key="the-evening-of-choir")
        assert [row["code"] for row in answer.json()["items"]] == ["ok"] * 2
    other = await hand_in(door, text, key="the-evening-of-choir", left_out=["n-2"])
    assert (other.status_code, other.json()["code"]) == (409, "key_conflict")
    assert await sql.value("SELECT count(*) FROM desk_hand_in") == 1
    assert [entry.did for entry in await audit.about(f"device:{door.desk.id}", 9)].count("device.handed_in") == 1


async def test_whoever_hands_in_sees_each_scan_and_chooses_the_session_that_nobody_chose(door: Door) -> None:
    """Attack 14: the file named the first session served, which nobody had chosen."""
    reading = await another(door, person=door.people.bob)
    key_id = await withdrawn(door)
    both = {"activities": [str(door.session.activity_id), str(reading.activity_id)], "reason": "unjudged"}
    text = file(door, sealed(door, item(door, 2, "n-1", **both), key_id))
    (line,) = (await hand_in(door, text, verb="/preview")).json()
    assert (line["holder"]["name"], line["session"], line["is_known"]) == ("Bob", None, False)
    assert {each["title_en"] for each in line["choices"]} == {"Choir", "Reading"}
    assert await log() == []
    assert (await hand_in(door, text, left_out=["n-1"])).json()["code"] == "no_scans"
    (row,) = (await hand_in(door, text, sessions={"n-1": str(reading.id)})).json()["items"]
    assert (row["code"], row["session"]["id"]) == ("ok", str(reading.id))
    assert (await hand_in(door, text, verb="/preview")).json()[0]["is_known"]


async def test_what_was_scanned_after_the_desk_was_withdrawn_stays_out_until_somebody_vouches_for_it(door: Door) -> None:
    text = file(door, *evening(door, await withdrawn(door, 30)))
    await door.clock(200)
    assert [row["is_after"] for row in (await hand_in(door, text, verb="/preview")).json()] == [False, True]
    assert [row["nonce"] for row in (await hand_in(door, text)).json()["items"]] == ["n-1"]
    rows = (await hand_in(door, text, left_out=["n-1"], vouched=["n-2"])).json()["items"]
    assert [(row["nonce"], row["code"]) for row in rows] == [("n-2", "ok")]


@pytest.mark.scenario("checkin-86")
@pytest.mark.parametrize("how", ["before", "after", "plain"])
async def test_no_one_coordinator_makes_verified_hours_of_a_desk_that_was_withdrawn(door: Door, how: str) -> None:
    """The desk's seal is no secret and a card can be photographed: a file is a person's word, and what it holds is class B."""
    bob, key_id = door.people.bob, await withdrawn(door, -60 if how == "after" else 200)
    scans = [item(door, 2, "f-1", operator=str(door.people.alice.id)), item(door, 95, "f-2", direction="out")]
    text = file(door, *(scans if how == "plain" else [sealed(door, one, key_id) for one in scans]))
    await door.clock(200)
    looked = (await hand_in(door, text, verb="/preview")).json()
    assert [row["is_after"] for row in looked] == [how == "after"] * 2
    rows = (await hand_in(door, text, vouched=["f-1", "f-2"])).json()["items"]
    assert [row["code"] for row in rows] == ["ok"] * 2
    (stay,) = await stays(bob)
    assert (stay["minutes"], stay["is_by_code"]) == (93, False)
    assert await sql.value("SELECT count(*) FROM service_record") == 0
    assert {(row["forced"], row["operator_id"], *row["passed_over"]) for row in await log()} == {
        (True, door.people.erin.id, "desk_revoked")
    }


async def test_what_the_desk_had_judged_keeps_its_session_whatever_is_chosen(door: Door) -> None:
    reading = await another(door, person=door.people.bob)
    key_id = await withdrawn(door)
    one = sealed(door, item(door, 2, "n-1", session=str(door.session.id)), key_id)
    (row,) = (await hand_in(door, file(door, one), sessions={"n-1": str(reading.id)})).json()["items"]
    assert row["session"]["id"] == str(door.session.id)


@pytest.mark.scenario("checkin-86")
async def test_nobody_makes_hours_out_of_a_file(door: Door) -> None:
    """A time altered, a code moved to another scan, another desk's cell, a desk in use, somebody without the right."""
    key_id = (await pack(door))["seals"]["id"]
    came, went = evening(door, key_id)
    assert (await hand_in(door, file(door, came))).json()["code"] == "desk_in_use"
    await devices.revoke(door.desk.id, await door.clock(200))
    assert (await hand_in(door, file(door, came), by=door.people.alice)).status_code == 403
    longer = went | {"happened_at": item(door, 175, "n-2")["happened_at"]}
    moved = came | {"sealed": went["sealed"], "nonce": "n-3"}
    rows = (await hand_in(door, file(door, longer, moved))).json()["items"]
    assert [row["code"] for row in rows] == ["cannot_open"] * 2
    assert (await hand_in(door, cell(uuid4(), came))).json()["code"] == "file_of_another"
    no_names: tuple[object, ...] = ([], {}, None)
    unnamed = [cell(door.desk.id, came | {"nonce": each}) for each in no_names]
    for nothing in ("", "TBQ1.", "TBQ1.AAAA", "TBQ1." + "W1tb" * 5000, cell(door.desk.id, []), *unnamed):
        assert (await hand_in(door, nothing)).json()["code"] == "no_scans"
    assert await stays(door.people.bob) == []


async def test_the_desk_itself_stays_out_after_its_file_was_taken(door: Door) -> None:
    text = file(door, *evening(door, await withdrawn(door)))
    await hand_in(door, text)
    later = await door.client.post("/api/v1/scans/uploads", json={}, headers=door.desk.bearer)
    assert (later.status_code, later.json()["code"]) == (403, "desk_revoked")


async def test_the_page_shows_what_the_file_holds_before_anything_counts(door: Door) -> None:
    key_id = await withdrawn(door, 90)
    stranger = sealed(door, item(door, 3, "n-3", reason="unjudged", remark="Auntie <b>Wang</b>", code="no code"), key_id)
    text = file(door, *evening(door, key_id), stranger)
    headers = {"accept-language": "en", "cookie": f"timebank_member={door.people.erin.bearer['authorization'][7:]}"}
    path = f"/office/devices/{door.desk.id}"
    assert f"{path}/hand-in" in (await door.client.get(path, headers=headers)).text
    await door.clock(200)
    nothing = await door.client.post(f"{path}/hand-in", files={"file": ("x.csv", b"1,2,3")}, headers=headers)
    assert (nothing.status_code, "no scan in this file" in nothing.text) == (400, True)
    looked = await door.client.post(f"{path}/hand-in", files={"file": ("x.csv", text.encode("utf-16"))}, headers=headers)
    assert looked.status_code == 200
    for shown in ("Bob", "Auntie &lt;b&gt;Wang", "Made after the desk was withdrawn"):
        assert shown in looked.text
    assert await log() == []
    sent = {"file": text, "take-0": "1", "take-2": "1", "session-0": str(door.session.id)}
    taken = await door.client.post(f"{path}/hand-in/take", data=sent, headers=headers)
    assert taken.status_code == 200, taken.text
    assert "2 scans taken over." in taken.text
    (stay,) = await stays(door.people.bob)
    assert stay["minutes"] == 93
