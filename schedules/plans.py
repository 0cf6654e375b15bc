"""What an organiser writes down: an activity with its roles and sessions in local time, and the checks it has to pass. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import Malformed
from schedules.intervals import Interval
from schedules.legible import is_legible

Kind = Literal["service", "class", "festival", "clinic", "meeting", "paid", "duty"]
KINDS: tuple[Kind, ...] = ("service", "class", "festival", "clinic", "meeting", "paid", "duty")
NEVER_SERVICE = frozenset({"meeting", "paid", "duty"})
"""Kinds that the national rules do not let anybody record as voluntary service (rules.md 3, art. 19)."""
LONGEST = timedelta(hours=24)
"""Of a session; what lasts longer is one session a day (schedule-18)."""
YEARS = range(2000, 2200)
NAMED = ("title", "organising_unit", "person_in_charge")
LINES = ("title_en", "organising_unit_en", "category")
LONG = ("content", "content_en", "risks", "risks_en", "staff_note")
UNREADABLE = "There is nothing to read here, or it has hidden characters."

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Text = Annotated[str, Meta(max_length=4000)]
Line = Annotated[str, Meta(max_length=200)]
Minutes = Annotated[int, Meta(ge=0, le=100_000)]
Local = Annotated[datetime, Meta(tz=False)]


class RolePlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of task and how many it takes: none is unlimited, 0 is nobody (schedule-21)."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    name_en: Annotated[str, Meta(max_length=60)] = ""
    places: Annotated[int, Meta(ge=0, le=100_000)] | None = None


class SessionPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated occurrence: wall times of the activity's zone, and a room of ours or a place in words."""

    starts: Local
    ends: Local
    space_id: UUID | None = None
    place: Line = ""


class Cover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accident insurance; both days are covered."""

    insurer: Name
    policy_number: Name
    valid_from: date
    valid_until: date


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An activity as it is to be. Every role is offered at every session.

    `may_endanger` has no default: saying nothing is not possible (rules.md 8).
    """

    community_id: UUID
    kind: Kind
    is_service: bool
    title: Name
    title_en: Annotated[str, Meta(max_length=120)] = ""
    content: Text = ""
    content_en: Text = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    organising_unit: Name
    organising_unit_en: Annotated[str, Meta(max_length=120)] = ""
    person_in_charge: Name
    risks: Text = ""
    risks_en: Text = ""
    may_endanger: bool
    cover: Cover | None = None
    signup_before: Minutes | None = None
    """Minutes before the start that sign-up opens; none: at once."""
    signup_after: Minutes | None = None
    """Minutes after the start that sign-up closes; none: at the end."""
    withdraw_before: Minutes = 0
    """Minutes before the start until which a member may withdraw alone."""
    remind_before: Annotated[int, Meta(ge=0, le=10_080)] = 180
    """Minutes before the start that those with a place are reminded; 0: not at all."""
    grace: Minutes = 15
    """Minutes that two sign-ups of one person may overlap."""
    opens_before: Minutes = 30
    """Minutes before the start that entry scans are taken."""
    closes_after: Minutes = 30
    """Minutes after the end that entry scans are taken."""
    late_after: Minutes = 15
    tolerance: Minutes = 0
    allows_reentry: bool = True
    allows_many: bool = False
    walk_ins: bool = False
    """Who comes without a sign-up may take a place that is free."""
    confirms_self: bool = False
    """Service of those who checked in by their own phone earns once the organiser has confirmed it (checkin-75)."""
    is_group: bool = False
    """A group serves there: where the rules say so, what it earns goes to the pool, and the hours are each one's own."""
    staff_note: Text = ""
    has_waiting_list: bool = False
    """Who finds no place may join a line, and is offered the next one that becomes free."""
    needs_approval: bool = False
    """An organiser decides about every sign-up."""
    counts_requests: bool = False
    """A request holds a place until it is decided."""
    asks_again: bool = False
    """Who was rejected may ask again."""
    offer_minutes: Annotated[int, Meta(ge=1, le=100_000)] = 720
    """Minutes that an offer from the waiting list is held: long enough for a night. Never beyond the end of sign-up."""
    roles: Annotated[tuple[RolePlan, ...], Meta(max_length=20)] = ()
    sessions: Annotated[tuple[SessionPlan, ...], Meta(max_length=100)] = ()


def check(plan: Plan) -> None:
    """Raises Malformed, naming the field, for a plan that makes no sense whatever else is decided later."""
    if plan.is_service and plan.kind in NEVER_SERVICE:
        raise Malformed(field="is_service", reason="meetings, paid work and own duty are never voluntary service")
    for field in (*NAMED, *LINES, *LONG):
        check_legible(field, getattr(plan, field), is_needed=field in NAMED, has_lines=field in LONG)
    check_roles(plan.roles)
    if plan.cover and plan.cover.valid_until < plan.cover.valid_from:
        raise Malformed(field="cover.valid_until", reason="the cover ends before it begins")
    for number, session in enumerate(plan.sessions):
        if not session.place.strip() and session.space_id is None:
            raise Malformed(field=f"sessions.{number}.place", reason="a room or a place in words")
        check_legible(f"sessions.{number}.place", session.place)


def check_roles(roles: Sequence[RolePlan]) -> None:
    """Raises Malformed for a name that nobody can read, and for one that two of them have."""
    names = [role.name for role in roles]
    for number, role in enumerate(roles):
        check_legible(f"roles.{number}.name", role.name, is_needed=True)
        check_legible(f"roles.{number}.name_en", role.name_en)
        if role.name in names[:number]:
            raise Malformed(field=f"roles.{number}.name", reason="two roles have one name")


def check_legible(field: str, text: str, *, is_needed: bool = False, has_lines: bool = False) -> None:
    """Raises Malformed where there is nothing to read or something hidden; an empty text only where it is needed."""
    if (is_needed or text.strip()) and not is_legible(text.strip(), has_lines=has_lines):
        raise Malformed(field=field, reason=UNREADABLE)


def instants(plan: Plan, time_zone: str) -> list[Interval]:
    """When the sessions really are. Raises Malformed for one that is reversed, longer than a day or out of all years.

    A start or end that the clocks skip moves on by the gap, one that comes twice is the first (schedule-3, 4); an end is never
    taken before its start where a later occurrence exists.
    """
    return [interval(session, time_zone, f"sessions.{number}.") for number, session in enumerate(plan.sessions)]


def interval(session: SessionPlan, time_zone: str, prefix: str = "") -> Interval:
    """When one session really is, as `instants`; `prefix` stands before the field that is named."""
    if session.starts.year not in YEARS or session.ends.year not in YEARS:
        raise Malformed(field=f"{prefix}starts", reason=f"a year from {YEARS[0]} to {YEARS[-1]}")
    starts_at, ends_at = walltimes.near(session.starts, time_zone), walltimes.near(session.ends, time_zone)
    if ends_at <= starts_at:
        ends_at = walltimes.near(session.ends, time_zone, fold=1)
    if ends_at <= starts_at:
        raise Malformed(field=f"{prefix}ends", reason="the end must lie after the start")
    if ends_at - starts_at > LONGEST:
        raise Malformed(field=f"{prefix}ends", reason="a session lasts at most 24 hours; plan one for each day")
    return Interval(starts_at, ends_at)


def skipped(session: SessionPlan, starts_at: datetime, time_zone: str) -> datetime | None:
    """The wall time that was asked for, where the clocks skip it; else None."""
    return None if walltimes.local_of(starts_at, time_zone).replace(tzinfo=None) == session.starts else session.starts


def covers(cover: Cover | None, sessions: Sequence[Interval], time_zone: str) -> bool:
    """Whether the cover holds on every local day of every session; one that starts the day after does not count (rules-12)."""
    if cover is None:
        return False
    first = [walltimes.day_of(session.starts_at, time_zone) for session in sessions]
    last = [walltimes.day_of(session.ends_at - timedelta.resolution, time_zone) for session in sessions]
    return all(cover.valid_from <= day for day in first) and all(day <= cover.valid_until for day in last)
