"""Desks and kiosks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests import given
from tests.given import People
from timebank.actions.community.devices import (
    NewDevice,
    make_pairing_code,
    pair_device,
    register_device,
    rename_device,
    revoke_device,
)
from timebank.people import audit, callers, devices
from timebank.people.callers import NOBODY, NotAllowed
from timebank.people.devices import DeviceRevoked, PlaceNeeded, WrongPairingCode
from timebank.people.limits import TooManyTries
from timebank.web.access import DEVICE_COOKIE


async def place(people: People, at: UUID | None = None) -> UUID:
    made = uuid4()
    await sql.rows("INSERT INTO place (id, community_id, name) VALUES ($1, $2, '党群服务中心')", made, at or people.community)
    return made


async def desk(people: People, now: datetime) -> UUID:
    return await register_device(people.erin.caller, NewDevice("desk", "东门", people.community), now)


async def test_a_code_pairs_one_screen_once(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    code = (await make_pairing_code(people.erin.caller, made, now)).code
    paired = await pair_device(code, "10.0.0.1", now)
    caller = await callers.identify(None, paired.token, now)
    assert (caller.device_id, caller.device_kind, caller.device_name, caller.device_community_id) == (
        made,
        "desk",
        "东门",
        people.community,
    )
    assert paired.token.startswith("d")
    with pytest.raises(WrongPairingCode):
        await pair_device(code, "10.0.0.1", now)


async def test_a_code_dies_after_a_quarter_of_an_hour_or_when_another_is_made(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    first = await make_pairing_code(people.erin.caller, made, now)
    second = await make_pairing_code(people.erin.caller, made, now)
    with pytest.raises(WrongPairingCode):
        await pair_device(first.code, "10.0.0.1", now)
    with pytest.raises(WrongPairingCode):
        await pair_device(second.code, "10.0.0.1", now + timedelta(minutes=15))
    assert len(second.code) == 8


async def test_a_revoked_device_is_nobody_at_once_and_for_good(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    paired = await pair_device((await make_pairing_code(people.erin.caller, made, now)).code, "10.0.0.1", now)
    waiting = await make_pairing_code(people.erin.caller, made, now)
    await revoke_device(people.erin.caller, made, now)
    assert await callers.identify(None, paired.token, now) == NOBODY
    with pytest.raises(WrongPairingCode):
        await pair_device(waiting.code, "10.0.0.1", now)
    with pytest.raises(DeviceRevoked):
        await make_pairing_code(people.erin.caller, made, now)
    await revoke_device(people.erin.caller, made, now)


async def test_a_device_is_called_by_its_name_in_the_readers_language(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    """In the office and on its own screen; where there is one name it stands in both languages."""
    made = await desk(people, now)
    paired = await pair_device((await make_pairing_code(people.erin.caller, made, now)).code, "10.0.0.1", now)
    people.erin.sign_in(client)
    assert "东门" in (await client.get(f"/office/devices/{made}", headers={"accept-language": "en"})).text
    nameless = await client.post(f"/office/devices/{made}/name", data={"name": " ", "name_en": "East gate"})
    assert (nameless.status_code, "East gate" in nameless.text) == (400, True), "what was typed stays"
    renamed = await client.post(f"/office/devices/{made}/name", data={"name": "东大门", "name_en": "East gate"})
    assert renamed.headers["location"] == f"/office/devices/{made}"
    client.cookies.clear()
    client.cookies.set(DEVICE_COOKIE, paired.token)
    for language, name in (("en", "East gate"), ("zh", "东大门")):
        assert f"<h1>{name}</h1>" in (await client.get("/desk", headers={"accept-language": language})).text


async def test_a_program_renames_what_is_in_its_reach(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    made = await desk(people, now)
    names = {"name": "西门", "name_en": "West gate"}
    for person, status in ((people.erin, 204), (people.alice, 403)):
        answer = await client.put(f"/api/v1/devices/{made}/name", json=names, headers=person.bearer)
        assert answer.status_code == status, person.name
    later = datetime.now(UTC) + timedelta(days=1)
    assert (await devices.called_then([(made, later)])) == {(made, later): devices.Called("西门", "West gate")}
    assert {entry.did for entry in await audit.about(f"device:{made}")} == {"device.registered", "device.renamed"}
    for wrong in (
        {"name": ""},
        {"name": "\u200b"},
        {"name": "ok\nline"},
        {"name": "\ufffe"},
        {"name": "门", "name_en": "\u202egnp"},
    ):
        bad = await client.put(f"/api/v1/devices/{made}/name", json=wrong, headers=people.erin.bearer)
        assert (bad.status_code, bad.json()["code"]) == (400, "device_name_needed"), wrong


async def test_pairing_anew_takes_the_device_from_the_old_screen(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    old = await pair_device((await make_pairing_code(people.erin.caller, made, now)).code, "10.0.0.1", now)
    new = await pair_device((await make_pairing_code(people.erin.caller, made, now)).code, "10.0.0.1", now)
    assert await callers.identify(None, old.token, now) == NOBODY
    assert (await callers.identify(None, new.token, now)).device_id == made


async def test_a_kiosk_stands_at_a_place_of_its_community_and_a_desk_at_none(tx: None, people: People, now: datetime) -> None:
    here = await place(people)
    made = await register_device(people.erin.caller, NewDevice("kiosk", "大厅", people.community, here), now)
    assert (await devices.one(made)).place == "党群服务中心"
    for wrong in (NewDevice("kiosk", "大厅", people.community), NewDevice("desk", "大厅", people.community, here)):
        with pytest.raises(PlaceNeeded):
            await register_device(people.erin.caller, wrong, now)
    with pytest.raises(NotFound):
        await register_device(
            people.erin.caller, NewDevice("kiosk", "大厅", people.community, await place(people, people.elsewhere)), now
        )


async def test_devices_belong_to_coordinators_of_their_node(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    frank = await given.member("Frank", "19900000006", people.elsewhere, now, "coordinator", people.elsewhere)
    for deed in (
        register_device(frank.caller, NewDevice("desk", "东门", people.community), now),
        make_pairing_code(frank.caller, made, now),
        revoke_device(frank.caller, made, now),
        register_device(people.alice.caller, NewDevice("desk", "东门", people.community), now),
    ):
        with pytest.raises(NotAllowed):
            await deed


async def test_guessing_pairing_codes_is_limited(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    code = (await make_pairing_code(people.erin.caller, made, now)).code
    for _ in range(devices.TRIES_OF_ADDRESS):
        with pytest.raises(WrongPairingCode):
            await pair_device("not it", "10.0.0.1", now)
    with pytest.raises(TooManyTries):
        await pair_device(code, "10.0.0.1", now)
    await pair_device(code, "10.0.0.2", now)


async def test_one_stranger_and_many_right_codes_stop_nobody_from_pairing(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    for stranger in range(101 // devices.TRIES_OF_ADDRESS + 1):
        for _ in range(devices.TRIES_OF_ADDRESS):
            with pytest.raises(WrongPairingCode):
                await pair_device("not it", f"10.0.1.{stranger}", now)
    for _ in range(devices.TRIES_OF_ADDRESS + 1):
        await pair_device((await make_pairing_code(people.erin.caller, made, now)).code, "10.0.0.2", now)
    counted = await sql.value("SELECT sum(count) FROM rate_count WHERE bucket = 'pair:all'")
    assert counted == (101 // devices.TRIES_OF_ADDRESS + 1) * devices.TRIES_OF_ADDRESS, "only wrong guesses count"


async def test_a_device_s_story_stands_in_the_audit(tx: None, people: People, now: datetime) -> None:
    made = await desk(people, now)
    await pair_device((await make_pairing_code(people.erin.caller, made, now)).code, "10.0.0.1", now)
    await revoke_device(people.erin.caller, made, now)
    told = [(entry.did, entry.actor_name) for entry in await audit.about(f"device:{made}")]
    assert told == [
        ("device.revoked", "Erin"),
        ("device.paired", "东门"),
        ("device.code_made", "Erin"),
        ("device.registered", "Erin"),
    ]


async def test_over_the_api(tx: None, client: httpx.AsyncClient, people: People) -> None:
    wanted = {"kind": "desk", "name": "东门", "community_id": str(people.community)}
    headers = people.erin.bearer | {"idempotency-key": "register-0001"}
    made = await client.post("/api/v1/devices", json=wanted, headers=headers)
    again = await client.post("/api/v1/devices", json=wanted, headers=headers)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    device_id = made.json()["id"]
    code = (await client.post(f"/api/v1/devices/{device_id}/pairing-code", headers=people.erin.bearer)).json()["code"]
    paired = await client.post("/api/v1/pair", json={"code": code})
    assert paired.status_code == 201
    assert (await client.get("/api/v1/devices", headers=people.erin.bearer)).json()[0]["paired_at"]
    assert (await client.post(f"/api/v1/devices/{device_id}/revoke", headers=people.erin.bearer)).status_code == 204
    assert (await client.post("/api/v1/pair", json={"code": code})).json()["code"] == "wrong_pairing_code"


async def test_the_past_keeps_the_name_of_that_time(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    made = await desk(people, now)
    for minutes, name in ((10, "西门"), (10, "西门"), (20, "南门")):
        await rename_device(people.erin.caller, made, name, "", now + timedelta(minutes=minutes))
    told = "SELECT name FROM device_called($1, $2)"
    assert [await sql.value(told, made, now + timedelta(minutes=at)) for at in (5, 10, 15, 25)] == [
        "东门",
        "西门",
        "西门",
        "南门",
    ]
    assert await sql.rows(told, people.erin.id, now) == []
    renamed = [entry.detail for entry in await audit.about(f"device:{made}") if entry.did == "device.renamed"]
    assert [(each["was"], each["name"]) for each in renamed] == [("西门", "南门"), ("东门", "西门")], (
        "the same again is no deed"
    )
    people.erin.sign_in(client)
    assert "“西门” → “南门”" in (await client.get(f"/office/devices/{made}")).text
