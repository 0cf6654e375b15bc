"""Series: an activity that comes again by a rule, and what each of its sessions is like. `generator` makes the sessions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schedules import plans, recurrence, rrules, sql, walltimes
from schedules.errors import Malformed, NotFound
from schedules.intervals import Interval
from schedules.plans import Line, RolePlan, SessionPlan, Text
from schedules.recurrence import Rule

WEEKS_AHEAD = 8
Wall = Annotated[time, Meta(tz=False)]


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A series as it is to be. Wall times of the activity's zone; an end at or before the start is the next day.

    `place` is where it takes place; with a room of ours, where people are told to come as long as the room is taken.
    """

    rule: Annotated[str, Meta(min_length=1, max_length=rrules.LONGEST_TEXT)]
    """An RRULE, or RDATE;VALUE=DATE: with days picked by hand."""
    first_on: date
    starts: Wall
    ends: Wall
    space_id: UUID | None = None
    place: Line = ""
    roles: Annotated[tuple[RolePlan, ...], Meta(min_length=1, max_length=20)]
    note: Text = ""
    note_en: Text = ""
    weeks_ahead: Annotated[int, Meta(ge=1, le=52)] = WEEKS_AHEAD
    """So many weeks ahead sessions are made."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A series with what its sessions take from the activity. `ended_on`: no session from that day on."""

    id: UUID
    activity_id: UUID
    community_id: UUID
    organiser_id: UUID
    activity_state: str
    title: str
    title_en: str
    time_zone: str
    follows_id: UUID | None
    rule: str
    first_on: date
    starts: time
    ends: time
    space_id: UUID | None
    place: str
    roles: tuple[RolePlan, ...]
    note: str
    note_en: str
    weeks_ahead: int
    ended_on: date | None
    made_until: date | None
    opens_before: int
    closes_after: int
    may_endanger: bool

    @property
    def parsed(self) -> Rule:
        return rrules.parse(self.rule)

    @property
    def is_bounded(self) -> bool:
        """Whether the rule has an end of its own."""
        rule = self.parsed
        return bool(rule.count or rule.until or rule.dates)

    @property
    def template(self) -> Template:
        return Template(**{name: getattr(self, name) for name in Template.__struct_fields__})


TEMPLATE = Template.__struct_fields__
SELECTED = """
SELECT s.id, s.activity_id, a.community_id, a.organiser_id, a.state AS activity_state, a.title, a.title_en, a.time_zone,
       s.follows_id, s.rule, s.first_on, s.starts, s.ends, s.space_id, s.place, s.roles, s.note, s.note_en, s.weeks_ahead,
       s.ended_on, s.made_until, a.opens_before, a.closes_after, a.may_endanger
  FROM series s JOIN activity a ON a.id = s.activity_id
"""


def _of_row(row: Any) -> Series:
    fields = dict(row.items())
    fields["roles"] = msgspec.json.decode(fields["roles"], type=tuple[RolePlan, ...])
    return Series(**fields)


async def find(series_id: UUID) -> Series:
    """Raises NotFound."""
    row = await sql.row(f"{SELECTED} WHERE s.id = $1", series_id)
    if row is None:
        raise NotFound(what="series")
    return _of_row(row)


async def lock(series_id: UUID) -> Series:
    """The series, for who changes it or makes its sessions: they queue here. Raises NotFound."""
    if not await sql.rows("SELECT 1 FROM series WHERE id = $1 FOR NO KEY UPDATE", series_id):
        raise NotFound(what="series")
    return await find(series_id)


async def of_activity(activity_id: UUID) -> list[Series]:
    """All series of an activity, oldest first."""
    return [
        _of_row(row) for row in await sql.rows(f"{SELECTED} WHERE s.activity_id = $1 ORDER BY s.made_at, s.id", activity_id)
    ]


async def due(now: datetime) -> list[UUID]:
    """Series of published activities whose sessions are not made far enough ahead, the longest behind first."""
    found = await sql.rows(
        "SELECT s.id FROM series s JOIN activity a ON a.id = s.activity_id WHERE a.state = 'published' "
        "AND (s.ended_on IS NULL OR s.made_until IS NULL OR s.made_until < s.ended_on) "
        "AND (s.made_until IS NULL OR s.made_until < ($1::timestamptz AT TIME ZONE a.time_zone)::date + s.weeks_ahead * 7) "
        "ORDER BY s.made_until NULLS FIRST, s.id",
        now,
    )
    return [row["id"] for row in found]


def check(wanted: Template) -> Rule:
    """The rule that is meant. Raises Malformed, naming the field, for a series that makes no sense (schedule-8)."""
    rule = rrules.parse(wanted.rule)
    recurrence.check(rule, wanted.first_on)
    if wanted.space_id is None and not wanted.place.strip():
        raise Malformed(field="place", reason="a room or a place in words")
    plans.check_legible("place", wanted.place)
    plans.check_roles(wanted.roles)
    for field in ("note", "note_en"):
        plans.check_legible(field, getattr(wanted, field), has_lines=True)
    return rule


def session_plan(wanted: Template | Series, day: date) -> SessionPlan:
    """What the series asks for on one of its days."""
    ends = datetime.combine(day, wanted.ends)
    return SessionPlan(
        starts=datetime.combine(day, wanted.starts),
        ends=ends if wanted.ends > wanted.starts else ends + timedelta(days=1),
        space_id=wanted.space_id,
        place=wanted.place,
    )


def interval(wanted: Template | Series, day: date, time_zone: str) -> Interval:
    """When the session of a day really is: skipped and doubled hours as in `plans` (schedule-1 to 5).

    One whose hours the clocks skip altogether keeps its length, so that every day of the rule has a session.
    """
    plan = session_plan(wanted, day)
    starts_at, ends_at = walltimes.near(plan.starts, time_zone), walltimes.near(plan.ends, time_zone)
    if ends_at <= starts_at:
        ends_at = walltimes.near(plan.ends, time_zone, fold=1)
    if ends_at <= starts_at:
        ends_at = starts_at + (plan.ends - plan.starts)
    return Interval(starts_at, ends_at)


async def create(activity_id: UUID, wanted: Template, by_id: UUID, now: datetime, *, follows_id: UUID | None = None) -> UUID:
    """A new series; its id. Its sessions come from the generator. `check` it first."""
    values = _values(wanted) | {
        "id": uuid4(),
        "activity_id": activity_id,
        "follows_id": follows_id,
        "made_by": by_id,
        "made_at": now,
        "changed_at": now,
    }
    marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    made = await sql.value(f"INSERT INTO series ({', '.join(values)}) VALUES ({marks}) RETURNING id", *values.values())
    return UUID(str(made))


async def rewrite(series_id: UUID, wanted: Template, now: datetime) -> None:
    """Replaces what the series says; its sessions follow through `revisions`."""
    values = _values(wanted)
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3))
    await sql.rows(
        f"UPDATE series SET changed_at = $2, made_until = NULL, {changes} WHERE id = $1", series_id, now, *values.values()
    )


def _values(wanted: Template) -> dict[str, object]:
    values = {name: getattr(wanted, name) for name in TEMPLATE}
    values["rule"] = rrules.text(rrules.parse(wanted.rule))
    values["roles"] = msgspec.json.encode(wanted.roles).decode()
    values["place"] = wanted.place.strip()
    return values


async def end(series_id: UUID, from_on: date, now: datetime) -> None:
    """No session from this day on. What was made stays for `revisions` to look at. Safe to repeat."""
    await sql.rows("UPDATE series SET ended_on = least(ended_on, $2), changed_at = $3 WHERE id = $1", series_id, from_on, now)


def days(wanted: Template | Series, after: date, before: date) -> list[date]:
    """The days of the rule from `after` to `before`, both included, up to the end of the series."""
    ended = wanted.ended_on if isinstance(wanted, Series) else None
    if ended is not None:
        before = min(before, ended - timedelta(days=1))
    return recurrence.dates(rrules.parse(wanted.rule), wanted.first_on, after, before)


def remaining(series: Series, from_on: date) -> Template:
    """The series as a template from this day on: days before it are not counted again."""
    rule = series.parsed
    if rule.count is not None:
        gone = len(recurrence.dates(rule, series.first_on, series.first_on, from_on - timedelta(days=1)))
        rule = msgspec.structs.replace(rule, count=max(1, rule.count - gone))
    if rule.dates:
        rule = msgspec.structs.replace(rule, dates=tuple(day for day in rule.dates if day >= from_on) or rule.dates[-1:])
    following = recurrence.dates(series.parsed, series.first_on, from_on, from_on + timedelta(days=366 * 10), 1)
    return msgspec.structs.replace(
        series.template, rule=rrules.text(rule), first_on=max(series.first_on, following[0] if following else from_on)
    )


class Coming(msgspec.Struct, frozen=True):
    """A day of a rule as it would be. `skipped`: the wall time that was asked for, where the clocks skip it."""

    day: date
    time: Interval
    skipped: datetime | None


def coming(wanted: Template, time_zone: str, now: datetime, limit: int = 10) -> list[Coming]:
    """The next days of a rule, for a form. Pure. `check` it first."""
    today = walltimes.day_of(now, time_zone)
    found = days(wanted, today, today + timedelta(days=366 * recurrence.LONGEST_YEARS))
    times = [(day, interval(wanted, day, time_zone)) for day in found[: limit + 1]]
    return [
        Coming(day, time, plans.skipped(session_plan(wanted, day), time.starts_at, time_zone))
        for day, time in times
        if time.starts_at > now
    ][:limit]
