"""What is due on which day, and the living through it: day by day in stages, everything of one stage at once.

Nobody has two things on one day and no room is wanted twice, so the order within a stage changes no figure.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from timebank.demo.progress import Progress

Stage = Literal["redeem", "collect", "plan", "sign up", "withdraw", "in", "out", "book", "cancel"]
STAGES: tuple[Stage, ...] = get_args(Stage)
AT_ONCE = 6
"""Deeds under way at a time, each on a connection of its own."""

Deed = Callable[[], Awaitable[object]]


class Almanac:
    """Deeds by local day and stage. A deed may put further ones, on later days or into later stages of the same day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.deeds = 0
        self.due: dict[date, dict[Stage, list[tuple[datetime, Deed]]]] = defaultdict(lambda: defaultdict(list))

    def put(self, at: datetime, stage: Stage, deed: Deed) -> None:
        self.due[at.astimezone(self.zone).date()][stage].append((at, deed))
        self.deeds += 1

    async def live(self, progress: Progress) -> None:
        """Does everything, earliest day first."""
        progress.stage("A year of the neighbourhood", self.deeds)
        day, last = min(self.due), max(self.due)
        while day <= last:
            for stage in STAGES:
                due = sorted(self.due[day].pop(stage, ()), key=lambda each: each[0])
                await at_once([deed for _, deed in due], progress)
                progress.total = self.deeds
            day += timedelta(days=1)


async def at_once(deeds: Iterable[Deed], progress: Progress) -> None:
    """Does all of them, `AT_ONCE` under way; the first that fails ends it."""
    waiting = iter(deeds)

    async def work() -> None:
        for deed in waiting:
            await deed()
            progress.step()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
