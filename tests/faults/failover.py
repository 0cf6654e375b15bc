"""Under load the first PostgreSQL is killed and a second takes its place; the application finds it by itself.

python -m tests.faults.failover --seed 7 --seconds 20                 a synchronous second: acknowledged is credited, exactly
python -m tests.faults.failover --seed 7 --seconds 20 --asynchronous  what it had not heard is lost, and comes with the journals
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from uuid import UUID

import httpx

from tests.faults import clients, command, load, town, verdict
from tests.faults.house import SECRET, House, built, tell
from tests.faults.load import Done
from tests.faults.replicas import Replica, ask

LOST = 3
"""So many redemptions at least are in the first alone when it dies."""


def run(seed: int, seconds: float, rate: float, *, asynchronous: bool) -> list[str]:
    """What was wrong, in sentences; nothing, where all held."""
    with built() as house:
        second = Replica(house.running)
        try:
            return _run(house, second, random.Random(seed), seed, seconds, rate, not asynchronous)
        finally:
            house.close()
            second.end()


def _run(
    house: House, second: Replica, dice: random.Random, seed: int, seconds: float, rate: float, synchronous: bool
) -> list[str]:
    where = asyncio.run(town.settle(house.running.database_url, SECRET, int(seconds * rate)))
    second.follow(synchronous=synchronous)
    for part in house.parts.values():
        part.environment = {**part.environment, "TIMEBANK_DATABASE_URL": second.either_url}
    house.owner_url = second.owner_url
    house.open()
    crowd = [clients.start(house, where, seconds, seed, share, kiosks=synchronous) for share in range(clients.NUMBER)]
    time.sleep(dice.uniform(0.3, 0.6) * seconds)
    if not synchronous:
        second.stop_listening()
        _until_lost(house)
    house.servers.remove(house.postgres)  # nobody may start it again: there would be two
    second.kill_first()
    time.sleep(dice.uniform(0.5, 3))
    second.promote()
    promoted = time.monotonic()
    while not house.is_ready():
        house.tend()
        time.sleep(0.05)
    tell(f"{'synchronous' if synchronous else 'asynchronous'}: ready {time.monotonic() - promoted:.1f} s after it was promoted")
    while any(one.poll() is None for one in crowd):
        house.tend()
        time.sleep(0.05)
    told = clients.heard(house)
    if not synchronous:
        told = _replayed(house, told)
    waited = asyncio.run(verdict.drained(house))
    wrong = asyncio.run(verdict.wrong_in(house, where, told, kiosks=synchronous))
    if waited > verdict.DRAINED:
        wrong.append(f"it took {waited:.1f} s until everything was kept")
    if wrong:
        tell(house.logs())
    return wrong


def _until_lost(house: House) -> None:
    def count() -> int:
        return int(str(asyncio.run(ask(house.running.owner_url, "SELECT count(*) FROM redemption"))))

    enough, until = count() + LOST, time.monotonic() + 60
    while count() < enough and time.monotonic() < until:
        house.tend()
        time.sleep(0.1)


def _replayed(house: House, told: list[Done]) -> list[Done]:
    """The journals of desks and phones, sent again: what was lost is there again, under the same nonces and keys."""
    again = asyncio.run(_replay(house.url, told))
    lost = sum(again.receipts[key] != one for done in told for key, one in done.receipts.items())
    tell(f"{len(again.journal)} requests sent again; {lost} of {len(again.receipts)} receipts had been lost and are new ones")
    if not lost:
        again.refused.append("nothing had been lost: the run shows nothing about it")
    return [again]


async def _replay(url: str, told: list[Done]) -> Done:
    where = town.Town(UUID(int=0), "", UUID(int=0), UUID(int=0), [], [])
    async with httpx.AsyncClient(base_url=url, timeout=15) as http:
        client = load.Client(load.Work(url, where, 0, 0), http)
        for sent in [one for done in told for one in done.journal]:
            await client.note(sent)
        return client.done


if __name__ == "__main__":
    sys.exit(command.main("failover", __doc__, run, seconds=20, switches=("asynchronous",)))
