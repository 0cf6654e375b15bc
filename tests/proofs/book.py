"""A small book of points, written from the scenarios alone (ledger.md A, D, G): no SQL, no locks, no order of statements.

Everything that has a moment acts at its moment: a hold that is over holds nothing, points past their date are gone. Units of
1/100 point. What is refused raises Refused with every reason that may be given, and the caller throws the book's changes away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from tests.proofs.entries import (
    EXPIRED,
    FAR,
    ISSUANCE,
    RECEIVABLE,
    REDEEMED,
    Credit,
    Debt,
    Hold,
    Lot,
    Piece,
    Refused,
    Sale,
    Stay,
)


class Book:
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
        """How each gift stands; its hold has its name."""
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

    # what moves

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
        reasons = [*others, *(["insufficient_points"] if self.available(who) < units else [])]
        if reasons:
            raise Refused(*reasons)

    def credit(self, key: str, who: str, units: int, expires_at: datetime | None) -> None:
        """Once per key. Who owes pays first (A16)."""
        if key in self.credits:
            if (self.credits[key].who, self.credits[key].units) != (who, units):
                raise Refused("key_conflict")
            return
        self.credits[key] = Credit(who, units, expires_at)
        self.moved["credit", ISSUANCE, who] += units
        self.add(who, [(units, expires_at, key)])
        for debt in self.debts:
            paid = min(debt.left, self.available(who)) if debt.who == who else 0
            if paid:
                self.draw(who, paid)
                debt.paid += paid
                self.moved["repay", who, RECEIVABLE] += paid

    def move(self, kind: str, giver: str, taker: str, units: int) -> None:
        """What is given keeps its end (ledger-80)."""
        self.need(giver, units)
        pieces = self.draw(giver, units)
        self.moved[kind, giver, taker] += units
        self.add(taker, _given(pieces))

    def issue(self, pool: str, lines: dict[str, int]) -> None:
        """All or nothing (ledger-90)."""
        self.need(pool, sum(lines.values()))
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
        if hold.state != "pending":
            raise Refused("hold_over")
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
        if self.gifts[key] != "waiting" or self.holds[key].state != "pending":
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

    # what is taken back

    def take_back(self, kind: str, who: str, units: int, of: Collection[str], spent: str) -> None:
        """What is left and free of these credits goes first, then what of them expired; no other points do for those.

        What was spent meanwhile is advanced and owed, or refused; never below the floor (A16).
        """
        left = sum(lot.units for lot in self.lots[who] if lot.of in of and not self.is_due(lot))
        back = self.revive(who, units - min(units, left, self.available(who)), of)
        short = units - back - self.available(who)
        if short > 0 and spent == "refuse":
            raise Refused("already_spent")
        if short > 0:
            self.moved["advance", RECEIVABLE, who] += short
            self.debts.append(Debt(who, short))
            self.add(who, [(short, None, "advanced")])
        self.draw(who, units - back, first=of)
        self.moved[kind, who, ISSUANCE] += units

    def revive(self, who: str, units: int, of: Collection[str]) -> int:
        """As many of these units as expired of the credits come back to be taken, once."""
        back = 0
        for each in of:
            one = min(self.gone[who, each], units - back)
            self.gone[who, each] -= one
            back += one
        self.moved["revive", EXPIRED, who] += back
        return back

    def reverse(self, key: str, spent: str) -> None:
        credit = self.credits[key]
        if credit.is_reversed:
            return
        self.take_back("reverse", credit.who, credit.units, [key], spent)
        credit.is_reversed = True
        for stay in self.stays.values():
            stay.taken_back += credit.units if key in stay.credits else 0

    # hours that earn

    def promise(self, key: str, who: str, units: int, expires_at: datetime | None) -> None:
        self.stays[key] = Stay(who, [units], {f"{key}:v1": (units, expires_at)} if units else {})
        self.promised.append(key)

    def keep(self, *keys: str) -> None:
        """What is pending of some stays is credited, once, in the order in which it was promised."""
        for key in sorted(set(keys), key=lambda key: len(self.promised) - self.promised[::-1].index(key)):
            stay = self.stays[key]
            for version, (units, end) in stay.pending.items():
                self.credit(version, stay.who, units, end)
                stay.credits.append(version)
            stay.pending = {}

    def correct(self, key: str, version: int, total: int, expires_at: datetime | None, spent: str) -> int:
        """The difference to what all versions brought so far (ledger-101). Promises of earlier versions are kept first."""
        stay = self.stays[key]
        if version <= len(stay.versions):
            if version == 1 or stay.versions[version - 1] != total:
                raise Refused("key_conflict")
            return 0
        self.keep(key)
        difference = total - (sum(self.credits[one].units for one in stay.credits) - stay.taken_back)
        stay.versions.append(total)
        if difference > 0:
            stay.pending[f"{key}:v{version}"] = (difference, expires_at)
            self.promised.append(key)
        elif difference < 0:
            self.take_back("correct", stay.who, -difference, stay.credits, spent)
            stay.taken_back -= difference
        return difference

    def deliver(self, reward: str, units: int) -> None:
        if self.free(reward) + units < 0:
            raise Refused("stock_short")
        self.stock[reward] += units


def _end(lot: Lot) -> datetime:
    """Points without a date go last (ledger-54); of equal ends the older lot goes first, since sorting keeps their order."""
    return lot.expires_at or FAR


def _given(pieces: Iterable[Piece]) -> list[Piece]:
    """Whoever gets them did not earn them: nobody takes a credit back from them."""
    return [(units, end, "given") for units, end, _ in pieces]
