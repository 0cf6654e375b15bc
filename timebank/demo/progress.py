"""A line on the terminal that says how far it is."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 30


class Progress:
    """`step` per unit of work; drawn at most ten times a second, on a terminal as a bar, elsewhere as one line a stage."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self.is_terminal = self.out.isatty()
        self.name, self.done, self.total, self.drawn_at = "", 0, 0, 0.0
        self.begun_at = self.all_begun_at = time.monotonic()

    def stage(self, name: str, total: int) -> None:
        """A new stage of `total` units; ends the one before."""
        self.end()
        self.name, self.done, self.total, self.begun_at = name, 0, total, time.monotonic()
        self._draw(is_last=False)

    def step(self, units: int = 1) -> None:
        self.done += units
        if time.monotonic() - self.drawn_at >= 0.1:
            self._draw(is_last=False)

    def end(self) -> None:
        """The stage is over."""
        if self.name:
            self._draw(is_last=True)
            self.name = ""

    def _draw(self, *, is_last: bool) -> None:
        self.drawn_at = time.monotonic()
        if not self.is_terminal and not is_last:
            return
        share = min(1.0, self.done / self.total) if self.total else 1.0
        bar = "█" * round(share * WIDTH) + "░" * (WIDTH - round(share * WIDTH))
        seconds = time.monotonic() - self.begun_at
        line = f"{self.name:<34} {bar} {self.done:>7,} of {self.total:,}  {seconds:5.1f} s"
        self.out.write(f"\r{line}\x1b[K" if self.is_terminal else line)
        if is_last:
            self.out.write("\n")
        self.out.flush()
