"""Somebody leaves, and what was theirs goes somewhere."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.proofs.expiring import Expiring
from tests.proofs.giving import Giving
from tests.proofs.ground import PEOPLE
from tests.proofs.helping import Helping
from tests.proofs.walker import person

CLOSE = "SELECT array_agg(went || ' ' || units) FROM ledger.close_wallet($1, $2, $3, $4, $5, $6, $7, 'left', $8)"
ways = st.lists(st.sampled_from(["beneficiary", "pool", "expire"]), max_size=3, unique=True)


class Leaving(Expiring, Giving, Helping):
    @rule(
        who=person,
        order=ways,
        heir=st.sampled_from([None, *PEOPLE]),
        cap=st.sampled_from([None, 2700]),
        is_last=st.integers(0, 2),
    )
    def leave(self, who: str, order: list[str], heir: str | None, cap: int | None, is_last: int) -> None:
        """Seldom: what comes after is mostly refused. Gifts and help that wait end before, as by whoever lets them go."""
        heir = None if heir == who else heir
        if is_last or not order:
            return
        for key in [key for key, state in self.book.gifts.items() if state == "waiting" and self.book.holds[key].who == who]:
            self.end_gift(key, "withdrawn")
        for key in [key for key, state in self.book.gifts.items() if state == "agreed"]:
            self.part(key)
        told: list[str] = []
        done, shares = self.both(
            lambda: told.extend(f"{way} {units}" for way, units in self.book.close(who, order, heir, cap)),
            CLOSE,
            f"leave:{self.key()}",
            self.ground.members[who],
            order,
            heir and self.ground.members[heir],
            cap,
            self.ground.community,
            self.ground.staff,
            self.book.now,
        )
        assert done
        assert (shares or []) == told
