"""The member's messages, the settings of what they are told, and the messages of somebody without a phone, to print."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.people.read_messages import (
    Messages,
    choose_notices,
    hand_over_messages,
    read_messages,
    see_messages,
    see_messages_of,
)
from timebank.communities import tree
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people import notices
from timebank.people.callers import Caller, Right
from timebank.people.notices import Notices
from timebank.web.access import needs, signed_in
from timebank.web.inbox import in_words
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language


class Wished(msgspec.Struct):
    """A box that is not ticked is not sent."""

    told_by: Short = "phone"
    reminders: Short = ""
    summary_own: Short = ""
    summary_run: Short = ""
    clock_hours: Short = "24"


@get("/me/messages", guards=[signed_in])
async def messages(
    request: Ask, caller: Who, now: Now, language: Reads, before: FromQuery[UUID | None] = None
) -> Response[str]:
    """Newest first. What is new is marked so this once: the page has then been opened, unless a browser fetched it ahead."""
    seen = await see_messages(caller, now, before)
    new = [entry.id for entry in seen.entries if entry.read_at is None]
    if new and "prefetch" not in request.headers.get("sec-purpose", ""):
        await read_messages(caller, now, new)
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(request, "me/messages.html", **_told(seen, language), zone=zone, is_first=before is None)


def _told(seen: Messages, language: Language) -> dict[str, Any]:
    hours = seen.notices.clock_hours
    return {
        "told": [(entry, in_words(entry, language, hours)) for entry in seen.entries],
        "before": seen.before,
        "hours": hours,
        "notices": seen.notices,
    }


@get("/me/settings/messages", guards=[signed_in])
async def settings(request: Ask, caller: Who, done: FromQuery[str] = "") -> Response[str]:
    return await _draw_settings(request, caller, await notices.of(caller.member()), done=done)


async def _draw_settings(
    request: Ask, caller: Caller, typed: Notices | Wished, refusal: Refusal | None = None, done: str = ""
) -> Response[str]:
    return draw(request, "me/notices.html", refusal, typed=typed, done=done, phone=await notices.phone_of(caller.member()))


@post("/me/settings/messages", guards=[signed_in])
async def take_settings(data: URLEncodedBody[Wished], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await choose_notices(caller, _wanted(data), now)
    except Refusal as refusal:
        return await _draw_settings(request, caller, data, refusal)
    return go("/me/settings/messages?done=1")


def _wanted(data: Wished) -> Notices:
    """What was ticked. Raises Malformed."""
    ticked = {name: bool(getattr(data, name)) for name in ("reminders", "summary_own", "summary_run")}
    hours = int(data.clock_hours) if data.clock_hours.isdecimal() else 0
    try:
        return msgspec.convert({"told_by": data.told_by, "clock_hours": hours, **ticked}, Notices)
    except msgspec.ValidationError as error:
        raise Malformed(field="told_by" if "told_by" in str(error) else "clock_hours", reason=str(error)) from error


@get("/office/members/{member_id:uuid}/messages", guards=[needs(Right.MANAGE_MEMBERS)])
async def of_member(
    member_id: FromPath[UUID], request: Ask, caller: Who, now: Now, before: FromQuery[UUID | None] = None
) -> Response[str]:
    """In the member's own language: this sheet is printed for them."""
    seen, member = await see_messages_of(caller, member_id, now, before)
    zone = (await tree.of_member(member_id)).time_zone
    return draw(request, "office/messages.html", **_told(seen, member.language), zone=zone, member=member)


@post("/office/members/{member_id:uuid}/messages/read", guards=[needs(Right.MANAGE_MEMBERS)])
async def hand_over(member_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """The sheet was given to the member."""
    await hand_over_messages(caller, member_id, now)
    return go(f"/office/members/{member_id}/messages")


routes: list[Any] = [messages, settings, take_settings, of_member, hand_over]
