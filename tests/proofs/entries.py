"""What stands in the book: points with their end, holds, debts, credits, sales, and stays in their versions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

ISSUANCE, REDEEMED, EXPIRED, RECEIVABLE, POOL = "issuance", "redeemed", "expired", "receivable", "pool"
FAR = datetime.max.replace(tzinfo=UTC)

Piece = tuple[int, datetime | None, str]
"""Units that were drawn, the end that they keep, and the movement that had brought them."""


class Refused(Exception):
    """Nothing moved; `reasons` are the answers that are right."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = set(reasons)


@dataclass
class Lot:
    units: int
    expires_at: datetime | None
    of: str
    """The movement that brought it."""


@dataclass
class Hold:
    who: str
    units: int
    expires_at: datetime
    to: str
    kind: str
    reward: str | None = None
    state: str = "pending"
    captured: int | None = None
    pieces: list[Piece] = field(default_factory=list)
    """What was captured, while it is not given back."""


@dataclass
class Debt:
    who: str
    units: int
    paid: int = 0
    waived: int = 0

    @property
    def left(self) -> int:
        return self.units - self.paid - self.waived


@dataclass
class Credit:
    who: str
    units: int
    expires_at: datetime | None
    is_reversed: bool = False


@dataclass
class Sale:
    who: str
    reward: str
    units: int
    pieces: list[Piece]
    is_undone: bool = False


@dataclass
class Stay:
    """Hours that earn, in versions. `versions` are what each said the stay comes to; `pending`, units and end, waits."""

    who: str
    versions: list[int] = field(default_factory=list)
    pending: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)
    credits: list[str] = field(default_factory=list)
    taken_back: int = 0
    cap: int | None = None
    """The most that the wallet takes of it (ledger-110); what lies above goes to the pool, or is not granted."""
    to_pool: bool = False
    overs: list[str] = field(default_factory=list)
    pool_gave_back: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Units that were not granted, by version; below zero what corrections took of them."""
