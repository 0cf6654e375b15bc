"""A member's messages, and what they wish to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from timebank.actions.people.read_messages import choose_notices, read_messages, see_messages
from timebank.outbox.inbox import Entry
from timebank.people import notices
from timebank.people.notices import Notices
from timebank.web.access import signed_in
from timebank.web.inbox import in_words
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language

Before = FromQuery[UUID | None]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Message(msgspec.Struct):
    """In the caller's language. `kind` and `facts` are the same for programs; `path` is the page it leads to, or empty."""

    id: UUID
    kind: str
    title: str
    text: str
    path: str
    at: datetime
    is_sent: bool
    is_read: bool
    facts: dict[str, Any]


class Messages(msgspec.Struct):
    """Newest first. `before` is the cursor of the next page; none: this was the last."""

    messages: list[Message]
    before: UUID | None


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """`ids` of messages; without it, all that there are by now."""

    ids: Annotated[list[UUID], Meta(max_length=1000)] | None = None


class Marked(msgspec.Struct):
    """How many were unread before."""

    marked: int


@get("/api/v1/me/messages", guards=[signed_in])
async def get_messages(caller: Who, now: Now, language: Reads, before: Before = None, limit: Limit = 20) -> Messages:
    """The caller's messages. Reading them here marks nothing as read."""
    seen = await see_messages(caller, now, before, limit)
    return Messages([_told(entry, language, seen.notices.clock_hours) for entry in seen.entries], seen.before)


def _told(entry: Entry, language: Language, clock_hours: int) -> Message:
    letter = in_words(entry, language, clock_hours)
    return Message(
        id=entry.id,
        kind=entry.kind,
        title=letter.title,
        text=letter.text,
        path=entry.path,
        at=entry.at,
        is_sent=entry.is_sent,
        is_read=entry.read_at is not None,
        facts=entry.facts,
    )


@post("/api/v1/me/messages/read", guards=[signed_in], status_code=200)
async def post_read(data: JSONBody[Read], caller: Who, now: Now) -> Marked:
    """These are read, or all. Ids of somebody else's messages count as none. Safe to repeat."""
    return Marked(await read_messages(caller, now, data.ids))


@get("/api/v1/me/notices", guards=[signed_in])
async def get_notices(caller: Who) -> Notices:
    """What the caller is told, and how."""
    return await notices.of(caller.member())


@put("/api/v1/me/notices", guards=[signed_in], status_code=204)
async def put_notices(data: JSONBody[Notices], caller: Who, now: Now) -> None:
    """What is left out goes back to what new members have. Safe to repeat."""
    await choose_notices(caller, data, now)


routes: list[Any] = [get_messages, post_read, get_notices, put_notices]
