"""The clock of the installation under test."""

from __future__ import annotations

import httpx
import pytest

from tests.spaces.rooms import NOW
from timebank.web import clock


@pytest.fixture
def thursday(client: httpx.AsyncClient) -> None:
    """It is Thursday 26 November 2026, 09:00 in Shanghai, for every request of the client."""
    clock.put(NOW)
