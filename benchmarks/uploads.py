"""A desk comes back from a cut network: everything it scanned meanwhile in one request, beside pgbench doing it one by one."""

from __future__ import annotations

import statistics

from benchmarks import floor, load
from benchmarks.cases import SCAN_FLOOR, Supply
from benchmarks.load import request
from benchmarks.world import World

MOST = 1000
"""Scans of one request."""


def line(world: World, supply: Supply, rounds: int) -> str:
    """Scans a second; `again` is the same request sent once more, which changes nothing."""
    first: list[float] = []
    again: list[float] = []
    base: list[float] = []
    for _ in range(rounds):
        path, body, headers = supply.queue(MOST)
        sent = request("POST", path, body, headers)
        for into in (first, again):
            result = load.run(world.port, [[sent]])
            if set(result.statuses) != {200}:
                raise RuntimeError(f"upload: {result.statuses}")
            into.append(MOST * result.rate)
        base.append(floor.pgbench(world.owner_url, SCAN_FLOOR, 1, MOST))
    ours, repeated, one_by_one = (statistics.median(figures) for figures in (first, again, base))
    return f"bench upload scans={MOST} ours={ours:.0f} again={repeated:.0f} sql={one_by_one:.0f} ratio={ours / one_by_one:.2f}"
