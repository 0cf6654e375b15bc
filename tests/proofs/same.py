"""Locks whose absence changes nothing, each with the reason: `tests/proofs/mutations.py` writes it into its table."""

from __future__ import annotations

SAME: dict[str, str] = {}
