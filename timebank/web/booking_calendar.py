"""Bookings as an iCalendar file, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from litestar import Response

from schedules import calendars
from schedules.bookings import Booking
from schedules.calendars import Entry
from timebank.web.words import Language, _, say

KEPT = timedelta(days=90)
"""How long past bookings stay in lists and files."""


def answer(found: Sequence[Booking], language: Language, base_url: str) -> Response[bytes]:
    """The file, to be saved or opened by the calendar of the device."""
    text = calendars.text(say(language, _("My rooms")), [entry(booking, language, base_url) for booking in found])
    headers = {"content-disposition": 'attachment; filename="bookings.ics"', "cache-control": "private, no-store"}
    return Response(text, media_type="text/calendar", headers=headers)


def entry(booking: Booking, language: Language, base_url: str) -> Entry:
    """One booking; its UID is its id and stays the same for ever."""
    name = (booking.space_en or booking.space) if language == "en" else booking.space
    summary = f"{name}: {booking.purpose}" if booking.purpose else name
    return Entry(
        uid=f"booking-{booking.id}@timebank",
        summary=summary,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        time_zone=booking.time_zone,
        sequence=booking.sequence,
        made_at=booking.made_at,
        changed_at=booking.changed_at,
        is_cancelled=booking.is_cancelled,
        place=name,
        description=booking.reason,
        url=f"{base_url}/me/bookings/{booking.id}",
    )
