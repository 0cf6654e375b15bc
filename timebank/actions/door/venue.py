"""The venue code: shown on the organiser's screen, opened by a volunteer's phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import attendance, codes, sessions, sql
from schedules.attendance import Counts
from schedules.codes import Code, Venue
from schedules.decision import NEAR, decide
from schedules.errors import Refusal
from schedules.scans import Direction
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.door import door, turned_away
from timebank.actions.door.admission import Met, met
from timebank.actions.door.door import VENUE_KEY, Asking, Scan, reach
from timebank.communities import tree
from timebank.people import keys, limits
from timebank.people.callers import Caller, NotAllowed, Right

TRIES, WINDOW = 20, timedelta(minutes=15)
"""Typed venue codes that fit nothing, for one member."""


class Shown(msgspec.Struct, frozen=True):
    """What the screen at the place shows during one step. `path` follows the address of this server."""

    session: Session
    path: str
    typed_code: str
    changes_at: datetime
    counts: Counts


async def may_scan_at(caller: Caller, session_id: UUID) -> Session:
    """The session, for a desk or a member who may scan there. Raises NotFound, NotAllowed."""
    session = await sessions.one(session_id)
    if not set(reach(caller)) & set(await tree.ancestors(session.community_id)):
        raise NotAllowed(right=Right.SCAN.value)
    return session


async def show(caller: Caller, session_id: UUID, now: datetime) -> Shown:
    """The code of now. Raises NotFound, NotAllowed."""
    session = await may_scan_at(caller, session_id)
    key, step = keys.derive(VENUE_KEY), codes.step_of(now)
    return Shown(
        session=session,
        path=codes.venue_path(codes.venue(key, session_id, step)),
        typed_code=codes.spaced(codes.venue_typed(key, session_id, step)),
        changes_at=datetime.fromtimestamp((step + 1) * codes.STEP_SECONDS, tz=now.tzinfo),
        counts=await attendance.counts(session_id),
    )


async def counts(caller: Caller, session_id: UUID) -> Counts:
    """Raises NotFound, NotAllowed."""
    await may_scan_at(caller, session_id)
    return await attendance.counts(session_id)


OF_MEMBER = """
SELECT s.id FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
 WHERE u.person_id = $3 AND a.state = 'published' AND s.state = 'planned'
   AND s.opens_at <= $1::timestamptz + $2::interval AND s.closes_at >= $1 - $2::interval
"""
# Below the root of the tree: who lives in one street types no code of another.
OF_TREE = """
SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
 WHERE a.state = 'published' AND s.state = 'planned'
   AND c.ancestor_ids && (SELECT CASE WHEN cardinality(h.ancestor_ids) > 1 THEN h.ancestor_ids[2:] ELSE h.ancestor_ids END
                            FROM member m JOIN community h ON h.id = m.community_id WHERE m.id = $3)
   AND s.opens_at <= $1::timestamptz + $2::interval AND s.closes_at >= $1 - $2::interval
"""


async def find_typed(member_id: UUID, typed: str, now: datetime) -> Venue | None:
    """The venue code that this typed code stands for now: where the member is signed up, else in their part of the tree.

    Two statements at most. Raises TooManyTries after twenty that stood for none.
    """
    bucket = f"venue:member:{member_id}"
    await limits.spend(bucket, TRIES, WINDOW, now)
    for statement in (OF_MEMBER, OF_TREE):
        near = [row["id"] for row in await sql.rows(statement, now, NEAR, member_id)]
        if found := _fitting(near, typed, now):
            await limits.give_back(bucket, WINDOW, now)
            return found
    return None


def _fitting(session_ids: Sequence[UUID], typed: str, now: datetime) -> Venue | None:
    key, step = keys.derive(VENUE_KEY), codes.step_of(now)
    for candidate in range(step - codes.OLDEST_STEP, step + codes.NEWEST_STEP + 1):
        for session_id in session_ids:
            if codes.venue_typed(key, session_id, candidate) == typed:
                return codes.venue(key, session_id, candidate)
    return None


def is_fresh(code: Code | None, now: datetime) -> bool:
    """Whether this is one of our venue codes, and of now."""
    return isinstance(code, Venue) and codes.is_genuine(keys.derive(VENUE_KEY), code) and codes.is_fresh(code.step, now)


class Meeting(msgspec.Struct, frozen=True):
    """What a venue code offers its reader before the tap: a way in or out, a choice, or why not (`refusal`)."""

    direction: Direction
    session: Met | None
    inside_since: datetime | None
    choices: tuple[Met, ...]
    refusal: Refusal | None


@action
async def meet(asking: Asking, now: datetime) -> Meeting:
    """Looks, and changes nothing: a GET never checks anybody in. `asking` as for the way in.

    Who is inside there already is asked about the way out (checkin-74).
    """
    one = Scan(asking, codes.read(asking.raw_code), now)
    (known,) = await door.look([one])
    inside = known.schedule.inside
    here = known.here(inside.session) if inside else None
    if here:
        asking = msgspec.structs.replace(asking, direction="out", session_id=UUID(here.session))
    verdict = decide(door.asked(Scan(asking, one.code, now), known))
    here = known.here(verdict.session)
    return Meeting(
        direction=asking.direction,
        session=met(here) if here else None,
        inside_since=inside.in_at if inside and here and inside.session == here.session else None,
        choices=tuple(met(place) for choice in verdict.choices if (place := known.here(choice))),
        refusal=None if verdict.reason == "ok" else await turned_away.refusal(asking, known, verdict, here, now),
    )
