"""Codes are held to their vectors; so is whoever else builds a desk (docs/vectors/README.md)."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from schedules import codes, decision
from schedules.codes import Card, Code, Phone, Typed
from schedules.decision import Asked, Place, decide
from tests.door.doors import Door, stays
from timebank.actions.door import unknown_codes
from timebank.people import signatures

FILE = Path(__file__).parents[2] / "docs" / "vectors" / "codes.json"
# Not msgspec: it refuses half a surrogate pair, which a vector may hold.
WRITTEN = json.loads(FILE.read_text("ascii"))
SERVER = WRITTEN["server"]
PUBLIC_KEYS = {key["id"]: base64.b64decode(key["public_key"]) for key in WRITTEN["keys"]}


def vectors() -> list[Any]:
    """Each vector as a test of its own, marked with the scenarios that it names."""
    return [
        pytest.param(
            vector, id=vector["name"], marks=[pytest.mark.scenario(*vector["scenarios"])] if "scenarios" in vector else []
        )
        for vector in WRITTEN["codes"]
    ]


def written(code: Code | None) -> dict[str, Any] | None:
    """A code as the vectors write it: ids as UUIDs, bytes in base64, what was signed as text."""
    if code is None:
        return None
    kind = {"kind": type(code).__name__.lower()}
    return kind | {field: shown(field, value) for field, value in msgspec.structs.asdict(code).items()}


def shown(field: str, value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("ascii") if field in ("signed", "proven") else base64.b64encode(value).decode()
    return str(value) if isinstance(value, UUID) else value


@pytest.mark.parametrize("vector", vectors())
def test_a_code_is_read_and_verified_as_written(vector: dict[str, Any]) -> None:
    code, now = codes.read(vector["raw"]), datetime.fromisoformat(vector["now"])
    assert written(code) == vector["read"]
    assert codes.read(codes.normal(vector["raw"])) == code
    if isinstance(code, Typed):
        return
    facts = decision.Code(is_ours=False)
    if isinstance(code, Card | Phone):
        facts = signatures.judged(code, SERVER, PUBLIC_KEYS.get(code.key_id), now)
    assert facts == msgspec.convert(vector["facts"], decision.Code)
    place = Place(session="choir", opens_at=now, starts_at=now, closes_at=now)
    assert decide(Asked(now=now, code=facts, places=(place,))).reason == vector["reason"]


def test_the_vectors_hold_what_somebody_would_try() -> None:
    kinds = {(vector["read"] or {}).get("kind") for vector in WRITTEN["codes"]}
    assert kinds == {None, "card", "phone", "typed", "venue"}
    assert {vector.get("reason") for vector in WRITTEN["codes"]} >= {"ok", "foreign_pass", "bad_signature", "stale_code"}
    assert max(len(vector["raw"]) for vector in WRITTEN["codes"]) == codes.LONGEST


def is_text(raw: str) -> bool:
    """Something to read, and no half of a surrogate pair."""
    return bool(raw) and not any("\ud800" <= one <= "\udfff" for one in raw)


async def send(door: Door, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    """Plain ASCII on the wire, whatever the text."""
    return await door.client.post(path, content=json.dumps(body), headers=headers | {"content-type": "application/json"})


@pytest.mark.scenario("checkin-3", "checkin-4", "checkin-67")
async def test_no_code_of_the_vectors_troubles_the_door(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is anybody's here: a 404, or 400 where the text is nothing or no text at all. Never a 500.

    Defect guarded: a bulk path with rules of its own. An upload gives every text the code that a scan gives it.
    """
    monkeypatch.setattr(unknown_codes, "MOST", 1000)
    named: dict[str, Any] = {"activities": [str(door.session.activity_id)]}
    codes_of = {}
    for number, vector in enumerate(WRITTEN["codes"]):
        raw = vector["raw"]
        answer = await send(door, "/api/v1/scans", door.desk.bearer, code=raw, **named)
        assert answer.status_code == (404 if is_text(raw) else 400), (vector["name"], answer.text)
        if is_text(raw):
            codes_of[str(number)] = answer.json()["code"]
    assert set(codes_of.values()) == {"unknown_pass", "foreign_pass"}, "the keys are not this server's"
    usual = named | {"direction": "in", "happened_at": door.start.isoformat(), "skew_ms": 0, "reason": "ok"}
    items = [usual | {"nonce": nonce, "code": WRITTEN["codes"][int(nonce)]["raw"]} for nonce in codes_of]
    upload = await send(door, "/api/v1/scans/uploads", door.desk.bearer, sent_at=door.start.isoformat(), items=items)
    assert upload.status_code == 200, upload.text
    assert {row["nonce"]: row["code"] for row in upload.json()["items"]} == codes_of


@pytest.mark.scenario("checkin-4", "checkin-75")
async def test_no_code_of_the_vectors_troubles_self_check_in(door: Door) -> None:
    """429 where typed codes are tried one after the other: they can be guessed."""
    for vector in WRITTEN["codes"]:
        answer = await send(door, "/api/v1/check-ins", door.people.bob.bearer, code=vector["raw"])
        assert answer.status_code in ((404, 429) if is_text(vector["raw"]) else (400,)), (vector["name"], answer.text)
    assert await stays(door.people.bob) == []
