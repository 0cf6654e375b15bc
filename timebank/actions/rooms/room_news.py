"""What people hear about rooms that they wait for, in the transaction of the fact; words in `web/letters/room_doors.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules.bookings import Booking
from schedules.facts import Broken
from schedules.room_offers import Offer
from schedules.room_queue import Asked
from schedules.room_wishes import Skip
from timebank.outbox import messages
from timebank.outbox.messages import Message

WAITING = "/me/waiting"


async def asked(found: Asked, now: datetime) -> None:
    """Offers to those who are asked, reasons to those who were skipped; each fact once.

    Who takes what comes is not asked: they hear when it is theirs.
    """
    told = [_offered(offer) for offer in found.offers if not offer.accepts_at_once]
    told += [_skipped(one.wish_id, one.person_id, one.skip) for one in found.skipped]
    await messages.promise(told, now)


async def ran_out(offer: Offer, now: datetime) -> None:
    """To who did not answer; not once the time has begun (booking-105)."""
    letter = Message(
        key=f"room_offer:{offer.id}:ran_out",
        person_id=offer.person_id,
        kind="room_offer_ran_out",
        facts=_facts(offer),
        path=WAITING,
        useful_until=offer.starts_at,
    )
    await messages.withdraw([f"room_offer:{offer.id}:made"])
    await messages.promise([letter], now)


async def given(offer: Offer, booking: Booking, now: datetime) -> None:
    """To who takes what comes: it is booked, or asked for where the room needs approval."""
    letter = Message(
        key=f"room_offer:{offer.id}:given",
        person_id=offer.person_id,
        kind="room_given" if booking.state == "confirmed" else "room_asked_for",
        facts=_facts(offer),
        path=f"/me/bookings/{booking.id}",
        useful_until=offer.ends_at,
    )
    await messages.promise([letter], now)


async def refused(offer: Offer, broken: Sequence[Broken], now: datetime) -> None:
    """To who takes what comes, and may not have it by now."""
    skip = Skip(offer.space_id, offer.space, offer.space_en, offer.time_zone, offer.starts_at, offer.ends_at, broken)
    await messages.promise([_skipped(offer.wish_id, offer.person_id, skip)], now)


async def taken_back(offers: Sequence[Offer], reason: str, now: datetime) -> None:
    """To who was asked for a time that the house now needs itself."""
    await messages.withdraw([f"room_offer:{offer.id}:made" for offer in offers])
    letters = [
        Message(
            key=f"room_offer:{offer.id}:taken_back",
            person_id=offer.person_id,
            kind="room_offer_taken_back",
            facts=_facts(offer, reason=reason),
            path=WAITING,
            useful_until=offer.starts_at,
        )
        for offer in offers
    ]
    await messages.promise(letters, now)


def _offered(offer: Offer) -> Message:
    return Message(
        key=f"room_offer:{offer.id}:made",
        person_id=offer.person_id,
        kind="room_offer",
        facts=_facts(offer, expires_at=offer.expires_at.isoformat()),
        path=WAITING,
        useful_until=offer.expires_at,
    )


def _skipped(wish_id: UUID, person_id: UUID, skip: Skip) -> Message:
    facts: dict[str, Any] = msgspec.to_builtins(skip)
    return Message(
        key=f"room_wish:{wish_id}:skipped:{skip.space_id}:{skip.starts_at.isoformat()}",
        person_id=person_id,
        kind="room_skipped",
        facts=facts,
        path=WAITING,
        useful_until=skip.starts_at,
    )


def _facts(offer: Offer, **more: str) -> dict[str, Any]:
    return {
        "space": offer.space,
        "space_en": offer.space_en,
        "starts_at": offer.starts_at.isoformat(),
        "ends_at": offer.ends_at.isoformat(),
        "time_zone": offer.time_zone,
        **more,
    }
