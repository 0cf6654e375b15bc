"""Points that are earned, corrected and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, rule

from tests.proofs.ground import EVERYBODY
from tests.proofs.walker import Walker, anybody, ends_in, person, some_units, spent

caps = st.sampled_from([None, None, 600, 2000, 2700, 3200])


class Earning(Walker):
    earned: Bundle[str] = Bundle("earned")
    stays: Bundle[str] = Bundle("stays")

    @initialize(target=earned, spans=st.lists(ends_in, min_size=len(EVERYBODY), max_size=len(EVERYBODY)))
    def everybody_has_some(self, spans: list[timedelta | None]) -> Any:
        """Without it most walks would be refusals."""
        for who, span in zip(EVERYBODY, spans, strict=True):
            self._credit(f"first:{who}", who, 1500, self.end(span), uuid4())
            self._credit(f"second:{who}", who, 1000, None, uuid4())
        return multiple(*(f"{which}:{who}" for which in ("first", "second") for who in EVERYBODY))

    @rule(target=earned, who=anybody, units=some_units, span=ends_in)
    def credit(self, who: str, units: int, span: timedelta | None) -> Any:
        key = f"credit:{self.key()}"
        return self.made(key, self._credit(key, who, units, self.end(span), uuid4()))

    @rule(key=earned, more=st.booleans())
    def credit_again(self, key: str, more: bool) -> None:
        first = self.book.credits[key]
        self._credit(key, first.who, first.units + more, first.expires_at, uuid4())

    def _credit(self, key: str, who: str, units: int, end: datetime | None, made: UUID) -> bool:
        self.ids.setdefault(key, made)
        done, answer = self.both(
            lambda: self.book.credit(key, who, units, end),
            "SELECT ledger.credit($1, $2, $3, $4, $5, $6, NULL, $6)",
            key,
            made,
            self.ground.accounts[who],
            units,
            end,
            self.book.now,
        )
        assert not done or answer == self.ids[key]
        return done

    @rule(target=stays, who=person, units=st.integers(0, 900), span=ends_in, cap=caps, to_pool=st.booleans())
    def promise(self, who: str, units: int, span: timedelta | None, cap: int | None, to_pool: bool) -> Any:
        self.tick()
        key, end = f"attendance:{uuid4()}", self.end(span)
        done, _ = self.both(
            lambda: self.book.promise(key, who, units, end, cap, to_pool=to_pool),
            "SELECT state FROM ledger.promise($1, 'credit', $2, $3, $4, $5, NULL, $6, 'below_grain', $5)",
            f"{key}:v1",
            self.ground.members[who],
            units,
            end,
            self.book.now,
            self.terms(cap, to_pool),
        )
        return self.made(key, done)

    def terms(self, cap: int | None, to_pool: bool) -> dict[str, Any]:
        """What a promise says of the most that the wallet takes."""
        above = {"above_cap": "pool", "pool": str(self.ground.community)} if to_pool else {"above_cap": "not_granted"}
        return {} if cap is None else {"wallet_cap": cap, **above}

    @rule(some=st.lists(stays, min_size=1, max_size=4))
    def keep_many(self, some: list[str]) -> None:
        """The worker's batch."""
        self.both(lambda: self.book.keep(*some), "SELECT kept FROM ledger.run_batch($1, $2)", self.pending(some), self.book.now)

    @rule(key=stays)
    def keep(self, key: str) -> None:
        """The sweeper's one by one, and any number of times."""
        for one in self.pending([key]):
            self.both(lambda: self.book.keep(key), "SELECT ledger.run_intent($1, $2)", one, self.book.now)
            assert self.link.value("SELECT ledger.run_intent($1, $2)", one, self.book.now) == "gone"

    def pending(self, stays: list[str]) -> list[UUID]:
        keys = [version for key in stays for version in self.book.stays[key].pending]
        found = self.link.rows("SELECT id FROM intent WHERE business_key = ANY ($1) AND state = 'pending'", keys)
        assert len(found) == len(set(keys))
        return [row[0] for row in found]

    @rule(key=stays, total=st.integers(0, 900), span=ends_in, spent=spent, again=st.booleans())
    def correct(self, key: str, total: int, span: timedelta | None, spent: str, again: bool) -> None:
        self.tick()
        stay, end = self.book.stays[key], self.end(span)
        version = len(stay.versions) + 1 - (again and len(stay.versions) > 1)
        known = len(stay.versions)
        difference: list[int] = []
        done, answer = self.both(
            lambda: difference.append(self.book.correct(key, version, total, end, spent)),
            "SELECT amount FROM ledger.correct($1, $2, $3, $4, $5, $6, NULL, $9, $7, 'left early', $8, $6)",
            key,
            version,
            self.ground.members[stay.who],
            total,
            end,
            self.book.now,
            self.ground.staff,
            spent,
            self.terms(stay.cap, stay.to_pool),
        )
        assert not done or version <= known or answer == difference[0]

    @rule(key=earned, spent=spent)
    def reverse(self, key: str, spent: str) -> None:
        if key not in self.ids:  # the ledger gave it its number
            self.ids[key] = self.link.value("SELECT id FROM transfer WHERE business_key = 'intent:' || $1", key)
        self.both(
            lambda: self.book.reverse(key, spent),
            "SELECT ledger.reverse($1, $2, 'was not there', $3, $4)",
            self.ids[key],
            self.ground.staff,
            spent,
            self.book.now,
        )

    @rule(key=stays, n=st.integers(0, 2), spent=spent)
    def reverse_a_version(self, key: str, n: int, spent: str) -> None:
        for version in self.book.stays[key].credits[n : n + 1]:
            self.reverse(version, spent)
