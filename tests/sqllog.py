"""What statements a piece of code sends, for caps and for locks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

OWN = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that any connection fetches meanwhile, in order; what frames a transaction is left out."""
    seen: list[str] = []
    fetch = asyncpg.Connection.fetch

    async def noting(self: Any, query: str, *args: Any, **more: Any) -> Any:
        if not query.startswith(OWN):
            seen.append(query)
        return await fetch(self, query, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "fetch", noting)
        yield seen
