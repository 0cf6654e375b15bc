"""`timebank demo`: a sub-district that never was, loaded through the same actions as live data.

`load` fills an empty database, the small cut or all of it; `ensure` is what `timebank up` asks for in demo mode.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import uvloop

from timebank import database
from timebank.demo import beginning, later, loading, welcome
from timebank.demo.progress import Progress
from timebank.errors import CannotRun
from timebank.people import keys
from timebank.settings import Settings

T = TypeVar("T")


class InProduction(CannotRun):
    """Invented people do not move into a real neighbourhood."""


def load(settings: Settings, *, full: bool = False, seed: int = 1) -> int:
    """Loads into an empty database, then says who can be played; 0. Raises InProduction, NotEmpty, CutOff."""
    _refuse_production(settings)
    _clear_remains(settings)
    _run(settings, lambda: loading.load(settings, is_full=full, seed=seed, now=datetime.now(UTC), progress=Progress()))
    sys.stdout.write(_run(settings, lambda: welcome.text(settings, datetime.now(UTC))))
    return 0


def ensure(settings: Settings) -> int:
    """The small cut in an empty database, nothing where people live already; then says who can be played; 0.

    What was cut off before its end begins anew. Raises InProduction, CutOff. Safe to repeat.
    """
    _refuse_production(settings)
    _clear_remains(settings)
    if _run(settings, loading.is_empty):
        return load(settings)
    if _run(settings, loading.state) == loading.LOADED:
        _run(settings, lambda: later.liven(datetime.now(UTC)))
        sys.stdout.write(_run(settings, lambda: welcome.text(settings, datetime.now(UTC))))
    return 0


def _refuse_production(settings: Settings) -> None:
    if settings.mode == "production":
        raise InProduction("The demo is for trying things out and is not loaded in production; say TIMEBANK_MODE=demo.")


def _clear_remains(settings: Settings) -> None:
    if _run(settings, loading.state) == loading.BEGUN:
        sys.stderr.write("The last demo was cut off before its end; beginning anew.\n")
        uvloop.run(beginning.empty(settings))


def _run(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Runs it with a pool and with the installation's keys."""
    keys.use(settings.secret)

    async def whole() -> T:
        await loading.open_pool()
        try:
            return await work()
        finally:
            await database.close_pool()

    return uvloop.run(whole())
