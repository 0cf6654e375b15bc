"""Some of what was earned is spent: at the kiosk on a later day, and handed over at the counter."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from timebank.actions.rewards.hand_over import hand_over
from timebank.database import transaction
from timebank.demo.almanac import Almanac
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.premises import Corner, Ware
from timebank.demo.residents import Resident
from timebank.people.callers import Grant
from timebank.rewards import redemptions

SPENDS = 0.35
"""How often somebody who has just earned goes to the kiosk in the days after."""
LEAVES = 0.04
"""How many receipts are not collected yet."""


class Spending:
    """Knows what everybody has and what lies where, so that nobody asks for what is not there."""

    def __init__(self, drawn: Neighbourhood, corners: Sequence[Corner], wares: Sequence[Ware], almanac: Almanac) -> None:
        self.drawn, self.corners, self.wares, self.almanac = drawn, corners, wares, almanac
        self.units: dict[UUID, int] = {}
        self.left = {(corner.place_id, ware.id): ware.stock for corner in corners for ware in wares}
        self.redeemed = 0

    def earned(self, person: Resident, units: int, at: datetime) -> None:
        """Somebody was credited at `at`; what follows depends on the person and the instant alone, not on who came first."""
        self.units[person.id] = self.units.get(person.id, 0) + units
        rng = Random(f"{self.drawn.seed} {person.name} {person.born_on} {at}")  # noqa: S311 - a seed, not a secret
        day = at.astimezone(self.almanac.zone) + timedelta(days=rng.randint(1, 4))
        later = day.replace(hour=rng.randint(9, 17), minute=rng.randint(0, 59)).astimezone(at.tzinfo)
        if rng.random() < SPENDS and later < self.drawn.now:
            self.almanac.put(later, "redeem", lambda: self._spend(person, later, rng))

    async def _spend(self, person: Resident, at: datetime, rng: Random) -> None:
        corner = next((each for each in self.corners if each.node.id in person.path), self.corners[0])
        units = self.units[person.id]
        choice = [ware for ware in self.wares if ware.price <= units and self.left[corner.place_id, ware.id] > 0]
        if not choice:
            return
        ware = rng.choice(choice)
        self.units[person.id] -= ware.price
        self.left[corner.place_id, ware.id] -= 1
        kiosk = corner.kiosk.id
        key = f"demo-{person.id.hex[:12]}-{int(at.timestamp())}"
        # The action leaves the instant to the database's clock; loading gives it (ledger.md A21).
        async with transaction():
            receipt = await redemptions.redeem(
                f"device:{kiosk}",
                key,
                hashlib.sha256(key.encode()).digest(),
                person.id,
                ware.id,
                corner.place_id,
                ware.price,
                kiosk,
                at,
            )
        self.redeemed += 1
        if rng.random() >= LEAVES:
            keeper = acting(self.drawn.cast["keeper"], Grant("keeper", self.drawn.tree.top.id))
            self.almanac.put(at, "collect", lambda: hand_over(keeper, receipt.code, at + timedelta(minutes=2)))
