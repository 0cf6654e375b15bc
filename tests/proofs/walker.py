"""One who walks: asks the ledger and the book the same, and compares what they say after every step."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, multiple, rule

from tests.proofs.book import Book
from tests.proofs.entries import POOL, Refused
from tests.proofs.ground import EVERYBODY, PEOPLE, SHELF, START, Ground
from tests.proofs.link import Turned

BALANCES = "SELECT a.id, b.* FROM unnest($1::bigint[]) AS a (id), ledger.balance(a.id, $2) b"
MOVED = "SELECT kind, from_account, to_account, sum(amount)::bigint AS units FROM transfer GROUP BY 1, 2, 3"
LOTS = "SELECT account_id, expires_at, sum(remaining)::bigint AS units FROM lot WHERE remaining > 0 GROUP BY 1, 2"
DEBTS = "SELECT account_id, amount, paid, waived FROM debt ORDER BY id"
HOLDS = "SELECT client_key, state, captured FROM hold"

GRACE = timedelta(days=7)
ENDS = ({"minutes": 30}, {"hours": 2}, {"days": 1}, {"days": 40}, {"days": 200}, {"days": -1})

person = st.runner().flatmap(lambda walker: st.sampled_from(walker.people))
anybody = st.runner().flatmap(lambda walker: st.sampled_from((*walker.people, POOL)))
reward = st.sampled_from(sorted(SHELF))
some_units = st.sampled_from([1, 20, 150, 333, 700, 1200, 2400])
spent = st.sampled_from(["owe", "refuse"])
ends_in = st.sampled_from([None, *(timedelta(**span) for span in ENDS)])
lasts = st.sampled_from([timedelta(minutes=3), timedelta(hours=1), timedelta(days=2)])


class Walker(RuleBasedStateMachine):
    """What is done is in the classes that derive from this."""

    ground: Ground
    people: tuple[str, ...] = PEOPLE

    def __init__(self) -> None:
        super().__init__()
        self.link = self.ground.link
        self.link.begin()
        self.book = Book(START, EVERYBODY, SHELF)
        self.ids: dict[str, UUID] = {}
        self.turn = 0

    def teardown(self) -> None:
        try:
            self.tidy()
        finally:
            self.link.undo()

    # how both are asked

    def both(self, told: Callable[[], object], statement: str, *values: object) -> tuple[bool, Any]:
        """Whether it was done, and what the ledger answered. Both do it, or both refuse it for a reason that is right."""
        before = deepcopy(self.book)
        right: set[str] = set()
        try:
            told()
        except Refused as refusal:
            self.book, right = before, refusal.reasons
        answer, reason = self._answer(statement, values)
        assert (reason in right) if right else (reason is None), (
            f"{reason or answer}, but right is {right or 'that it is done'}"
        )
        return reason is None, answer

    def _answer(self, statement: str, values: tuple[object, ...]) -> tuple[Any, str | None]:
        try:
            return self.link.ask(statement, *values), None
        except Turned as turned:
            return None, turned.reason

    def made(self, name: str, was_done: bool) -> Any:
        """For the bundle, where there is something to do more with."""
        return name if was_done else multiple()

    def key(self) -> str:
        self.turn += 1
        return f"{self.turn}"

    def tick(self) -> None:
        """No two promises are made at one instant: the older is kept first."""
        self.book.wait(timedelta(microseconds=1))

    def end(self, span: timedelta | None) -> datetime | None:
        return None if span is None else self.book.now + span

    # time, and what must hold at any moment

    @rule(span=st.sampled_from([timedelta(minutes=2), timedelta(hours=1), timedelta(days=1), timedelta(days=45)]))
    def wait(self, span: timedelta) -> None:
        self.book.wait(span)

    @rule(n=st.integers(0, 3), before=st.sampled_from([timedelta(0), timedelta(microseconds=1)]))
    def wait_for_an_end(self, n: int, before: timedelta) -> None:
        """The last instant of something, and the first one after it."""
        for end in self.book.deadlines()[n : n + 1]:
            self.book.wait(end - before - self.book.now)

    @rule()
    def tidy(self) -> None:
        """The job that settles what is due; then nothing may differ at all, and every reconciliation view is empty."""
        book, names = self.book, self.ground.names
        self.link.ask("SELECT ledger.settle_due(1000, $1)", book.now)
        lots: dict[str, dict[datetime | None, int]] = {who: {} for who in EVERYBODY}
        for row in self.link.rows(LOTS):
            lots[names[row["account_id"]]][row["expires_at"]] = row["units"]
        assert lots == {who: book.by_end(who) for who in EVERYBODY}
        moved = {
            (row["kind"], names[row["from_account"]], names[row["to_account"]]): row["units"] for row in self.link.rows(MOVED)
        }
        assert moved == {key: total for key, total in book.moved.items() if total}
        debts = [(names[row["account_id"]], row["amount"], row["paid"], row["waived"]) for row in self.link.rows(DEBTS)]
        assert debts == [(debt.who, debt.units, debt.paid, debt.waived) for debt in book.debts]
        holds = {row["client_key"]: (row["state"], row["captured"]) for row in self.link.rows(HOLDS)}
        assert holds == {key: (h.state, h.captured) for key, h in book.holds.items() if not key.startswith("sale of")}
        stock = {row["reward_id"]: row["count"] for row in self.link.rows("SELECT reward_id, count FROM stock")}
        assert stock == {self.ground.rewards[name]: count for name, count in book.stock.items()}
        wrong = [tuple(row) for row in self.link.rows(self.ground.proof)]
        assert wrong == []

    @invariant()
    def balances_agree(self) -> None:
        book, accounts = self.book, self.ground.accounts
        found = {
            row["id"]: (row["posted"], row["held"], row["available"], row["owed"], row["on_the_way"])
            for row in self.link.rows(BALANCES, list(accounts.values()), book.now)
        }
        for who, number in accounts.items():
            told = (book.posted(who), book.held(who), book.available(who), book.owed(who), book.on_the_way(who))
            assert found[number] == told, f"{who}: the ledger says {found[number]}, the book {told}"
