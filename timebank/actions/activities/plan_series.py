"""An activity comes again: its series is planned, changed, split or ended, and its sessions follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import activities, edits, generator, revisions, series, sessions, spaces, sql
from schedules.edits import Changed
from schedules.errors import NotFound, Refusal
from schedules.revisions import Revision
from schedules.series import Series, Template
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.activities import series_news
from timebank.actions.activities.plan_activity import check_rooms
from timebank.actions.rooms import freed_rooms
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.people import audit
from timebank.people.callers import Caller, Right


class ActivityOver(Refusal):
    """The activity was called off: nothing of it comes again. Facts: none."""


class Dated(msgspec.Struct, frozen=True):
    """A session in a list: `taken` people are signed up, `without_room` where the room it should have is taken."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str
    taken: int
    without_room: bool


class Moved(msgspec.Struct, frozen=True):
    """A session that a change touches: which of time, place, note; how many people are told, how many clash now."""

    session_id: UUID
    fields: tuple[str, ...]
    was: Dated
    now: Dated
    told: int
    clashes: int


class SeriesChanged(msgspec.Struct, frozen=True):
    """What a change does. `stays`: no longer in the rule, but people are signed up; `goes`: no longer in it, and empty.

    `series_id` is the new series after a split. `uncovered`: days that the activity's insurance leaves out.
    """

    series_id: UUID
    is_split: bool
    changed: list[Moved]
    stays: list[Dated]
    goes: list[Dated]
    made: list[Dated]
    uncovered: list[date]


class SeenSeries(msgspec.Struct, frozen=True):
    """A series for who runs it, with its sessions to come. `strays`: sessions with people that its rule no longer has."""

    series: Series
    node: Node
    sessions: list[Session]
    strays: list[UUID]
    room: str
    room_en: str


@action
async def plan_series(caller: Caller, activity_id: UUID, wanted: Template, now: datetime) -> SeriesChanged:
    """A new series of an activity, and its first sessions; a draft's are made when it is published.

    A single session at exactly the first time belongs to it from then on. Raises SignInNeeded, NotAllowed, NotFound,
    ActivityOver, RoomElsewhere, Malformed.
    """
    activity = await activities.find(activity_id)
    node = await tree.node(activity.community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    if activity.state == "cancelled":
        raise ActivityOver()
    wanted = await _settled(wanted, node)
    series.check(wanted)
    made_id = await series.create(activity_id, wanted, caller.member(), now)
    made = await generator.make(made_id, now)
    await series_news.tell_made(made, now)
    await audit.write(caller.id, "series.planned", f"series:{made_id}", now, rule=wanted.rule)
    return await _outcome(Revision(made_id, False, [], [], [], made), now)


@action
async def revise_series(
    caller: Caller, series_id: UUID, wanted: Template, from_session: UUID | None, now: datetime
) -> SeriesChanged:
    """Changes a series from one of its sessions on, or everything to come; members are told what changed.

    Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound, RoomElsewhere, and what `revisions.revise` raises.
    """
    node = await _may_run(caller, series_id)
    from_on = await _day(series_id, from_session)
    revision = await revisions.revise(series_id, await _settled(wanted, node), from_on, caller.member(), now)
    await _tell(revision, now)
    await audit.write(caller.id, "series.revised", f"series:{series_id}", now, from_on=from_on, rule=wanted.rule)
    await freed_rooms.offer_moved(revision.changed, now)
    await freed_rooms.offer(revision.goes, now)
    return await _outcome(revision, now)


@action
async def end_series(caller: Caller, series_id: UUID, from_on: date, now: datetime) -> SeriesChanged:
    """No session from this day on but those with sign-ups (schedule-16). Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    await _may_run(caller, series_id)
    revision = await revisions.end(series_id, from_on, now)
    await audit.write(caller.id, "series.ended", f"series:{series_id}", now, from_on=from_on)
    await freed_rooms.offer(revision.goes, now)
    return await _outcome(revision, now)


@action
async def try_rooms(caller: Caller, series_id: UUID, now: datetime) -> list[Dated]:
    """Tries the rooms of sessions that stand without theirs; those that got them. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    await _may_run(caller, series_id)
    open_ids = [one.id for one in await sessions.of_series(series_id, now) if one.wanted_space]
    before = {one: await sessions.one(one) for one in open_ids}
    lost = {wish.session_id for wish in await generator.settle_rooms(open_ids, now)}
    got = [await sessions.one(one) for one in open_ids if one not in lost]
    people = await edits.affected([one.id for one in got])
    changes = [Changed(before[one.id], one, ("place",), tuple(people.get(one.id, ()))) for one in got]
    await series_news.tell_changes(changes, now)
    return [dated(one) for one in got]


@action
async def see_series(caller: Caller, series_id: UUID, now: datetime) -> SeenSeries:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    node = await _may_run(caller, series_id)
    found = await series.find(series_id)
    dated_ones = await sessions.of_series(series_id, now)
    days = [one.original_start.date() for one in dated_ones if one.original_start]
    in_rule = set(series.days(found, min(days), max(days))) if days else set()
    strays = [one.id for one in dated_ones if one.original_start and one.original_start.date() not in in_rule]
    room = await spaces.one(found.space_id) if found.space_id else None
    return SeenSeries(found, node, dated_ones, strays, room.name if room else "", room.name_en if room else "")


async def _may_run(caller: Caller, series_id: UUID) -> Node:
    node = await tree.node((await series.find(series_id)).community_id)
    caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    return node


async def _settled(wanted: Template, node: Node) -> Template:
    """With a room of the right community, and a place in words for the dates on which it is taken: at least the community."""
    if wanted.space_id is None:
        return wanted
    await check_rooms([wanted.space_id], node.ancestor_ids)
    if not await sql.rows("SELECT 1 FROM space WHERE id = $1 AND state = 'open'", wanted.space_id):
        raise NotFound(what="space")
    return msgspec.structs.replace(wanted, place=wanted.place.strip() or node.name)


async def _day(series_id: UUID, from_session: UUID | None) -> date | None:
    if from_session is None:
        return None
    of_series, day = await revisions.day_of(from_session)
    if of_series != series_id:
        raise NotFound(what="session")
    return day


async def _tell(revision: Revision, now: datetime) -> None:
    await series_news.tell_changes(revision.changed, now)
    await series_news.tell_made(revision.made, now)


async def _outcome(revision: Revision, now: datetime) -> SeriesChanged:
    made = set(revision.made.session_ids)
    return SeriesChanged(
        revision.series_id,
        revision.is_split,
        [_moved(changed) for changed in revision.changed],
        _listed(revision.stays),
        _listed(revision.goes),
        _listed([one for one in await sessions.of_series(revision.series_id, now) if one.id in made]),
        revision.made.uncovered,
    )


def _moved(changed: Changed) -> Moved:
    told = len(changed.people) if changed.moves or "note" in changed.fields else 0
    clashes = sum(person.clash is not None for person in changed.people)
    return Moved(changed.after.id, changed.fields, dated(changed.before), dated(changed.after), told, clashes)


def _listed(found: Sequence[Session]) -> list[Dated]:
    return [dated(session) for session in sorted(found, key=lambda session: session.starts_at)]


def dated(session: Session) -> Dated:
    """A session as lists of changes show it."""
    return Dated(
        session.id,
        session.starts_at,
        session.ends_at,
        session.time_zone,
        session.place,
        session.taken,
        session.wanted_space is not None,
    )
