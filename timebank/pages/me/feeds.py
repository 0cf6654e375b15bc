"""My calendars: addresses that the calendar of a phone subscribes to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import spaces
from timebank.actions.people import feeds as acting
from timebank.communities import tree
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people import feeds
from timebank.web import feeds as files
from timebank.web.access import signed_in
from timebank.web.request import Installed, Now, Reads, Who


class Wanted(msgspec.Struct):
    """`what` is `person`, or `space:<id>` or `community:<id>`."""

    what: Short = "person"


@get("/me/calendars", guards=[signed_in])
async def my_calendars(request: Ask, caller: Who, language: Reads, settings: Installed) -> Response[str]:
    """What I subscribed to, with the addresses, and what there is to subscribe to."""
    mine = await feeds.of_person(caller.member())
    have = {feed.space_id or feed.community_id for feed in mine}
    near = await tree.nodes(await tree.ancestors(caller.community_id)) if caller.community_id else []
    rooms = await spaces.in_use([node.id for node in near])
    return draw(
        request,
        "me/calendars.html",
        feeds=[(feed, files.name_of(feed, language), files.address(feed, settings.base_url)) for feed in mine],
        has_own=any(feed.kind == "person" for feed in mine),
        nodes=[node for node in near if node.id not in have],
        rooms=[room for room in rooms if room.id not in have],
    )


@post("/me/calendars", guards=[signed_in])
async def take_calendar(data: URLEncodedBody[Wanted], caller: Who, now: Now) -> Response[Any]:
    kind, _, of = data.what.partition(":")
    await acting.subscribe(caller, msgspec.convert(kind, feeds.Kind), msgspec.convert(of, UUID) if of else None, now)
    return go("/me/calendars")


@post("/me/calendars/{feed_id:uuid}/renew", guards=[signed_in])
async def renew_calendar(feed_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """The old address leads nowhere at once."""
    await acting.renew(caller, feed_id, now)
    return go("/me/calendars")


@post("/me/calendars/{feed_id:uuid}/end", guards=[signed_in])
async def end_calendar(feed_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await acting.end(caller, feed_id, now)
    return go("/me/calendars")


routes: list[Any] = [my_calendars, take_calendar, renew_calendar, end_calendar]
