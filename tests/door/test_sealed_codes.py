"""checkin.md J: codes that wait on a desk are sealed to the server, and open for the scan they belong to only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from schedules import codes, sql
from tests.door.doors import Door, log, stays
from tests.door.test_prepare import pack
from tests.door.test_uploads import item, rows_of, upload
from timebank.actions.uploads import opened
from timebank.people import keys, pass_keys, sealed_codes
from timebank.people.sealed_codes import CannotOpen

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "vectors" / "sealed.json").read_text(encoding="utf-8"))


@pytest.fixture
def published() -> Iterator[None]:
    """The installation of the vectors."""
    ours = keys._secret.decode()
    keys.use(str(VECTORS["secret"]))
    yield
    keys.use(ours)


def sealed(door: Door, one: dict[str, Any], key_id: str) -> dict[str, Any]:
    """The item as a desk keeps it: its code under the server's key."""
    scanned = opened.scanned(door.desk.id, one)
    hidden = sealed_codes.seal(one["code"], key_id, scanned, *sealed_codes.fresh())
    return {name: value for name, value in one.items() if name != "code"} | {"sealed": hidden}


@pytest.mark.scenario("checkin-86")
@pytest.mark.parametrize("vector", VECTORS["sealed"], ids=lambda vector: vector["about"])
def test_codes_are_sealed_as_published(vector: dict[str, Any], published: None) -> None:
    scanned = opened.scanned(vector["desk"], vector["item"])
    assert sealed_codes.open_sealed(vector["sealed"], scanned) == vector["code"]
    for other in ({"nonce": "n-9"}, {"direction": "sideways"}, {"happened_at": "2026-11-26T00:00:00.000Z"}, {"skew_ms": 7}):
        with pytest.raises(CannotOpen):
            sealed_codes.open_sealed(vector["sealed"], opened.scanned(vector["desk"], vector["item"] | other))


@pytest.mark.parametrize("text", ["", ".", "KEYA", "KEYA.", "KEYA.!!", "KEYA.AAAA", "KEYÄ.AAAA", "K" * 99 + ".AAAA"])
def test_nothing_else_opens_and_nothing_falls_over(text: str) -> None:
    with pytest.raises(CannotOpen):
        sealed_codes.open_sealed(text, opened.scanned(uuid4(), {"nonce": "n", "happened_at": ""}))


@pytest.mark.scenario("checkin-86")
async def test_a_sealed_scan_counts_as_one_in_the_open_would(door: Door) -> None:
    key_id = (await pack(door))["seals"]["id"]
    await door.clock(180)
    one = sealed(door, item(door, 2, "n-1"), key_id)
    assert door.bobs.text not in json.dumps(one)
    (first,), (again,) = await rows_of(door, one), await rows_of(door, one)
    assert (first["status"], first["name"], again["status"]) == (201, "Bob", 201)
    assert [row["raw_code"] for row in await log()] == [codes.kept(door.bobs.text)]


@pytest.mark.scenario("checkin-86")
async def test_what_was_sealed_under_an_older_key_still_opens(door: Door) -> None:
    key_id = (await pack(door))["seals"]["id"]
    one = sealed(door, item(door, 2, "n-1"), key_id)
    assert await pass_keys.add(None, door.start + timedelta(minutes=1)) == (await pack(door))["seals"]["id"]
    await sql.rows("UPDATE pass_key SET removed_at = $2 WHERE id = $1", key_id, door.start + timedelta(hours=3))
    await door.clock(180)
    (row,) = await rows_of(door, one)
    # It opens, and is judged: the card itself is of a key that was removed.
    assert (row["code"], row["status"]) == ("unknown_pass", 404)


@pytest.mark.scenario("checkin-82")
async def test_what_cannot_be_opened_is_said_and_stays_with_the_desk_while_the_rest_goes_on(door: Door) -> None:
    key_id = (await pack(door))["seals"]["id"]
    await door.clock(180)
    moved = sealed(door, item(door, 2, "n-1"), key_id) | {"happened_at": item(door, -20, "n-1")["happened_at"]}
    both = sealed(door, item(door, 3, "n-2"), key_id) | {"code": "x"}
    rows = await rows_of(door, moved, both, sealed(door, item(door, 4, "n-3"), key_id))
    assert [(row["status"], row["code"]) for row in rows] == [(500, "cannot_open"), (400, "malformed"), (201, "ok")]
    assert [row["in_at"] for row in await stays(door.people.bob)] == [door.start + timedelta(minutes=4)]
    assert (await upload(door, moved)).json()["items"][0]["title"] == "The server cannot open this code."
