"""Points that go from one to another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.proofs.entries import POOL
from tests.proofs.walker import Walker, anybody, lasts, person, some_units

GIFT = (
    "WITH h AS (SELECT * FROM ledger.place_hold('machine', $1, $2, $3, $4, 'gift', $5, $6, $7, p_at => $8)) "
    "INSERT INTO gift (id, giver_id, receiver_id, units, hold_id, made_at, answer_by) "
    "SELECT $9, $6, $10, $4, h.id, $8, h.expires_at FROM h"
)
ISSUE = (
    "WITH i AS (INSERT INTO pool_issue (id, community_id, reason, made_by, made_at) VALUES ($1, $2, 'festival', $3, $4)) "
    "INSERT INTO pool_issue_line (issue_id, line, member_id, units) SELECT $1, n, m, u "
    "FROM unnest($5::uuid[], $6::bigint[]) WITH ORDINALITY AS x (m, u, n)"
)


class Giving(Walker):
    gifts: Bundle[str] = Bundle("gifts")

    @rule(kind=st.sampled_from(["gift", "donate"]), giver=person, taker=anybody, units=some_units)
    def give(self, kind: str, giver: str, taker: str, units: int) -> None:
        taker = POOL if kind == "donate" else taker
        if giver != taker:
            self.both(
                lambda: self.book.move(kind, giver, taker, units),
                "SELECT ledger.move($1, $2, $3, $4, $5, $6, NULL, $7)",
                str(uuid4()),
                kind,
                self.ground.accounts[giver],
                self.ground.accounts[taker],
                units,
                self.ground.owners[giver],
                self.book.now,
            )

    @rule(giver=person)
    def give_everything(self, giver: str) -> None:
        """Whose credit is taken back after this owes it."""
        if self.book.available(giver):
            self.give("donate", giver, POOL, self.book.available(giver))

    @rule(lines=st.dictionaries(person, some_units, min_size=1))
    def issue(self, lines: dict[str, int]) -> None:
        issue, ground = uuid4(), self.ground
        members = [ground.members[who] for who in lines]
        self.link.ask(ISSUE, issue, ground.community, ground.staff, self.book.now, members, list(lines.values()))
        self.both(
            lambda: self.book.issue(POOL, lines),
            "SELECT ledger.issue_batch($1, $2, $3)",
            issue,
            ground.second,
            self.book.now,
        )

    @rule(target=gifts, giver=person, taker=person, units=some_units, lasts=lasts)
    def offer(self, giver: str, taker: str, units: int, lasts: timedelta) -> Any:
        key, gift, ground = f"gift:{self.key()}", uuid4(), self.ground
        if giver == taker:
            return multiple()
        self.ids[key] = gift
        done, _ = self.both(
            lambda: self.book.offer(key, giver, taker, units, lasts),
            GIFT,
            key,
            b"gift",
            ground.accounts[giver],
            units,
            ground.accounts[taker],
            ground.members[giver],
            lasts,
            self.book.now,
            gift,
            ground.members[taker],
        )
        return self.made(key, done)

    @rule(key=gifts)
    def accept(self, key: str) -> None:
        self.both(
            lambda: self.book.accept(key),
            "SELECT ledger.accept_gift($1, NULL, $2, $3)",
            self.ids[key],
            self.ground.staff,
            self.book.now,
        )

    @rule(key=gifts, how=st.sampled_from(["declined", "withdrawn"]))
    def end_gift(self, key: str, how: str) -> None:
        told: list[str] = []
        done, state = self.both(
            lambda: told.append(self.book.end_gift(key, how)),
            "SELECT ledger.end_gift($1, $2, $3)",
            self.ids[key],
            how,
            self.book.now,
        )
        assert not done or state == told[0]
