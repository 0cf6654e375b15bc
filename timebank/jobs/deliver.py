"""Messages that are due go out, in words of the reader's language; the network is never inside a transaction."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Literal

import structlog

import timebank.web.letters  # noqa: F401  fills the table of words
from timebank import settings
from timebank.actions.activities.remind import keep_true
from timebank.jobs import items
from timebank.outbox import deliveries
from timebank.outbox.deliveries import Claimed
from timebank.people import senders
from timebank.people.senders import Message, Sender, Unreachable
from timebank.settings import Settings
from timebank.web import post

AT_ONCE = 200
"""Messages a round."""
ROUND_SECONDS = 20.0
"""A round ends before the first message it claimed may be claimed by somebody else."""
UNREACHABLE_IN_A_ROW = 3
"""So many, and the round ends: the others keep their attempts for when the gateway is back."""

log = structlog.get_logger()

WITHDRAWN = "reminders of what was moved or called off"
"""What this job does beside sending, as its failure is listed; it must not keep the messages of others."""

Outcome = Literal["sent", "kept", "withdrawn", "failed", "unreachable"]


async def run(now: datetime, chosen: Settings | None = None) -> int:
    """One round: what is due, each message in statements of its own; how many were sent or kept.

    An error is noted on its message and stops nobody else. Settings come from the environment unless given.
    """
    await items.each("deliver messages", [WITHDRAWN], lambda _: keep_true(), now)
    await deliveries.put_away(now)
    done, unreachable, started = 0, 0, time.monotonic()
    for _ in range(AT_ONCE):
        if unreachable >= UNREACHABLE_IN_A_ROW or time.monotonic() - started > ROUND_SECONDS:
            break
        message = await deliveries.claim(now)
        if message is None:
            break
        chosen = chosen or settings.read()
        outcome = await _deliver(message, senders.sender(chosen), chosen.base_url, now)
        done += outcome in ("sent", "kept")
        unreachable = unreachable + 1 if outcome == "unreachable" else 0
    return done


async def _deliver(message: Claimed, sender: Sender, base_url: str, now: datetime) -> Outcome:
    state: Literal["sent", "kept", "withdrawn"] = "sent" if message.is_sent else "kept"
    if not message.wants_it:
        state = "withdrawn"
    try:
        if state == "sent":
            await sender.send(in_words(message, base_url))
    except Exception as error:
        log.warning("message not sent", message=str(message.id), kind=message.kind, error=f"{type(error).__name__}: {error}")
        await deliveries.fail(message, error)
        return "unreachable" if isinstance(error, Unreachable) else "failed"
    await deliveries.end(message, state, now)
    return state


def in_words(message: Claimed, base_url: str) -> Message:
    """The text message. Raises KeyError for a kind that no room has written, or a fact that is missing."""
    letter = post.read(message.kind, message.facts, message.language, message.clock_hours)
    link = base_url + message.path if message.path else ""
    return Message(
        id=str(message.id),
        kind=message.kind,
        phone=message.phone or "",
        language=message.language,
        title=letter.title,
        text="\n".join(part for part in (letter.title, letter.text, link) if part),
        link=link,
    )
