"""The people of the ledger's tests: what is on record leaves the ledger in order."""

from tests.ledger.conftest import folk

__all__ = ["folk"]
