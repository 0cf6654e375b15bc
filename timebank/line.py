"""Who comes together is served together: work that arrives while other work is under way is done in one go, by whoever leads.

Nobody waits for company: who comes to an empty line goes at once, with those who are coming at that moment. That is as long as
the turns of the event loop bring somebody, and a few empty ones: what a socket has brought takes two to get here. One costs
nearly as much as many, so a further group sets out beside others as soon as as many wait as are under way. The leader is one
of the callers, in its own task and context; there is no background task that could die or outlive a transaction (P5).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from schedules.sql import Busy

T = TypeVar("T")
R = TypeVar("R")
Turn = asyncio.Future[R | None]
"""Of one who waits: the answer, or None for "lead the next ones"."""
EMPTY_TURNS = 3
"""Of the event loop, in which nobody has come: then nobody is coming. A turn with nothing to do takes microseconds."""


class Line(Generic[T, R]):
    """`work` takes up to `most` and answers each, in order, with a result or an exception; `leaders` are at it at a time."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], most: int, leaders: int) -> None:
        self.work, self.most, self.leaders = work, most, leaders
        self.waiting: deque[tuple[T, Turn[R]]] = deque()
        self.leading = self.under_way = 0

    async def through(self, one: T) -> R:
        """The result for `one`, when its work is done. Raises its exception, and Busy where its leader was cancelled."""
        turn: Turn[R] = asyncio.get_running_loop().create_future()
        self.waiting.append((one, turn))
        if self.leading:
            self._invite()
        else:
            await self._go_first(turn)
        while (answer := await self._turn_of(turn)) is None:
            turn = asyncio.get_running_loop().create_future()
            self.waiting.appendleft((one, turn))
            await self._lead()
        return answer

    async def _go_first(self, turn: Turn[R]) -> None:
        self.leading = 1
        try:
            await self._while_others_come()
        except asyncio.CancelledError:
            turn.cancel()  # nobody waits for it any more: the lead is not to be handed to it
            self._hand_on()
            raise
        await self._lead()

    async def _while_others_come(self) -> None:
        empty = 0
        while empty < EMPTY_TURNS and len(self.waiting) < self.most:
            met = len(self.waiting)
            await asyncio.sleep(0)
            empty = 0 if len(self.waiting) > met else empty + 1

    def _invite(self) -> None:
        """One of those who wait leads beside the others, where the line is long enough for that."""
        if 0 < self.under_way <= len(self.waiting) and self.leading < self.leaders:
            self.leading += 1
            self._hand_on()

    async def _turn_of(self, turn: Turn[R]) -> R | None:
        try:
            return await turn
        except asyncio.CancelledError:
            # The lead was handed to somebody who is leaving: it goes on to the next, or the line would stand still.
            if turn.done() and not turn.cancelled() and turn.exception() is None and turn.result() is None:
                self._hand_on()
            raise

    async def _lead(self) -> None:
        """Does the work of those in front, oneself among them, and hands the lead on."""
        group = [self.waiting.popleft() for _ in range(min(self.most, len(self.waiting)))]
        self.under_way += len(group)
        self._invite()
        try:
            answers = await self.work([one for one, _ in group])
            for (_, turn), answer in zip(group, answers, strict=True):
                _settle(turn, answer)
        finally:
            self.under_way -= len(group)
            for _, turn in group:
                _settle(turn, Busy())
            self._hand_on()

    def _hand_on(self) -> None:
        while self.waiting:
            _, turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.leading -= 1


def _settle(turn: Turn[R], answer: R | Exception) -> None:
    if turn.done():
        return
    if isinstance(answer, Exception):
        turn.set_exception(answer)
        turn.exception()  # seen, also where nobody waits for it any more
    else:
        turn.set_result(answer)
