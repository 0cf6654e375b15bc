"""Requests that no desk of ours sends: each is refused in plain words or judged, none of them is an error of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.door.doors import Door, log, stays
from tests.door.test_code_vectors import send

HUGE = 10**400
NASTY: list[dict[str, Any]] = [
    {"nonce": "\0"},
    {"nonce": "\ud800"},
    {"nonce": "n" * 201},
    {"nonce": 7},
    {"happened_at": "0001-01-01T00:00:00Z"},
    {"happened_at": "0001-01-01T00:00:00+23:59"},
    {"happened_at": "9999-12-31T23:59:59.999999Z"},
    {"happened_at": "9999-12-31T23:59:59-23:59"},
    {"happened_at": "2026-11-26T01:00:00"},
    {"happened_at": "yesterday"},
    {"happened_at": HUGE},
    {"activities": []},
    {"activities": ["00000000-0000-0000-0000-000000000000"] * 51},
    {"activities": ["choir"]},
    {"activities": None},
    {"session": "choir"},
    {"session": "00000000-0000-0000-0000-000000000000"},
    {"direction": "up"},
    {"direction": ["in"]},
    {"answers": {"\0": "\0"}},
    {"answers": {"q": HUGE}},
    {"answers": {"q": -HUGE}},
    {"answers": {"q": ["a"]}},
    {"answers": {"q": {"a": 1}}},
    {"answers": {str(number): "x" * 100 for number in range(1000)}},
    {"answers": []},
    {"override": {"reason": "\0"}},
    {"override": {"reason": " \n"}},
    {"override": {"reason": "r" * 501}},
    {"override": {"reason": "because", "who": "me"}},
    {"override": "because"},
    {"questions_supported": "no"},
    {"code": None},
    {"code": 7},
    {"code": ["a"]},
    {"code": "c" * 8001},
    {"code": {"raw": "a"}},
    {"unheard_of": 1},
]

NASTY_ITEMS: list[dict[str, Any]] = [
    {"skew_ms": HUGE},
    {"skew_ms": 0.5},
    {"reason": "\0"},
    {"reason": "none"},
    {"undoes": "\0"},
    {"override_reason": "\0"},
    {"nonce": ""},
]


def named(changes: dict[str, Any]) -> str:
    return json.dumps(changes)[:50]


async def test_no_request_at_the_desk_is_an_error_of_the_server(door: Door) -> None:
    usual = {"activities": [str(door.session.activity_id)], "code": door.bobs.text, "direction": "in"}
    for changes in NASTY:
        answer = await send(door, "/api/v1/scans", door.desk.bearer, **usual | changes)
        assert answer.status_code < 500, (named(changes), answer.text)
        assert answer.json()["code"], named(changes)
    assert len(await stays(door.people.bob)) <= 1


async def test_no_request_at_self_check_in_is_an_error_of_the_server(door: Door) -> None:
    usual = {"code": door.venue(door.start), "direction": "in"}
    for changes in NASTY:
        answer = await send(door, "/api/v1/check-ins", door.people.bob.bearer, **usual | changes)
        assert answer.status_code < 500, (named(changes), answer.text)


@pytest.mark.scenario("checkin-82")
async def test_no_item_of_an_upload_is_an_error_of_the_server(door: Door) -> None:
    """Nor does it stop another item; but half a surrogate pair makes the whole unreadable (the desk sends none)."""
    usual = {"activities": [str(door.session.activity_id)], "code": door.bobs.text, "direction": "in", "reason": "ok"}
    whole = usual | {"skew_ms": 0, "happened_at": door.start.isoformat()}
    for number, changes in enumerate([*NASTY, *NASTY_ITEMS]):
        items = [whole | {"nonce": f"n-{number}"} | changes, 7, None, [], "x", whole | {"nonce": f"good-{number}"}]
        answer = await send(door, "/api/v1/scans/uploads", door.desk.bearer, sent_at=door.start.isoformat(), items=items)
        assert answer.status_code == (400 if "ud800" in named(changes) else 200), (named(changes), answer.text)
        if answer.status_code == 200:
            rows = answer.json()["items"]
            assert len(rows) == len(items)
            assert all(row["status"] < 500 for row in rows), (named(changes), rows)
            assert rows[-1]["code"] != "malformed", named(changes)
    assert len([stay for stay in await stays(door.people.bob) if stay["state"] == "counts"]) == 1
    assert all("\0" not in row["raw_code"] for row in await log())
