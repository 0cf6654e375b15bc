"""What a run under faults prints replays it, and its exit code says how it ended."""

from __future__ import annotations

import shlex

import pytest

from tests.faults import command
from tests.faults.command import NotHere

Asked = tuple[int, float, float, bool]


def play(asked: list[Asked], *arguments: str) -> int:
    def run(seed: int, seconds: float, rate: float, *, tables: bool) -> list[str]:
        asked.append((seed, seconds, rate, tables))
        return ["a point is missing"] if tables else []

    return command.main("disk", "about", run, seconds=15, rate=20, switches=("tables",), arguments=arguments)


@pytest.mark.parametrize("typed", [(), ("--tables",), ("--seconds", "0.5", "--rate", "25"), ("--seed", "7")])
def test_the_printed_command_replays_the_run(typed: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Asked] = []
    ended = play(asked, *typed)
    again = shlex.split(capsys.readouterr().out.splitlines()[0].removeprefix("again: "))
    assert again[:3] == ["python", "-m", "tests.faults.disk"]
    assert play(asked, *again[3:]) == ended
    assert asked[0] == asked[1]


def test_what_was_wrong_is_told_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert play([], "--tables") == command.WRONG
    assert capsys.readouterr().out.splitlines()[-1] == "✗ a point is missing"
    assert play([]) == command.HELD


def test_a_machine_that_lacks_something_says_so_in_its_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    def run(seed: int, seconds: float, rate: float) -> list[str]:
        raise NotHere("only root can mount a small disk to fill")

    assert command.main("disk", "about", run, seconds=15, arguments=["--seed", "7"]) == command.NOT_HERE
    assert capsys.readouterr().out.splitlines()[-1] == "not run: only root can mount a small disk to fill"
