"""What is asked of the papers: whose, of which unit, of which days, and what that unit's rules say of today. Reads only."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.errors import NotFound
from timebank.actions.hours import papers
from timebank.actions.people.see_statement import PeriodNotPossible
from timebank.communities.tree import Node
from timebank.hours import certificates, identities
from timebank.hours.certificates import Certificate, CertificateOver, NothingServed
from timebank.hours.identities import Identity
from timebank.people.callers import Caller

LONGEST = 36600
"""Days: a life."""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which local days of service, both included; without one of them from the first, or until the last.

    `replaces` is the id of an earlier one of the same member, whose days it takes where none are named.
    """

    since: date | None = None
    until: date | None = None
    replaces: UUID | None = None
    identity: Identity | None = None
    """Of a document that the person gives for this sheet: it is printed masked, and the number itself is kept nowhere."""


def spared(wish: Wish) -> Wish:
    """The same with a masked number: what is hashed to know a request again holds no more of it. Raises NotAnIdentity."""
    return wish if wish.identity is None else msgspec.structs.replace(wish, identity=identities.masked(wish.identity))


class Wanted(msgspec.Struct, frozen=True):
    """A wish as it is understood: the recording unit, the days, and what its rules say of today."""

    unit: Node
    first_on: date
    last_on: date
    today: date
    is_certificate: bool
    notice_days: int


async def wanted(caller: Caller, member_id: UUID, wish: Wish, now: datetime) -> Wanted:
    """Reads only. Raises SignInNeeded, NotFound, PeriodNotPossible, NothingServed, CertificateOver."""
    await papers.reach(caller, member_id)
    unit = await papers.unit_of(member_id)
    today = walltimes.day_of(now, unit.time_zone)
    first_on, last_on = await _days(member_id, wish, await _earlier(member_id, wish.replaces), today)
    return Wanted(unit, first_on, last_on, today, *await papers.rules_of(unit, now))


async def _earlier(member_id: UUID, replaces: UUID | None) -> Certificate | None:
    if replaces is None:
        return None
    found = await certificates.one(replaces)
    if found.member_id != member_id:
        raise NotFound(what="certificate")
    if found.revoked_at or found.replaced_by:
        raise CertificateOver(state=found.state)
    return found


async def _days(member_id: UUID, wish: Wish, earlier: Certificate | None, today: date) -> tuple[date, date]:
    """Both days included. Raises PeriodNotPossible, NothingServed."""
    since, until = wish.since, wish.until
    if earlier and since is None and until is None:
        since, until = earlier.first_on, earlier.last_on
    span = await certificates.span(member_id)
    if span is None:
        raise NothingServed(field="since")
    first = walltimes.of_our_days(since, "since") if since else span[0]
    last = walltimes.of_our_days(until, "until") if until else max(span[1], first)
    if not 0 <= (last - first).days <= LONGEST:
        raise PeriodNotPossible(field="until", reason="from a day to one not before it")
    if last > max(today, span[1]):
        raise PeriodNotPossible(field="until", reason="a day to come")
    return first, last
