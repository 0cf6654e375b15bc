"""Lists of participants to take along, for who runs the sessions; contact data only with the right to them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import activities, sessions
from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.hours import participation
from timebank.hours.participation import Line, Scope
from timebank.people import audit
from timebank.people.callers import Caller, Right

LONGEST = 366


class DaysNotPossible(Malformed):
    """More than a year, or an end before the beginning. Facts: field."""


class Participants(msgspec.Struct, frozen=True):
    """`has_contact`: the reader may see contact data; without it the columns are absent (schedule-99)."""

    lines: list[Line]
    has_contact: bool

    @property
    def sums(self) -> tuple[int, int, int]:
        """People who came, minutes that were scanned, minutes on record."""
        came = sum(line.state in ("came", "here") for line in self.lines)
        return came, sum(line.scanned or 0 for line in self.lines), sum(line.credited or 0 for line in self.lines)


@action
async def see_participants(
    caller: Caller,
    now: datetime,
    *,
    session_id: UUID | None = None,
    activity_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    is_taken_along: bool = False,
) -> Participants:
    """Of one session, one activity, or the caller's communities from local day to local day. A file is noted in the audit.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed for more than a year or an end before the beginning.
    """
    caller.require(Right.RUN_ACTIVITIES)
    if since and until and not 0 <= (until - since).days <= LONGEST:
        raise DaysNotPossible(field="until")
    scope, nodes = await _scope(caller, session_id, activity_id, since, until)
    caller.require(Right.RUN_ACTIVITIES, nodes)
    has_contact = caller.may(Right.MANAGE_MEMBERS, nodes)
    contact = caller.nodes(Right.MANAGE_MEMBERS) if has_contact else []
    found = Participants(await participation.lines(scope, contact, now), has_contact)
    if is_taken_along:
        subject = f"session:{session_id}" if session_id else f"activity:{activity_id}" if activity_id else "sessions"
        await audit.write(
            caller.id,
            "participants.exported",
            subject,
            now,
            lines=len(found.lines),
            since=since,
            until=until,
            contact=has_contact,
        )
    return found


async def _scope(
    caller: Caller, session_id: UUID | None, activity_id: UUID | None, since: date | None, until: date | None
) -> tuple[Scope, list[UUID] | None]:
    """What is listed, and the nodes above it; None where it is whatever the caller runs."""
    if session_id is not None:
        session = await sessions.one(session_id)
        return Scope(session_id=session_id), await tree.ancestors(session.community_id)
    if activity_id is not None:
        activity = await activities.find(activity_id)
        return Scope(activity_id=activity_id, since=since, until=until), await tree.ancestors(activity.community_id)
    if since is None or until is None:
        raise DaysNotPossible(field="since")
    ids = [node.id for node in await tree.below(caller.nodes(Right.RUN_ACTIVITIES))]
    return Scope(community_ids=ids, since=since, until=until), None
