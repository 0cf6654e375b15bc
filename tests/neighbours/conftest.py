"""Every test of neighbours ends with a ledger that agrees with itself."""

from tests.ledger.conftest import folk

__all__ = ["folk"]
