"""Ways on which points fall due and their credit is taken back: by chance alone few walks come there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from tests.proofs.earning import Earning
from tests.proofs.spending import Spending
from tests.proofs.walker import person, reward, spent


class Expiring(Earning, Spending):
    @rule(key=Earning.stays, past=st.booleans())
    def wait_for_the_end_of_a_stay(self, key: str, past: bool) -> None:
        """Its points are credited, and have just gone or are about to."""
        self.keep(key)
        stay = self.book.stays[key]
        lots = [lot for lot in self.book.lots[stay.who] if lot.of in stay.credits and lot.units]
        ends = [lot.expires_at for lot in lots if lot.expires_at and lot.expires_at > self.book.now]
        if ends:
            self.book.wait(min(ends) - self.book.now - timedelta(microseconds=not past))

    @rule(target=Spending.held, who=person, share=st.integers(1, 3))
    def hold_for_long(self, who: str, share: int) -> Any:
        """A part keeps what falls due meanwhile."""
        units = self.book.available(who) * share // 4
        return self.hold(who, units, timedelta(days=60)) if units else multiple()

    @rule(who=person, reward=reward, restock=st.booleans())
    def buy_and_bring_back(self, who: str, reward: str, restock: bool) -> None:
        key = self.key()
        if self._redeem(key, who, reward):
            self.undo(key, restock)

    @rule(n=st.integers(0, 5), left=st.sampled_from([0, 1, 2]), spent=spent)
    def take_back_what_expired(self, n: int, left: int, spent: str) -> None:
        """A stay comes to a half or to nothing of what it brought; or one credit goes whole."""
        gone = [of for (_, of), units in self.book.gone.items() if units and of in self.book.credits]
        if gone:
            of = gone[n % len(gone)]
            stay = next((key for key, stay in self.book.stays.items() if of in stay.credits), None)
            if stay and left < 2:
                self.correct(stay, sum(self.book.brings(self.book.stays[stay])) * left // 2, None, spent, again=False)
            else:
                self.reverse(of, spent)
