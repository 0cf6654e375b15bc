"""Calendar subscriptions: a member's own, and the files that programs fetch."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.people import feeds as acting
from timebank.people import feeds
from timebank.people.feeds import Feed, Kind
from timebank.web import feeds as files
from timebank.web.access import anyone, signed_in
from timebank.web.request import Installed, Now, Who


class NewFeed(msgspec.Struct, forbid_unknown_fields=True):
    """`of` is the space or the community; none for one's own calendar."""

    kind: Kind
    of: UUID | None = None


class ShownFeed(msgspec.Struct):
    """`address` is a secret: whoever has it reads the calendar. A space's holds only when it is busy."""

    id: UUID
    kind: Kind
    of: UUID | None
    name: str
    name_en: str
    address: str
    made_at: datetime


def shown(feed: Feed, base_url: str) -> ShownFeed:
    of = feed.space_id or feed.community_id
    return ShownFeed(feed.id, feed.kind, of, feed.name, feed.name_en, files.address(feed, base_url), feed.made_at)


@get("/calendars/{name:str}", guards=[anyone], summary="A calendar file, by its secret address")
async def fetch(name: FromPath[str], request: Request[Any, Any, Any], now: Now, settings: Installed) -> Response[bytes]:
    """An iCalendar file; ETag and If-None-Match save the way. 404 for an address that was renewed, ended, or never was."""
    found = await acting.read(name.removesuffix(".ics"), now)
    return files.answer(found, settings.base_url, request.headers.get("if-none-match"))


@get("/api/v1/me/feeds", guards=[signed_in], summary="My calendar addresses")
async def my_feeds(caller: Who, settings: Installed) -> list[ShownFeed]:
    return [shown(feed, settings.base_url) for feed in await feeds.of_person(caller.member())]


@post("/api/v1/me/feeds", guards=[signed_in], summary="Subscribe to a calendar; safe to repeat")
async def subscribe(data: JSONBody[NewFeed], caller: Who, now: Now, settings: Installed) -> ShownFeed:
    return shown(await acting.subscribe(caller, data.kind, data.of, now), settings.base_url)


@post("/api/v1/me/feeds/{feed_id:uuid}/renew", guards=[signed_in], summary="Another address; the old one ends at once")
async def renew(feed_id: FromPath[UUID], caller: Who, now: Now, settings: Installed) -> ShownFeed:
    return shown(await acting.renew(caller, feed_id, now), settings.base_url)


@delete("/api/v1/me/feeds/{feed_id:uuid}", guards=[signed_in], summary="End a subscription")
async def end(feed_id: FromPath[UUID], caller: Who, now: Now) -> None:
    await acting.end(caller, feed_id, now)


routes: list[Any] = [fetch, my_feeds, subscribe, renew, end]
