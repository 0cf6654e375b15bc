"""What keeps no longer than it must: run-out codes, sign-ins, pairings and counters."""

from __future__ import annotations

from datetime import datetime

from timebank.people import devices, limits, phone_codes, sign_in


async def clean(now: datetime) -> int:
    """Safe to repeat and to run twice at once; answers how many rows went."""
    return await phone_codes.clean(now) + await sign_in.clean(now) + await devices.clean(now) + await limits.clean(now)
