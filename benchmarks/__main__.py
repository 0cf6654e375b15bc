"""`make bench`: one line a result, `bench NAME` and what was measured, medians of several rounds.

Requests: `processes=N clients=N ours=... http=... sql=... ratio=... p50=...ms p99=...ms`, the first three a second. `ratio` is
ours to the limit 1 / (1/http + 1/sql): the same server decoding the same request and answering a constant, and pgbench doing
the fewest statements the job could do, durably, on the same PostgreSQL, all in the same run. `check-in` are first scans,
`check-in-again` the same ones sent once more. `redemption` is spread over 500 things, `redemption-hot` all of one. With
`--processes 1,2` all is done with one API process and then with two, which tells on four cores or more.

`upload` is a thousand first scans in one request, in scans a second, and `credit` is drained by so many at once: their `ratio`
is ours to pgbench doing the same one by one. `calendar` prints `generator`, sessions made for many series, and `week-view`, the
page of a room. `growth`, only where it is named, makes a ledger of `--transfers` and compares latencies before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Mapping

import asyncpg

from benchmarks import calendar, drain, floor, growth, load, uploads
from benchmarks.cases import Case, Supply, cases
from benchmarks.world import ON_NOW, World, filled, served
from timebank import servers

NAMES = ("check-in", "check-in-again", "upload", "booking", "redemption", "redemption-hot", "calendar", "credit", "growth")

CROWD = (1, 8, 32)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"{', '.join(NAMES)}; all where none is named")
    parser.add_argument("--clients", default="", help="of requests; where none is named 1,8,32, or 1,16,64 for redemptions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=1600, help="of each round")
    parser.add_argument("--members", type=int, default=14_000)
    parser.add_argument("--transfers", type=int, default=10_000_000, help="in the grown ledger of `growth`")
    parser.add_argument("--processes", default="1", help="API processes, one or several numbers")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    for processes in map(int, arguments.processes.split(",")):
        with served(processes) as (running, port, environment):
            asyncio.run(_run(arguments, running, port, processes))
            if not arguments.names or "credit" in arguments.names:
                asyncio.run(_drain(arguments, running, environment))


async def _drain(arguments: argparse.Namespace, running: servers.Running, environment: Mapping[str, str]) -> None:
    async for line in drain.lines(running, environment, arguments.rounds):
        print(line, flush=True)


async def _run(arguments: argparse.Namespace, running: servers.Running, port: int, processes: int) -> None:
    async with filled(running, port, arguments.members) as world:
        await _prepare_floors(world)
        supply = Supply(world)
        for case in cases(supply):
            if arguments.names and case.name not in arguments.names:
                continue
            for clients in map(int, arguments.clients.split(",")) if arguments.clients else case.clients or CROWD:
                print(_line(case, world, clients, processes, arguments), flush=True)
        if not arguments.names or "upload" in arguments.names:
            print(uploads.line(world, supply, arguments.rounds), flush=True)
        if not arguments.names or "calendar" in arguments.names:
            async for line in calendar.lines(world, arguments.rounds, arguments.requests):
                print(line, flush=True)
        if "growth" in arguments.names:  # takes long, and leaves a large database behind: only by name
            async for line in growth.lines(world, supply, arguments.rounds, arguments.transfers):
                print(line, flush=True)


async def _prepare_floors(world: World) -> None:
    """Numbered sign-ups of the sessions that only the floor uses, so that pgbench takes each once."""
    owner = await asyncpg.connect(world.owner_url)
    await owner.execute(
        """
        CREATE SEQUENCE bench_turn; CREATE SEQUENCE bench_slot;
        CREATE TABLE bench_signup AS SELECT row_number() OVER () AS n, id, session_id, person_id FROM signup
         WHERE session_id = ANY ($1);
        """.replace("$1", f"'{{{','.join(map(str, world.sessions[ON_NOW:]))}}}'::uuid[]")
    )
    await owner.execute("CREATE UNIQUE INDEX ON bench_signup (n)")
    await owner.execute("CREATE TABLE bench_scan AS SELECT row_number() OVER () AS n, scanner_id, nonce FROM scan LIMIT 4000")
    await owner.execute("CREATE UNIQUE INDEX ON bench_scan (n)")
    await owner.execute("CREATE TABLE bench_reward AS SELECT row_number() OVER () - 1 AS n, id FROM reward")
    await owner.execute("CREATE UNIQUE INDEX ON bench_reward (n)")
    await owner.execute("ANALYZE")
    await owner.close()


def _line(case: Case, world: World, clients: int, processes: int, arguments: argparse.Namespace) -> str:
    ours, http, sql, p50, p99 = [], [], [], [], []
    for _ in range(arguments.rounds):
        count = arguments.requests if clients > 1 else arguments.requests // 2
        work, constant = case.work(clients, count)
        if case.is_again:
            load.run(world.port, work)
        result = load.run(world.port, work)
        if set(result.statuses) != {case.accepted}:
            raise RuntimeError(f"{case.name}: not all were accepted: {result.statuses}")
        ours.append(result.rate)
        p50.append(result.quantile(0.5))
        p99.append(result.quantile(0.99))
        http.append(load.run(world.port, constant).rate)
        sql.append(floor.pgbench(world.owner_url, case.floor, clients, count))
    rate, wire, base = (statistics.median(figures) for figures in (ours, http, sql))
    limit = 1 / (1 / wire + 1 / base)
    return (
        f"bench {case.name} processes={processes} clients={clients} ours={rate:.0f} http={wire:.0f} sql={base:.0f} ratio={rate / limit:.2f} "
        f"p50={statistics.median(p50):.1f}ms p99={statistics.median(p99):.1f}ms"
    )


if __name__ == "__main__":
    main()
