"""At the door of a room: what a phone opens after it has scanned the code there, and the one tap."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import CookieParameter, FromQuery, URLEncodedBody

from schedules import room_codes
from schedules.errors import Refusal
from schedules.reasons import UnknownPass
from schedules.room_stays import Stay
from timebank.actions.door.door import TICKET
from timebank.actions.rooms import room_door
from timebank.actions.rooms.leave_room import leave_room
from timebank.actions.rooms.room_door import Does
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.settings import Settings
from timebank.web import tickets
from timebank.web.access import anyone, signed_in
from timebank.web.request import Installed, Now, Who

COOKIE = "timebank_room"
Ticket = Annotated[str, CookieParameter(name=COOKIE)]


class Tap(msgspec.Struct):
    does: Does = "check_in"


class TypedCode(msgspec.Struct):
    code: Short = ""


@get("/r", guards=[signed_in])
async def ask_typed(request: Ask, code: FromQuery[str] = "") -> Response[str]:
    """For phones that cannot scan: the characters under the code at the door."""
    return draw(request, "room_doors/typed.html", typed=code[:20])


@post("/r", guards=[signed_in])
async def take_typed(
    data: URLEncodedBody[TypedCode], request: Ask, caller: Who, now: Now, settings: Installed
) -> Response[Any]:
    """To the address that the camera would have opened."""
    try:
        code = room_codes.read(data.code)
        if not isinstance(code, str):
            raise UnknownPass()
        path = await room_door.find_typed(caller, code, now)
    except Refusal as refusal:
        return draw(request, "room_doors/typed.html", refusal, typed=data.code)
    return _with_ticket(go(path), path, now, settings)


@get(["/r/{space:str}/{mark:str}", "/r/{space:str}/{step:str}/{mark:str}"], guards=[anyone])
async def open_code(request: Ask, caller: Who, now: Now, settings: Installed, ticket: Ticket = "") -> Response[Any]:
    """Shows what a tap would do, and does nothing: a GET never checks anybody in.

    A browser that opens a changing code while it is fresh gets a ticket for it, so that there is time to sign in.
    """
    path = request.url.path
    is_fresh = room_door.is_fresh(room_codes.read(path), now)
    answer = await _meet(request, caller, path, now if is_fresh else tickets.read(path, ticket, now), now)
    return _with_ticket(answer, path, now, settings) if is_fresh else answer


async def _meet(
    request: Ask, caller: Caller, path: str, seen_at: datetime | None, now: datetime, refused: Refusal | None = None
) -> Response[Any]:
    """The question to the reader, or why there is none; a stranger with a code that holds signs in first."""
    try:
        code = room_codes.read(path)
        door = await room_door.door_of(code, seen_at, now)
        if caller.member_id is None:
            return go("/sign-in?" + urlencode({"back": path}))
        meeting = await room_door.meet(caller, code, seen_at, now)
    except Refusal as refusal:
        return draw(request, "room_doors/away.html", refusal)
    return draw(request, "room_doors/door.html", refused or meeting.refusal, door=door, meeting=meeting)


@post(["/r/{space:str}/{mark:str}", "/r/{space:str}/{step:str}/{mark:str}"], guards=[signed_in])
async def tap(data: URLEncodedBody[Tap], request: Ask, caller: Who, now: Now, ticket: Ticket = "") -> Response[Any]:
    """Checks in, leaves, or takes the rest again; sent twice, it is done once."""
    path = request.url.path
    seen_at = tickets.read(path, ticket, now)
    try:
        stay = await _do(data.does, caller, path, seen_at, now)
    except Refusal as refusal:
        return await _meet(request, caller, path, seen_at, now, refusal)
    is_ours = stay.household_id == caller.household_id
    return go(path if stay.state == "in_use" else f"/me/bookings/{stay.id}" if is_ours else "/me")


async def _do(does: Does, caller: Caller, path: str, seen_at: datetime | None, now: datetime) -> Stay:
    code = room_codes.read(path)
    match does:
        case "check_in":
            return await room_door.check_in(caller, code, seen_at, now)
        case "take_again":
            return await room_door.take_again(caller, code, seen_at, now)
    meeting = await room_door.meet(caller, code, seen_at, now)
    if meeting.stay is None:
        raise meeting.refusal or UnknownPass()
    return await leave_room(caller, meeting.stay.id, now)


def _with_ticket(answer: Response[Any], path: str, now: datetime, settings: Settings) -> Response[Any]:
    answer.set_cookie(
        Cookie(
            COOKIE,
            value=tickets.write(path, now),
            path="/r",
            max_age=int(TICKET.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=settings.is_secure,
        )
    )
    return answer


routes: list[Any] = [ask_typed, take_typed, open_code, tap]
