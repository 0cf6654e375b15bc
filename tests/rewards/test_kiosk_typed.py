"""What is typed at a kiosk and is no card: told as such, and out of the way of the card that comes next."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
import pytest_asyncio

from tests.given import People
from tests.rewards import shop as shops
from timebank.people import passes


@pytest_asyncio.fixture(loop_scope="session")
async def screen(client: httpx.AsyncClient, tx: None, people: People, now: datetime) -> AsyncIterator[httpx.AsyncClient]:
    (await shops.opened(people, now)).k1.pair(client)
    client.headers.update({"accept": "text/html", "accept-language": "en"})
    yield client


def in_field(page: str) -> str:
    """What stands in the field already: a scanner adds its own behind or before it."""
    found = re.search(r'<input class="wedge"[^>]*?value="([^"]*)"', page)
    return found[1] if found else ""


async def test_the_card_after_a_mistyped_code_finds_the_field_empty(
    screen: httpx.AsyncClient, people: People, now: datetime
) -> None:
    card = await passes.issue(people.bob.id, now)
    wrong = card.typed_shown[:-1] + ("2" if card.typed_shown[-1] != "2" else "3")
    refused = await screen.post("/kiosk/card", data={"code": wrong})
    assert refused.status_code == 404
    assert in_field(refused.text) == ""
    assert f"You typed: <strong>{wrong}</strong>" in refused.text
    scanned = await screen.post("/kiosk/card", data={"code": in_field(refused.text) + card.typed_shown})
    assert "This card has no PIN yet." in scanned.text


@pytest.mark.parametrize(
    "typed, says",
    [
        ("M53F", ("A code has eight characters, you typed 4.", "Type all eight")),
        ("M53F-ECP33", ("A code has eight characters, you typed 9.", "Type all eight")),
        ("M53F-ECP4", ("There is no card with this code.", "character by character")),
        ("12345678", ("There is no card with this code.", "character by character")),
        ("https://example.org/a", ("This card could not be read.", "Hold it flat and still")),
    ],
)
async def test_who_has_typed_is_told_what_is_wrong_with_that(
    screen: httpx.AsyncClient, typed: str, says: tuple[str, str]
) -> None:
    answer = await screen.post("/kiosk/card", data={"code": typed})
    assert answer.status_code == 404
    for part in says:
        assert part in answer.text
