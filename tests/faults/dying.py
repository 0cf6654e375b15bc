"""Faults that a server is given before it serves: it is killed when it comes to a certain place. Imports little."""

from __future__ import annotations

import os
import signal
from typing import Any

from timebank.actions.rewards.redeem import redeem_for_oneself
from timebank.api import redemptions
from timebank.outbox import bell


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_the_bell() -> None:
    """Killed where the worker would be rung."""
    bell.ring = die  # type: ignore[assignment]


def at_the_answer() -> None:
    """Killed where the receipt would be answered."""

    async def pay_and_die(*asked: Any) -> None:
        await redeem_for_oneself(*asked)
        die()

    vars(redemptions)["redeem_for_oneself"] = pay_and_die
