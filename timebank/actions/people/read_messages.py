"""A member reads their messages and says what they wish to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.actions.people.members import see_member
from timebank.outbox import inbox
from timebank.outbox.inbox import Entry
from timebank.people import audit, notices
from timebank.people.callers import Caller
from timebank.people.members import Member
from timebank.people.notices import Notices

PAGE = 20


class Messages(msgspec.Struct, frozen=True):
    """One page of messages, newest first; `before` names the last where there are older ones."""

    entries: list[Entry]
    before: UUID | None
    notices: Notices


async def see_messages(caller: Caller, now: datetime, before: UUID | None = None, limit: int = PAGE) -> Messages:
    """Raises SignInNeeded. Reads only."""
    return await _page(caller.member(), now, before, limit)


async def _page(member_id: UUID, now: datetime, before: UUID | None, limit: int) -> Messages:
    found = await inbox.of_person(member_id, now, limit + 1, before)
    older = found[limit - 1].id if len(found) > limit else None
    return Messages(found[:limit], older, await notices.of(member_id))


@action
async def read_messages(caller: Caller, now: datetime, ids: Sequence[UUID] | None = None) -> int:
    """These of the caller's messages are read, or all; how many were new. Raises SignInNeeded. Safe to repeat."""
    return await inbox.mark_read(caller.member(), now, None if ids is None else list(ids))


async def see_messages_of(
    caller: Caller, member_id: UUID, now: datetime, before: UUID | None = None, limit: int = PAGE
) -> tuple[Messages, Member]:
    """The messages of a member who asks at the desk to have them printed: staff of where the member lives. Reads only.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    member = await see_member(caller, member_id)
    return await _page(member_id, now, before, limit), member


@action
async def hand_over_messages(caller: Caller, member_id: UUID, now: datetime) -> int:
    """The member has them on paper: all are read; how many were new. It goes on record. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    await see_member(caller, member_id)
    marked = await inbox.mark_read(member_id, now)
    if marked:
        await audit.write(caller.id, "messages.handed_over", f"member:{member_id}", now, on_behalf_of=member_id, count=marked)
    return marked


@action
async def choose_notices(caller: Caller, wanted: Notices, now: datetime) -> None:
    """How and of what the caller is told from now on. Raises SignInNeeded. Safe to repeat."""
    await notices.choose(caller.member(), wanted)
    await audit.write(caller.id, "member.notices", f"member:{caller.member()}", now, **msgspec.structs.asdict(wanted))
