"""Codes are held to their vectors; so is whoever else builds a desk (docs/vectors/README.md)."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from schedules import codes, decision
from schedules.codes import Card, Code, Phone, Typed
from schedules.decision import Asked, Place, decide
from tests.door.doors import Door
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


@pytest.mark.scenario("checkin-3", "checkin-4", "checkin-67")
async def test_no_code_of_the_vectors_troubles_the_door(door: Door) -> None:
    """None of them is anybody's here: a 404, or 400 where the text is nothing or no text at all. Never a 500."""
    for vector in WRITTEN["codes"]:
        body = {"activities": [str(door.session.activity_id)], "code": vector["raw"]}
        answer = await door.client.post(
            "/api/v1/scans", content=json.dumps(body), headers=door.desk.bearer | {"content-type": "application/json"}
        )
        is_text = vector["raw"] and not any("\ud800" <= one <= "\udfff" for one in vector["raw"])
        assert answer.status_code == (404 if is_text else 400), (vector["name"], answer.text)
        assert not is_text or answer.json()["code"] in ("unknown_pass", "foreign_pass", "bad_signature"), vector["name"]
