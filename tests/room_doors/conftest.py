"""The clock of the installation under test, on the Friday on which these tests play."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.spaces.rooms import at
from timebank.web import clock

Clock = Callable[[str], None]


@pytest.fixture
def friday(client: httpx.AsyncClient) -> Clock:
    """Sets the server's clock to a time of Friday 27 November 2026 in Shanghai."""

    def set_to(text: str) -> None:
        clock.put(at(text))

    return set_to
