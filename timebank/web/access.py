"""Guards. Every route names one or stands on the short public list that a test keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from timebank.people import callers
from timebank.people.callers import Caller, Right, SignInNeeded
from timebank.web import clock

MEMBER_COOKIE = "timebank_member"
DEVICE_COOKIE = "timebank_device"
LEFT_COOKIE = "timebank_left"

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def instant_of(connection: Connection) -> datetime:
    """The instant of this request, read once."""
    instant = connection.scope["state"].get("instant")
    if not isinstance(instant, datetime):
        instant = connection.scope["state"]["instant"] = clock.now()
    return instant


async def caller_of(connection: Connection) -> Caller:
    """Who asks, read once per request: cookies of browsers, or the bearer token of a program (a member's or a device's)."""
    known = connection.scope.get("user")
    if isinstance(known, Caller):
        return known
    member, device = tokens_of(connection)
    is_page = not connection.scope["path"].startswith("/api/")
    found = callers.NOBODY
    if member or device:
        found = await callers.identify(member, device, instant_of(connection), counts_messages=is_page)
    connection.scope["user"] = found
    return found


def tokens_of(connection: Connection) -> tuple[str | None, str | None]:
    """The member's and the device's token that came with the request."""
    bearer = connection.headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        token = bearer[7:].strip()
        return (None, token) if token.startswith("d") else (token, None)
    return connection.cookies.get(MEMBER_COOKIE), connection.cookies.get(DEVICE_COOKIE)


async def anyone(connection: Connection, handler: BaseRouteHandler) -> None:
    """Open to strangers; says so aloud. Such routes stand on the public list."""


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """A member is signed in."""
    (await caller_of(connection)).member()


async def known(connection: Connection, handler: BaseRouteHandler) -> None:
    """A member or a paired device."""
    caller = await caller_of(connection)
    if caller.member_id is None and caller.device_id is None:
        raise SignInNeeded()


def needs(right: Right) -> Guard:
    """A member who has `right` somewhere; where exactly is the action's question."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        (await caller_of(connection)).require(right)

    guard.__name__ = f"needs_{right.value}"
    return guard


def device(kind: Literal["desk", "kiosk"]) -> Guard:
    """A paired device of this kind."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if (await caller_of(connection)).device_kind != kind:
            raise callers.DeviceNeeded(kind=kind)

    guard.__name__ = f"device_{kind}"
    return guard
