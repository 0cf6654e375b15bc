"""The ledger on real PostgreSQL beside the book: whatever is done, in whatever order, both say the same.

`make proofs` walks long; a walk that failed prints the blob that walks it again.
"""

from __future__ import annotations

from typing import Literal

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proofs.ground import Ground
from tests.proofs.leaving import Leaving
from tests.proofs.link import Link

Who = Literal["everybody", "bob"]
AMONG_OTHERS = ("credit_again", "redeem_again", "hold_again", "restock", "issue", "offer", "agree", "set_aside", "keep_many")


class Machine(Leaving):
    """Everything that is done with points."""


class Bobs(Machine):
    """One wallet only, and what repeats or others do left out: most steps are about the same few points."""

    people = ("Bob",)


def walk(url: str, who: Who, walks: int, steps: int, *, is_long: bool) -> None:
    """So many walks of so many steps on a fresh database. Everything of a walk is rolled back at its end.

    Short ones are the same each time, and tell what they met at once; long ones go where nobody has been, and narrow it down.
    """
    link = Link(url)
    try:
        left_out = dict.fromkeys(AMONG_OTHERS) if who == "bob" else {}
        found = type("Walk", (Bobs if who == "bob" else Machine,), {"ground": Ground(link)} | left_out)
        chosen = settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=not is_long,
            phases=tuple(Phase) if is_long else (Phase.generate,),
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(found, settings=chosen)
    finally:
        link.close()
