"""How many are at the sessions of a desk, told as it changes: one look a second for the whole process, however many listen."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextvars import Context
from types import FrameType
from uuid import UUID

import msgspec
import structlog

from timebank.actions.door import desk
from timebank.actions.door.desk import Count

EVERY = 1.0
"""Seconds between two looks."""
BEAT = 10.0
"""Seconds after which a quiet line shows that it is alive, and after which the listener's rights are looked at anew."""

log = structlog.get_logger("live")


class Listener:
    """One open page. `changed`: there may be something new for it."""

    def __init__(self, session_ids: Sequence[UUID]) -> None:
        self.session_ids = tuple(dict.fromkeys(session_ids))
        self.changed = asyncio.Event()


class Watch:
    """One for each process: its listeners share what it has read."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.looks = 0
        """Statements so far, for whoever measures."""
        self._known: dict[UUID, Count] = {}
        self._poller: asyncio.Task[None] | None = None
        self._is_ending = False

    async def follow(self, session_ids: Sequence[UUID], is_welcome: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """Server-sent events: the counts at once and whenever they change; else a comment. Ends where `is_welcome` says no."""
        listener, told = Listener(session_ids), list[Count]()
        self.listeners.add(listener)
        try:
            await self._look(listener.session_ids)
            self._start()
            clock = asyncio.get_running_loop().time
            asked_at = clock()
            while not self._is_ending:
                found = [self._known[each] for each in listener.session_ids if each in self._known]
                if found != told:
                    told = found
                    yield b"event: counts\ndata: " + msgspec.json.encode(found) + b"\n\n"
                if clock() - asked_at >= BEAT:
                    asked_at = clock()
                    if not await is_welcome():
                        return
                    yield b": here\n\n"
                await _wait(listener.changed, max(0.0, asked_at + BEAT - clock()))
        finally:
            self.listeners.discard(listener)
            if not self.listeners and self._poller:
                self._poller.cancel()
                self._poller, self._known = None, {}

    def _start(self) -> None:
        """The task has a context of its own: it inherits nothing of the request that came first (P5)."""
        if self._poller is None or self._poller.done():
            self._poller = asyncio.get_running_loop().create_task(self._poll(), context=Context())

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._look({each for listener in self.listeners for each in listener.session_ids})

    async def _look(self, session_ids: Sequence[UUID] | set[UUID]) -> None:
        """A look that fails, for whatever reason, leaves what was known; the next one comes in a second."""
        self.looks += 1
        try:
            found = {each.id: each for each in await desk.count(list(session_ids))}
        except Exception as error:
            # The poller serves every open page: one that ends with an error leaves them all with old numbers.
            log.warning("counts not read", cause=repr(error))
            return
        new = {each for each, count in found.items() if self._known.get(each) != count}
        self._known |= found
        for listener in self.listeners:
            if new & set(listener.session_ids):
                listener.changed.set()

    def end(self) -> None:
        """Every line is closed: the process stops, and open answers would keep it waiting."""
        self._is_ending = True
        for listener in self.listeners:
            listener.changed.set()

    @contextlib.contextmanager
    def ending_with_the_process(self) -> Iterator[None]:
        """Hears the signal that stops the process before the server waits for its open answers."""
        self._is_ending = False
        loop = asyncio.get_running_loop()
        before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
        mine = [each for each, heard in before.items() if callable(heard) and heard is not signal.default_int_handler]

        def hear(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.end)
            heard = before[signal.Signals(number)]
            if callable(heard):
                heard(number, frame)

        is_main = threading.current_thread() is threading.main_thread()
        for each in mine if is_main else ():
            signal.signal(each, hear)
        try:
            yield
        finally:
            self.end()
            for each in mine if is_main else ():
                signal.signal(each, before[each])


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(changed.wait(), seconds)
    changed.clear()


watch = Watch()
