"""When a child that died is started again."""

from __future__ import annotations

import pytest

from timebank import children
from timebank.children import Watch


class Mortal:
    """Runs until it is told to die."""

    def __init__(self) -> None:
        self.is_running = False
        self.starts = 0
        self.is_broken = False

    def start(self) -> None:
        self.starts += 1
        if self.is_broken:
            raise OSError("no")
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(children, "time", clock)
    return clock


def waits_of(watch: Watch, mortal: Mortal, clock: Clock, times: int) -> list[float]:
    """How long each of several deaths in a row goes unanswered."""
    waits = []
    for _ in range(times):
        mortal.is_running = False
        died, starts = clock.seconds, mortal.starts
        while mortal.starts == starts:
            watch.tend()
            clock.seconds += 0.25
        waits.append(clock.seconds - 0.25 - died)
    return waits


def test_who_keeps_dying_is_started_less_and_less_often(clock: Clock) -> None:
    mortal = Mortal()
    watch = Watch("it", mortal, lambda sentence: None)
    watch.start()
    assert waits_of(watch, mortal, clock, 9) == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_who_ran_for_a_while_is_started_again_soon(clock: Clock) -> None:
    mortal = Mortal()
    watch = Watch("it", mortal, lambda sentence: None)
    watch.start()
    waits_of(watch, mortal, clock, 6)
    clock.seconds += 60
    assert waits_of(watch, mortal, clock, 1) == [0.5]


def test_a_start_that_fails_is_told_and_tried_again(clock: Clock) -> None:
    said: list[str] = []
    mortal = Mortal()
    watch = Watch("it", mortal, said.append)
    watch.start()
    mortal.is_broken = True
    waits_of(watch, mortal, clock, 2)
    assert "it could not be started: no" in said
    mortal.is_broken = False
    waits_of(watch, mortal, clock, 1)
    assert mortal.is_running
