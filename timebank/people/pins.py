"""The PIN of a printed card: what makes it spend at a kiosk."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from schedules import sql
from schedules.errors import Malformed, Refusal
from timebank.people import argon, limits
from timebank.people.limits import TooManyTries

LENGTH = 6
TRIES, WINDOW = 5, timedelta(minutes=15)
TRIES_OF_DAY, DAY = 10, timedelta(days=1)
TRIES_OF_DEVICE = 30
"""Wrong PINs a quarter of an hour over all cards at one device."""

Bucket = tuple[str, int, timedelta]
"""Name, tries and window, as `limits` takes them."""


class PinNotFit(Malformed):
    """Not six digits, or too easy to guess. Facts: field, reason."""


class WrongPin(Refusal):
    """Facts: tries_left; where none is left, minutes until there is one again, is_device (the screen's tries are gone)."""


class PinLocked(TooManyTries):
    """No PIN is tried with this card, or at this screen, for now. Facts: again_at, minutes (until then), is_device."""


class PinNotSet(Refusal):
    """This member's card has no PIN yet. Facts: none."""


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


async def prepare(text: str) -> str:
    """The hash of a PIN that may be set: six digits, not all the same and not counting up or down. Raises PinNotFit.

    Outside every transaction; keep it with `passwords.keep(member_id, "pin", ...)`.
    """
    pin = plain(text)
    steps = {(ord(right) - ord(left)) for left, right in pairwise(pin)}
    if len(pin) != LENGTH or not (pin.isascii() and pin.isdigit()) or steps in ({0}, {1}, {-1}):
        raise PinNotFit(field="pin", reason=f"{LENGTH} digits that are not all the same and do not count up or down")
    return await argon.make(pin)


def _buckets(member_id: UUID, device_id: UUID) -> tuple[Bucket, Bucket, Bucket]:
    return (
        (f"pin:member:{member_id}", TRIES, WINDOW),
        (f"pin:day:{member_id}", TRIES_OF_DAY, DAY),
        (f"pin:device:{device_id}", TRIES_OF_DEVICE, WINDOW),
    )


async def require_open(member_id: UUID, device_id: UUID, now: datetime) -> None:
    """Before a PIN is asked for: one could be right. Spends no try, and tells no more than a PIN typed now would be told.

    Raises PinNotSet, PinLocked. Locks nothing: whoever tries at this moment elsewhere is judged by `check` all the same.
    """
    if not await sql.rows("SELECT 1 FROM credential WHERE member_id = $1 AND kind = 'pin'", member_id):
        raise PinNotSet()
    buckets = _buckets(member_id, device_id)
    empty = [bucket for bucket in buckets if await limits.left(*bucket, now) <= 0]
    if empty:
        again_at, minutes, is_device = await _until(empty, now)
        raise PinLocked(again_at=again_at, minutes=minutes, is_device=is_device)


async def _until(empty: Sequence[Bucket], now: datetime) -> tuple[datetime, int, bool]:
    """When the last of these buckets has a try again, in how many minutes, and whether only the screen's are gone."""
    waits = [(await limits.refused(bucket, window, now)).facts for bucket, _, window in empty]
    last = max(waits, key=lambda facts: facts["again_at"])
    return last["again_at"], last["minutes"], all(bucket.startswith("pin:device:") for bucket, _, _ in empty)


async def check(member_id: UUID, pin: str, device_id: UUID, now: datetime) -> None:
    """Raises WrongPin, PinNotSet, TooManyTries by card and by device; a right PIN costs no try. Outside every transaction."""
    buckets = _buckets(member_id, device_id)
    for bucket, allowance, window in buckets:
        await limits.spend(bucket, allowance, window, now)
    kept = await sql.value("SELECT hash FROM credential WHERE member_id = $1 AND kind = 'pin'", member_id)
    if not await argon.fits(kept, plain(pin)) and kept is not None:
        raise await _wrong(buckets, now)
    for bucket, _, window in buckets:
        await limits.give_back(bucket, window, now)
    if kept is None:
        raise PinNotSet()


async def _wrong(buckets: Sequence[Bucket], now: datetime) -> WrongPin:
    """With the tries of the bucket that is emptied first."""
    left = [max(0, await limits.left(bucket, allowance, window, now)) for bucket, allowance, window in buckets]
    if min(left):
        return WrongPin(tries_left=min(left))
    empty = [bucket for bucket, tries in zip(buckets, left, strict=True) if not tries]
    _again_at, minutes, is_device = await _until(empty, now)
    return WrongPin(tries_left=0, minutes=minutes, is_device=is_device)


async def open_again(member_id: UUID) -> None:
    """The tries of a card whose PIN was just replaced count anew."""
    await limits.forget(f"pin:member:{member_id}", f"pin:day:{member_id}")
