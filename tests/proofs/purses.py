"""What lies in whose purse: points with their end, what is held and owed, and what time does to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from tests.proofs.entries import EXPIRED, FAR, Credit, Debt, Hold, Lot, Piece, Refused, Sale, Stay


class Purses:
    def __init__(self, now: datetime, people: Iterable[str], shelf: dict[str, tuple[int, int]]) -> None:
        """`shelf`: price and stock of each reward."""
        self.now = now
        self.lots: dict[str, list[Lot]] = {who: [] for who in people}
        self.prices = {reward: price for reward, (price, _) in shelf.items()}
        self.stock = {reward: count for reward, (_, count) in shelf.items()}
        self.holds: dict[str, Hold] = {}
        self.debts: list[Debt] = []
        self.credits: dict[str, Credit] = {}
        self.sales: dict[str, Sale] = {}
        self.stays: dict[str, Stay] = {}
        self.promised: list[str] = []
        """The stays of promises, in the order in which they were made; at most one of a stay is pending."""
        self.gifts: dict[str, str] = {}
        """How each gift and each help between neighbours stands; its hold has its name."""
        self.closed: set[str] = set()
        """Who has gone: nothing comes in any more, and nobody asks for what they owe."""
        self.moved: Counter[tuple[str, str, str]] = Counter()
        """Units by kind, giver and taker."""
        self.gone: Counter[tuple[str, str]] = Counter()
        """Units that expired and nobody has taken back, by who had them and the movement that had brought them."""

    # what somebody has

    def posted(self, who: str) -> int:
        return sum(lot.units for lot in self.lots[who])

    def held(self, who: str) -> int:
        return sum(hold.units for hold in self.holds.values() if hold.who == who and hold.state == "pending")

    def available(self, who: str) -> int:
        return self.posted(who) - self.held(who)

    def owed(self, who: str) -> int:
        return sum(debt.left for debt in self.debts if debt.who == who)

    def on_the_way(self, who: str) -> int:
        return sum(units for stay in self.stays.values() if stay.who == who for units, _ in stay.pending.values())

    def by_end(self, who: str) -> dict[datetime | None, int]:
        """What expires when; its lines add up to what is posted (ledger-62)."""
        ends: Counter[datetime | None] = Counter()
        for lot in self.lots[who]:
            ends[lot.expires_at] += lot.units
        return {end: units for end, units in ends.items() if units}

    def free(self, reward: str) -> int:
        """The stock less the live holds on it (A11)."""
        return self.stock[reward] - sum(h.state == "pending" and h.reward == reward for h in self.holds.values())

    # time

    def wait(self, span: timedelta) -> None:
        self.now += span
        for who in self.lots:
            self.settle(who)

    def deadlines(self) -> list[datetime]:
        """The instants at which something is over, still to come."""
        ends = [lot.expires_at for lots in self.lots.values() for lot in lots if lot.units and lot.expires_at]
        ends += [hold.expires_at for hold in self.holds.values() if hold.state == "pending"]
        return sorted({end for end in ends if end > self.now})

    def is_due(self, lot: Lot) -> bool:
        return lot.expires_at is not None and lot.expires_at <= self.now

    def settle(self, who: str) -> None:
        """Due holds end; due points go, but for as many as are held: a hold keeps the oldest (A10)."""
        for hold in self.holds.values():
            if hold.who == who and hold.state == "pending" and hold.expires_at <= self.now:
                hold.state = "expired"
        due = sorted((lot for lot in self.lots[who] if self.is_due(lot)), key=_end)
        gone = max(0, sum(lot.units for lot in due) - self.held(who))
        self.moved["expire", who, EXPIRED] += gone
        for lot in due:
            taken = min(gone, lot.units)
            lot.units -= taken
            gone -= taken
            self.gone[who, lot.of] += taken

    # what comes and goes

    def add(self, who: str, pieces: Iterable[Piece]) -> None:
        self.lots[who] += [Lot(units, end, of) for units, end, of in pieces]
        self.settle(who)

    def draw(self, who: str, units: int, *, with_due: bool = False, first: Collection[str] = ()) -> list[Piece]:
        """First to expire first; what is due stays for the holds that keep it. What `first` brought goes before all."""
        pieces: list[Piece] = []
        order = sorted(self.lots[who], key=lambda lot: (lot.of not in first, bool(first) and self.is_due(lot), _end(lot)))
        for lot in order:
            stays = self.is_due(lot) and not with_due and lot.of not in first
            taken = 0 if stays else min(units, lot.units)
            if taken:
                lot.units -= taken
                units -= taken
                pieces.append((taken, lot.expires_at, lot.of))
        assert units == 0, "the book itself is wrong"
        return pieces

    def need(self, who: str, units: int, *others: str) -> None:
        """Refuses what is beyond the available points. `others` are right as well, where they hold too."""
        reasons = [*others, *self.has_gone(who), *(["insufficient_points"] if self.available(who) < units else [])]
        if reasons:
            raise Refused(*reasons)

    def has_gone(self, *who: str) -> list[str]:
        return ["account_closed"] if self.closed & set(who) else []


def _end(lot: Lot) -> datetime:
    """Points without a date go last (ledger-54); of equal ends the older lot goes first, since sorting keeps their order."""
    return lot.expires_at or FAR
