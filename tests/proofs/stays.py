"""Points that are earned, corrected and taken back; hours that earn, in their versions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from tests.proofs.entries import EXPIRED, ISSUANCE, POOL, RECEIVABLE, Credit, Debt, Refused, Stay
from tests.proofs.purses import Purses

FULL = 10**9
"""Room for anything."""


class Stays(Purses):
    def credit(self, key: str, who: str, units: int, expires_at: datetime | None) -> None:
        """Once per key. Who owes pays first (A16)."""
        if key in self.credits:
            if (self.credits[key].who, self.credits[key].units) != (who, units):
                raise Refused("key_conflict")
            return
        if who in self.closed:
            raise Refused("account_closed")
        self.credits[key] = Credit(who, units, expires_at)
        self.moved["credit", ISSUANCE, who] += units
        self.add(who, [(units, expires_at, key)])
        self.repay(who)

    def repay(self, who: str) -> None:
        for debt in self.debts:
            paid = min(debt.left, self.available(who)) if debt.who == who else 0
            if paid:
                self.draw(who, paid)
                debt.paid += paid
                self.moved["repay", who, RECEIVABLE] += paid

    # what is taken back

    def take_back(
        self, kind: str, who: str, units: int, of: Collection[str], spent: str, rest_of_stay: Collection[str] = ()
    ) -> None:
        """What is left and free of these credits goes first, then what of them or their stay expired, before any others.

        What was spent meanwhile is advanced and owed, or refused; never below the floor (A16).
        """
        left = sum(lot.units for lot in self.lots[who] if lot.of in of and not self.is_due(lot))
        back = self.revive(who, units - min(units, left, self.available(who)), [*of, *rest_of_stay])
        short = units - back - self.available(who)
        if short > 0 and spent == "refuse":
            raise Refused("already_spent")
        if short > 0:
            self.moved["advance", RECEIVABLE, who] += short
            self.debts.append(Debt(who, short, waived=short if who in self.closed else 0))
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
        units, rest = credit.units, list[str]()
        for stay in self.stays.values():
            if key in stay.credits:
                own, pooled, _ = self.brings(stay)
                units = min(units, own)
                if units <= 0:
                    raise Refused("nothing_left")
                above = min(pooled, self.credits[f"{key}:over"].units) if f"{key}:over" in stay.overs else 0
                if above:
                    self.take_back("reverse", POOL, above, [f"{key}:over"], spent)
                stay.pool_gave_back += above
                stay.taken_back += units
                rest = [one for one in stay.credits if one != key]
        self.take_back("reverse", credit.who, units, [key], spent, rest)
        credit.is_reversed = True

    # hours that earn

    def promise(
        self, key: str, who: str, units: int, expires_at: datetime | None, cap: int | None = None, *, to_pool: bool = False
    ) -> None:
        pending = {f"{key}:v1": (units, expires_at)} if units else {}
        self.stays[key] = Stay(who, [units], pending, cap=cap, to_pool=to_pool)
        self.promised.append(key)

    def keep(self, *keys: str) -> None:
        """What is pending of some stays is credited, once, in the order in which it was promised."""
        for key in sorted(set(keys), key=lambda key: len(self.promised) - self.promised[::-1].index(key)):
            stay = self.stays[key]
            if stay.who in self.closed:  # nothing, with its reason
                stay.pending = {}
            for version, (units, end) in stay.pending.items():
                kept = min(units, self.room(stay, end))
                if kept:
                    self.credit(version, stay.who, kept, end)
                    stay.credits.append(version)
                if kept < units and stay.to_pool:
                    self.credit(f"{version}:over", POOL, units - kept, None)
                    stay.overs.append(f"{version}:over")
                elif kept < units:
                    stay.refused[version] += units - kept
            stay.pending = {}

    def room(self, stay: Stay, end: datetime | None) -> int:
        """What is owed is paid first; points that come past their date go at once and need none."""
        is_past = end is not None and end <= self.now
        return FULL if stay.cap is None or is_past else max(0, stay.cap - self.posted(stay.who) + self.owed(stay.who))

    def brings(self, stay: Stay) -> tuple[int, int, int]:
        """What was credited of a stay and not taken back, its part in the pool, and what was not granted of it."""
        own = sum(self.credits[one].units for one in stay.credits) - stay.taken_back
        pooled = sum(self.credits[one].units for one in stay.overs) - stay.pool_gave_back
        refused = sum(
            n for version, n in stay.refused.items() if version not in self.credits or not self.credits[version].is_reversed
        )
        return own, pooled, max(0, refused)

    def correct(self, key: str, version: int, total: int, expires_at: datetime | None, spent: str) -> int:
        """The difference to what all versions brought so far (ledger-101). Promises of earlier versions are kept first."""
        stay = self.stays[key]
        if version <= len(stay.versions):
            if version == 1 or stay.versions[version - 1] != total:
                raise Refused("key_conflict")
            return 0
        self.keep(key)
        own, pooled, refused = self.brings(stay)
        difference = total - own - pooled - refused
        stay.versions.append(total)
        if difference > 0 and stay.who in self.closed:
            return 0
        if difference > 0:
            stay.pending[f"{key}:v{version}"] = (difference, expires_at)
            self.promised.append(key)
        elif difference < 0:
            refused = min(-difference, refused)
            pooled = min(-difference - refused, pooled)
            own = -difference - refused - pooled
            stay.refused[f"{key}:v{version}"] -= refused
            if pooled:
                self.take_back("correct", POOL, pooled, stay.overs, spent)
            if own:
                self.take_back("correct", stay.who, own, stay.credits, spent)
            stay.pool_gave_back += pooled
            stay.taken_back += own
        return difference
