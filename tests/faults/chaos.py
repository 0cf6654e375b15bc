"""Under load, at random: processes killed, Redis emptied and killed, PostgreSQL restarted. Acknowledged is credited, exactly.

python -m tests.faults.chaos --seed 7 --seconds 120
"""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import asyncpg
import redis

from tests.faults import clients, command, town, verdict
from tests.faults.house import SECRET, House, built, tell
from timebank.outbox import bell

LONG = 20.0
"""Seconds from which a run has every kind of fault."""


class Faults:
    """What is done to the house; `dice` decide what and when. Short runs leave out what takes long."""

    def __init__(self, house: House, dice: random.Random, *, is_long: bool) -> None:
        self.house, self.dice = house, dice
        self.done: Counter[str] = Counter()
        self.kinds: list[tuple[Callable[[], None], int]] = [
            (self.kill_worker, 5),
            (self.kill_sweeper, 3),
            (self.kill_api, 3),
            (self.flushall, 3),
            (self.ring_again, 3),
            (self.forget_marks, 2),
            (self.terminate_backends, 2),
            (self.kill_valkey, 2),
            (self.hang_valkey, 1),
            (self.stop_worker, 1),
            (self.restart_postgres, 1),
        ]
        if is_long:
            self.kinds += [(self.stop_api, 1), (self.fill_valkey, 1), (self.sit_on_wallets, 1), (self.take_all_connections, 1)]
        self.first = [kind for kind, _ in self.kinds]
        dice.shuffle(self.first)

    def one(self) -> None:
        """Each kind once, in any order, then by their weights. An API that has not come up yet is left alone."""
        if self.first:
            fault = self.first.pop()
        else:
            (fault,) = self.dice.choices([kind for kind, _ in self.kinds], [weight for _, weight in self.kinds])
            if fault in (self.kill_api, self.stop_api) and not self.house.is_ready():
                return
        self.done[fault.__name__] += 1
        try:
            fault()
        except (redis.RedisError, asyncpg.PostgresError, OSError) as error:
            self.done[f"{fault.__name__}: {type(error).__name__}"] += 1

    def kill_worker(self) -> None:
        self.house.kill(self.dice.choice([name for name in self.house.parts if name.startswith("worker")]))

    def stop_worker(self) -> None:
        """SIGTERM; `tend` starts it again when it has ended."""
        self.house.parts["worker 1"].ask_to_stop()

    def kill_sweeper(self) -> None:
        self.house.kill("sweeper")

    def kill_api(self) -> None:
        self.house.kill("api")

    def flushall(self) -> None:
        self.house.redis().flushall()

    def kill_valkey(self) -> None:
        self.house.kill_valkey()

    def hang_valkey(self) -> None:
        assert self.house.valkey.process is not None
        self.house.valkey.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        self.house.valkey.process.send_signal(signal.SIGCONT)

    def stop_api(self) -> None:
        """SIGTERM: what it has begun is answered."""
        self.house.parts["api"].ask_to_stop()

    def fill_valkey(self) -> None:
        """Full, and nothing may be put out: rings fail, nobody is kept waiting."""
        client = self.house.redis()
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        time.sleep(0.5)
        client.config_set("maxmemory", "0")

    def sit_on_wallets(self) -> None:
        asyncio.run(self._sit_on_wallets())

    async def _sit_on_wallets(self) -> None:
        """Longer than anybody waits for a lock: what needs them is told so, and comes again."""
        connection = await self.house.database()
        async with connection.transaction():
            await connection.execute("SELECT FROM wallet ORDER BY random() LIMIT 40 FOR UPDATE")
            await asyncio.sleep(2.5)
        await connection.close()

    def take_all_connections(self) -> None:
        asyncio.run(self._take_all_connections())

    async def _take_all_connections(self) -> None:
        taken: list[asyncpg.Connection] = []
        try:
            while True:
                taken += [await asyncpg.connect(self.house.running.database_url)]
        except asyncpg.PostgresError:
            await asyncio.sleep(0.5)
        finally:
            await asyncio.gather(*(one.close() for one in taken))

    def restart_postgres(self) -> None:
        self.house.restart_postgres_at_once()

    def terminate_backends(self) -> None:
        asyncio.run(self._terminate_backends())

    async def _terminate_backends(self) -> None:
        admin = await asyncpg.connect(self.house.running.admin_url)
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'timebank_app'")
        await admin.close()

    def forget_marks(self) -> None:
        """Jobs that run now may be started a second time beside themselves."""
        client = self.house.redis()
        for key in client.scan_iter("arq:in-progress:*"):
            client.delete(key)

    def ring_again(self) -> None:
        asyncio.run(self._ring_again())

    async def _ring_again(self) -> None:
        connection = await self.house.database()
        some = await connection.fetch("SELECT id FROM intent ORDER BY next_at DESC LIMIT 40")
        await connection.close()
        client = bell.connect(self.house.running.redis_url, 2)
        for _ in range(2):
            await client.enqueue_job(bell.JOB, [str(row["id"]) for row in some])
        await client.aclose()


def run(seed: int, seconds: float, rate: float) -> list[str]:
    """What was wrong, in sentences; nothing, where all held."""
    with built() as house:
        where = asyncio.run(town.settle(house.running.database_url, SECRET, int(seconds * rate)))
        house.open()
        crowd = [clients.start(house, where, seconds, seed, share) for share in range(clients.NUMBER)]
        sums: list[str] = []
        faults = _break_things(house, crowd, random.Random(seed), seconds, sums)
        told = clients.heard(house)
        house.tend()
        waited = asyncio.run(verdict.drained(house))
        wrong = asyncio.run(verdict.wrong_in(house, where, told)) + [one for one in sums if one]
        answers = sum((Counter(one.answers) for one in told), Counter[str]())
        tell(f"{sum(faults.values())} faults: {dict(faults)}")
        tell(f"answers: {dict(answers)}; everything kept {waited:.1f} s after the last one")
        tell(f"exceptions in the API's log: {dict(house.failures())}")
        tell(f"the sum of all wallets was read {len(sums)} times meanwhile")
        if not sums:
            wrong.append("the sum of all wallets could never be read while it ran")
        if waited > verdict.DRAINED:
            wrong.append(f"it took {waited:.1f} s until everything was kept")
        if wrong:
            tell(house.logs())
        return wrong


def _break_things(
    house: House, crowd: list[subprocess.Popen[bytes]], dice: random.Random, seconds: float, sums: list[str]
) -> Counter[str]:
    """How often each fault was brought about; meanwhile the sum of all wallets is read, and what was wrong with it noted."""
    faults = Faults(house, dice, is_long=seconds >= LONG)
    started = time.monotonic()
    due, look = started + 1, started
    while any(client.poll() is None for client in crowd):
        now = time.monotonic()
        if now >= due and (now - started < seconds or faults.first):
            faults.one()
            due = time.monotonic() + dice.uniform(0.1, 1.5)
        house.tend()
        time.sleep(0.05)
        if now >= look:
            sums += asyncio.run(verdict.sum_now(house))
            look = time.monotonic() + 1
        if now - started > 10 * seconds + 300:
            raise RuntimeError("the clients do not end\n" + house.logs())
    return faults.done


if __name__ == "__main__":
    sys.exit(command.main("chaos", __doc__, run, seconds=60, rate=25))
