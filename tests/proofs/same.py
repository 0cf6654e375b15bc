"""Locks whose absence changes nothing, each with the reason: `tests/proofs/mutations.py` writes it into its table."""

from __future__ import annotations

SAME: dict[str, str] = {
    "repay 1": (
        "nothing: debts are written under the lock of their wallet alone, by whoever repays, takes back or closes it, "
        "so nobody can be met on one"
    ),
}
