"""The door of a room for those who keep it: its rules, poster and display, who is expected, who waits, who did not come."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import codes
from schedules.errors import Refusal
from schedules.room_doors import Door, DoorRules
from timebank.actions.rooms.keep_doors import change_door, forgive_absence, kept_door, renew_code
from timebank.actions.rooms.room_door import check_in_for
from timebank.pages import qr
from timebank.pages.forms import Ask, Short, draw, figure
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.settings import Settings
from timebank.web.access import needs
from timebank.web.request import Installed, Now, Who

keepers = [needs(Right.MANAGE_SPACES)]
LIMITS = {"check_in_before": (0, 1440), "check_in_after": (1, 1440), "offer_minutes": (2, 1440), "no_show_days": (0, 3660)}


class DoorTyped(msgspec.Struct):
    """The form as text; an empty `check_in_after` releases nothing."""

    check_in_before: Short = ""
    check_in_after: Short = ""
    offer_minutes: Short = ""
    no_show_days: Short = ""
    takes_poster: Short = ""


class Renewal(msgspec.Struct):
    what: Literal["poster", "display"] = "poster"


class Why(msgspec.Struct):
    reason: Short = ""


@get("/office/rooms/{space_id:uuid}/door", guards=keepers)
async def see_door(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now, settings: Installed) -> Response[str]:
    return await _door(request, caller, space_id, now, settings)


async def _door(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    now: datetime,
    settings: Settings,
    typed: DoorTyped | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    kept = await kept_door(caller, space_id, now)
    return draw(
        request,
        "room_doors/office.html",
        refused,
        kept=kept,
        door=kept.door,
        typed=typed or _typed(kept.door),
        display=settings.base_url + kept.display_path,
    )


def _typed(door: Door) -> DoorTyped:
    texts = {name: "" if getattr(door, name) is None else str(getattr(door, name)) for name in LIMITS}
    return DoorTyped(**texts, takes_poster="1" if door.takes_poster else "")


@post("/office/rooms/{space_id:uuid}/door", guards=keepers)
async def take_door(
    space_id: FromPath[UUID], data: URLEncodedBody[DoorTyped], request: Ask, caller: Who, now: Now, settings: Installed
) -> Response[Any]:
    try:
        await change_door(caller, space_id, _rules(data), now)
    except Refusal as refusal:
        return await _door(request, caller, space_id, now, settings, data, refusal)
    return go(f"/office/rooms/{space_id}/door")


def _rules(typed: DoorTyped) -> DoorRules:
    """Raises WrongFigure, which names the field."""
    figures = {name: figure(name, getattr(typed, name), *limits) for name, limits in LIMITS.items() if name != "check_in_after"}
    after = typed.check_in_after
    return DoorRules(
        **figures,
        check_in_after=figure("check_in_after", after, *LIMITS["check_in_after"]) if after.strip() else None,
        takes_poster=bool(typed.takes_poster),
    )


@post("/office/rooms/{space_id:uuid}/door/renew", guards=keepers)
async def take_renewal(space_id: FromPath[UUID], data: URLEncodedBody[Renewal], caller: Who, now: Now) -> Response[Any]:
    await renew_code(caller, space_id, data.what, now)
    return go(f"/office/rooms/{space_id}/door#codes")


@get("/office/rooms/{space_id:uuid}/door/poster", guards=keepers)
async def show_poster(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now, settings: Installed) -> Response[str]:
    """An A4 sheet for the door: the room's name, its code, and what to do."""
    kept = await kept_door(caller, space_id, now)
    return draw(
        request,
        "room_doors/poster.html",
        kept=kept,
        door=kept.door,
        picture=qr.svg(settings.base_url + kept.poster_path),
        typed=codes.spaced(kept.poster_typed),
        address=f"{urlsplit(settings.base_url).netloc}/r",
    )


@post("/office/bookings/{booking_id:uuid}/check-in", guards=keepers)
async def take_check_in(booking_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """For somebody without a phone; sent twice, it is done once."""
    stay = await check_in_for(caller, booking_id, now)
    return go(f"/office/rooms/{stay.space_id}/door")


@post("/office/no-shows/{booking_id:uuid}/forgive", guards=keepers)
async def take_forgiveness(booking_id: FromPath[UUID], data: URLEncodedBody[Why], caller: Who, now: Now) -> Response[Any]:
    absence = await forgive_absence(caller, booking_id, data.reason, now)
    return go(f"/office/rooms/{absence.space_id}/door#no-shows")


routes: list[Any] = [see_door, take_door, take_renewal, show_poster, take_check_in, take_forgiveness]
