"""The command line of a run under faults: what was typed, the one command that replays it, and how it ended."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence

from tests.faults.house import tell

HELD, WRONG, NOT_HERE = 0, 1, 2
"""Exit codes; of NOT_HERE the last line says what this machine lacks."""


class NotHere(Exception):
    """This machine lacks what the run needs; says what."""


def main(
    program: str,
    about: str | None,
    run: Callable[..., list[str]],
    *,
    seconds: float,
    rate: float = 20,
    switches: Sequence[str] = (),
    arguments: Sequence[str] | None = None,
) -> int:
    """Runs `run(seed, seconds, rate, **switches)`, which answers what was wrong in sentences or raises NotHere.

    `program` is its module below tests.faults; `seconds` and `rate` are what holds where nothing else is typed.
    """
    typed = _parser(about, seconds, rate, switches).parse_args(arguments)
    seed = random.randrange(1_000_000) if typed.seed is None else typed.seed
    chosen = {name: bool(getattr(typed, name)) for name in switches}
    what = "".join(f" --{name}" for name, is_on in chosen.items() if is_on)
    tell(f"again: python -m tests.faults.{program} --seed {seed} --seconds {typed.seconds:g} --rate {typed.rate:g}{what}")
    try:
        wrong = run(seed, typed.seconds, typed.rate, **chosen)
    except NotHere as why:
        tell(f"not run: {why}")
        return NOT_HERE
    tell("\n".join(f"✗ {one}" for one in wrong) or "✓ acknowledged is credited, and the ledger agrees with itself")
    return WRONG if wrong else HELD


def _parser(about: str | None, seconds: float, rate: float, switches: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--rate", type=float, default=rate, help="check-outs a second")
    for name in switches:
        parser.add_argument(f"--{name}", action="store_true")
    return parser
