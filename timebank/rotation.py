"""`timebank keys`: the keys that sign passes, for whoever runs the server; the office has the same."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from schedules.errors import Refusal
from timebank import database
from timebank.errors import CannotRun
from timebank.people import keys, pass_keys
from timebank.settings import Settings
from timebank.web import answers  # noqa: F401  fills the table of refusals
from timebank.web.refusals import sentence, told


class NotRotated(CannotRun):
    """Nothing was changed."""


def main(settings: Settings, verb: str, key_id: str, cards: int, phones: int) -> int:
    """Lists the keys, or does one step of a rotation and lists them. Raises NotRotated."""
    keys.use(settings.secret)
    if verb in ("remove", "reissue") and not key_id:
        raise NotRotated(f"Which key? Say it: timebank keys {verb} KEY. `timebank keys` lists them.")
    asyncio.run(_run(verb, key_id, cards, phones, datetime.now(UTC)))
    return 0


async def _run(verb: str, key_id: str, cards: int, phones: int, now: datetime) -> None:
    await database.start_pool(2)
    try:
        await DEEDS[verb](key_id, cards, phones, now)
        sys.stdout.write(await listed(now))
    except Refusal as refusal:
        row = told(refusal)
        words = " ".join(sentence(text, refusal, "en") for text in (row.title, row.next_step))
        raise NotRotated(f"Nothing was changed. {words}") from refusal
    finally:
        await database.close_pool()


async def _look(key_id: str, cards: int, phones: int, now: datetime) -> None:
    """Nothing but the list."""


async def _add(key_id: str, cards: int, phones: int, now: datetime) -> None:
    async with database.transaction():
        await pass_keys.add(None, now)


async def _remove(key_id: str, cards: int, phones: int, now: datetime) -> None:
    async with database.transaction():
        await pass_keys.remove(key_id, cards, phones, None, now)


async def _reissue(key_id: str, cards: int, phones: int, now: datetime) -> None:
    """In transactions of 2,000 cards, until none is left."""
    left = 1
    while left:
        async with database.transaction():
            reissued = await pass_keys.reissue(key_id, None, now)
        left = reissued.left if reissued.done else 0


DEEDS: dict[str, Callable[[str, int, int, datetime], Awaitable[None]]] = {
    "list": _look,
    "add": _add,
    "remove": _remove,
    "reissue": _reissue,
}


async def listed(now: datetime) -> str:
    """One line a key, the newest first."""
    async with database.transaction():
        found = await pass_keys.lines(now)
    lines = [
        f"{line.id}  {_state(line):<20}  {line.cards:>7} cards  {line.phones:>7} phones  added {line.added_at:%Y-%m-%d}"
        for line in found
    ]
    return "\n".join(lines or ["No pass was made yet; the first one brings its key."]) + "\n"


def _state(line: pass_keys.KeyLine) -> str:
    if line.removed_at:
        return "removed"
    return "signs new passes" if line.signs else "older, still good"
