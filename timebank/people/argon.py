"""argon2id in threads, few at a time: the event loop stays free and a rush of sign-ins cannot take all memory."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 4
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""19 MiB and two passes, about 20 ms."""
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")


async def make(secret: str) -> str:
    """The hash to keep. Outside every transaction."""
    return await asyncio.get_running_loop().run_in_executor(_threads, HASHER.hash, secret)


async def fits(kept: str | None, secret: str) -> bool:
    """Whether `secret` made the kept hash. Without one it takes as long and says no. Outside every transaction."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _fits, kept, secret)


def _fits(kept: str | None, secret: str) -> bool:
    try:
        HASHER.verify(kept or _nobodys(), secret)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody's")
