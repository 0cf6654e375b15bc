"""How text messages reach phones: to the log in a demo, to a gateway of one's own by webhook."""

from __future__ import annotations

import asyncio
import secrets
from typing import Protocol

import httpx
import msgspec
import structlog

from timebank.settings import Settings

log = structlog.get_logger("senders")

PATIENCE = httpx.Timeout(5.0, connect=2.0)
"""Seconds; a gateway that is slower counts as failed. A code is asked for again by the member, the rest is tried again."""
MOST_WAITING = 1000
"""Codes in hand at a time; more are not sent, which is logged, and asked for again."""
PAUSE = (100, 500)
"""Milliseconds, the least and the spread, before a code is sent: its answer is on its way by then, and nobody can tell when."""


class NotSent(Exception):
    """The gateway did not take the message."""


class Unreachable(NotSent):
    """The gateway does not answer at all: the next message would meet the same."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One text message. Gateways that want a template take `kind` with `code`, `title` and `link`; the others `text`.

    `id` is the same whenever the same message is sent again, so that a gateway can drop the twin.
    """

    id: str
    kind: str
    phone: str
    language: str
    text: str
    title: str = ""
    link: str = ""
    code: str = ""


class Sender(Protocol):
    """Sends one message. Raises NotSent. Slow: called after the answer, never inside a transaction."""

    async def send(self, message: Message) -> None: ...


class ConsoleSender:
    """For a demo: the message stands in the log."""

    async def send(self, message: Message) -> None:
        log.info("text message", phone=message.phone, kind=message.kind, text=message.text, link=message.link)


class WebhookSender:
    """POSTs the message as JSON to an address that hands it to a real gateway; any answer of 200 to 299 means taken."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def send(self, message: Message) -> None:
        headers = {"content-type": "application/json", "idempotency-key": message.id}
        try:
            answer = await client().post(self.url, content=msgspec.json.encode(message), headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(repr(error)) from error
        if not answer.is_success:
            raise NotSent(f"the gateway answered {answer.status_code}")


def sender(settings: Settings) -> Sender:
    return WebhookSender(settings.sender_url) if settings.sender == "webhook" else ConsoleSender()


_client: httpx.AsyncClient | None = None
_in_hand: set[asyncio.Task[None]] = set()


def client() -> httpx.AsyncClient:
    """The one HTTP client of this process, with its connections kept; opened by the first message."""
    global _client
    if _client is None:
        _client = httpx.AsyncClient(timeout=PATIENCE)
    return _client


async def close() -> None:
    """Waits for the codes in hand and closes the connections; safe where there are none."""
    global _client
    await all_sent()
    if _client is not None:
        gone, _client = _client, None
        await gone.aclose()


async def all_sent() -> None:
    """Returns when no code is in hand any more: seconds at most, whatever the gateway does."""
    while _in_hand:
        await asyncio.wait(_in_hand)


def hand_over(settings: Settings, message: Message | None) -> None:
    """Sends by and by, in a task that holds neither the answer nor its connection. Never raises and never waits.

    Call it for everybody, with nothing for a number that nobody has: the asker's next request must not wait for one and not
    for the other.
    """
    if len(_in_hand) >= MOST_WAITING:
        log.error("a one-time code was not sent", cause="too many wait")
        return
    task = asyncio.create_task(_carry(settings, message))
    _in_hand.add(task)
    task.add_done_callback(_in_hand.discard)


async def _carry(settings: Settings, message: Message | None) -> None:
    await asyncio.sleep((PAUSE[0] + secrets.randbelow(PAUSE[1])) / 1000)
    try:
        if message is not None:
            await sender(settings).send(message)
    except NotSent as error:
        log.error("a one-time code was not sent", cause=str(error))
    except Exception:
        log.exception("a one-time code was not sent")
