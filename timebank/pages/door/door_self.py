"""Self check-in: what a phone opens after it has scanned the venue code, and the page of the stay that follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import CookieParameter, FromPath, FromQuery, URLEncodedBody

from schedules import activities, codes, sessions
from schedules.codes import TYPED_LENGTH, Typed, Venue
from schedules.errors import Refusal
from schedules.reasons import BadSignature, Incomplete, NotSignedUpHere, StaleCode, UnknownPass
from schedules.scans import Direction
from timebank.actions.door import venue
from timebank.actions.door.check_in_oneself import Origin, check_in_oneself, seen_at
from timebank.actions.door.door import TICKET
from timebank.actions.hours.stay import Stay, see_stay
from timebank.communities import policies
from timebank.communities.policies import NoPolicy, Rules
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go, page
from timebank.people.callers import Caller
from timebank.settings import Settings
from timebank.web import tickets
from timebank.web.access import anyone, signed_in
from timebank.web.door import Given, asked_by_oneself, given
from timebank.web.peer import address_of
from timebank.web.request import Installed, Now, Who
from timebank.web.tickets import BROWSER_COOKIE, BROWSER_LASTS, TICKET_COOKIE

AHEAD = 5
"""Sessions shown to somebody who is not signed up."""
Ticket = Annotated[str, CookieParameter(name=TICKET_COOKIE)]


class Tap(msgspec.Struct):
    direction: Direction = "in"
    nonce: Short = ""
    session: UUID | None = None


class TypedCode(msgspec.Struct):
    code: Short = ""


@get("/v", guards=[signed_in])
async def ask_typed(request: Ask, code: FromQuery[str] = "") -> Response[str]:
    """For broken cameras: the characters under the venue's QR."""
    return draw(request, "door/typed.html", typed=code[:20])


@post("/v", guards=[signed_in])
async def take_typed(
    data: URLEncodedBody[TypedCode], request: Ask, caller: Who, now: Now, settings: Installed
) -> Response[Any]:
    """To the address that the camera would have opened."""
    code = codes.read(data.code)
    try:
        found = await venue.find_typed(caller.member(), code.code, now) if isinstance(code, Typed) else None
        if found is None:
            typed = codes.letters_typed(data.code)
            raise UnknownPass(**({"typed": typed} if typed and typed != TYPED_LENGTH else {}))
    except Refusal as refusal:
        return draw(request, "door/typed.html", refusal, typed=data.code)
    return with_ticket(request, go(codes.venue_path(found)), codes.venue_path(found), now, settings)


@get("/v/{session:str}/{step:str}/{mark:str}", guards=[anyone])
async def open_code(
    session: FromPath[str],
    step: FromPath[str],
    mark: FromPath[str],
    request: Ask,
    caller: Who,
    now: Now,
    settings: Installed,
    ticket: Ticket = "",
) -> Response[Any]:
    """Shows what a tap would do, and does nothing: a GET never checks anybody in.

    A browser that opens a fresh code gets a ticket for it, so that there is time to sign in (checkin-75).
    """
    path = request.url.path
    is_fresh = venue.is_fresh(codes.read(path), now)
    opened_at = now if is_fresh else await seen_at(Origin(ticket=ticket), caller.member_id, tickets.read(path, ticket, now))
    answer = await meet(request, caller, path, opened_at, now)
    return with_ticket(request, answer, path, now, settings) if is_fresh else answer


async def meet(
    request: Ask,
    caller: Caller,
    path: str,
    seen_at: datetime | None,
    now: datetime,
    session: UUID | None = None,
    answers: Mapping[str, Given] | None = None,
) -> Response[Any]:
    """The question to the reader, or why there is none. A stranger with a ticket signs in first.

    `session` was chosen among several. What the activity asks is asked here; `answers`: what was given, and does not do.
    """
    code = codes.read(path)
    if not isinstance(code, Venue):
        return draw(request, "door/away.html", UnknownPass())
    if caller.member_id is None:
        return go("/sign-in?" + urlencode({"back": path})) if seen_at else draw(request, "door/away.html", StaleCode())
    meeting = await venue.meet(asked_by_oneself(caller, path, "in", session=session, seen_at=seen_at), now)
    if isinstance(meeting.refusal, UnknownPass | BadSignature | StaleCode):
        return draw(request, "door/away.html", meeting.refusal)
    there = await sessions.one(code.session_id, caller.member_id)
    ahead = [session for session in await sessions.of_activity(there.activity_id) if session.ends_at > now]
    questions = meeting.refusal.facts["questions"] if isinstance(meeting.refusal, Incomplete) else ()
    is_welcome = (
        isinstance(meeting.refusal, NotSignedUpHere)
        and there.opens_at <= now < there.closes_at
        and (await activities.find(there.activity_id)).walk_ins
    )
    return draw(
        request,
        "door/venue.html",
        None if questions and not answers else meeting.refusal,
        meeting=meeting,
        there=there,
        ahead=ahead[:AHEAD],
        is_welcome=is_welcome,
        questions=questions,
        answers=answers or {},
    )


@post("/v/{session:str}/{step:str}/{mark:str}", guards=[signed_in])
async def tap(
    session: FromPath[str],
    step: FromPath[str],
    mark: FromPath[str],
    data: URLEncodedBody[Tap],
    request: Ask,
    caller: Who,
    now: Now,
    settings: Installed,
    ticket: Ticket = "",
) -> Response[Any]:
    """The one tap. The ticket is used up by it."""
    path = request.url.path
    origin = Origin(tickets.browser_of(request.cookies.get(BROWSER_COOKIE, "")), ticket, address_of(request, settings))
    opened_at = tickets.read(path, ticket, now)
    answers = given(await request.form())
    asking = asked_by_oneself(caller, path, data.direction, data.nonce, data.session, opened_at, answers)
    try:
        told = await check_in_oneself(asking, origin, now)
    except Refusal:
        opened_at = await seen_at(origin, caller.member_id, opened_at)
        return await meet(request, caller, path, opened_at, now, data.session, answers)
    answer = go(f"/attendance/{told.attendance_id}" if told.attendance_id else "/me")
    answer.delete_cookie(TICKET_COOKIE, path="/v")
    return answer


def with_ticket(request: Ask, answer: Response[Any], path: str, now: datetime, settings: Settings) -> Response[Any]:
    """With the ticket, and with a name for the browser where it has none for today."""
    given = [(TICKET_COOKIE, tickets.write(path, now), TICKET)]
    if not tickets.browser_of(request.cookies.get(BROWSER_COOKIE, "")):
        given.append((BROWSER_COOKIE, tickets.new_browser(), BROWSER_LASTS))
    for name, value, lasts in given:
        seconds = int(lasts.total_seconds())
        secure = settings.is_secure
        answer.set_cookie(Cookie(name, value=value, path="/v", max_age=seconds, httponly=True, samesite="lax", secure=secure))
    return answer


@get("/attendance/{attendance_id:uuid}", guards=[signed_in])
async def show_stay(attendance_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """In since when; afterwards the minutes and what becomes of them."""
    return await draw_stay(request, "door/stay.html", caller, attendance_id, now)


@get("/attendance/{attendance_id:uuid}/points", guards=[signed_in])
async def show_points(attendance_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The part that asks again until the points are there."""
    return await draw_stay(request, "door/points.html", caller, attendance_id, now)


async def draw_stay(request: Ask, template: str, caller: Caller, attendance_id: UUID, now: datetime) -> Response[str]:
    stay = await see_stay(caller, attendance_id, now)
    return page(request, template, stay=stay, rules=await rules_of(stay))


async def rules_of(stay: Stay) -> Rules:
    """Those of the local day on which the session began, as its points were counted; without any, the start values."""
    day = stay.starts_at.astimezone(ZoneInfo(stay.time_zone)).date()
    try:
        return (await policies.in_force(stay.community_id, day)).rules
    except NoPolicy:
        return Rules()


routes: list[Any] = [ask_typed, take_typed, open_code, tap, show_stay, show_points]
