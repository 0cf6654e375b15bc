"""Points that are spent, held, and brought back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.proofs.ground import SHELF
from tests.proofs.walker import GRACE, Walker, anybody, lasts, person, reward, some_units


class Spending(Walker):
    held: Bundle[str] = Bundle("held")
    aside: Bundle[str] = Bundle("aside")
    sales: Bundle[str] = Bundle("sales")

    @rule(target=sales, who=person, reward=reward)
    def redeem(self, who: str, reward: str) -> Any:
        key = self.key()
        return self.made(key, self._redeem(key, who, reward))

    @rule(key=sales, other=st.sampled_from([None, *sorted(SHELF)]))
    def redeem_again(self, key: str, other: str | None) -> None:
        sale = self.book.sales[key]
        if key not in self.book.holds:
            self._redeem(key, sale.who, other or sale.reward)

    def _redeem(self, key: str, who: str, reward: str) -> bool:
        done, receipt = self.both(
            lambda: self.book.redeem(key, who, reward),
            "SELECT id FROM ledger.redeem('machine', $1, $2, $3, $4, $5, NULL, 10, $3, ARRAY[$6], $7)",
            key,
            reward.encode(),
            self.ground.members[who],
            self.ground.rewards[reward],
            self.ground.place,
            str(uuid4()),
            self.book.now,
        )
        assert not done or self.ids.setdefault(key, receipt) == receipt
        return done

    @rule(key=sales, restock=st.booleans())
    def undo(self, key: str, restock: bool) -> None:
        self.both(
            lambda: self.book.undo(key, restock=restock, grace=GRACE),
            "SELECT ledger.undo($1, $2, 'broken', $3, $4, $5)",
            self.ids[key],
            self.ground.staff,
            restock,
            GRACE,
            self.book.now,
        )

    @rule(reward=reward, units=st.integers(-2, 3).filter(bool))
    def restock(self, reward: str, units: int) -> None:
        self.both(
            lambda: self.book.deliver(reward, units),
            "SELECT ledger.move_stock($1, $2, $3, 'counted', $4, NULL, $5)",
            self.ground.rewards[reward],
            self.ground.place,
            units,
            self.ground.staff,
            self.book.now,
        )

    # points that are held

    @rule(target=held, who=anybody, units=some_units, lasts=lasts)
    def hold(self, who: str, units: int, lasts: timedelta) -> Any:
        key = f"hold:{self.key()}"
        return self.made(key, self._hold(key, who, units, lasts))

    @rule(target=held, who=person, lasts=lasts)
    def hold_everything(self, who: str, lasts: timedelta) -> Any:
        """Nothing of it expires before the hold is over."""
        return self.hold(who, self.book.available(who), lasts) if self.book.available(who) else multiple()

    @rule(key=held, more=st.booleans(), lasts=lasts)
    def hold_again(self, key: str, more: bool, lasts: timedelta) -> None:
        hold = self.book.holds[key]
        self._hold(key, hold.who, hold.units + more, lasts)

    def _hold(self, key: str, who: str, units: int, lasts: timedelta) -> bool:
        done, made = self.both(
            lambda: self.book.hold(key, who, units, lasts),
            "SELECT id FROM ledger.place_hold('machine', $1, $2, $3, $4, 'booking', -2, $5, $6, p_at => $7)",
            key,
            str(units).encode(),
            self.ground.accounts[who],
            units,
            self.ground.staff,
            lasts,
            self.book.now,
        )
        assert not done or self.ids.setdefault(key, made) == made
        return done

    @rule(key=held, share=st.sampled_from([0, 1, 2, 3]))
    def capture(self, key: str, share: int) -> None:
        """Nothing, a half, all, or too much of it."""
        units = self.book.holds[key].units * share // 2
        self.both(
            lambda: self.book.capture(key, units),
            "SELECT ledger.capture($1, $2, $3, $4)",
            self.ids[key],
            units,
            self.ground.staff,
            self.book.now,
        )

    @rule(key=held)
    def give_back(self, key: str) -> None:
        if self.book.holds[key].who in self.book.closed:
            return
        self.both(
            lambda: self.book.give_back(key, grace=GRACE),
            "SELECT ledger.return_capture($1, $2, 'not used', $3, $4)",
            self.ids[key],
            self.ground.staff,
            GRACE,
            self.book.now,
        )

    @rule(key=st.one_of(held, aside))
    def release(self, key: str) -> None:
        told: list[str] = []
        done, state = self.both(
            lambda: told.append(self.book.release(key)), "SELECT ledger.end_hold($1, $2)", self.ids[key], self.book.now
        )
        assert not done or state == told[0]

    @rule(target=aside, who=person, reward=reward, lasts=lasts)
    def set_aside(self, who: str, reward: str, lasts: timedelta) -> Any:
        key = f"aside:{self.key()}"
        done, made = self.both(
            lambda: self.book.set_aside(key, who, reward, lasts),
            "SELECT id FROM ledger.set_aside('machine', $1, ''::bytea, $2, $3, $4, NULL, 10, $2, $5, NULL, $6)",
            key,
            self.ground.members[who],
            self.ground.rewards[reward],
            self.ground.place,
            lasts,
            self.book.now,
        )
        self.ids[key] = made
        return self.made(key, done)

    @rule(target=sales, key=aside)
    def hand_over(self, key: str) -> Any:
        done, receipt = self.both(
            lambda: self.book.hand_over(key),
            "SELECT id FROM ledger.redeem_held($1, $2, ARRAY[$3], $4)",
            self.ids[key],
            self.ground.staff,
            str(uuid4()),
            self.book.now,
        )
        if not done:
            return multiple()
        sale = f"sale of {key}"
        self.book.sales[sale] = self.book.sales[key]
        self.book.holds[sale] = self.book.holds[key]
        return sale if self.ids.setdefault(sale, receipt) == receipt else self.fail()

    def fail(self) -> Any:
        raise AssertionError("one hold, two receipts")
