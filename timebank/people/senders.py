"""How one-time codes reach phones: to the log in a demo, to a gateway of one's own by webhook."""

from __future__ import annotations

from typing import Protocol

import httpx
import msgspec
import structlog

from timebank.settings import Settings

log = structlog.get_logger("senders")

PATIENCE = httpx.Timeout(5.0, connect=2.0)
"""Seconds; a gateway that is slower counts as failed and the member asks again."""


class NotSent(Exception):
    """The gateway did not take the message."""


class Message(msgspec.Struct, frozen=True):
    """One text message. Gateways that want a template take `code` and `language`, the others `text`."""

    phone: str
    code: str
    language: str
    text: str


class Sender(Protocol):
    """Sends one message. Raises NotSent. Slow: called after the answer, never inside a transaction."""

    async def send(self, message: Message) -> None: ...


class ConsoleSender:
    """For a demo: the message stands in the log."""

    async def send(self, message: Message) -> None:
        log.info("text message", phone=message.phone, text=message.text)


class WebhookSender:
    """POSTs the message as JSON to an address that hands it to a real gateway; any answer of 200 to 299 means taken."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def send(self, message: Message) -> None:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                answer = await client.post(
                    self.url, content=msgspec.json.encode(message), headers={"content-type": "application/json"}
                )
        except httpx.HTTPError as error:
            raise NotSent(repr(error)) from error
        if not answer.is_success:
            raise NotSent(f"the gateway answered {answer.status_code}")


def sender(settings: Settings) -> Sender:
    return WebhookSender(settings.sender_url) if settings.sender == "webhook" else ConsoleSender()


async def send_quietly(settings: Settings, message: Message) -> None:
    """Sends, and logs a failure: the page was answered already, the same for numbers that nobody has."""
    try:
        await sender(settings).send(message)
    except NotSent as error:
        log.error("a one-time code was not sent", cause=str(error))
