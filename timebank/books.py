"""`timebank verify` and `timebank retry`: the seals of the ledger, and promises that are stuck, for whoever runs the server."""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from schedules.errors import Malformed, Refusal
from timebank import database
from timebank.errors import CannotRun
from timebank.outbox import intents
from timebank.points import proofs, seals
from timebank.points.seals import Printed, Verdict
from timebank.settings import Settings

WHY = {
    "block_missing": "the block is missing",
    "does_not_follow": "it does not follow the block before it",
    "line_missing": "movements of it are missing",
    "movement_missing": "a movement is gone",
    "movement_altered": "a movement was altered",
    "block_altered": "the block itself was altered",
}


MOST = 1000


class NotAHead(CannotRun):
    """What was typed is no printed head."""


class NotRetried(CannotRun):
    """Nothing was tried again."""


def verify(settings: Settings, head: str) -> int:
    """Computes every block anew, keeps the verdict and prints it. Exit code 1 where a block does not hold. Raises NotAHead."""
    try:
        paper = seals.printed(head) if head else None
    except Malformed as refusal:
        raise NotAHead("Type the head as it is printed: the number of the block, then its 64 signs.") from refusal
    verdict = asyncio.run(_verify(paper))
    sys.stdout.write(told(verdict, paper))
    return 1 if verdict.wrong else 0


async def _verify(paper: Printed | None) -> Verdict:
    await database.start_pool(2)
    try:
        async with database.transaction():
            verdict = await seals.verify(paper)
        if not verdict.tail_missing or verdict.broken:
            await proofs.note(verdict)  # a mistyped head is no finding about the books
        return verdict
    finally:
        await database.close_pool()


def told(verdict: Verdict, paper: Printed | None) -> str:
    """The verdict as lines."""
    lines = [f"{verdict.blocks} blocks with {verdict.transfers} movements hold."]
    if verdict.broken:
        concerned = f" ({', '.join(verdict.broken.transfers[:20])})" if verdict.broken.transfers else ""
        lines.append(f"✗ Block {verdict.broken.seq} is the first that does not hold: {WHY[verdict.broken.why]}{concerned}.")
    if verdict.passed_over:
        lines.append(f"✗ {verdict.passed_over} movements were there when a block was made, and are in none.")
    if verdict.tail_missing and paper:
        lines.append(
            f"✗ Block {paper.seq} does not have the printed hash: mistyped, or the tail is missing, or it was made anew."
        )
    if verdict.head:
        lines.append(f"Head: {verdict.head.seq} {verdict.head.hash}")
    lines.append("The seals do not hold." if verdict.broken or verdict.passed_over else "✓ No sealed movement was touched.")
    return "\n".join(lines) + "\n"


def retry(settings: Settings, which: str) -> int:
    """Lists the dead promises, or makes one of them, or with `all` each, pending again. Raises NotRetried."""
    asyncio.run(_retry(which))
    return 0


async def _retry(which: str) -> None:
    await database.start_pool(2)
    try:
        if not which:
            dead = await intents.dead(MOST)
            sys.stdout.writelines(f"{each.id}  {each.made_at:%Y-%m-%d %H:%M}  {each.units}  {each.reason}\n" for each in dead)
            sys.stdout.write(
                f"{len(dead)} promises are dead. Try one again: timebank retry ID; or all of them: timebank retry all\n"
            )
            return
        ids = [each.id for each in await intents.dead(MOST) if each.units] if which == "all" else [_named(which)]
        for each in ids:
            async with database.transaction():
                await intents.retry(each)
        sys.stdout.write(f"{len(ids)} promises are pending again; the sweeper keeps them.\n")
    except Refusal as refusal:
        raise NotRetried("No dead promise has this number, or nothing was promised in it.") from refusal
    finally:
        await database.close_pool()


def _named(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotRetried(f"“{typed}” is no number of a promise; `timebank retry` lists them.") from error
