"""A body is what it says: whole numbers are whole numbers, text is text, and nonsense is told as such (guards L4)."""

from __future__ import annotations

import httpx
import pytest

from tests.given import People


@pytest.mark.parametrize("seats", ['"20"', "20.0", "2e1", "true", "20.5", "9223372036854775808", "-1", "NaN"])
async def test_only_a_whole_number_is_a_number(tx: None, client: httpx.AsyncClient, people: People, seats: str) -> None:
    body = f'{{"community_id": "{people.community}", "name": "Hall", "seats": {seats}}}'
    headers = people.erin.bearer | {"content-type": "application/json"}
    answer = await client.post("/api/v1/spaces", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("body", [b'{"phone":"\xed\xa0\x80"}', b"[" * 60_000, b'{"phone":', b"\xef\xbb\xbf{}", b"null"])
async def test_a_body_that_is_none_is_told_as_such(tx: None, client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/sign-in", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_a_wrong_value_under_the_name_of_a_dependency_is_the_readers_mistake(
    tx: None, client: httpx.AsyncClient, people: People
) -> None:
    answer = await client.patch("/api/v1/me", json={"language": "fr"}, headers=people.bob.bearer)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
