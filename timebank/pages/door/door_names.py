"""The desk without cards, as forms: looking up a name, checking in by it, and a free place for who comes without a sign-up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody
from msgspec import Meta

from schedules import codes
from schedules.errors import Refusal
from schedules.scans import Direction
from timebank.actions.door import desk
from timebank.actions.door.check_in_by_name import ByName, check_in_by_name
from timebank.actions.door.search_people import NameTooShort, search_people
from timebank.actions.door.walk_in import WalkIn, walk_in
from timebank.pages.door import door_desk
from timebank.pages.door.door_desk import Chosen
from timebank.pages.forms import Ask, Short
from timebank.pages.render import page
from timebank.web.door import given, namer, scanner, told
from timebank.web.refusals import problem
from timebank.web.request import Now, Who, language_of


class Picked(msgspec.Struct):
    """Somebody of the list; `reason` makes it an override."""

    sessions: Chosen | UUID
    signup: UUID
    direction: Direction = "in"
    nonce: Short = ""
    reason: Annotated[str, Meta(max_length=500)] = ""


class Came(msgspec.Struct):
    """Somebody without a sign-up; `session` is whose place is taken."""

    sessions: Chosen | UUID
    session: UUID
    code: Annotated[str, Meta(min_length=1, max_length=codes.LONGEST)]
    nonce: Short = ""


def _chosen(sessions: list[UUID] | UUID) -> list[UUID]:
    return sessions if isinstance(sessions, list) else [sessions]


@get("/desk/people", guards=[scanner])
async def look_up(
    request: Ask,
    caller: Who,
    now: Now,
    sessions: FromQuery[Chosen],
    name: FromQuery[Annotated[str, Meta(max_length=200)]] = "",
    direction: FromQuery[Direction] = "in",
) -> Response[str]:
    """Names of those signed up; with buttons for who may check in by them."""
    served = await desk.serve(caller, sessions, now)
    try:
        found, refused = await search_people(caller, sessions, name, now) if name.strip() else [], None
    except NameTooShort as refusal:
        found, refused = [], problem(refusal, language_of(request))
    titles = {each.id: each for each in served}
    facts: dict[str, Any] = {"titles": titles, "found": found, "refused": refused}
    return page(request, "door/people.html", served=served, name=name, direction=direction, **facts)


@post("/desk/by-name", guards=[namer])
async def take_name(data: URLEncodedBody[Picked], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The scanning page with the answer on it."""
    asked = ByName(
        signup_id=data.signup,
        direction=data.direction,
        nonce=data.nonce or uuid4().hex,
        override_reason=data.reason.strip(),
        answers=given(await request.form()),
    )
    try:
        answer = told(await check_in_by_name(caller, asked, now), language_of(request))
    except Refusal as refusal:
        answer = problem(refusal, language_of(request))
    return await door_desk.draw(request, caller, now, _chosen(data.sessions), data.direction, answer, signup=data.signup)


@post("/desk/walk-in", guards=[scanner])
async def take_walk_in(data: URLEncodedBody[Came], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The scanning page with the answer on it; questions that it asks are answered there."""
    asked = WalkIn(session_id=data.session, code=data.code, nonce=data.nonce or uuid4().hex)
    try:
        answer = told(await walk_in(caller, asked, now), language_of(request))
    except Refusal as refusal:
        answer = problem(refusal, language_of(request))
    return await door_desk.draw(request, caller, now, _chosen(data.sessions), "in", answer, data.code)


routes: list[Any] = [look_up, take_name, take_walk_in]
