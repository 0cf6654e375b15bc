"""What grows with a calendar: the generator over many series, and the week of a room that has a year behind it."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from benchmarks import load
from benchmarks.load import request
from benchmarks.world import World
from schedules import sql
from timebank.jobs.generate_sessions import generate

SERIES = (40, 400, 4000)
MADE = """
WITH a AS (
    INSERT INTO activity (id, community_id, organiser_id, kind, is_service, title, content, organising_unit, person_in_charge,
                          time_zone, state, made_at)
    SELECT gen_random_uuid(), community_id, organiser_id, kind, is_service, title, content, organising_unit, person_in_charge,
           time_zone, state, made_at FROM activity, generate_series(1, $3) WHERE id = $1 RETURNING id)
INSERT INTO series (id, activity_id, rule, first_on, starts, ends, place, roles, made_by, made_at, changed_at)
SELECT gen_random_uuid(), id, 'FREQ=WEEKLY', current_date + 3, '18:00', '19:30', 'Square',
       '[{"name": "Helper", "places": 10}]', $2, now(), now() FROM a RETURNING id
"""


async def lines(world: World, rounds: int, requests: int) -> AsyncIterator[str]:
    async for line in generator(world, rounds):
        yield line
    yield week_view(world, rounds, requests)


async def generator(world: World, rounds: int) -> AsyncIterator[str]:
    """Eight weekly sessions a series; `each` is a series' share, and what it costs when there is nothing to do (`again`)."""
    for count in SERIES:
        first: list[float] = []
        again: list[float] = []
        for _ in range(rounds if count < SERIES[-1] else 1):
            ids = [row["id"] for row in await sql.rows(MADE, world.activities[-1], world.members[0], count)]
            for into in (first, again):
                started = time.perf_counter()
                await generate(datetime.now(UTC), ids)
                into.append(time.perf_counter() - started)
        made, idle = statistics.median(first), statistics.median(again)
        yield f"bench generator series={count} seconds={made:.2f} each={1000 * made / count:.2f}ms again={1000 * idle / count:.2f}ms"


def week_view(world: World, rounds: int, requests: int) -> str:
    """The page of a room's week, as a signed-in resident sees it, beside a page that asks the database for nothing."""
    cookie = ("cookie", f"timebank_member={world.tokens[0]}")
    week = [request("GET", f"/spaces/{room}?view=week", headers=[cookie]) for room in world.rooms]
    empty = [request("GET", "/health/live")] * len(week)
    rates = {
        name: [load.run(world.port, [wanted * max(1, requests // 8 // len(wanted))] * 8) for _ in range(rounds)]
        for name, wanted in (("ours", week), ("http", empty))
    }
    if any(set(result.statuses) != {200} for result in rates["ours"]):
        raise RuntimeError(f"week view: {rates['ours'][0].statuses}")
    ours, http = (statistics.median(result.rate for result in rates[name]) for name in ("ours", "http"))
    p50 = statistics.median(result.quantile(0.5) for result in rates["ours"])
    return f"bench week-view clients=8 ours={ours:.0f} http={http:.0f} p50={p50:.1f}ms"
