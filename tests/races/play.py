"""Random operations of many clients on few wallets and shelves. `python -m tests.races.play --seed 7` plays one seed again."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from schedules import sql
from schedules.errors import Refusal
from tests import conftest, given
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import Shelf
from tests.races import crowd
from timebank import migrate, servers
from timebank.database import transaction
from timebank.outbox import intents
from timebank.outbox.functions import call
from timebank.points import gifts, holds, ledger, pools
from timebank.points.accounts import open_for
from timebank.points.refusals import LEDGER
from timebank.rewards import orders, redemptions

FLOW = (
    "SELECT (SELECT coalesce(sum(posted), 0) FROM wallet) - "
    "(SELECT coalesce(sum(amount * ((from_account < 0)::int - (to_account < 0)::int)), 0) FROM transfer)"
)
"""What all wallets have, less what was issued and advanced and not redeemed, expired or repaid: nothing, at any moment."""


@dataclass
class Table:
    """What all clients play with. `stays` are everybody's: somebody else may correct them at the same moment."""

    people: list[Person]
    accounts: list[int]
    shelves: list[Shelf]
    community: UUID
    pool: int
    stays: list[tuple[str, UUID]] = field(default_factory=list)


class Player:
    """One client with dice of its own; it forgets nothing that it has made."""

    def __init__(self, seed: str, table: Table) -> None:
        self.dice = random.Random(seed)
        self.people, self.accounts, self.shelves = table.people, table.accounts, table.shelves
        self.table = table
        self.holds: list[tuple[UUID, int]] = []
        self.machine_holds: list[UUID] = []
        self.receipts: list[UUID] = []
        self.credits: list[UUID] = []
        self.keys: list[tuple[str, int, int]] = []
        self.gifts: list[UUID] = []
        self.told: Counter[str] = Counter()

    async def play(self, operations: int) -> None:
        deeds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.earn, 6),
            (self.redeem, 5),
            (self.redeem_again, 1),
            (self.hold, 3),
            (self.capture, 2),
            (self.release, 1),
            (self.set_aside, 2),
            (self.hand_over, 2),
            (self.give, 2),
            (self.settle, 2),
            (self.undo, 1),
            (self.reverse, 1),
            (self.restock, 1),
            (self.sweep, 1),
            (self.donate, 2),
            (self.issue, 1),
            (self.offer, 2),
            (self.answer_gift, 3),
            (self.serve, 2),
            (self.correct, 3),
        ]
        for _ in range(operations):
            (deed,) = self.dice.choices([deed for deed, _ in deeds], [weight for _, weight in deeds])
            try:
                await deed()
            except Refusal as refusal:
                self.told[type(refusal).__name__] += 1
            else:
                self.told[deed.__name__] += 1

    def somebody(self) -> int:
        return self.dice.randrange(len(self.people))

    async def earn(self) -> None:
        ends = await sql.value("SELECT clock_timestamp() + $1::interval", timedelta(milliseconds=self.dice.randrange(5, 400)))
        promise = await intents.promise(
            f"play:{uuid4()}",
            self.people[self.somebody()].id,
            self.dice.randrange(1, 2000),
            earned_at=purse.NOW,
            at=purse.NOW,
            expires_at=self.dice.choice([None, ends]),
        )
        if self.dice.random() < 0.7:
            await intents.keep(promise.id)
        self.credits.append(promise.id)

    async def redeem(self) -> None:
        who, shelf = self.somebody(), self.dice.randrange(len(self.shelves))
        key = str(uuid4())
        self.keys.append((key, who, shelf))
        await self._redeem(key, who, shelf)

    async def redeem_again(self) -> None:
        if self.keys:
            await self._redeem(*self.dice.choice(self.keys))

    async def _redeem(self, key: str, who: int, shelf: int) -> None:
        async with transaction():
            receipt = await self.shelves[shelf].redeem(self.people[who], key=key, at=None)
        self.receipts.append(receipt.id)

    async def hold(self) -> None:
        who, units = self.somebody(), self.dice.randrange(1, 1500)
        lasts = timedelta(milliseconds=self.dice.randrange(1, 60))
        async with transaction():
            held = await holds.place(
                "play", str(uuid4()), b"", self.accounts[who], units, "booking", self.people[who].id, lasts
            )
        self.holds.append((held.id, units))

    async def capture(self) -> None:
        if self.holds:
            hold_id, units = self.dice.choice(self.holds[-5:])
            async with transaction():
                await holds.capture(hold_id, self.dice.randrange(1, units + 1), self.people[0].id)

    async def release(self) -> None:
        if self.holds:
            async with transaction():
                await holds.release(self.dice.choice(self.holds[-5:])[0])

    async def set_aside(self) -> None:
        who, shelf = self.somebody(), self.dice.choice(self.shelves)
        lasts = timedelta(milliseconds=self.dice.randrange(1, 60))
        async with transaction():
            unit = purse.unit(shelf.reward, self.people[who], scope="play")
            held = await orders.set_aside(unit, shelf.place, self.people[who].id, lasts)
        self.machine_holds.append(held.id)

    async def hand_over(self) -> None:
        if self.machine_holds:
            async with transaction():
                receipt = await orders.handed_over(self.dice.choice(self.machine_holds[-3:]), self.people[0].id)
            self.receipts.append(receipt.id)

    async def give(self) -> None:
        giver, taker = self.dice.sample(range(len(self.people)), 2)
        async with transaction():
            await ledger.move(
                f"gift:{uuid4()}",
                "gift",
                self.accounts[giver],
                self.accounts[taker],
                self.dice.randrange(1, 800),
                self.people[giver].id,
            )

    async def settle(self) -> None:
        async with transaction():
            await ledger.settle_due(self.dice.randrange(1, 8))

    async def undo(self) -> None:
        if self.receipts:
            async with transaction():
                await redemptions.undo(
                    self.dice.choice(self.receipts), self.people[0].id, "play", restock=self.dice.random() < 0.5, grace_days=0
                )

    async def reverse(self) -> None:
        if self.credits:
            async with transaction():
                await ledger.reverse(self.dice.choice(self.credits), uuid4(), "play")

    async def restock(self) -> None:
        shelf = self.dice.choice(self.shelves)
        async with transaction():
            await redemptions.move_stock(shelf.reward, shelf.place, self.dice.choice([1, 2, 3, -1]), "play", self.people[0].id)

    async def sweep(self) -> None:
        await intents.sweep(50, 0)

    async def donate(self) -> None:
        giver = self.somebody()
        units = self.dice.randrange(1, 600)
        async with transaction():
            await ledger.move(
                f"donate:{uuid4()}", "donate", self.accounts[giver], self.table.pool, units, self.people[giver].id
            )

    async def issue(self) -> None:
        """A list from the pool, proposed by one and carried out by another."""
        takers = self.dice.sample(range(1, len(self.people) - 1), self.dice.randrange(1, 4))
        some = [(self.people[taker].id, self.dice.randrange(1, 200)) for taker in takers]
        async with transaction():
            made = await pools.propose(self.table.community, "play", some, self.people[0].id, purse.NOW)
        async with transaction():
            await pools.carry_out(made, self.people[-1].id)

    async def offer(self) -> None:
        giver, taker = self.dice.sample(range(len(self.people)), 2)
        lasts = timedelta(milliseconds=self.dice.randrange(1, 200))
        async with transaction():
            made = await gifts.give(
                self.people[giver].id,
                self.people[taker].id,
                self.dice.randrange(1, 500),
                "",
                lasts,
                self.dice.choice([None, 9000]),
            )
        self.gifts.append(made.id)

    async def answer_gift(self) -> None:
        if self.gifts:
            gift = self.dice.choice(self.gifts[-4:])
            async with transaction():
                if self.dice.random() < 0.6:
                    await gifts.accept(gift, self.dice.choice([None, 9000]))
                else:
                    await gifts.end(gift, self.dice.choice(["declined", "withdrawn"]))

    async def serve(self) -> None:
        """Hours that earn; of some the wallet takes no more than its cap, and the pool the rest."""
        who = self.people[self.somebody()].id
        capped = {"wallet_cap": 4000, "above_cap": "pool", "pool": str(self.table.community)}
        payload = capped if self.dice.random() < 0.3 else {}
        stay = f"attendance:{uuid4()}"
        await intents.promise(
            f"{stay}:v1", who, self.dice.randrange(1, 900), earned_at=purse.NOW, at=purse.NOW, payload=payload
        )
        self.table.stays.append((stay, who))

    async def correct(self) -> None:
        """Any client corrects any stay, to a version that another may be writing at this moment."""
        if self.table.stays:
            stay, who = self.dice.choice(self.table.stays[-6:])
            async with transaction():
                version = await sql.value("SELECT count(*) + 1 FROM intent WHERE business_key LIKE $1 || ':v%'", stay)
                await call(
                    LEDGER,
                    "SELECT amount FROM ledger.correct($1, $2, $3, $4, NULL, $5, NULL, '{}', $6, 'play', 'owe', $5)",
                    stay,
                    version,
                    who,
                    self.dice.randrange(0, 900),
                    purse.NOW,
                    uuid4(),
                )


async def play(people: People, seed: int, clients: int, operations: int, wanted: Sequence[str] = ()) -> Counter[str]:
    """What was done and refused. Raises whatever is neither: a deadlock, a broken key, a broken check.

    They go on, for twenty times as long at most, until all that is `wanted` has happened: dice promise nothing.
    """
    folk = [people.alice, people.bob, people.carol, people.dan, people.erin]
    folk += [await given.member(f"Player {n}", f"1996{n:07}", people.building, people.now) for n in range(3)]
    accounts = [await purse.account(person) for person in folk]
    shelves = [await purse.shelf(people, 4, price=3 + 2 * n) for n in range(3)]
    table = Table(folk, accounts, shelves, people.community, await open_for(people.community))
    players = [Player(f"{seed}:{n}", table) for n in range(clients)]
    done, looks = asyncio.Event(), Counter[str]()
    watching = asyncio.create_task(watch(done, looks))
    try:
        for _ in range(20):
            await asyncio.gather(*(player.play(operations) for player in players))
            total = sum((player.told for player in players), looks)
            if all(total[deed] for deed in wanted):
                break
    finally:
        done.set()
        await watching
    return total


async def watch(done: asyncio.Event, looks: Counter[str]) -> None:
    """Reads the sum of all wallets in one statement, and reconciles in one snapshot, again and again: never a false figure."""
    while not done.is_set():
        assert await sql.value(FLOW) == 0
        report = await crowd.proof()
        assert report.findings == [], report
        looks["looks"] += 1


async def _main(seed: int, clients: int, operations: int, running: servers.Running) -> None:
    migrate.run(running.owner_url)
    await conftest.use(running.database_url, crowd.SIZE)
    people = await given.people(purse.NOW)
    print(await play(people, seed, clients, operations))
    await crowd.sound()
    print("sound")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--operations", type=int, default=400)
    typed = parser.parse_args()
    with servers.temporary() as running:
        asyncio.run(_main(typed.seed, typed.clients, typed.operations, running))
    return 0


if __name__ == "__main__":
    sys.exit(main())
