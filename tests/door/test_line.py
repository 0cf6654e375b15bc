"""The line: who waits together goes together, nobody waits for company, and nobody is left standing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from schedules.sql import Busy
from timebank.line import Line


class Doors:
    """Work that takes a moment; notes its groups and how many were at it at once."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.at_once = self.most_at_once = 0

    async def work(self, group: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(group))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if 13 in group:
            raise RuntimeError("a group that fails as a whole")
        return [ValueError(one) if one < 0 else one * 10 for one in group]


async def test_everybody_gets_their_own_answer_in_few_groups() -> None:
    doors = Doors()
    line = Line(doors.work, most=8, leaders=2)
    answers = await asyncio.gather(*(line.through(one) for one in range(14, 64)))
    assert answers == [one * 10 for one in range(14, 64)]
    assert len(doors.groups) < 12
    assert max(map(len, doors.groups)) == 8
    assert doors.most_at_once == 2
    assert line.leading == 0
    assert not line.waiting


async def test_who_comes_to_an_empty_line_goes_at_once_and_alone() -> None:
    doors = Doors()
    line = Line(doors.work, most=8, leaders=2)
    assert [await line.through(one) for one in (1, 2)] == [10, 20]
    assert doors.groups == [[1], [2]]


async def test_who_comes_at_the_same_moment_goes_along_and_few_stragglers_wait_for_the_next() -> None:
    doors = Doors()
    line = Line(doors.work, most=8, leaders=2)
    first = [asyncio.create_task(line.through(one)) for one in range(20, 24)]
    await asyncio.sleep(0.002)
    later = [asyncio.create_task(line.through(one)) for one in range(30, 33)]
    await asyncio.sleep(0)
    assert doors.groups == [[20, 21, 22, 23]]
    later.append(asyncio.create_task(line.through(33)))
    await asyncio.gather(*first, *later)
    assert doors.groups == [[20, 21, 22, 23], [30, 31, 32, 33]]
    assert doors.most_at_once == 2, "as many waited as were under way: they did not wait any longer"


async def test_who_is_coming_at_that_moment_goes_along_with_the_first() -> None:
    doors = Doors()
    line = Line(doors.work, most=8, leaders=2)
    tasks = []
    for one in range(20, 26):
        tasks.append(asyncio.create_task(line.through(one)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the next one's request is read and taken apart meanwhile
    await asyncio.gather(*tasks)
    assert doors.groups == [[20, 21, 22, 23, 24, 25]]


async def test_a_line_that_others_never_stop_coming_to_sets_out_when_a_group_is_full() -> None:
    doors = Doors()
    line = Line(doors.work, most=4, leaders=1)
    tasks = []
    for one in range(20, 30):
        tasks.append(asyncio.create_task(line.through(one)))
        await asyncio.sleep(0)
    assert doors.groups == [[20, 21, 22, 23]]
    assert await asyncio.gather(*tasks) == [one * 10 for one in range(20, 30)]


async def test_who_leaves_before_setting_out_leaves_the_lead_to_the_next() -> None:
    line = Line(Doors().work, most=8, leaders=1)
    tasks = [asyncio.create_task(line.through(one)) for one in (1, 2, 3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [20, 30]
    assert line.leading == 0


async def test_one_bad_answer_is_one_persons() -> None:
    line = Line(Doors().work, most=8, leaders=1)
    answers = await asyncio.gather(*(line.through(one) for one in (1, -2, 3)), return_exceptions=True)
    assert answers[0] == 10
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 30


async def test_a_leader_who_fails_or_leaves_holds_nobody_up() -> None:
    doors = Doors()
    line = Line(doors.work, most=2, leaders=1)
    tasks = [asyncio.create_task(line.through(one)) for one in (1, 13, 3, 4, 5, 6)]
    await asyncio.sleep(0.005)
    tasks[0].cancel()
    tasks[3].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert isinstance(answers[3], asyncio.CancelledError)
    assert answers[4:] == [50, 60]
    assert isinstance(answers[1], RuntimeError | Busy)
    assert line.leading == 0
    assert await line.through(7) == 70


@pytest.mark.parametrize("seed", range(20))
async def test_whoever_leaves_when_the_line_never_stands_still(seed: int) -> None:
    import random

    some = random.Random(seed)
    line = Line(Doors().work, most=3, leaders=2)
    tasks = [asyncio.create_task(line.through(one)) for one in range(14, 44)]
    for _ in range(12):
        await asyncio.sleep(some.random() * 0.01)
        some.choice(tasks).cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert line.leading == 0
    assert await line.through(1) == 10
