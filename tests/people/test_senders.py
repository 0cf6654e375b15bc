"""How messages reach a gateway, and that nobody learns from the time of an answer who has a number."""

from __future__ import annotations

import asyncio

import httpx
import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from tests.given import People
from tests.people.gateways import gateway
from timebank.people import senders
from timebank.people.senders import ConsoleSender, Message, NotSent, Unreachable, WebhookSender
from timebank.settings import Settings

NOTE = Message(
    id="m1", kind="choir.moved", phone="19900000002", language="en", text="Moved.", title="Choir", link="https://x/s/1"
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "PAUSE", (0, 1))


async def test_a_gateway_gets_everything_over_one_connection() -> None:
    async with gateway() as at:
        for _ in range(3):
            await WebhookSender(at.url).send(NOTE)
        await senders.close()
    assert at.connections == 1
    assert at.bodies[0] == msgspec.to_builtins(NOTE)
    assert at.keys == ["m1"] * 3, "a message sent again has the same key, so that the gateway can drop the twin"


async def test_a_gateway_that_refuses_and_one_that_is_away_are_told_apart() -> None:
    async with gateway(500) as at:
        with pytest.raises(NotSent, match="answered 500") as refused:
            await WebhookSender(at.url).send(NOTE)
        await senders.close()
    assert not isinstance(refused.value, Unreachable)
    with pytest.raises(Unreachable):
        await WebhookSender(at.url).send(NOTE)
    await senders.close()


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/sign-in/codes"])
async def test_no_answer_waits_for_the_gateway_and_no_connection_is_held(
    tx: None, client: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The whole exchange of a known number ends while the gateway still thinks, as that of an unknown one does."""
    taken, released = asyncio.Event(), asyncio.Event()

    async def slow(self: ConsoleSender, message: Message) -> None:
        taken.set()
        await released.wait()

    monkeypatch.setattr(ConsoleSender, "send", slow)
    async with asyncio.timeout(5):
        for phone in (people.bob.phone, "13900000000"):
            asked = {"json": {"phone": phone}} if path.startswith("/api") else {"data": {"phone": phone}}
            assert (await client.post(path, **asked)).status_code in (202, 303)  # type: ignore[arg-type]
        await taken.wait()
        released.set()
        await senders.all_sent()


async def test_both_kinds_of_number_take_the_same_course(usual: Settings) -> None:
    for message in (NOTE, None):
        senders.hand_over(usual, message)
    assert len(senders._in_hand) == 2
    await senders.all_sent()


async def test_a_code_that_is_not_sent_is_logged_and_too_many_are_not_kept(
    usual: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = msgspec.structs.replace(usual, sender="webhook", sender_url="http://127.0.0.1:1/")
    monkeypatch.setattr(senders, "MOST_WAITING", 1)
    # A logger of now: one that was used before keeps the settings of then.
    monkeypatch.setattr(senders, "log", structlog.get_logger("senders"))
    with capture_logs() as logs:
        senders.hand_over(at, NOTE)
        senders.hand_over(at, NOTE)
        await senders.close()
    assert [entry["event"] for entry in logs] == ["a one-time code was not sent"] * 2
