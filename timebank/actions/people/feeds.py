"""Calendar subscriptions: begun, renewed and ended by a member, and what a program finds that fetches one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import bookings, busy, published_sessions, sessions, spaces
from schedules.bookings import Booking
from schedules.busy import Busy
from schedules.errors import Malformed
from schedules.intervals import Interval
from schedules.sessions import Session
from schedules.spaces import Space
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit, feeds
from timebank.people.callers import Caller
from timebank.people.feeds import Feed, Kind

BACK = timedelta(days=90)
"""How long what is over stays in a calendar (defect 43 of booking.md)."""
AHEAD = timedelta(days=400)
MOST = 2000


class Contents(msgspec.Struct, frozen=True):
    """What a calendar holds: sessions as they stand to the person, their bookings; or what occupies a space, namelessly."""

    feed: Feed
    sessions: Sequence[Session] = ()
    bookings: Sequence[Booking] = ()
    busy: Sequence[Busy] = ()
    space: Space | None = None


@action
async def subscribe(caller: Caller, kind: Kind, of_id: UUID | None, now: datetime) -> Feed:
    """A calendar address for the caller. Safe to repeat. Raises SignInNeeded; NotFound where there is no such space or node."""
    person_id = caller.member()
    if (kind == "person") != (of_id is None):
        raise Malformed(field="of", reason="the id of the space or community; none for your own calendar")
    if kind == "space" and of_id:
        await spaces.one(of_id)
    elif kind == "community" and of_id:
        await tree.node(of_id)
    made = await feeds.subscribe(person_id, kind, None if kind == "person" else of_id, now)
    return next(feed for feed in await feeds.of_person(person_id) if feed.id == made)


@action
async def renew(caller: Caller, feed_id: UUID, now: datetime) -> Feed:
    """Another address for the same calendar; the old one leads nowhere at once (booking-119). Raises SignInNeeded, NotFound."""
    person_id = caller.member()
    old = await feeds.end(feed_id, person_id, now)
    made = await feeds.subscribe(person_id, old.kind, old.space_id or old.community_id, now)
    await audit.write(person_id, "calendar.renewed", f"feed:{feed_id}", now)
    return next(feed for feed in await feeds.of_person(person_id) if feed.id == made)


@action
async def end(caller: Caller, feed_id: UUID, now: datetime) -> None:
    """The address leads nowhere from now on. Raises SignInNeeded, NotFound."""
    await feeds.end(feed_id, caller.member(), now)


@action
async def read(token: str, now: datetime) -> Contents:
    """What stands in the calendar behind an address; reading changes nothing (booking-121). Raises NotFound."""
    feed = await feeds.behind(token)
    if feed.space_id is not None:
        space = await spaces.one(feed.space_id)
        return Contents(feed, busy=await busy.of_space(space.id, Interval(now - BACK, now + AHEAD), now), space=space)
    if feed.community_id is not None:
        ids = [node.id for node in await tree.below([feed.community_id])]
        return Contents(feed, await published_sessions.listed(None, now - BACK, now + AHEAD, community_ids=ids, limit=MOST))
    signed_up = await sessions.of_person(feed.person_id, now - BACK, MOST)
    return Contents(feed, signed_up, await bookings.of_person(feed.person_id, now - BACK, limit=MOST))
