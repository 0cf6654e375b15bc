"""What somebody should look at after desks have been offline, and that somebody has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import conflict_lists, conflicts
from schedules.conflict_lists import PAGE, After, Choice, Scope
from schedules.conflicts import Conflict, Kind
from schedules.errors import Refusal
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.signups.reach import run_by
from timebank.communities import tree
from timebank.people import audit, households
from timebank.people.callers import Caller, Right


class OwnConflict(Refusal):
    """Nobody puts away what is about themselves or their household. Facts: none."""


class Shown(msgspec.Struct, frozen=True):
    """A conflict with the names of whom it is about and of who has seen it."""

    conflict: Conflict
    person: Person | None
    seen_by: Person | None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A page of conflicts: what nobody has seen before the rest, the last noted first.

    `counts` of each kind are of what nobody has looked at, on all pages, `waiting` all of them. `after` is where the next page
    starts, None at the end.
    """

    conflicts: list[Shown]
    counts: dict[Kind, int]
    after: After | None

    @property
    def waiting(self) -> int:
        return sum(self.counts.values())


class Doors(Listed, frozen=True, kw_only=True):
    """A session and what its desks left to look at."""

    session: Session


@action
async def see_session_conflicts(caller: Caller, session_id: UUID, choice: Choice) -> Doors:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    session = await run_by(caller, session_id)
    return Doors(session=session, **msgspec.structs.asdict(await _listed(conflict_lists.of_session(session_id), choice)))


@action
async def see_conflicts(caller: Caller, choice: Choice) -> Listed:
    """Of all sessions within the caller's reach. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    return await _listed(conflict_lists.within(caller.nodes(Right.RUN_ACTIVITIES)), choice)


async def _listed(scope: Scope, choice: Choice) -> Listed:
    found = await conflict_lists.page(scope, choice, PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Listed(
        conflicts=await _shown(found[:PAGE]),
        counts=await conflict_lists.waiting(scope),
        after=After(last.is_open, last.id) if last else None,
    )


async def _shown(found: Sequence[Conflict]) -> list[Shown]:
    people = await named([one for each in found for one in (each.person_id, each.seen_by) if one])
    return [
        Shown(
            each,
            people.get(each.person_id) if each.person_id else None,
            people.get(each.seen_by) if each.seen_by else None,
        )
        for each in found
    ]


@action
async def note_seen(caller: Caller, conflict_id: UUID, note: str, now: datetime) -> UUID | None:
    """Somebody has looked: it goes to the end of the list and stays there. The session it is about. Safe to repeat.

    Of codes that lead to nobody the line is put away with all that are in it; what comes later is a new line.
    Raises SignInNeeded, NotAllowed, NotFound, OwnConflict.
    """
    found = await conflicts.find(conflict_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(found.community_id))
    if found.person_id and await households.share(caller.member(), [found.person_id]):
        raise OwnConflict()
    if await conflicts.see(found.id, caller.member(), note.strip(), now):
        await audit.write(
            caller.id, "conflict.seen", f"conflict:{found.id}", now, on_behalf_of=found.person_id, kind=found.kind
        )
    return found.session_id
