"""Two neighbours who exchange help with each other and nobody else, beyond what the rules name: a list for a talk."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.actions.hours.review import NoteNeeded, OwnFinding
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.people import audit, households
from timebank.people.callers import Caller, Right
from timebank.points import pairs
from timebank.points.pairs import Note, Pair


class Listed(msgspec.Struct, frozen=True):
    """A pair with what was written about it. `limit_minutes`: from where on its community's rules put it here."""

    pair: Pair
    limit_minutes: int
    notes: list[Note]
    may_note: bool


class Month(msgspec.Struct, frozen=True):
    """The pairs of a month, named by its first day."""

    month: date
    pairs: list[Listed]


async def see_pairs(caller: Caller, month: str, now: datetime) -> Month:
    """`month` as 2026-11; empty: the present one. Reads only. Raises SignInNeeded, NotAllowed, NotBegun, Malformed."""
    caller.require(Right.READ_REVIEW)
    first = await _first(caller, month, now)
    written, found = await pairs.notes(first), await pairs.alone_together(first, caller.nodes(Right.READ_REVIEW))
    limits = {node: await _limit(node, first) for node in {pair.community_id for pair in found}}
    listed = []
    for pair in found:
        limit = limits[pair.community_id]
        if limit is not None and pair.minutes > limit:
            about = [each for each in written if (each.one_id, each.other_id) == (pair.one_id, pair.other_id)]
            listed.append(Listed(pair, limit, about, await _may_note(caller, pair)))
    return Month(first, listed)


@action
async def note_pair(caller: Caller, one_id: UUID, other_id: UUID, month: str, note: str, now: datetime) -> UUID:
    """What came of the talk. Nothing follows by itself (PIPL 24).

    Raises SignInNeeded, NotAllowed, NotFound where the two are not on the list, OwnFinding, NoteNeeded, Malformed.
    """
    seen = await see_pairs(caller, month, now)
    found = next((each.pair for each in seen.pairs if {each.pair.one_id, each.pair.other_id} == {one_id, other_id}), None)
    if found is None:
        raise NotFound(what="pair")
    caller.require(Right.REVIEW, await tree.ancestors(found.community_id))
    if await households.share(caller.member(), [one_id, other_id]):
        raise OwnFinding()
    if not note.strip():
        raise NoteNeeded(field="note", reason="empty")
    made = await pairs.note(found, seen.month, note.strip(), caller.member(), now)
    await audit.write(caller.id, "pair.noted", f"pair_note:{made}", now, month=str(seen.month))
    return made


async def _first(caller: Caller, month: str, now: datetime) -> date:
    today = walltimes.day_of(now, (await tree.of_member(caller.member())).time_zone)
    if not month:
        return today.replace(day=1)
    try:
        first = walltimes.of_our_days(date.fromisoformat(f"{month}-01"), "month")
    except ValueError as error:
        raise Malformed(field="month", reason="a month such as 2026-11") from error
    return walltimes.begun(first, today, "month")


async def _limit(community_id: UUID, first: date) -> int | None:
    """By the rules of the month's last day; None: not looked for."""
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    try:
        return (await policies.in_force(community_id, last)).rules.pair_month_minutes
    except NoPolicy:
        return None


async def _may_note(caller: Caller, pair: Pair) -> bool:
    reaches = caller.may(Right.REVIEW, await tree.ancestors(pair.community_id))
    return reaches and not await households.share(caller.member(), [pair.one_id, pair.other_id])
