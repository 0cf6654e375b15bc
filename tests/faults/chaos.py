"""Under load, at random: processes killed, Redis emptied and killed, PostgreSQL restarted. Acknowledged is credited, exactly.

python -m tests.faults.chaos --seed 7 --seconds 120
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import asyncpg
import msgspec
import redis

from tests.faults import town
from tests.faults.house import SECRET, House, built, tell
from tests.faults.load import Done, Work
from tests.faults.town import POINTS, PRICE, PURSE, Town
from timebank.outbox import bell
from timebank.points.reconcile import LONGEST

CLIENTS = 2
LONG = 20.0
"""Seconds from which a run has every kind of fault."""
DRAINED = 15.0
"""Seconds within which everything is kept once the parts are back; how long it took is printed (I5)."""


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
        """Each kind once, in any order, then by their weights."""
        if self.first:
            fault = self.first.pop()
        else:
            (fault,) = self.dice.choices([kind for kind, _ in self.kinds], [weight for _, weight in self.kinds])
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
        clients = [client(house, where, seconds, seed, share) for share in range(CLIENTS)]
        faults = _break_things(house, clients, random.Random(seed), seconds)
        told = heard(house)
        house.tend()
        waited = asyncio.run(drained(house))
        wrong = asyncio.run(wrong_in(house, where, told))
        answers = sum((Counter(one.answers) for one in told), Counter[str]())
        tell(f"{sum(faults.values())} faults: {dict(faults)}")
        tell(f"answers: {dict(answers)}; everything kept {waited:.1f} s after the last one")
        tell(f"exceptions in the API's log: {dict(house.failures())}")
        if waited > DRAINED:
            wrong.append(f"it took {waited:.1f} s until everything was kept")
        if wrong:
            tell(house.logs())
        return wrong


def client(house: House, where: Town, seconds: float, seed: int, share: int, *, kiosks: bool = True) -> subprocess.Popen[bytes]:
    """A client process; what it was told stands in a file at its end, which is larger than a pipe takes unread."""
    mine = msgspec.structs.replace(where, stays=where.stays[share::CLIENTS], kiosks=where.kiosks[share::CLIENTS])
    work = house.folder / f"work {share}.json"
    work.write_bytes(msgspec.json.encode(Work(house.url, mine, seconds, seed * 10 + share, kiosks=kiosks)))
    with work.open("rb") as given, (house.folder / f"client {share}.json").open("wb") as told:
        return subprocess.Popen([sys.executable, "-m", "tests.faults.load"], stdin=given, stdout=told)


def heard(house: House) -> list[Done]:
    """What the clients were told."""
    return [msgspec.json.decode(file.read_bytes(), type=Done) for file in house.folder.glob("client *.json")]


def _break_things(house: House, clients: list[subprocess.Popen[bytes]], dice: random.Random, seconds: float) -> Counter[str]:
    faults = Faults(house, dice, is_long=seconds >= LONG)
    started = time.monotonic()
    due = started + 1
    while any(client.poll() is None for client in clients):
        now = time.monotonic()
        if now >= due and (now - started < seconds or faults.first):
            faults.one()
            due = time.monotonic() + dice.uniform(0.1, 1.5)
        house.tend()
        time.sleep(0.05)
        if now - started > 10 * seconds + 300:
            raise RuntimeError("the clients do not end\n" + house.logs())
    return faults.done


async def drained(house: House) -> float:
    """Seconds until no promise is pending."""
    started = time.monotonic()
    while time.monotonic() - started < 4 * DRAINED:
        house.tend()
        try:
            connection = await house.database()
            pending = await connection.fetchval("SELECT count(*) FROM intent WHERE state = 'pending'")
            await connection.close()
        except (asyncpg.PostgresError, OSError):
            pending = None
        if pending == 0:
            break
        await asyncio.sleep(0.1)
    return time.monotonic() - started


async def wrong_in(house: House, where: Town, told: list[Done], *, kiosks: bool = True) -> list[str]:
    """How the books differ from what was told; nothing, where they do not."""
    connection = await house.database()
    try:
        found = [f"refused: {one}" for done in told for one in done.refused]
        stays = {stay: points for done in told for stay, points in done.stays.items()}
        found += await _wrong_credits(connection, where, stays)
        receipts = {key: one for done in told for key, one in done.receipts.items()}
        found += await _wrong_redemptions(
            connection, receipts, {key for done in told for key in done.given_up}, is_at_kiosks=kiosks
        )
        views = [row[0] for row in await connection.fetch("SELECT viewname FROM pg_views WHERE schemaname = 'reconcile'")]
        for view in views:
            rows = await connection.fetch(f'SELECT * FROM reconcile."{view}" LIMIT 3', timeout=LONGEST)
            found += [f"{view}: {row['subject']}: {row['detail']}" for row in rows]
        return found
    finally:
        await connection.close()


async def _wrong_credits(connection: asyncpg.Connection, where: Town, stays: dict[UUID, int]) -> list[str]:
    rows = await connection.fetch(
        "SELECT split_part(i.business_key, ':', 2)::uuid AS stay, i.state, i.amount, "
        "(SELECT count(*) FROM transfer t WHERE t.business_key = 'intent:' || i.business_key) AS transfers FROM intent i"
    )
    credited = {row["stay"]: row["amount"] for row in rows if (row["state"], row["transfers"]) == ("done", 1)}
    total = await connection.fetchval("SELECT sum(amount) FROM transfer WHERE business_key LIKE 'intent:%'")
    told = f"{sum(stays.values())} units told = {int(total)} units credited"
    tell(f"{len(stays)} acknowledged = {len(credited)} credits; {told}")
    found = [f"{row['stay']}: {row['state']}, {row['transfers']} transfers" for row in rows if row["stay"] not in credited]
    if stays != credited:
        found.append(f"acknowledged and credited differ: {set(stays.items()) ^ set(credited.items())}")
    if len(stays) != len(where.stays) or set(stays.values()) != {POINTS}:
        found.append(f"{len(stays)} of {len(where.stays)} were let out, with {set(stays.values())} units each")
    return found


async def _wrong_redemptions(
    connection: asyncpg.Connection, receipts: dict[str, UUID], given_up: set[str], *, is_at_kiosks: bool
) -> list[str]:
    rows = await connection.fetch("SELECT client_key, id, state FROM redemption")
    made = {row["client_key"]: row["id"] for row in rows if row["state"] != "undone"}
    undone = {row["client_key"] for row in rows if row["state"] == "undone"}
    sold = await connection.fetchval("SELECT coalesce(sum(amount), 0) FROM transfer WHERE kind = 'redeem'")
    left = await connection.fetchval("SELECT sum(s.count) + (SELECT count(*) FROM redemption) FROM stock s")
    given = await connection.fetchval("SELECT sum(change) FROM stock_move")
    tell(f"{len(receipts)} receipts = {len(made)} redemptions; {sold} units paid for {sold // PRICE} things")
    tell(f"{len(given_up)} keys given up, {len(undone)} of them undone")
    if undone - given_up:
        receipts = receipts | dict.fromkeys(undone - given_up, UUID(int=0))
    found = [] if made == receipts else [f"receipts and redemptions differ: {set(made.items()) ^ set(receipts.items())}"]
    if sold != PRICE * len(rows) or left != given:
        found.append(f"paid {sold} for {len(rows)} things at {PRICE}; stock and sales {left}, delivered {given}")
    if not given_up and is_at_kiosks:
        found.append("nobody gave a key up: the run shows nothing about it")
    if await connection.fetchval("SELECT count(*) FROM wallet WHERE posted > $1", PURSE + POINTS):
        found.append("somebody has more than was ever given to them")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=25, help="check-outs a second")
    typed = parser.parse_args()
    seed = random.randrange(1_000_000) if typed.seed is None else typed.seed
    tell(f"again: python -m tests.faults.chaos --seed {seed} --seconds {typed.seconds:g} --rate {typed.rate:g}")
    wrong = run(seed, typed.seconds, typed.rate)
    tell("\n".join(f"✗ {one}" for one in wrong) or "✓ acknowledged is credited, and the ledger agrees with itself")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
