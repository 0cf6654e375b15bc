"""A small book of points, written from the scenarios alone (ledger.md A, D, G): no SQL, no locks, no order of statements.

Everything that has a moment acts at its moment: a hold that is over holds nothing, points past their date are gone. Units of
1/100 point. What is refused raises Refused with every reason that may be given, and the caller throws the book's changes away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from tests.proofs.entries import EXPIRED, POOL, REDEEMED, Hold, Piece, Refused, Sale
from tests.proofs.stays import FULL, Stays


class Book(Stays):
    # what moves

    def move(self, kind: str, giver: str, taker: str, units: int) -> None:
        """What is given keeps its end (ledger-80)."""
        self.need(giver, units, *self.has_gone(taker))
        pieces = self.draw(giver, units)
        self.moved[kind, giver, taker] += units
        self.add(taker, _given(pieces))

    def issue(self, pool: str, lines: dict[str, int]) -> None:
        """All or nothing (ledger-90)."""
        self.need(pool, sum(lines.values()), *self.has_gone(*lines))
        for who, units in lines.items():
            self.move("issue", pool, who, units)

    def redeem(self, key: str, who: str, reward: str) -> None:
        if key in self.sales:
            if (self.sales[key].who, self.sales[key].reward) != (who, reward):
                raise Refused("key_conflict")
            return
        price = self.prices[reward]
        self.need(who, price, *(["sold_out"] if self.free(reward) < 1 else []))
        self.stock[reward] -= 1
        self.moved["redeem", who, REDEEMED] += price
        self.sales[key] = Sale(who, reward, price, self.draw(who, price))

    def undo(self, key: str, *, restock: bool, grace: timedelta) -> None:
        """Once. New lots with the old ends, or the grace where that is later (A15, ledger-96)."""
        sale = self.sales[key]
        if sale.is_undone:
            return
        if sale.who in self.closed:
            raise Refused("account_closed")
        sale.is_undone = True
        self.stock[sale.reward] += restock
        self.moved["reverse", REDEEMED, sale.who] += sale.units
        self.come_back(sale.who, sale.pieces, grace)

    def hold(self, key: str, who: str, units: int, lasts: timedelta, to: str = REDEEMED, kind: str = "capture") -> None:
        if key in self.holds:
            if (self.holds[key].who, self.holds[key].units) != (who, units):
                raise Refused("key_conflict")
            return
        self.need(who, units)
        self.holds[key] = Hold(who, units, self.now + lasts, to, kind)

    def set_aside(self, key: str, who: str, reward: str, lasts: timedelta) -> None:
        self.need(who, self.prices[reward], *(["sold_out"] if self.free(reward) < 1 else []))
        self.holds[key] = Hold(who, self.prices[reward], self.now + lasts, REDEEMED, "capture", reward)

    def capture(self, key: str, units: int) -> list[Piece]:
        """The oldest points first, also those past their date: the hold kept them. The rest is released."""
        hold = self.holds[key]
        if not 1 <= units <= hold.units:
            raise Refused("bad_amount")
        if hold.state == "captured":
            if hold.captured != units:
                raise Refused("key_conflict")
            return []
        if hold.state != "pending" or hold.to in self.closed:
            raise Refused(*self.has_gone(hold.to), *(["hold_over"] if hold.state != "pending" else []))
        hold.state, hold.captured = "captured", units
        hold.pieces = pieces = self.draw(hold.who, units, with_due=True)
        self.moved[hold.kind, hold.who, hold.to] += units
        self.settle(hold.who)
        if hold.to in self.lots:
            self.add(hold.to, _given(pieces))
        return pieces

    def hand_over(self, key: str) -> None:
        """A machine has handed over what was set aside."""
        hold = self.holds[key]
        is_new = hold.state != "captured"
        pieces = self.capture(key, hold.units)
        if is_new and hold.reward:
            self.stock[hold.reward] -= 1
            self.sales[key] = Sale(hold.who, hold.reward, hold.units, pieces)

    def release(self, key: str) -> str:
        hold = self.holds[key]
        if hold.state == "captured":
            raise Refused("hold_over")
        if hold.state == "pending":
            hold.state = "voided"
            self.settle(hold.who)
        return hold.state

    def give_back(self, key: str, *, grace: timedelta) -> None:
        """A room that was paid for and not used: as an undone purchase, once."""
        hold = self.holds[key]
        if hold.state != "captured":
            raise Refused("hold_over")
        if hold.pieces:
            self.moved["reverse", REDEEMED, hold.who] += sum(units for units, _, _ in hold.pieces)
            self.come_back(hold.who, hold.pieces, grace)
            hold.pieces = []

    def come_back(self, who: str, pieces: Iterable[Piece], grace: timedelta) -> None:
        """They are still of the movement that had brought them."""
        self.add(who, [(units, end and max(end, self.now + grace), of) for units, end, of in pieces])

    # gifts that wait

    def offer(self, key: str, giver: str, taker: str, units: int, lasts: timedelta) -> None:
        self.hold(key, giver, units, lasts, taker, "gift")
        self.gifts[key] = "waiting"

    def accept(self, key: str) -> None:
        if self.gifts[key] == "accepted":
            return
        if self.gifts[key] != "waiting":
            raise Refused("hold_over")
        self.capture(key, self.holds[key].units)
        self.gifts[key] = "accepted"

    def end_gift(self, key: str, how: str) -> str:
        """Declined or withdrawn, unless it was over before."""
        if self.gifts[key] not in ("waiting", how, "timed_out"):
            raise Refused("hold_over")
        if self.gifts[key] == "waiting":
            self.gifts[key] = "timed_out" if self.release(key) == "expired" else how
        return self.gifts[key]

    # help between neighbours

    def agree(self, key: str, helped: str, helper: str, units: int, lasts: timedelta) -> None:
        self.hold(key, helped, units, lasts, helper, "exchange")
        self.gifts[key] = "agreed"

    def pay(self, key: str, units: int, cap: int | None) -> int:
        """What would lift the helper above the cap stays with who is helped; where nothing is left to pay, all of it does."""
        hold = self.holds[key]
        if hold.state != "pending":
            raise Refused("hold_over")
        paid = units if cap is None else min(units, cap - self.posted(hold.to))
        if paid < 1:
            self.release(key)
            paid = 0
        else:
            self.capture(key, paid)
        self.gifts[key] = "settled"
        return paid

    # somebody leaves

    def close(self, who: str, order: Collection[str], heir: str | None, heir_cap: int | None) -> list[tuple[str, int]]:
        """Promises are kept, holds end, debts are paid; the rest goes in this order, else it expires (ledger-92)."""
        if who in self.closed:
            return []
        self.keep(*(key for key, stay in self.stays.items() if stay.who == who and stay.pending))
        for hold in self.holds.values():
            if hold.who == who and hold.state == "pending":
                hold.state = "voided"
        self.settle(who)
        self.repay(who)
        shares = [share for way in (*order, "expire") if order and (share := self._share(way, who, heir, heir_cap))[1]]
        if not self.posted(who):
            for debt in self.debts:
                debt.waived += debt.left if debt.who == who else 0
            self.closed.add(who)
        return shares

    def _share(self, way: str, who: str, heir: str | None, heir_cap: int | None) -> tuple[str, int]:
        units = self.posted(who)
        if way == "beneficiary":
            room = FULL if heir_cap is None or heir is None else max(0, heir_cap - self.posted(heir) + self.owed(heir))
            units = 0 if heir is None or heir in self.closed else min(units, room)
        taker = {"beneficiary": heir or "", "pool": POOL}.get(way, EXPIRED)
        kind = {"beneficiary": "gift", "pool": "donate"}.get(way, "expire")
        pieces = self.draw(who, units)
        self.moved[kind, who, taker] += units
        if taker == EXPIRED:
            for n, _, of in pieces:
                self.gone[who, of] += n
        elif units:
            self.add(taker, _given(pieces))
        return way, units

    def deliver(self, reward: str, units: int) -> None:
        if self.free(reward) + units < 0:
            raise Refused("stock_short")
        self.stock[reward] += units


def _given(pieces: Iterable[Piece]) -> list[Piece]:
    """Whoever gets them did not earn them: nobody takes a credit back from them."""
    return [(units, end, "given") for units, end, _ in pieces]
