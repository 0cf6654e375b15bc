"""What the walk prints: each step, its answer, and every figure that is off."""

from __future__ import annotations

import sys
from typing import TextIO

import httpx


class Told:
    """Numbers the steps and remembers what was off."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.steps = 0
        self.checks = 0
        self.off: list[str] = []

    def act(self, title: str) -> None:
        self.out.write(f"\n{title}\n")

    def step(self, who: str, does: str, answer: str) -> None:
        self.steps += 1
        self.out.write(f"{self.steps:>4}  {who:<12} {does:<58} {answer}\n")
        self.out.flush()

    def check(self, what: str, found: object, expected: object) -> None:
        """A figure that has to be right."""
        self.checks += 1
        if found != expected:
            self.off.append(f"{what}: {found!r}, expected {expected!r}")
            self.out.write(f"      ✗ {self.off[-1]}\n")

    def summary(self) -> str:
        if self.off:
            return f"\n{len(self.off)} of {self.checks} figures are off after {self.steps} steps.\n"
        return f"\n✓ {self.steps} steps, {self.checks} figures, none is off.\n"


def status(answer: httpx.Response) -> str:
    """The status and, of a refusal, its code."""
    if answer.is_success:
        return str(answer.status_code)
    try:
        return f"{answer.status_code} {answer.json().get('code', '')}"
    except ValueError:
        return str(answer.status_code)
