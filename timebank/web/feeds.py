"""A calendar subscription as an iCalendar file, in the language of whose it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from litestar import Response
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from schedules import appointments, calendars
from schedules.busy import Busy
from schedules.calendars import Entry
from schedules.sessions import Session
from timebank.actions.people.feeds import Contents
from timebank.people.feeds import Feed
from timebank.web import booking_calendar
from timebank.web.words import Language, _, say

FRESH_SECONDS = 300
"""How long a program may keep what it fetched without asking again."""
STATES = {
    "waiting": _("On the waiting list"),
    "offered": _("A place is held for you"),
    "requested": _("Waits for approval"),
}


def address(feed: Feed, base_url: str) -> str:
    return f"{base_url}/calendars/{feed.token}.ics"


def name_of(feed: Feed, language: Language) -> str:
    """What the calendar is called in a calendar program and on the page."""
    if feed.kind == "person":
        return say(language, _("My time bank"))
    return (feed.name_en or feed.name) if language == "en" else (feed.name or feed.name_en)


def answer(found: Contents, base_url: str, known: str | None) -> Response[bytes]:
    """The file, or 304 where the program `known`s this very one already (booking-124)."""
    text = calendars.text(name_of(found.feed, found.feed.language), list(entries(found, base_url)))
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": f"private, max-age={FRESH_SECONDS}", "x-robots-tag": "noindex"}
    if known and tag in [each.strip().removeprefix("W/") for each in known.split(",")]:
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers=headers, media_type="text/calendar")
    return Response(text, headers=headers, media_type="text/calendar")


def entries(found: Contents, base_url: str) -> Iterator[Entry]:
    language = found.feed.language
    for session in found.sessions:
        yield _session(session, language, base_url)
    for booking in found.bookings:
        yield booking_calendar.entry(booking, language, base_url)
    for use in found.busy:
        yield _busy(use, found, base_url)


def _session(session: Session, language: Language, base_url: str) -> Entry:
    title, place = (
        (session.title_en or session.title, session.place_en or session.place)
        if language == "en"
        else (session.title, session.place)
    )
    state = session.own.state if session.own else ""
    description = session.call_off_reason if session.is_called_off else say(language, STATES[state]) if state in STATES else ""
    alarm = say(language, _("Soon: %(title)s, %(place)s"), title=title, place=place) if state == "confirmed" else ""
    host = urlsplit(base_url).hostname or "timebank"
    url = f"{base_url}/activities/{session.activity_id}"
    return appointments.entry(session, host, url, title, place, description, alarm)


def _busy(use: Busy, found: Contents, base_url: str) -> Entry:
    """No name, no purpose, no title (booking-123); the UID tells nothing about what it stands for."""
    space, language = found.space, found.feed.language
    assert space is not None  # noqa: S101
    number = hashlib.sha256(f"{space.id} {use.id}".encode()).hexdigest()[:32]
    return Entry(
        uid=f"busy-{number}@{urlsplit(base_url).hostname or 'timebank'}",
        summary=say(language, _("Busy")),
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        time_zone=space.time_zone,
        sequence=use.sequence,
        made_at=use.made_at,
        changed_at=use.changed_at,
        is_cancelled=use.is_over,
        place=name_of(found.feed, language),
    )
