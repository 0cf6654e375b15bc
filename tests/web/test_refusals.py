"""Every refusal has its words; nothing reaches a reader as a class name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import schedules
import timebank
from schedules.errors import Refusal
from schedules.reasons import ScanRefused
from timebank.web import answers  # noqa: F401  fills the table
from timebank.web.refusals import TABLE, told


def every_refusal() -> Iterator[type[Refusal]]:
    """All that are raised, after importing every module of both packages; ScanRefused is raised by name only."""
    for package in (schedules, timebank):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind not in (Refusal, ScanRefused) and kind.__module__.startswith(("timebank", "schedules")):
            yield kind


def test_every_refusal_is_told() -> None:
    untold = []
    for kind in every_refusal():
        try:
            told(kind())
        except KeyError:
            untold.append(f"{kind.__module__}.{kind.__name__}")
    assert untold == []


def test_a_code_always_has_the_same_status() -> None:
    statuses: dict[str, set[int]] = {}
    for row in TABLE.values():
        statuses.setdefault(row.code, set()).add(row.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_refusal_says_what_to_do_next() -> None:
    assert [row.code for row in TABLE.values() if not row.next_step] == []
