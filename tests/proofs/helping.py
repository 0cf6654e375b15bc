"""Help between neighbours: points that are held by a yes, and paid by what both say of it afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.proofs.walker import Walker, lasts, person, some_units

AGREE = (
    "WITH h AS (SELECT * FROM ledger.place_hold('machine', $1, $2, $3, $4, 'exchange', $5, $6, $7, p_at => $8)), "
    "p AS (INSERT INTO neighbour_post (id, member_id, community_id, kind, category, title, text, usual_time, area, minutes, "
    "places, posted_at, expires_at) "
    "VALUES ($9, $6, $10, 'help_wanted', 'other', 'Help', '', '', '', 60, 1, $8, $8 + interval '1 day')) "
    "INSERT INTO exchange (id, post_id, helper_id, helped_id, asked_by, starts_at, minutes, state, asked_at, agreed_at, "
    "policy_id, units, hold_id, answer_by, hold_until) "
    "SELECT $9, $9, $11, $6, $11, $8, 60, 'agreed', $8, $8, $9, $4, h.id, h.expires_at, h.expires_at FROM h"
)
PAY = (
    "WITH paid AS (SELECT x.id, p.* FROM exchange x, ledger.pay_exchange(x.hold_id, $2, $3, $4, $5) p WHERE x.id = $1) "
    "UPDATE exchange x SET state = 'settled', settled_minutes = 60, settled_units = moved, transfer_id = moved_by, "
    "ended_at = $5 FROM paid WHERE x.id = paid.id RETURNING moved"
)


class Helping(Walker):
    helps: Bundle[str] = Bundle("helps")

    @rule(target=helps, helped=person, helper=person, units=some_units, lasts=lasts)
    def agree(self, helped: str, helper: str, units: int, lasts: timedelta) -> Any:
        key, number, ground = f"help:{self.key()}", uuid4(), self.ground
        if helped == helper:
            return multiple()
        self.ids[key] = number
        done, _ = self.both(
            lambda: self.book.agree(key, helped, helper, units, lasts),
            AGREE,
            key,
            b"help",
            ground.accounts[helped],
            units,
            ground.accounts[helper],
            ground.members[helped],
            lasts,
            self.book.now,
            number,
            ground.community,
            ground.members[helper],
        )
        return self.made(key, done)

    @rule(key=helps, share=st.integers(1, 3), cap=st.sampled_from([None, 2000, 2700, 3200]))
    def pay(self, key: str, share: int, cap: int | None) -> None:
        """A third of what was agreed, two thirds, or all of it; once."""
        if self.book.gifts[key] != "agreed":
            return
        units = max(1, self.book.holds[key].units * share // 3)
        told: list[int] = []
        done, moved = self.both(
            lambda: told.append(self.book.pay(key, units, cap)),
            PAY,
            self.ids[key],
            units,
            cap,
            self.ground.staff,
            self.book.now,
        )
        assert not done or moved == told[0]

    @rule(key=helps)
    def part(self, key: str) -> None:
        """It comes to nothing."""
        if self.book.gifts[key] == "agreed":
            self.both(
                lambda: self.book.release(key),
                "SELECT ledger.end_hold(hold_id, $2) FROM exchange WHERE id = $1",
                self.ids[key],
                self.book.now,
            )
            self.link.ask("UPDATE exchange SET state = 'cancelled', ended_at = $2 WHERE id = $1", self.ids[key], self.book.now)
            self.book.gifts[key] = "cancelled"
