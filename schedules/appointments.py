"""A session as a calendar entry, for everybody or for one person who has a place at it. Pure."""

from __future__ import annotations

from schedules.calendars import Entry
from schedules.sessions import Session

GONE = frozenset({"withdrawn", "cancelled", "rejected", "lapsed"})
"""A person whose sign-up ended so finds the entry cancelled, not missing (schedule-94)."""


UNCERTAIN = frozenset({"waiting", "offered", "requested"})


def entry(session: Session, host: str, url: str, title: str, place: str, description: str = "", alarm: str = "") -> Entry:
    """The uid never changes; the sequence rises and the stamp moves with each change of session or sign-up (schedule-93)."""
    own = session.own
    return Entry(
        uid=f"session-{session.id}@{host}",
        summary=title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        time_zone=session.time_zone,
        sequence=session.sequence + (own.sequence if own else 0),
        made_at=session.made_at,
        changed_at=max(session.changed_at, own.changed_at) if own else session.changed_at,
        is_cancelled=session.is_called_off or (own is not None and own.state in GONE),
        place=place,
        description=description,
        url=url,
        is_tentative=own is not None and own.state in UNCERTAIN,
        alarm=alarm,
    )
